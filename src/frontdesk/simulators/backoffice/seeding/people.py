"""Customers: names and addresses of no real person, in the countries the shop delivers to."""

import unicodedata
from typing import Any

from frontdesk.simulators.backoffice.seeding.book import Book

_FIRST = {
    "de": ("Lena", "Jonas", "Marie", "Felix", "Hannah", "Paul", "Greta", "Moritz", "Ida", "Anton", "Frieda", "Emil"),
    "es": ("Lucía", "Mateo", "Carmen", "Hugo", "Alba", "Diego", "Nuria", "Pablo", "Inés", "Martín"),
    "en": ("Aoife", "Callum", "Grace", "Oliver", "Niamh", "Harry", "Freya", "Sander", "Fleur", "Camille", "Anneli"),
}
_LAST = {
    "de": ("Brandt", "Fink", "Lorenz", "Petersen", "Keller", "Vogt", "Thiele", "Hansen", "Baumann", "Jansen"),
    "es": ("Ferrer", "Campos", "Ibáñez", "Soler", "Vega", "Navarro", "Prieto", "Molina"),
    "en": ("Byrne", "Walsh", "Fraser", "Hughes", "de Boer", "Moreau", "Lindgren", "Nowak", "Rossi"),
}
PLACES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "DE": (
        ("Hafenstraße 12", "20457", "Hamburg"),
        ("Lindenweg 4", "80331", "München"),
        ("Am Wall 88", "28195", "Bremen"),
    ),
    "AT": (("Mozartgasse 7", "6020", "Innsbruck"), ("Ringstraße 31", "1010", "Wien")),
    "CH": (("Seestrasse 19", "8002", "Zürich"), ("Rue du Lac 5", "1003", "Lausanne")),
    "ES": (("Carrer de la Marina 40", "08005", "Barcelona"), ("Calle del Pez 9", "28004", "Madrid")),
    "NL": (("Prinsengracht 210", "1016 HD", "Amsterdam"), ("Coolsingel 5", "3011 AD", "Rotterdam")),
    "BE": (("Rue Haute 61", "1000", "Bruxelles"),),
    "FR": (("Rue des Alpes 14", "38000", "Grenoble"),),
    "IT": (("Via Dante 22", "39100", "Bolzano"),),
    "IE": (("Dame Street 3", "D02 H344", "Dublin"),),
    "GB": (("Harbour Row 27", "EH6 6JH", "Edinburgh"), ("Mill Lane 2", "LA22 9BU", "Ambleside")),
    "SE": (("Storgatan 8", "831 30", "Östersund"),),
    "NO": (("Havnegata 1", "9008", "Tromsø"),),
}
_COUNTRIES = (
    ("DE", 40),
    ("AT", 12),
    ("ES", 14),
    ("NL", 8),
    ("CH", 6),
    ("GB", 6),
    ("IE", 4),
    ("FR", 4),
    ("IT", 3),
    ("BE", 3),
)
_LANGUAGE = {"DE": "de", "AT": "de", "CH": "de", "ES": "es"}
_DIALLING = {"DE": "+49", "AT": "+43", "CH": "+41", "ES": "+34", "NL": "+31", "GB": "+44", "IE": "+353"}


def currency_of(country: str) -> str:
    """As the article on currencies says."""
    return {"GB": "GBP", "CH": "CHF", "LI": "CHF"}.get(country, "EUR")


def add_customer(book: Book, customer_id: str, **chosen: Any) -> dict[str, Any]:
    """A customer; what is not chosen comes from the seed."""
    random = book.random
    names, weights = zip(*_COUNTRIES, strict=True)
    country = chosen.pop("country", None) or random.choices(names, weights)[0]
    language = chosen.get("language") or _LANGUAGE.get(country, "en")
    street, postcode, city = random.choice(PLACES[country])
    name = f"{random.choice(_FIRST[language])} {random.choice(_LAST[language])}"
    known = {
        "customer_id": customer_id,
        "name": name,
        "email": _mail(str(chosen.get("name", name)), customer_id),
        "phone": f"{_DIALLING.get(country, '+33')} 555 {random.randrange(100_000, 999_999)}",
        "language": language,
        "segment": random.choices(("standard", "member", "business"), (70, 26, 4))[0],
        "customer_since": book.on(random.randrange(20, 2400)),
        "company": None,
        "street": street,
        "postcode": postcode,
        "city": city,
        "country": country,
        **chosen,
    }
    if known["segment"] == "business" and not known["company"]:
        known["company"] = f"{random.choice(('Bergschule', 'Outdoor Club', 'Studio', 'Rescue Team'))} {city}"
    return book.add("customers", **known)


def _mail(name: str, customer_id: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    words = [word for word in "".join(mark if mark.isalnum() else " " for mark in plain).split() if word]
    return f"{'.'.join(words[:2]) or 'customer'}.{customer_id.removeprefix('cust-')}@example.org"
