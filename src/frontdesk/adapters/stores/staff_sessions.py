"""Browsers that have signed in, and links that sign one in, kept as hashes."""

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from frontdesk.adapters.stores.schema import staff_sessions
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_ms
from frontdesk.ports.stores import StaffSession, StaffSessionKind

_ADD = insert(staff_sessions)
_FIND = select(staff_sessions.c.name, staff_sessions.c.created_at, staff_sessions.c.expires_at).where(
    staff_sessions.c.token_hash == bindparam("wanted"), staff_sessions.c.kind == bindparam("of_kind")
)
_REMOVE = delete(staff_sessions).where(staff_sessions.c.token_hash == bindparam("wanted"))
_REMOVE_OF = delete(staff_sessions).where(staff_sessions.c.name == bindparam("of_name"))
_REMOVE_ENDED = delete(staff_sessions).where(staff_sessions.c.expires_at < bindparam("before"))


class StaffSessions:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, token_hash: str, *, name: str, kind: StaffSessionKind, at: datetime, until: datetime) -> None:
        row = {
            "token_hash": token_hash,
            "name": name,
            "kind": kind,
            "created_at": to_ms(at),
            "expires_at": to_ms(until),
        }
        self._session.run(_ADD, row)

    def find(self, token_hash: str, *, kind: StaffSessionKind) -> StaffSession | None:
        """The session or link, also one that has run out: that it has is for the caller to say."""
        row = self._session.first(_FIND, {"wanted": token_hash, "of_kind": kind})
        if row is None:
            return None
        return StaffSession(name=row.name, created_at=from_ms(row.created_at), expires_at=from_ms(row.expires_at))

    def remove(self, token_hash: str) -> None:
        self._session.run(_REMOVE, {"wanted": token_hash})

    def remove_of(self, name: str) -> int:
        """Forget every session and link of a staff key; how many that were."""
        return self._session.run(_REMOVE_OF, {"of_name": name})

    def remove_ended(self, *, before: datetime) -> int:
        return self._session.run(_REMOVE_ENDED, {"before": to_ms(before)})
