"""A value of a record becomes one of ours, or is malformed. One way for all transports."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from frontdesk.domain.connector import FieldSpec, FieldType, Value
from frontdesk.domain.connector_source import Encoding, FieldSource

MAX_AMOUNT = Decimal(10) ** 12
MAX_PLACES = 4
"""Decimals of an amount: more come from binary fractions, not from prices."""
_AMOUNT = re.compile(r"-?\d{1,15}(?:\.\d{1,4})?\Z")
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?\Z")
_EMAIL = re.compile(r"[^\s@,;<>\"']{1,64}@[^\s@,;<>\"']{1,255}\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")
"""Control characters but for line ends and tabs, halves of characters, directions that make text read as another one, and
the invisible letters that smuggle instructions."""
_DIGITS: Mapping[str, int] = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0, "KWD": 3,
    "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""Digits of the minor unit where it isn't two. Source: ISO 4217, list one."""
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Convert = Callable[[Any], Value]
"""Raises NotAgreedError."""


class NotAgreedError(ValueError):
    """Says what is wrong with a value, without the value."""


def digits_of(currency: str) -> int:
    return _DIGITS.get(currency.upper(), 2)


def converter(spec: FieldSpec, source: FieldSource) -> Convert:
    """For fields that need nothing but their own value; `minor_units` is converted by whoever knows the currency."""
    if plain := _BY_ENCODING.get((spec.type, source.encoding)):
        return plain
    match spec.type:
        case "text":
            return lambda value: _text(_joined(value), spec.max_chars)
        case "id":
            return lambda value: _identifier(value, spec.max_chars)
        case "email":
            return lambda value: _email(value, spec.max_chars)
        case _:
            return lambda value: _choice(value, spec.choices, source.values)


def _joined(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value


def _text(value: Any, max_chars: int) -> str:
    if not isinstance(value, str):
        raise NotAgreedError(f"is {_kind(value)} where text was agreed")
    if len(value) > max_chars:
        raise NotAgreedError(f"has {len(value)} characters, more than {max_chars}")
    if HIDDEN.search(value):
        raise NotAgreedError("holds control characters")
    return value


def _identifier(value: Any, max_chars: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = _text(value, max_chars)
    if not text or any(char.isspace() for char in text):
        raise NotAgreedError("is no id")
    return text


def _email(value: Any, max_chars: int) -> str:
    text = _text(value, max_chars)
    if not _EMAIL.match(text):
        raise NotAgreedError("is no e-mail address")
    return text


def _number(value: Any) -> int | Decimal:
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotAgreedError(f"is {_kind(value)} where a number was agreed")
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact) >= 10**18:
        raise NotAgreedError("is out of all bounds")
    return value


def _number_in_text(value: Any) -> int | Decimal:
    if not isinstance(value, str) or not _NUMBER.match(value.strip()):
        raise NotAgreedError(f"is {_kind(value)} where a number written as text was agreed")
    return Decimal(value.strip()) if "." in value else int(value)


def _amount(value: Any) -> Decimal:
    if isinstance(value, str):
        raise NotAgreedError("is text where an amount was agreed to be a number")
    return _bounded(Decimal(_number(value)))


def _amount_in_text(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise NotAgreedError(f"is {_kind(value)} where an amount was agreed to be text")
    if not _AMOUNT.match(value.strip()):
        raise NotAgreedError("is no amount such as 12.50")
    return _bounded(Decimal(value.strip()))


def _minor_units(value: Any) -> Decimal:
    """Still in minor units."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotAgreedError(f"is {_kind(value)} where a whole number of minor units was agreed")
    return _bounded(Decimal(value))


def _bounded(amount: Decimal) -> Decimal:
    try:
        exponent = amount.normalize().as_tuple().exponent
    except InvalidOperation:
        exponent = None
    if not isinstance(exponent, int) or abs(amount) >= MAX_AMOUNT or exponent < -MAX_PLACES:
        raise NotAgreedError("is no amount of money")
    return amount


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotAgreedError(f"is {_kind(value)} where yes or no was agreed")
    return value


def _yes_in_text(value: Any) -> bool:
    found = _YES_NO.get(str(value).strip().lower())
    if found is None:
        raise NotAgreedError("is neither yes nor no")
    return found


def _choice(value: Any, choices: tuple[str, ...], values: Mapping[str, str]) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, str | int) else ""
    word = values.get(text, text)
    if word not in choices:
        raise NotAgreedError("is none of its choices")
    return word


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.match(value):
        raise NotAgreedError(f"is {_kind(value)} where a date such as 2026-03-01 was agreed")
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value).date()
    except ValueError:
        raise NotAgreedError("is no date") from None


def _time(value: Any) -> datetime:
    moment = _moment(value)
    if moment.tzinfo is None:
        raise NotAgreedError("is a time without its zone")
    return moment.astimezone(UTC)


def _utc_time(value: Any) -> datetime:
    moment = _moment(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DAY.match(value) or len(value) < 11:
        raise NotAgreedError(f"is {_kind(value)} where a time such as 2026-03-01T12:00:00Z was agreed")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise NotAgreedError("is no time") from None


def _seconds(value: Any, unit: int = 1) -> datetime:
    try:
        return datetime.fromtimestamp(float(_number(value)) / unit, UTC)
    except (OverflowError, OSError):
        raise NotAgreedError("is no time") from None


def _milliseconds(value: Any) -> datetime:
    return _seconds(value, 1000)


def _kind(value: Any) -> str:
    """What JSON calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", Decimal: "a number", list: "a list", dict: "an object"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), f"a {type(value).__name__}")


_BY_ENCODING: Mapping[tuple[FieldType, Encoding], Convert] = {
    ("number", ""): _number,
    ("number", "text"): _number_in_text,
    ("money", ""): _amount,
    ("money", "decimal"): _amount,
    ("money", "text"): _amount_in_text,
    ("money", "minor_units"): _minor_units,
    ("yes_no", ""): _yes_no,
    ("yes_no", "text"): _yes_in_text,
    ("date", ""): _date,
    ("date", "seconds"): lambda value: _seconds(value).date(),
    ("date", "milliseconds"): lambda value: _milliseconds(value).date(),
    ("time", ""): _time,
    ("time", "utc"): _utc_time,
    ("time", "seconds"): _seconds,
    ("time", "milliseconds"): _milliseconds,
}
