"""Reads across turns: how fast they were and how they went."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from frontdesk.adapters.stores.schema import conversations, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import to_ms
from frontdesk.domain.speed import EndedTurn, Pace, pace_of
from frontdesk.domain.turn import Outcome

_ENDED = (
    select(
        turns.c.accepted_at,
        turns.c.ended_at,
        turns.c.outcome,
        turns.c.degraded,
        turns.c.timings,
        conversations.c.origin,
    )
    .select_from(turns.join(conversations, conversations.c.conversation_id == turns.c.conversation_id))
    .where(turns.c.ended_at >= bindparam("since"))
    .order_by(turns.c.ended_at.desc())
    .limit(bindparam("most"))
)


class Paces:
    def __init__(self, session: Session) -> None:
        self._session = session

    def since(self, since: datetime, *, limit: int) -> Pace:
        """How the turns went that ended since then, the newest at most so many."""
        rows = self._session.rows(_ENDED, {"since": to_ms(since), "most": limit + 1})
        return pace_of([_to_turn(row) for row in rows[:limit]], is_cut_short=len(rows) > limit)


def _to_turn(row: Any) -> EndedTurn:
    return EndedTurn(
        total_ms=max(0, row.ended_at - row.accepted_at),
        first_text_ms=json.loads(row.timings or "{}").get("first_confirmed"),
        outcome=Outcome(row.outcome),
        degraded=tuple(json.loads(row.degraded or "[]")),
        is_simulated=row.origin == "simulated",
    )
