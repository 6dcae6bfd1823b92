"""What must reach the outside: committed with our rows, sent after, tried again until it is done."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, select, update

from frontdesk.adapters.stores.schema import outbox
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import DatabaseNow, insert_if_absent
from frontdesk.adapters.stores.values import from_ms, to_ms_span
from frontdesk.ports.stores import OutboxEntry

_DUE_AT = DatabaseNow() + bindparam("after_ms", type_=BigInteger)
"""Counted from the database's own time: a process whose clock is wrong delays nothing."""
_PUT = insert_if_absent(outbox).values(due_at=_DUE_AT)
_DUE = (
    select(outbox.c.entry_id)
    .where(outbox.c.done_at.is_(None), outbox.c.due_at <= DatabaseNow(), outbox.c.lease_until <= DatabaseNow())
    .order_by(outbox.c.due_at, outbox.c.entry_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(outbox)
    .where(outbox.c.entry_id == bindparam("wanted"))
    .values(
        lease_owner=bindparam("owner"),
        lease_until=DatabaseNow() + bindparam("lease_ms", type_=BigInteger),
        attempts=outbox.c.attempts + 1,
    )
    .returning(outbox)
)
_DONE = (
    update(outbox)
    .where(outbox.c.entry_id == bindparam("wanted"))
    .values(done_at=DatabaseNow(), body="", lease_owner=None)
)
_RETRY = (
    update(outbox)
    .where(outbox.c.entry_id == bindparam("wanted"), outbox.c.done_at.is_(None))
    .values(lease_owner=None, lease_until=0, due_at=_DUE_AT)
)


class OutgoingEntries:
    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, topic: str, *, key: str, body: str, after_s: float = 0.0) -> None:
        """Due after so long; a key that this topic has seen before is not put again, even after it is done."""
        row = {"topic": topic, "key": key, "body": body, "after_ms": to_ms_span(after_s)}
        self._session.run(_PUT, {**row, "attempts": 0, "lease_until": 0, "error": ""})

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[OutboxEntry, ...]:
        """Entries that are due, now this owner's until the lease runs out; `attempts` counts this one."""
        found = [row[0] for row in self._session.rows(_DUE, {"most": limit})]
        taken = {"owner": owner, "lease_ms": to_ms_span(lease_s)}
        return tuple(_to_entry(self._session.first(_TAKE, {"wanted": one, **taken})) for one in found)

    def done(self, entry_id: int) -> None:
        """It has arrived; the body is no longer kept."""
        self._session.run(_DONE, {"wanted": entry_id})

    def retry(self, entry_id: int, *, after_s: float, error: str) -> None:
        """Let it be due again after so long."""
        self._session.run(_RETRY, {"wanted": entry_id, "after_ms": to_ms_span(after_s), "error": error})


def _to_entry(row: Any) -> OutboxEntry:
    return OutboxEntry(
        entry_id=row.entry_id,
        topic=row.topic,
        key=row.key,
        body=row.body,
        attempts=row.attempts,
        due_at=from_ms(row.due_at),
    )
