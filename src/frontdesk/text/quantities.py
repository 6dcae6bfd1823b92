"""Numbers, prices, dates, times and measures of a text, in digits and in words."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from frontdesk.text.quantity_words import (
    BUSINESS,
    CURRENCIES,
    MONTHS,
    MULTIPLIERS,
    NOON,
    NUMBER_WORDS,
    PERCENT,
    PRONOUN_NUMBERS,
    UNITS,
    WEEKDAYS,
)

QuantityKind = Literal["number", "percent", "money", "date", "time", "duration", "measure"]


class Quantity(NamedTuple):
    """One amount as it stands in a text: `text[start:end]`."""

    kind: QuantityKind
    value: float
    """As written; a time in minutes after midnight; a date as year * 10000 + month * 100 + day, 0 where not said."""
    unit: str
    """Canonical and singular: EUR, day, kg. A time of `12h` may be a.m. or p.m.; a `weekday` counts from Monday, 1."""
    start: int
    end: int


def _choice(words: "list[str] | frozenset[str]") -> str:
    return "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True))


_DIGITS = r"\d+(?:[.,'’\u00a0\u202f]\d{3})*(?:[.,]\d+)?|\d+"
_SYMBOL = r"us\$|[€$£¥]"
_MONTH = _choice(list(MONTHS))
_ORDINAL = r"(?:st|nd|rd|th|\.|º)?"
_DATE = re.compile(
    rf"(?P<iso>\b(\d{{4}})-(\d\d)-(\d\d)\b)"
    rf"|(?P<numeric>\b(\d{{1,2}})([./])(\d{{1,2}})\7(\d{{4}}|\d\d)?(?!\d|[./]\d))"
    rf"|(?P<day_first>\b(\d{{1,2}}){_ORDINAL}\s+(?:of\s+|de\s+)?({_MONTH})\b\.?(?:,?\s+(?:de\s+|del\s+)?(\d{{4}})\b)?)"
    rf"|(?P<month_first>\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[:%€$£]|[.,]\d)(?:,?\s+(\d{{4}})\b)?)"
    rf"|(?P<month_year>\b({_MONTH})\.?\s+(?:de\s+|del\s+)?(\d{{4}})\b)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?P<h12>\d{1,2})(?:[:.](?P<m12>\d\d))?(?:\s*(?P<half>[ap])\.?m\b\.?|(?P<short>[ap])\b)"
    r"|\b(?P<h24>\d{1,2})[:h](?P<m24>\d\d)(?!\d|[:/]\d)(?:\s*(?:uhr|h|horas)\b)?"
    r"|\b(?P<hdot>\d{1,2})\.(?P<mdot>\d\d)\s*(?:uhr|h|horas)\b"
    r"|\b(?P<hour>\d{1,2})\s*(?:uhr\b|o['’]clock\b)"
    r"|\b(?P<hfirst>\d{1,2})(?:[:.](?P<mfirst>\d\d))?(?=\s*(?:-|–|to|until|and)\s*\d{1,2}(?:[:.]\d\d)?\s*(?P<shared>[ap])\.?m\b)"
    r"|\b(?P<hour_first>\d{1,2})(?=\s*(?:-|–|bis)\s*\d{1,2}(?:[:.]\d\d)?\s*uhr\b)"
    rf"|\b(?P<noon>{_choice(list(NOON))})\b",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(rf"\b(?:{_choice(list(WEEKDAYS))})\b", re.IGNORECASE)
_AFTER = re.compile(
    rf"(?:\s|-)*(?:(?P<percent>%|(?:{_choice(PERCENT - {'%'})})\b)|(?P<symbol>{_SYMBOL})"
    rf"|(?P<currency>(?:{_choice([word for word in CURRENCIES if word.isalpha()])})\b)"
    rf"|(?P<business>(?:{_choice(BUSINESS)})(?:\s|-)+)?(?P<unit>(?:{_choice(list(UNITS))})\b)(?P<after>\s+(?:{_choice(BUSINESS)})\b)?)",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"(?P<symbol>{_SYMBOL}|\b(?:eur|usd|gbp|chf))\s?$", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:-|–|—|to|or|a|o|bis|oder|y|and|und|through|/)\s*", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
# Units that are one letter mean one only right behind the digits: 5m, but not "5 m people".
_LETTER_UNITS = frozenset("ghlmvw")


def quantities(text: str, language: str) -> list[Quantity]:
    """Every amount in order of its place, none overlapping.

    Number words are read in English, Spanish and German; of other languages only digits are. In a range the first
    number takes the unit of the second.
    """
    taken: list[Quantity] = []
    present = set(_LETTERS.findall(text.casefold()))
    has_digit = _DIGIT.search(text) is not None
    if has_digit:
        taken.extend(_dates(text, language))
    if has_digit or not present.isdisjoint(NOON):
        taken.extend(quantity for quantity in _times(text) if _is_free(quantity, taken))
    if not present.isdisjoint(WEEKDAYS):
        taken.extend(_weekdays(text))
    if has_digit or not present.isdisjoint(_number_words(language)):
        taken.extend(quantity for quantity in _amounts(text, language) if _is_free(quantity, taken))
    taken.sort(key=lambda quantity: quantity.start)
    return _share_units(text, taken)


def _is_free(quantity: Quantity, taken: list[Quantity]) -> bool:
    return all(quantity.end <= other.start or other.end <= quantity.start for other in taken)


def _dates(text: str, language: str) -> Iterator[Quantity]:
    for match in _DATE.finditer(text):
        if language == "en" and match["numeric"] and not match[9]:
            continue  # 5.10. and 5/10/ are dates only where a year follows
        year, month, day = _date_parts(match, language)
        if 0 <= month <= 12 and 0 <= day <= 31 and (month or day):
            yield Quantity("date", float(year * 10000 + month * 100 + day), "", match.start(), match.end())


def _date_parts(match: "re.Match[str]", language: str) -> tuple[int, int, int]:
    group = match.group
    if group("iso"):
        return int(group(2)), int(group(3)), int(group(4))
    if group("numeric"):
        return _numeric_date(int(group(6)), int(group(8)), group(9), is_english=language == "en" and group(7) == "/")
    if group("day_first"):
        return int(group(13) or 0), MONTHS[group(12).casefold()], int(group(11))
    if group("month_first"):
        return int(group(17) or 0), MONTHS[group(15).casefold()], int(group(16))
    return int(group(20)), MONTHS[group(19).casefold()], 0


def _numeric_date(first: int, second: int, year: str | None, *, is_english: bool) -> tuple[int, int, int]:
    """Day first, save for an English text with slashes, where only a day above 12 can tell (taken as month first)."""
    whole = int(year or 0)
    whole += 2000 if year and len(year) == 2 else 0
    month_first = second > 12 or (is_english and first <= 12)
    return (whole, first, second) if month_first else (whole, second, first)


def _times(text: str) -> Iterator[Quantity]:
    for match in _TIME.finditer(text):
        value, unit = _minutes(match)
        if 0 <= value <= 1440:
            yield Quantity("time", float(value), unit, match.start(), match.end())


def _minutes(match: "re.Match[str]") -> tuple[int, str]:
    group = match.groupdict()
    if group["noon"]:
        return NOON[group["noon"].casefold()], ""
    half = group["half"] or group["short"] or group["shared"]
    hour = int(next(group[key] for key in ("h12", "h24", "hdot", "hour", "hfirst", "hour_first") if group[key]))
    minute = int(next((group[key] for key in ("m12", "m24", "mdot", "mfirst") if group[key]), 0))
    if minute > 59 or hour > 24 or (half and not 1 <= hour <= 12):
        return -1, ""
    if half:
        return hour % 12 * 60 + minute + (720 if half.casefold() == "p" else 0), ""
    unsure = bool(group["h24"] or group["hour"]) and 1 <= hour <= 12 and "uhr" not in match.group().casefold()
    return hour * 60 + minute, "12h" if unsure else ""


def _weekdays(text: str) -> Iterator[Quantity]:
    for match in _WEEKDAY.finditer(text):
        yield Quantity("date", float(WEEKDAYS[match.group().casefold()]), "weekday", match.start(), match.end())


def _amounts(text: str, language: str) -> Iterator[Quantity]:
    for start, end, value, is_pronoun in _numerals(text, language):
        after = _AFTER.match(text, end)
        if after and _is_unit(text, after, end):
            before = (
                _BEFORE.search(text, max(0, start - 4), start) if not (after["symbol"] or after["currency"]) else None
            )
            if before is None:
                yield _with_unit(value, after, start)
                continue
        before = _BEFORE.search(text, max(0, start - 4), start)
        if before:
            unit = CURRENCIES[before["symbol"].casefold()]
            yield Quantity("money", value, unit, before.start("symbol"), end)
        elif not is_pronoun:
            yield Quantity("number", value, "", start, end)


def _is_unit(text: str, after: "re.Match[str]", end: int) -> bool:
    unit = after["unit"]
    return (
        unit is None
        or unit.casefold() not in _LETTER_UNITS
        or after.start("unit") == end
        or text[after.end() :][:1] in ",.)"
    )


def _with_unit(value: float, after: "re.Match[str]", start: int) -> Quantity:
    if after["percent"]:
        return Quantity("percent", value, "%", start, after.end())
    currency = after["symbol"] or after["currency"]
    if currency:
        return Quantity("money", value, CURRENCIES[currency.casefold()], start, after.end())
    kind, unit = UNITS[after["unit"].casefold()]
    if unit == "day" and (after["business"] or after["after"]):
        unit = "business_day"
    return Quantity("duration" if kind == "duration" else "measure", value, unit, start, after.end())


def _numerals(text: str, language: str) -> Iterator[tuple[int, int, float, bool]]:
    """Start, end, value, and whether the word is more often a pronoun."""
    pending: tuple[int, int, float] | None = None
    known = NUMBER_WORDS.get(language, {})
    multipliers = MULTIPLIERS.get(language, {})
    for match in _numeral_pattern(language).finditer(text):
        word = match.group().casefold()
        if pending and not re.fullmatch(r"(?:\s|-)*(?:(?:and|y|und)\s+)?", text[pending[1] : match.start()]):
            yield *pending, _is_pronoun(text, pending)
            pending = None
        value = multipliers.get(word, known.get(word))
        if value is None:
            value = _parse_digits(word, language)
        joined = _join(pending[2], word, value, multipliers) if pending else None
        if pending and joined is None:
            yield *pending, _is_pronoun(text, pending)
        pending = (
            (pending[0], match.end(), joined) if pending and joined is not None else (match.start(), match.end(), value)
        )
    if pending:
        yield *pending, _is_pronoun(text, pending)


def _is_pronoun(text: str, numeral: tuple[int, int, float]) -> bool:
    return text[numeral[0] : numeral[1]].casefold() in PRONOUN_NUMBERS


def _join(before: float, word: str, value: float, multipliers: dict[str, float]) -> float | None:
    """The value of two number words in a row, None when they are two numbers."""
    if word in multipliers and before < value:
        return before * value
    if word[0].isdigit():
        return None
    if before >= 20 and before % 10 == 0 and 0 < value < (10 if before < 100 else 100):
        return before + value
    return None


@lru_cache(maxsize=32)
def _number_words(language: str) -> frozenset[str]:
    return frozenset(NUMBER_WORDS.get(language, {})) | frozenset(MULTIPLIERS.get(language, {}))


@lru_cache(maxsize=32)
def _numeral_pattern(language: str) -> "re.Pattern[str]":
    words = _number_words(language)
    digits = rf"(?:(?<![\w.,/])-|(?<![^\W_])|(?<=\dx))(?:{_DIGITS})"  # not the digits of A123, but each of 60x40
    return re.compile(rf"{digits}|\b(?:{_choice(words)})\b" if words else digits, re.IGNORECASE)


def _parse_digits(written: str, language: str) -> float:
    """The value of digits with separators; the shape decides, the language where it cannot."""
    sign, digits = (-1.0, written[1:]) if written.startswith("-") else (1.0, written)
    digits = re.sub(r"['’\s]", "", digits)
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        decimal = "," if comma > dot else "."
    elif comma >= 0:
        decimal = "" if _groups_thousands(digits, ",") and language == "en" else ","
    else:
        decimal = "" if _groups_thousands(digits, ".") and language != "en" else "."
    whole, _, fraction = digits.rpartition(decimal) if decimal and decimal in digits else (digits, "", "")
    return sign * float(f"{re.sub('[.,]', '', whole) or 0}.{re.sub('[.,]', '', fraction) or 0}")


def _groups_thousands(digits: str, separator: str) -> bool:
    return all(len(group) == 3 for group in digits.split(separator)[1:])


def _share_units(text: str, found: list[Quantity]) -> list[Quantity]:
    """Give the first number of a range the unit of the second: 2-3 days is two durations."""
    for index in range(len(found) - 2, -1, -1):
        here, following = found[index], found[index + 1]
        if here.kind != "number" or following.kind in ("number", "date", "time"):
            continue
        if _RANGE.fullmatch(text, here.end, following.start):
            found[index] = here._replace(kind=following.kind, unit=following.unit)
    return found
