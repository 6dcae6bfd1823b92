"""Answers that are not what was agreed: JSON changed in one particular way, in every record of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from frontdesk.simulators.backoffice.faults.past import back_to
from frontdesk.simulators.backoffice.seeding.stories_of_refunds import INJECTED

Record = dict[str, Any]
Change = Callable[[Record, str, str, str], Record]
"""From a record, the wanted field, the system and the time it is there, to another record."""
UNKNOWN_CHOICE = "in_superposition"
_TELLING = ("status", "amount_minor", "total", "starts_at", "name")
_TEXTS = frozenset(
    {"name", "recipient", "company", "note", "title", "text", "why", "subject", "resolution", "last_event", "summary"}
)


def apply(change: Change, body: bytes, *, field: str, system: str, now: str) -> bytes:
    """The answer with every record changed."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(changed, value) if item is not None]
        if not isinstance(value, dict):
            return value
        inner = {name: changed(item) for name, item in value.items()}
        return change(inner, field, system, now) if _is_record(inner) else inner

    whole = changed(json.loads(body))
    return json.dumps({} if whole is None else whole, ensure_ascii=False).encode()


def _is_record(value: Record) -> bool:
    return any(name.endswith("_id") or name in ("sku", "status") for name in value)


def without_field(record: Record, field: str, *_: str) -> Record:
    lost = field or next((name for name in _TELLING if name in record), "")
    return {name: value for name, value in record.items() if name != lost}


def unknown_choice(record: Record, field: str, *_: str) -> Record:
    name = field or "status"
    return {**record, name: UNKNOWN_CHOICE} if name in record else record


def _is_amount(name: str, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and (name.endswith(("_minor", "total", "_fee", "price")) or name == "amount")


def amounts_as_text(record: Record, *_: str) -> Record:
    def said(name: str, value: Any) -> Any:
        main = value / 100 if name.endswith("_minor") else value
        return f"{main:,.2f} EUR".replace(",", " ").replace(".", ",") if _is_amount(name, value) else value

    return {name: said(name, value) for name, value in record.items()}


def other_dates(record: Record, *_: str) -> Record:
    return {name: _other_date(name, value) for name, value in record.items()}


def _other_date(name: str, value: Any) -> Any:
    if (
        isinstance(value, str)
        and value[4:5] == "-"
        and (name == "at" or name.endswith(("_at", "_on", "_since", "_until")))
    ):
        at = datetime.fromisoformat(value)
    elif isinstance(value, int) and (name == "at" or name.endswith("_at")):
        at = datetime.fromtimestamp(value, UTC)
    else:
        return value
    return at.strftime("%d.%m.%Y %H:%M")


def next_schema(record: Record, *_: str) -> Record:
    """The same in other words: camel case, and the record one level deeper."""

    def camel(name: str) -> str:
        head, *rest = name.split("_")
        return head + "".join(part.title() for part in rest)

    return {"schemaVersion": 2, "attributes": {camel(name): value for name, value in record.items()}}


def hostile(record: Record, field: str, *_: str) -> Record:
    names = {field} if field else _TEXTS
    return {name: INJECTED if name in names and isinstance(value, str) else value for name, value in record.items()}


def long_texts(record: Record, field: str, *_: str) -> Record:
    names = {field} if field else _TEXTS
    return {
        name: "la " * 33_334 if name in names and isinstance(value, str) else value for name, value in record.items()
    }


def contradicting(record: Record, _: str, system: str, now: str) -> Record:
    """Orders knows of no refund, payments knows of one that was paid, shipping knows of no delivery."""
    if system == "orders" and "refund_state" in record:
        return {**record, "refund_state": "none", "refunded_total": 0.0}
    if system == "payments" and "refund_id" in record:
        return {**record, "status": "paid", "paid_at": now, "why": None}
    if system == "shipping" and "shipment_id" in record:
        return {**record, "status": "in_transit", "delivered_at": None}
    return record


def as_of_before(record: Record, _: str, system: str, now: str) -> Record:  # noqa: ARG001  (one shape for all)
    """The record as it was at `now`, a moment that has passed; none where it did not exist yet."""
    return back_to(record, now)  # type: ignore[return-value]  # None is taken out of lists
