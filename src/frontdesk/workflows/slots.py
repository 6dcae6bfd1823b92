"""Whether something may be the value of a slot, whoever proposes it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from frontdesk.domain.connector import Row, Value
from frontdesk.domain.workflow import Slot

Objection = Literal["not_understood", "too_small", "too_large", "too_early", "too_late", "unknown_choice", "too_long"]
"""As `InvalidSlot.why` names them."""
_EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]{1,180}\.[^\s@<>\"',;.]{2,24}\Z")


def check_value(slot: Slot, value: Value, *, today: date, records: Sequence[Row] | None = None) -> Objection | None:
    """What is wrong with a value; None where nothing is.

    Args:
        records: of a slot that is chosen from records: those there are; None where they are not read yet.
    """
    if value is None or not _FITS[slot.type](value):
        return "not_understood"
    if slot.choose_from:
        known = records is None or any(row.get(slot.choose_by) == value for row in records)
        return None if known else "unknown_choice"
    if slot.choices and all(choice.value != value for choice in slot.choices):
        return "unknown_choice"
    if isinstance(value, str):
        return _check_text(slot, value)
    if isinstance(value, date):
        return _check_date(slot, value, today)
    return _check_number(slot, value) if isinstance(value, int | Decimal) else None


def _is_text(value: Value) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Value) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()


_FITS: Mapping[str, Callable[[Value], bool]] = {
    "text": _is_text,
    "id": _is_text,
    "email": lambda value: isinstance(value, str) and _EMAIL.match(value) is not None,
    "number": _is_number,
    "money": _is_number,
    "date": lambda value: isinstance(value, date) and not isinstance(value, datetime),
    "time": lambda value: isinstance(value, datetime) and value.tzinfo is not None,
    "yes_no": lambda value: isinstance(value, bool),
    "choice": lambda value: value is not None,
}


def _check_text(slot: Slot, value: str) -> Objection | None:
    if len(value) > slot.max_chars:
        return "too_long"
    return "not_understood" if slot.pattern and not pattern_of(slot.pattern).fullmatch(value) else None


@lru_cache(maxsize=512)
def pattern_of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _check_date(slot: Slot, value: date, today: date) -> Objection | None:
    day = value.date() if isinstance(value, datetime) else value
    if slot.not_before_days is not None and day < today + timedelta(days=slot.not_before_days):
        return "too_early"
    if slot.not_after_days is not None and day > today + timedelta(days=slot.not_after_days):
        return "too_late"
    return None


def _check_number(slot: Slot, value: int | Decimal) -> Objection | None:
    if slot.minimum is not None and value < slot.minimum:
        return "too_small"
    return "too_large" if slot.maximum is not None and value > slot.maximum else None
