"""Who gets the next free hands: turns whose worker fell silent, then those that wait, each party in its turn.

A queued turn waits for hands only while it is the first unfinished one of its conversation: its head. Time is the
database's own, so that a process whose clock is wrong neither jumps the queue nor lets turns run out.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from frontdesk.adapters.stores.schema import conversations, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import DatabaseNow
from frontdesk.adapters.stores.turn_rows import TURN_COLUMNS, to_turn
from frontdesk.adapters.stores.values import to_ms_span
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.turn import TurnState
from frontdesk.ports.stores import ClaimedTurn, Crowd, StoredTurn

ENDED: ColumnElement[str] = literal_column("'ended'")
"""Written out, so that every plan can use the index of unfinished turns."""
_IS_RUNNING = turns.c.state == TurnState.RUNNING.value
_IS_SILENT = and_(_IS_RUNNING, turns.c.lease_until <= DatabaseNow())
_earlier = turns.alias("earlier")
_IS_HEAD = and_(
    turns.c.state == TurnState.QUEUED.value,
    ~exists().where(
        _earlier.c.conversation_id == turns.c.conversation_id,
        _earlier.c.state != ENDED,
        _earlier.c.number < turns.c.number,
    ),
)
_PARTY = func.coalesce(func.nullif(turns.c.party, ""), turns.c.conversation_id)
_ENDS_AT_ONCE = or_(turns.c.superseded_by.is_not(None), turns.c.deadline_at <= DatabaseNow())
_CLASS = case((_IS_RUNNING, 0), (_ENDS_AT_ONCE, 1), (turns.c.lane == "normal", 2), else_=3)
"""Kept turns come last: they are answered while nobody else waits."""

_busy = (
    select(_PARTY.label("party"), func.count().label("running"))
    .where(turns.c.state != ENDED, _IS_RUNNING)
    .group_by(_PARTY)
    .subquery("busy")
)
_in_turn = func.row_number().over(partition_by=[_CLASS, _PARTY], order_by=[turns.c.opened_at, turns.c.number])
_free = (
    select(
        turns.c.turn_id,
        _CLASS.label("class"),
        (func.coalesce(_busy.c.running, 0) + _in_turn).label("place"),
        turns.c.opened_at,
    )
    .select_from(turns.outerjoin(_busy, _busy.c.party == _PARTY))
    .where(turns.c.state != ENDED, or_(_IS_SILENT, _IS_HEAD))
    .subquery("free")
)
_FREE = (
    select(turns.c.turn_id)
    .select_from(turns.join(_free, _free.c.turn_id == turns.c.turn_id))
    .where(or_(_IS_SILENT, turns.c.state == TurnState.QUEUED.value))  # asked again of a row that was changed meanwhile
    .order_by(_free.c["class"], _free.c.place, _free.c.opened_at, turns.c.turn_id)
    .limit(bindparam("most"))
    .with_for_update(of=turns, skip_locked=True)
)
_TAKE = (
    update(turns)
    .where(turns.c.turn_id == bindparam("wanted"))
    .values(
        state=TurnState.RUNNING.value,
        lease_owner=bindparam("owner"),
        lease_until=DatabaseNow() + bindparam("lease_ms", type_=BigInteger),
        fence=turns.c.fence + 1,
        started_at=func.coalesce(turns.c.started_at, DatabaseNow()),
    )
    .returning(
        *TURN_COLUMNS,
        (turns.c.deadline_at - DatabaseNow()).label("remaining_ms"),
        (DatabaseNow() - func.coalesce(turns.c.opened_at, turns.c.accepted_at)).label("waited_ms"),
    )
)
_WAITS = case((_IS_HEAD, 1), else_=0)
_CROWD = (
    select(
        _PARTY.label("party"),
        turns.c.state,
        turns.c.lane,
        turns.c.lease_owner,
        _WAITS.label("waits"),
        func.count().label("turns"),
        (DatabaseNow() - func.min(turns.c.opened_at)).label("age_ms"),
    )
    .where(turns.c.state != ENDED)
    .group_by(_PARTY, turns.c.state, turns.c.lane, turns.c.lease_owner, _WAITS)
)
_LATE = (
    select(turns.c.turn_id)
    .select_from(conversations.join(turns))
    .where(
        turns.c.state != ENDED,
        _IS_HEAD,
        turns.c.lane == "normal",
        turns.c.superseded_by.is_(None),
        turns.c.opened_at <= DatabaseNow() - bindparam("after_ms", type_=BigInteger),
        conversations.c.status == ConversationStatus.ASSISTANT.value,
    )
    .order_by(turns.c.opened_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # the conversation too: it is about to be told
)
_KEEP = (
    update(turns)
    .where(turns.c.turn_id == bindparam("wanted"), turns.c.state == TurnState.QUEUED.value)
    .values(lane="kept", deadline_at=turns.c.opened_at + bindparam("time_ms", type_=BigInteger))
    .returning(*TURN_COLUMNS)
)


class Claims:
    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, owner: str, *, lease_s: float, limit: int) -> tuple[ClaimedTurn, ...]:
        """Up to so many turns that are free, now this owner's."""
        found = [row[0] for row in self._session.rows(_FREE, {"most": limit})]
        taken = {"owner": owner, "lease_ms": to_ms_span(lease_s)}
        return tuple(_to_claimed(self._session.first(_TAKE, {"wanted": one, **taken})) for one in found)

    def crowd(self) -> Crowd:
        """Who is being answered and who waits, in all processes together."""
        rows = self._session.rows(_CROWD)
        running = [row for row in rows if row.state == TurnState.RUNNING.value]
        waiting = [row for row in rows if row.waits and row.lane == "normal"]
        kept = [row for row in rows if row.waits and row.lane == "kept"]
        return Crowd(
            running=_per_party(running),
            waiting=_per_party(waiting),
            kept=_per_party(kept),
            workers=len({row.lease_owner for row in running}),
            queued=sum(row.turns for row in rows if row.state == TurnState.QUEUED.value),
            oldest_s=_age_of([*waiting, *kept]),
            longest_wait_s=_age_of(waiting),
        )

    def keep_late(self, *, after_s: float, time_s: float, limit: int) -> tuple[StoredTurn, ...]:
        """Turns that have waited for so long become kept ones, with so much time from when they came."""
        late = self._session.rows(_LATE, {"after_ms": to_ms_span(after_s), "most": limit})
        kept = [self._session.first(_KEEP, {"wanted": row[0], "time_ms": to_ms_span(time_s)}) for row in late]
        return tuple(to_turn(row) for row in kept if row is not None)


def _per_party(rows: Sequence[Any]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        counted[row.party] += row.turns
    return counted


def _age_of(rows: Sequence[Any]) -> float:
    """Of the oldest, in seconds; 0 where there is none."""
    return max((row.age_ms or 0 for row in rows), default=0) / 1000


def _to_claimed(row: Any) -> ClaimedTurn:
    return ClaimedTurn(turn=to_turn(row), remaining_s=row.remaining_ms / 1000, waited_s=max(0, row.waited_ms) / 1000)
