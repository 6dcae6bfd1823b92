"""A record as it was at an earlier moment, told from the times it holds."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from frontdesk.simulators.backoffice.behaviour import from_stamp

Record = dict[str, Any]
_STEPS: dict[str, Sequence[tuple[str, str]]] = {
    "refund_id": (
        ("requested_at", "requested"),
        ("approved_at", "approved"),
        ("processing_at", "processing"),
        ("paid_at", "paid"),
        ("failed_at", "failed"),
        ("declined_at", "declined"),
        ("cancelled_at", "cancelled"),
    ),
    "shipment_id": (("created_at", "label_created"), ("delivered_at", "delivered")),
    "payment_id": (("authorised_at", "authorised"), ("captured_at", "captured"), ("disputed_at", "disputed")),
    "ticket_id": (("opened_at", "open"), ("closed_at", "closed")),
    "order_id": (
        ("placed_at", "received"),
        ("packed_at", "packed"),
        ("shipped_at", "shipped"),
        ("delivered_at", "delivered"),
        ("cancelled_at", "cancelled"),
    ),
}
"""By the id that a kind of record begins with: times and the status that each brings, in their order."""


def back_to(record: Record, moment: str) -> Record | None:
    """The record as of then; None where it did not exist yet."""
    kind = next((name for name in _STEPS if name in record and _STEPS[name][0][0] in record), "")
    if not kind:
        return record
    then = from_stamp(moment)
    steps = [(name, status) for name, status in _STEPS[kind] if _time(record.get(name))]
    passed = [status for name, status in steps if (at := _time(record[name])) and at <= then]
    if not passed:
        return None
    later = {name: None for name, _ in steps if (at := _time(record[name])) and at > then}
    if not later:
        return _events_until(record, then)
    if later.get("approved_at", "") is None:
        later["expected_on"] = None
    return _events_until({**record, **later, "status": passed[-1]}, then)


def _events_until(record: Record, then: datetime) -> Record:
    """Of a parcel: without the events that came later."""
    events = record.get("events")
    if not isinstance(events, list):
        return record
    known = [event for event in events if (at := _time(event["at"])) and at <= then]
    if not known:
        return record
    last = known[0]
    return {
        **record,
        "events": known,
        "status": last["status"],
        "last_event_at": last["at"],
        "last_event": last["text"],
        "last_place": last["place"],
    }


def _time(value: Any) -> datetime | None:
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    return from_stamp(value) if isinstance(value, str) else None
