"""Feedback: the newest rating of each turn; the log keeps every earlier one."""

import json
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from frontdesk.adapters.stores.payloads import payload_of
from frontdesk.adapters.stores.schema import events, feedback, payloads
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.events import FeedbackGiven
from frontdesk.domain.feedback import Feedback, FeedbackReason
from frontdesk.domain.ids import ConversationId, TurnId

_WANTED = feedback.c.turn_id == bindparam("wanted")
_GET = (
    select(*feedback.c, payloads.c.body)
    .select_from(feedback.outerjoin(payloads, payload_of(feedback.c.conversation_id, "event", feedback.c.seq)))
    .where(_WANTED)
)
_ADD = insert(feedback)
_REPLACE = update(feedback).where(_WANTED)
_TIMES = (
    select(func.count())
    .select_from(feedback.join(events, events.c.conversation_id == feedback.c.conversation_id))
    .where(_WANTED, events.c.turn_id == feedback.c.turn_id, events.c.kind == FeedbackGiven.kind)
)


class GivenFeedback:
    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, given: Feedback, *, seq: int) -> None:
        """Keep it in place of the turn's earlier rating; its comment lies in the event at `seq`."""
        changing = {
            "rating": given.rating,
            "reasons": to_json([reason.value for reason in given.reasons]),
            "seq": seq,
            "at": to_ms(given.at),
        }
        if self._session.run(_REPLACE, {"wanted": given.turn_id, **changing}) == 0:
            row = {"turn_id": given.turn_id, "conversation_id": given.conversation_id, **changing}
            self._session.run(_ADD, row)

    def get(self, turn_id: TurnId) -> Feedback | None:
        row = self._session.first(_GET, {"wanted": turn_id})
        return None if row is None else _to_feedback(row)

    def times_given(self, turn_id: TurnId) -> int:
        """How often this turn was rated, every change counted."""
        count: int = self._session.scalar(_TIMES, {"wanted": turn_id})
        return count


def _to_feedback(row: Any) -> Feedback:
    """An erased comment is empty."""
    return Feedback(
        conversation_id=ConversationId(row.conversation_id),
        turn_id=TurnId(row.turn_id),
        rating=row.rating,
        reasons=tuple(FeedbackReason(reason) for reason in json.loads(row.reasons)),
        comment="" if row.body is None else json.loads(row.body)["comment"],
        at=from_ms(row.at),
    )
