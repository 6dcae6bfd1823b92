"""Rows of `write_backs` as values; what is sent keeps its types on the way through JSON."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from frontdesk.adapters.stores.values import from_ms, to_json
from frontdesk.domain.connector import Value
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import FieldError, Mended, Outgoing, StoredWriteBack


def to_write_back(row: Any) -> StoredWriteBack:
    return StoredWriteBack(
        conversation_id=ConversationId(row.conversation_id),
        state=row.state,
        wanted_seq=row.wanted_seq,
        sent_seq=row.sent_seq,
        sent_digest=row.sent_digest,
        sent_at=from_ms_or_none(row.sent_at),
        versions=row.versions,
        reference=row.reference,
        queued_at=from_ms(row.queued_at),
        due_at=from_ms(row.due_at),
        attempts=row.attempts,
        failures=row.failures,
        first_failed_at=from_ms_or_none(row.first_failed_at),
        error=row.error,
        errors=tuple(FieldError(**one) for one in json.loads(row.errors)),
        outgoing=None if row.outgoing is None else _to_outgoing(json.loads(row.outgoing)),
        is_unclear=bool(row.is_unclear),
        mended={name: Mended(**one) for name, one in json.loads(row.mended).items()},
        is_mended=bool(row.is_mended),
        decided_by=row.decided_by,
        decided_at=from_ms_or_none(row.decided_at),
        reason=row.reason,
        fence=row.fence,
    )


def to_outgoing_json(outgoing: Outgoing) -> str:
    return to_json(
        {
            "operation": outgoing.operation,
            "values": {name: _tagged(value) for name, value in outgoing.values.items()},
            "digest": outgoing.digest,
            "effect_id": outgoing.effect_id,
            "seq": outgoing.seq,
        }
    )


def from_ms_or_none(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def _to_outgoing(body: Any) -> Outgoing:
    return Outgoing(**{**body, "values": {name: _untagged(value) for name, value in body["values"].items()}})


def _tagged(value: Value) -> Any:
    """JSON has neither decimals nor times; each is an object that names its kind."""
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return {"number": str(value)} if isinstance(value, Decimal) else value


def _untagged(value: Any) -> Value:
    if not isinstance(value, dict):
        kept: Value = value
        return kept
    ((kind, text),) = value.items()
    match kind:
        case "time":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text)
        case _:
            return Decimal(text)
