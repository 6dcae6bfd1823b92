"""Withdrawn documents: changes are added and never undone; the newest of a document counts."""

from typing import Any

from sqlalchemy import bindparam, func, insert, select

from frontdesk.adapters.stores.schema import withdrawals
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_ms
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.overlay import Overlay, Withdrawal

_ADD = insert(withdrawals)
_VERSION = select(func.count()).select_from(withdrawals)
_NEWEST = select(func.max(withdrawals.c.change_id)).group_by(withdrawals.c.document_id)
_STANDING = (
    select(withdrawals)
    .where(withdrawals.c.change_id.in_(_NEWEST), withdrawals.c.is_withdrawn == 1)
    .order_by(withdrawals.c.change_id.desc())
)
_OF = (
    select(withdrawals)
    .where(withdrawals.c.document_id == bindparam("wanted"))
    .order_by(withdrawals.c.change_id.desc())
    .limit(bindparam("most"))
)


class Withdrawals:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, change: Withdrawal) -> None:
        row = {
            "document_id": change.document_id,
            "is_withdrawn": int(change.is_withdrawn),
            "reason": change.reason,
            "by": change.by,
            "at": to_ms(change.at),
        }
        self._session.run(_ADD, row)

    def version(self) -> int:
        """Counted rather than the newest id: ids can become visible out of their order, counts cannot."""
        version: int = self._session.scalar(_VERSION)
        return version

    def overlay(self) -> Overlay:
        standing = [_change(row) for row in self._session.rows(_STANDING)]
        return Overlay(version=self.version(), withdrawn={change.document_id: change for change in standing})

    def of(self, document_id: DocumentId, *, limit: int) -> tuple[Withdrawal, ...]:
        found = self._session.rows(_OF, {"wanted": document_id, "most": limit})
        return tuple(_change(row) for row in found)


def _change(row: Any) -> Withdrawal:
    return Withdrawal(
        document_id=DocumentId(row.document_id),
        is_withdrawn=bool(row.is_withdrawn),
        reason=row.reason,
        by=row.by,
        at=from_ms(row.at),
    )
