"""How values are written for people, in each language that has its own way; English for the others."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_MONTHS: Mapping[str, str] = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_DATES: Mapping[str, str] = {
    "en": "{day} {month} {year}",
    "de": "{day}. {month} {year}",
    "es": "{day} de {month} de {year}",
}
_JOINS: Mapping[str, tuple[str, str]] = {"en": ("and", "or"), "de": ("und", "oder"), "es": ("y", "o")}
_YES_NO: Mapping[str, tuple[str, str]] = {"en": ("yes", "no"), "de": ("ja", "nein"), "es": ("sí", "no")}
_SYMBOLS: Mapping[str, str] = {"EUR": "€", "USD": "$", "GBP": "£"}
_COMMA = ("de", "es")
"""Languages that write 1.234,50."""
_NO_CENTS = frozenset({"JPY", "KRW", "CLP", "ISK", "HUF", "VND"})
_MARKUP = str.maketrans(dict.fromkeys("<>`[]{}|\\*", " "))
MAX_VALUE_CHARS = 500


def write_money(amount: Decimal, currency: str, language: str) -> str:
    """The amount with its currency: `€49.90`, `49,90 €`, `49.90 CHF`."""
    code = currency.upper()
    number = write_number(amount, language, places=0 if code in _NO_CENTS else 2)
    symbol = _SYMBOLS.get(code)
    if language in _COMMA or symbol is None:
        return f"{number} {symbol or plain_text(code)}".strip()
    sign = "-" if number.startswith("-") else ""
    return f"{sign}{symbol}{number.removeprefix('-')}"


def write_number(value: int | Decimal, language: str, *, places: int | None = None) -> str:
    """With the language's signs for thousands and fractions; as many places as it has, unless told."""
    try:
        number = Decimal(value)
        if places is not None:
            number = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        text = f"{number:,f}"
    except (InvalidOperation, ValueError):
        return str(value)
    return text.translate(str.maketrans(",.", ".,")) if language in _COMMA else text


def write_date(value: date, language: str) -> str:
    known = language if language in _DATES else "en"
    return _DATES[known].format(day=value.day, month=_MONTHS[known].split()[value.month - 1], year=value.year)


def write_time(value: datetime, language: str) -> str:
    """With its offset from Greenwich, as the customer may be anywhere."""
    offset = value.strftime("%z")
    zone = "UTC" if offset in ("", "+0000") else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{write_date(value.date(), language)}, {value:%H:%M} {zone}"


def write_list(items: Sequence[str], language: str, *, is_choice: bool = False) -> str:
    """`A, B and C`, or `A, B or C`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {_JOINS.get(language, _JOINS['en'])[is_choice]} {items[-1]}"


def write_value(value: object, language: str) -> str:
    """Any value without a format of its own; a text is made plain."""
    match value:
        case bool():
            return _YES_NO.get(language, _YES_NO["en"])[0 if value else 1]
        case datetime():
            return write_time(value, language)
        case date():
            return write_date(value, language)
        case Decimal() | int():
            return write_number(value, language)
        case list() | tuple():
            return write_list([write_value(item, language) for item in value], language)
    return plain_text(str(value))


def plain_text(text: str) -> str:
    """Somebody else's text on one line, without controls, and without what could be read as markup or a link's frame."""
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text[:MAX_VALUE_CHARS])
    return " ".join(visible.translate(_MARKUP).split())
