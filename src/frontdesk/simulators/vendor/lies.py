"""Falsehoods of documented kinds, put into true sentences, so that drills can check that none arrives."""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, get_args

Kind = Literal["number", "unit", "date", "price", "negation", "entity", "policy"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Falsehood:
    """One lie as it was sent."""

    kind: Kind
    truth: str
    """The sentence before; empty for an invented policy."""
    text: str
    model: str
    request: int
    """1-based number of the request it was sent in."""


_CURRENCY = r"(?:EUR|USD|GBP|CHF|NOK|SEK|DKK|PLN|CZK|€|\$|£|euros?|pounds?)"
_PRICE = re.compile(rf"(?P<number>\d+(?:[.,]\d+)?)(?=\s?{_CURRENCY})|(?<=[€$£])(?P<other>\d+(?:[.,]\d+)?)")
_MONTHS = tuple(calendar.month_name)[1:]
_DATE = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b|\b20\d\d\b|\b\d{{1,2}}:\d\d\b")
_NUMBER = re.compile(
    rf"(?<![\d.,:])\d+(?![\d.,:]*\d)(?!\s?{_CURRENCY})(?!:)|\b(?:two|three|five|seven|ten|fourteen|thirty)\b"
)
_UNITS = {
    "days": "weeks",
    "weeks": "days",
    "months": "years",
    "years": "months",
    "hours": "days",
    "minutes": "hours",
    "EUR": "USD",
    "GBP": "EUR",
    "CHF": "EUR",
    "kg": "g",
    "cm": "mm",
    "percent": "EUR",
    "días": "semanas",
    "meses": "años",
    "años": "meses",
    "Tage": "Wochen",
    "Tagen": "Wochen",
    "Jahre": "Monate",
    "Monate": "Jahre",
}
_UNIT = re.compile(r"\b(?:" + "|".join(_UNITS) + r")\b")
_NEGATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\b(must|may|can) not\b", r"\1"),
        (r"\b(?:cannot|can't)\b", "can"),
        (r"\b(?:do not|don't|does not|doesn't)\s", ""),
        (r"\b(is|are) not\b", r"\1"),
        (r"\bisn't\b", "is"),
        (r"\baren't\b", "are"),
        (r"\bcan\b", "cannot"),
        (r"\bmust\b", "need not"),
        (r"(?<!what )\b(is|are)\b", r"\1 not"),
    ),
    "es": (
        (r"\bno (se|hay|es|son|puedes|podemos|lo|la|hace|tiene|cuesta|envía)\b", r"\1"),
        (r"\b(puedes|podemos|es|son|cuesta|tiene|tienen)\b", r"no \1"),
    ),
    "de": (
        (r"\bnicht ", ""),
        (r"\bkein(e|en|er)?\b", r"ein\1"),
        (r"\b(kannst|können|ist|sind|kostet|gilt|dauert)\b", r"\1 nicht"),
    ),
}
_DAYS = "|".join((*calendar.day_name, *_MONTHS))
_NAME = re.compile(rf"(?<=[a-z,] )(?!(?:{_DAYS})s?\b)[A-Z][a-zé]{{3,}}\b")
_POLICIES = {
    "en": (
        "We also match every competitor's price and refund twice the difference.",
        "Every order comes with a lifetime replacement guarantee.",
        "A courier collects your return from your home at no cost within 2 hours.",
    ),
    "es": ("Además, todos los pedidos incluyen una garantía de reemplazo de por vida.",),
    "de": ("Außerdem gilt für jede Bestellung eine lebenslange Umtauschgarantie.",),
}


def falsify(
    sentence: str, kinds: Sequence[Kind], *, random: Random, names: Sequence[str] = (), language: str = "en"
) -> tuple[Kind, str]:
    """The sentence made false in one of the ways, or an invented policy where none of them fits."""
    order = list(kinds)
    random.shuffle(order)
    for kind in order:
        changed = _change(kind, sentence, random, names, language)
        if changed is not None and changed != sentence:
            return kind, changed
    return "policy", random.choice(_POLICIES.get(language, _POLICIES["en"]))


def names_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Capitalised words inside sentences that name no day or month, in order of appearance."""
    return tuple(dict.fromkeys(name for text in texts for name in _NAME.findall(text)))


def _change(kind: Kind, sentence: str, random: Random, names: Sequence[str], language: str) -> str | None:
    if kind == "negation":
        return _negated(sentence, language)
    if kind == "entity":
        others = [name for name in names if name not in sentence]
        return _replace(_NAME, sentence, random, lambda _, r: r.choice(others)) if others else None
    if kind == "policy":
        return None
    pattern, other = _CHANGES[kind]
    return _replace(pattern, sentence, random, other)


def _replace(
    pattern: "re.Pattern[str]", sentence: str, random: Random, other: Callable[[str, Random], str]
) -> str | None:
    found = list(pattern.finditer(sentence))
    if not found:
        return None
    match = random.choice(found)
    return sentence[: match.start()] + other(match.group(), random) + sentence[match.end() :]


def _other_number(number: str, random: Random) -> str:
    if not number[0].isdigit():
        return random.choice([word for word in ("two", "five", "ten", "thirty", "sixty") if word != number])
    head, separator, tail = re.match(r"(\d+)([.,]?)(\d*)", number).groups()  # type: ignore[union-attr]
    changed = int(head) + random.choice((3, 5, 10, 20))
    return f"{changed}{separator}{tail}"


def _other_date(date: str, random: Random) -> str:
    if date in _MONTHS:
        return random.choice([month for month in _MONTHS if month != date])
    if ":" in date:
        hour, minute = date.split(":")
        return f"{(int(hour) + random.choice((2, 3, 5))) % 24:02d}:{minute}"
    return str(int(date) + random.choice((1, 2)))


def _negated(sentence: str, language: str) -> str | None:
    for pattern, replacement in _NEGATIONS.get(language, ()):
        changed, count = re.subn(pattern, replacement, sentence, count=1)
        if count:
            return changed
    return None


_CHANGES: dict[str, tuple["re.Pattern[str]", Callable[[str, Random], str]]] = {
    "number": (_NUMBER, _other_number),
    "price": (_PRICE, _other_number),
    "unit": (_UNIT, lambda unit, _: _UNITS[unit]),
    "date": (_DATE, _other_date),
}
