"""How single values are written for another system."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from frontdesk.domain.connector import FieldType, Value
from frontdesk.domain.write_back import FieldRule

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""No system wants them; lines and tabs stay."""
_NO_DIGIT = re.compile(r"[^0-9]")
_PHONE_DIGITS = range(7, 16)
"""Of an international number: at most fifteen (E.164); below seven it is none."""
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def format_time(at: datetime, rule: FieldRule) -> str:
    """The time in the rule's zone; in ISO 8601 where it says nothing else."""
    local = at.astimezone(ZoneInfo(rule.time_zone))
    match rule.format:
        case "" | "iso":
            return local.isoformat(timespec="seconds").replace("+00:00", "Z")
        case "date":
            return local.date().isoformat()
        case "seconds":
            return str(int(local.timestamp()))
        case "milliseconds":
            return str(int(local.timestamp() * 1000))
        case codes:
            return local.strftime(codes)


def format_text(text: str, rule: FieldRule) -> str:
    """
    Raises:
        ValueError: it is no telephone number.
    """
    text = _CONTROLS.sub("", text)
    match rule.format:
        case "phone":
            text = format_phone(text, country=rule.country)
        case "line":
            text = " ".join(text.split())
    match rule.case:
        case "upper":
            return text.upper()
        case "lower":
            return text.lower()
        case "title":
            return text.title()
        case _:
            return text


def format_phone(text: str, *, country: str) -> str:
    """+ and digits, as in `+442079460000`.

    Raises:
        ValueError: it is no telephone number, or one without its country.
    """
    said = text.strip()
    digits = _NO_DIGIT.sub("", said.replace("(0)", ""))
    if said.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0") and country and not said.startswith("+"):
        digits = country + digits[1:]
    elif not said.startswith("+"):
        raise ValueError("is no telephone number with its country")
    if len(digits) not in _PHONE_DIGITS:
        raise ValueError("is no telephone number")
    return f"+{digits}"


def to_typed(text: str, kind: FieldType) -> Value:
    """The text as a value of the argument's kind.

    Raises:
        ValueError: it is none, in words that follow the value.
    """
    match kind:
        case "number" | "money":
            return to_number(text)
        case "yes_no":
            if text.lower() not in _YES:
                raise ValueError("is neither yes nor no")
            return _YES[text.lower()]
        case "date":
            return _date(text)
        case "time":
            return _time(text)
        case "email":
            if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
                raise ValueError("is no e-mail address")
            return text
        case _:
            return text


def to_number(text: str) -> int | Decimal:
    """
    Raises:
        ValueError: it is none, in words that follow the value.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("is no number") from None
    if not number.is_finite():
        raise ValueError("is no number")
    return int(number) if number == number.to_integral_value() and "." not in text else number


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date such as 2026-11-30") from None


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no time such as 2026-11-30T09:30:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
