"""Conversations that need a person: at most one open escalation each."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from frontdesk.adapters.stores.schema import escalations
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import insert_if_absent
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.errors import ConflictError
from frontdesk.domain.escalation import Collected, Escalation, EscalationReason
from frontdesk.domain.ids import ConversationId, EscalationId, TurnId

_OPEN = insert_if_absent(escalations)
_GET = select(escalations).where(escalations.c.escalation_id == bindparam("wanted"))
_IS_OPEN = escalations.c.closed_at.is_(None)
_OPEN_ON = select(escalations).where(escalations.c.conversation_id == bindparam("wanted"), _IS_OPEN)
_LIST_OPEN = (
    select(escalations)
    .where(_IS_OPEN)
    .order_by(escalations.c.opened_at, escalations.c.escalation_id)
    .limit(bindparam("most"))
)


class Escalations:
    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, escalation: Escalation) -> Escalation:
        """Open it, or return the one already open on its conversation."""
        row = {
            "escalation_id": escalation.escalation_id,
            "conversation_id": escalation.conversation_id,
            "turn_id": escalation.turn_id,
            "reason": escalation.reason.value,
            "queue": escalation.queue,
            "topic": escalation.topic,
            "opened_at": to_ms(escalation.opened_at),
            "closed_at": None,
            "collected": None if escalation.collected is None else to_json(escalation.collected),
        }
        self._session.run(_OPEN, row)
        opened = self.open_on(escalation.conversation_id)
        if opened is None:
            raise ConflictError("An escalation with this id was opened before.", field="escalation_id")
        return opened

    def get(self, escalation_id: EscalationId) -> Escalation | None:
        row = self._session.first(_GET, {"wanted": escalation_id})
        return None if row is None else _to_escalation(row)

    def open_on(self, conversation_id: ConversationId) -> Escalation | None:
        row = self._session.first(_OPEN_ON, {"wanted": conversation_id})
        return None if row is None else _to_escalation(row)

    def list_open(self, *, limit: int) -> Sequence[Escalation]:
        """Longest waiting first."""
        return tuple(_to_escalation(row) for row in self._session.rows(_LIST_OPEN, {"most": limit}))


def _to_escalation(row: Any) -> Escalation:
    return Escalation(
        escalation_id=EscalationId(row.escalation_id),
        conversation_id=ConversationId(row.conversation_id),
        turn_id=None if row.turn_id is None else TurnId(row.turn_id),
        reason=EscalationReason(row.reason),
        queue=row.queue,
        topic=row.topic,
        opened_at=from_ms(row.opened_at),
        closed_at=None if row.closed_at is None else from_ms(row.closed_at),
        collected=None if row.collected is None else _to_collected(json.loads(row.collected)),
    )


def _to_collected(plain: dict[str, Any]) -> Collected:
    readings = {name: tuple(rows) for name, rows in plain.pop("readings").items()}
    return Collected(**plain, readings=readings)
