"""Staff keys, kept as hashes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select

from frontdesk.adapters.stores.schema import staff_keys
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_ms
from frontdesk.ports.stores import StaffKey

_ADD = insert(staff_keys)
_FIND = select(staff_keys.c.name).where(staff_keys.c.key_hash == bindparam("wanted"))
_COUNT = select(func.count()).select_from(staff_keys)
_LIST = select(staff_keys.c.name, staff_keys.c.created_at).order_by(staff_keys.c.created_at, staff_keys.c.name)
_REMOVE = delete(staff_keys).where(staff_keys.c.name == bindparam("wanted"))


class StaffKeys:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, name: str, *, key_hash: str, at: datetime) -> None:
        """Raises: ConflictError: the name or the key is taken."""
        self._session.run(_ADD, {"key_hash": key_hash, "name": name, "created_at": to_ms(at)})

    def find(self, key_hash: str) -> str | None:
        """The name the key was given; None when there is no such key."""
        name: str | None = self._session.scalar(_FIND, {"wanted": key_hash})
        return name

    def count(self) -> int:
        count: int = self._session.scalar(_COUNT)
        return count

    def list_all(self) -> Sequence[StaffKey]:
        """Oldest first."""
        return tuple(StaffKey(name=row.name, created_at=from_ms(row.created_at)) for row in self._session.rows(_LIST))

    def remove(self, name: str) -> bool:
        """Withdraw the key of this name; whether there was one."""
        return self._session.run(_REMOVE, {"wanted": name}) > 0
