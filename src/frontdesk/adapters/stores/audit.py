"""The audit log: entries are added at its end and never touched again."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from frontdesk.adapters.stores.schema import audit, audit_head
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import insert_if_absent
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.audit import FIRST_HASH, AuditEntry, AuditHead
from frontdesk.domain.ids import ConversationId, TurnId

_PAGE = 500
_FIRST = insert_if_absent(audit_head).values(place=1, entries=0, hash=FIRST_HASH)
_HEAD = select(audit_head.c.entries, audit_head.c.hash)
_HOLD = _HEAD.with_for_update()
_ADVANCE = update(audit_head).values(entries=bindparam("count"), hash=bindparam("end"))
_ADD = insert(audit)
_READ = select(audit).where(audit.c.entry_id > bindparam("after")).order_by(audit.c.entry_id).limit(bindparam("most"))
_COUNT = select(func.count()).where(audit.c.action == bindparam("wanted"))
_COUNT_OF = _COUNT.where(audit.c.conversation_id == bindparam("conversation"))


class Audit:
    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Chain them to the end; `previous_hash` and `hash` are set here."""
        if not entries:
            return
        head = self._hold()
        number, end = head.entries, head.hash
        for number, entry in enumerate(entries, start=head.entries + 1):
            chained = entry.chained(end)
            self._session.run(_ADD, _row(chained, number))
            end = chained.hash
        self._session.run(_ADVANCE, {"count": number, "end": end})

    def _hold(self) -> AuditHead:
        row = self._session.first(_HOLD)
        if row is None:
            self._session.run(_FIRST, {})
            row = self._session.first(_HOLD)
        return AuditHead(entries=row.entries, hash=row.hash)

    def head(self) -> AuditHead:
        row = self._session.first(_HEAD)
        return AuditHead(entries=0, hash=FIRST_HASH) if row is None else AuditHead(entries=row.entries, hash=row.hash)

    def read(self, *, after: int = 0, limit: int = _PAGE) -> tuple[AuditEntry, ...]:
        """In their order, without the first `after`."""
        found = self._session.rows(_READ, {"after": after, "most": limit})
        return tuple(_to_entry(row) for row in found)

    def read_all(self) -> Iterator[AuditEntry]:
        """Inside the unit of work, some at a time."""
        after = 0
        while page := self._session.rows(_READ, {"after": after, "most": _PAGE}):
            yield from (_to_entry(row) for row in page)
            after = page[-1].entry_id

    def count(self, action: str, *, conversation_id: ConversationId | None = None) -> int:
        wanted = {"wanted": action}
        if conversation_id is None:
            return int(self._session.scalar(_COUNT, wanted))
        return int(self._session.scalar(_COUNT_OF, {**wanted, "conversation": conversation_id}))


def _row(entry: AuditEntry, number: int) -> dict[str, Any]:
    return {
        "entry_id": number,
        "at": to_ms(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "conversation_id": entry.conversation_id,
        "turn_id": entry.turn_id,
        "details": to_json(entry.details),
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def _to_entry(row: Any) -> AuditEntry:
    return AuditEntry(
        at=from_ms(row.at),
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        conversation_id=None if row.conversation_id is None else ConversationId(row.conversation_id),
        turn_id=None if row.turn_id is None else TurnId(row.turn_id),
        details=json.loads(row.details),
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
