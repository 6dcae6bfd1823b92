"""Values that other systems and customers gave, as JSON that keeps their types."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from frontdesk.adapters.stores.values import to_json
from frontdesk.domain.connector import Row, Value


def to_plain(value: Value) -> Any:
    """Amounts, days and times as an object with the name of their type."""
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def to_typed(plain: Any) -> Value:
    match plain:
        case {"decimal": str(text)}:
            return Decimal(text)
        case {"time": str(text)}:
            return datetime.fromisoformat(text)
        case {"date": str(text)}:
            return date.fromisoformat(text)
        case str() | int() | None:
            return plain
    raise ValueError(f"no stored value is a {type(plain).__name__}")


def plain_row(row: Mapping[str, Value]) -> dict[str, Any]:
    return {name: to_plain(value) for name, value in row.items()}


def typed_row(plain: Mapping[str, Any]) -> dict[str, Value]:
    return {name: to_typed(value) for name, value in plain.items()}


def row_text(row: Mapping[str, Value]) -> str:
    return to_json(plain_row(row))


def rows_text(rows: Iterable[Row]) -> str:
    return to_json([plain_row(row) for row in rows])


def read_row(text: str | None) -> dict[str, Value]:
    """Empty where it was erased."""
    return {} if text is None else typed_row(json.loads(text))


def read_rows(text: str | None) -> tuple[dict[str, Value], ...]:
    return () if text is None else tuple(typed_row(row) for row in json.loads(text))
