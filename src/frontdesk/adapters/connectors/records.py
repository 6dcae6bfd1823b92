"""What a system returned becomes typed records, with everything that isn't as agreed named by its field."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from frontdesk.adapters.connectors.failing import CallError, malformed
from frontdesk.adapters.connectors.fields import Convert, NotAgreedError, converter, digits_of
from frontdesk.domain.connector import MAX_ROWS, FieldSpec, OperationSpec, Row, Value
from frontdesk.domain.connector_source import FieldSource, ReplyShape
from frontdesk.domain.record_path import MISSING, RecordPath, parse_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What a transport brings: one reply, or one for each page."""

    replies: Sequence[Any]
    is_partial: bool = False
    """Whether there is more than was read."""
    age_s: float = 0.0
    """How old the oldest reply says it is."""


@dataclass(frozen=True, slots=True)
class _Column:
    spec: FieldSpec
    source: FieldSource
    path: RecordPath
    convert: Convert


class RecordReader:
    """For one operation."""

    def __init__(self, spec: OperationSpec, shape: ReplyShape) -> None:
        self._spec = spec
        self._rows_at = parse_path(shape.rows)
        self._columns = [
            _Column(
                one,
                shape.fields[one.name],
                parse_path(shape.fields[one.name].at),
                converter(one, shape.fields[one.name]),
            )
            for one in spec.fields
        ]

    def read(self, raw: Raw) -> tuple[tuple[Row, ...], bool]:
        """The records, and whether there are more.

        Raises:
            CallError: `malformed`, or `not_found` where there is no record of an operation that returns one.
        """
        records = [record for reply in raw.replies for record in self._records(reply)]
        if not self._spec.is_list and not records:
            raise CallError("not_found", "there is no such record", cause="", is_unclear=True)
        kept = records[:MAX_ROWS]
        return tuple(self._row(record) for record in kept), raw.is_partial or len(records) > len(kept)

    def _records(self, reply: Any) -> Sequence[Any]:
        if not self._spec.fields and not self._spec.is_list:  # nothing of it is used
            return [{}]
        found = self._rows_at.find(reply)
        where = self._rows_at.text or "the reply"
        if self._spec.is_list:
            if not isinstance(found, list):
                raise malformed(where, "is missing" if found is MISSING else "is no list")
            return found
        if found is MISSING or found is None:
            if "[" in self._rows_at.text:  # one of a list that is empty
                return []
            raise malformed(where, "is missing")
        return [found]

    def _row(self, record: Any) -> Row:
        if not isinstance(record, dict):
            raise malformed(self._rows_at.text or "the reply", "is no record")
        row: dict[str, Value] = {}
        for column in self._columns:
            row[column.spec.name] = _value(column, record)
        for column in self._columns:
            if column.source.encoding == "minor_units":
                row[column.spec.name] = _in_main_unit(column, row)
        return row


def _value(column: _Column, record: dict[str, Any]) -> Value:
    found = column.path.find(record)
    if found == "" and column.spec.type != "text":  # how some systems write null
        found = None
    if found is MISSING or found is None or found == []:
        if column.spec.is_required:
            raise malformed(column.spec.name, f"is missing (at `{column.path.text}`)")
        return None
    try:
        return column.convert(found)
    except NotAgreedError as error:
        raise malformed(column.spec.name, str(error)) from error


def _in_main_unit(column: _Column, row: dict[str, Value]) -> Value:
    amount = row[column.spec.name]
    if not isinstance(amount, Decimal):
        return None
    currency = column.source.currency
    named = row.get(currency, currency)
    if not isinstance(named, str) or len(named) != 3:
        raise malformed(column.spec.name, "has no currency")
    return amount.scaleb(-digits_of(named))
