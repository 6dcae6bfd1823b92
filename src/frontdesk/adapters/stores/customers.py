"""Customers, by the subject of their signed token."""

from datetime import datetime

from sqlalchemy import bindparam, select

from frontdesk.adapters.stores.schema import customers
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import insert_if_absent
from frontdesk.adapters.stores.values import to_ms
from frontdesk.domain.ids import CustomerId

_FIND = select(customers.c.customer_id).where(customers.c.subject == bindparam("wanted"))
_CREATE = insert_if_absent(customers)


class Customers:
    def __init__(self, session: Session) -> None:
        self._session = session

    def get_or_create(self, subject: str, *, fresh: CustomerId, at: datetime) -> CustomerId:
        """The customer with this signed subject; created under `fresh` when new."""
        known = self._find(subject)
        if known is None:
            self._session.run(_CREATE, {"customer_id": fresh, "subject": subject, "created_at": to_ms(at)})
            known = self._find(subject)
        return known or fresh

    def _find(self, subject: str) -> CustomerId | None:
        found = self._session.scalar(_FIND, {"wanted": subject})
        return None if found is None else CustomerId(found)
