"""Turns: opened once per idempotency key, worked on under a lease, ended once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, func, insert, null, select, update

from frontdesk.adapters.stores.claims import ENDED, Claims
from frontdesk.adapters.stores.listing_rows import list_turns
from frontdesk.adapters.stores.schema import conversations, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import AnnounceTurns, DatabaseNow
from frontdesk.adapters.stores.turn_records import TurnRecords
from frontdesk.adapters.stores.turn_rows import TURN_COLUMNS, new_row, to_turn
from frontdesk.adapters.stores.values import to_json, to_ms, to_ms_span
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.errors import HandedOverError, LeaseLostError, NotFoundError, SupersededError
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.domain.listing import TurnSummary
from frontdesk.domain.turn import Lease, Outcome, TurnRecord, TurnState
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.stores import ClaimedTurn, Crowd, StoredTurn

_GET = select(*TURN_COLUMNS).where(turns.c.turn_id == bindparam("wanted"))
_FIND = select(*TURN_COLUMNS).where(
    turns.c.conversation_id == bindparam("wanted"), turns.c.idempotency_key == bindparam("key")
)
_NEWEST_ANSWERED = (
    select(*TURN_COLUMNS).where(turns.c.outcome == Outcome.ANSWERED.value).order_by(turns.c.ended_at.desc()).limit(1)
)

_LEASE_END = DatabaseNow() + bindparam("lease_ms", type_=BigInteger)
_DEADLINE = DatabaseNow() + bindparam("time_ms", type_=BigInteger)
_NEXT_NUMBER = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("wanted"))
    .values(last_turn=conversations.c.last_turn + 1)
    .returning(conversations.c.last_turn)
)
_OF_CONVERSATION_UNFINISHED = (turns.c.conversation_id == bindparam("wanted"), turns.c.state != ENDED)
_HAS_UNFINISHED = select(exists().where(*_OF_CONVERSATION_UNFINISHED))
_OPEN_RUNNING = insert(turns).values(
    lease_until=_LEASE_END, opened_at=DatabaseNow(), started_at=DatabaseNow(), deadline_at=_DEADLINE
)
_OPEN_QUEUED = insert(turns).values(lease_until=null(), opened_at=DatabaseNow(), deadline_at=_DEADLINE)
_ANNOUNCE = select(AnnounceTurns())

_UNFINISHED_ONES = select(*TURN_COLUMNS).where(*_OF_CONVERSATION_UNFINISHED).order_by(turns.c.number).with_for_update()
_SUPERSEDE = update(turns).where(*_OF_CONVERSATION_UNFINISHED).values(superseded_by=bindparam("by"))
_PASS_ON = (
    update(turns)
    .where(turns.c.conversation_id == bindparam("wanted"), turns.c.superseded_by == bindparam("earlier"))
    .values(superseded_by=bindparam("by"))
)
_REPLACED = (
    select(*TURN_COLUMNS)
    .where(turns.c.conversation_id == bindparam("wanted"), turns.c.superseded_by == bindparam("by"))
    .order_by(turns.c.number)
)

_HELD = (
    select(turns.c.state, turns.c.lease_owner, turns.c.fence, turns.c.superseded_by, conversations.c.status)
    .select_from(conversations.join(turns))  # locked in this order by all, so that none locks the other out
    .where(turns.c.turn_id == bindparam("wanted"))
    .with_for_update()
)
_RUNNING_OF_OWNER = (turns.c.lease_owner == bindparam("owner"), turns.c.state == TurnState.RUNNING.value)
_RUNNING_UNDER_LEASE = (
    turns.c.turn_id == bindparam("wanted"),
    *_RUNNING_OF_OWNER,
    turns.c.fence == bindparam("held_fence"),
)
_HEARTBEAT = update(turns).where(*_RUNNING_UNDER_LEASE).values(lease_until=_LEASE_END)
_SUPERSEDED_OF_OWNER = select(turns.c.turn_id).where(
    turns.c.state != ENDED, *_RUNNING_OF_OWNER, turns.c.superseded_by.is_not(None)
)
_RELEASE = update(turns).where(*_RUNNING_UNDER_LEASE).values(lease_until=0)
_RELEASE_OWNER = update(turns).where(*_RUNNING_OF_OWNER).values(lease_until=0, passed_on=turns.c.passed_on + 1)
_RELEASE_ALL = update(turns).where(turns.c.state == TurnState.RUNNING.value).values(lease_until=0)

_FINISH = (
    update(turns)
    .where(*_RUNNING_UNDER_LEASE)
    .values(state=TurnState.ENDED.value, lease_until=null(), party="")  # whom it was counted for is forgotten
    .returning(turns.c.conversation_id, turns.c.number)
)
_UNFINISHED = select(func.count()).select_from(turns).where(*_OF_CONVERSATION_UNFINISHED)


class Turns:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find_by_key(self, conversation_id: ConversationId, idempotency_key: str) -> StoredTurn | None:
        wanted = {"wanted": conversation_id, "key": idempotency_key}
        row = self._session.first(_FIND, wanted)
        return None if row is None else to_turn(row)

    def get(self, turn_id: TurnId) -> StoredTurn | None:
        row = self._session.first(_GET, {"wanted": turn_id})
        return None if row is None else to_turn(row)

    def open(self, turn: StoredTurn, *, owner: str, lease_s: float, must_wait: bool = False) -> TurnState:
        """Insert it as running under `owner` with fence 1, or as queued.

        It is queued behind the conversation's unfinished turn, and where it must wait for free hands. What lies
        between its `accepted_at` and `deadline_at` is the time it has from now on, by the database's clock.
        """
        wanted = {"wanted": turn.conversation_id}
        number: int | None = self._session.scalar(_NEXT_NUMBER, wanted)
        if number is None:
            raise NotFoundError("There is no such conversation.", field="conversation_id")
        is_second = self._session.scalar(_HAS_UNFINISHED, wanted)
        if is_second or must_wait:
            self._session.run(_OPEN_QUEUED, new_row(turn, number, TurnState.QUEUED, owner=None, fence=0))
            self.announce()
            return TurnState.QUEUED
        row = new_row(turn, number, TurnState.RUNNING, owner=owner, fence=1)
        self._session.run(_OPEN_RUNNING, {**row, "lease_ms": to_ms_span(lease_s)})
        return TurnState.RUNNING

    def supersede(self, conversation_id: ConversationId, *, by: TurnId) -> tuple[StoredTurn, ...]:
        """Let a new turn take the place of all that are unfinished, which are returned, oldest first.

        What they had taken the place of passes on to the new one.
        """
        wanted = {"wanted": conversation_id}
        unfinished = tuple(to_turn(row) for row in self._session.rows(_UNFINISHED_ONES, wanted))
        for earlier in unfinished:
            self._session.run(_PASS_ON, {**wanted, "earlier": earlier.turn_id, "by": by})
        if unfinished:
            self._session.run(_SUPERSEDE, {**wanted, "by": by})
        return unfinished

    def replaced(self, conversation_id: ConversationId, *, by: TurnId) -> tuple[StoredTurn, ...]:
        """The turns whose place this one took, oldest first."""
        return tuple(to_turn(row) for row in self._session.rows(_REPLACED, {"wanted": conversation_id, "by": by}))

    def announce(self) -> None:
        """Call every process on commit: a turn may be free, or superseded."""
        self._session.scalar(_ANNOUNCE)

    def assert_held(self, lease: Lease) -> None:
        """Guard of every commit made for a turn; turn and conversation stay as they are until it commits.

        Raises:
            LeaseLostError: another worker has it, or it has ended.
            SupersededError: a later message took its place.
            HandedOverError: the conversation no longer belongs to the assistant.
        """
        row = self._session.first(_HELD, {"wanted": lease.turn_id})
        held = (TurnState.RUNNING.value, lease.owner, lease.fence)
        if row is None or (row.state, row.lease_owner, row.fence) != held:
            raise _lease_lost(lease)
        if row.superseded_by is not None:
            raise SupersededError("A later message took this one's place.", turn_id=lease.turn_id)
        if row.status != ConversationStatus.ASSISTANT.value:
            raise HandedOverError("A person has taken over this conversation.", turn_id=lease.turn_id)

    def heartbeat(self, leases: Sequence[Lease], *, lease_s: float) -> None:
        """Extend these leases; one that another worker has by now, or whose turn has ended, is left as it is."""
        lease_ms = to_ms_span(lease_s)
        in_order = sorted(leases, key=lambda lease: lease.turn_id)  # the same for all, so that none locks the other out
        if in_order:
            self._session.run_many(_HEARTBEAT, [{**_held_under(lease), "lease_ms": lease_ms} for lease in in_order])

    def superseded_of(self, owner: str) -> tuple[TurnId, ...]:
        """Running turns of this owner whose place a later message took."""
        return tuple(TurnId(row[0]) for row in self._session.rows(_SUPERSEDED_OF_OWNER, {"owner": owner}))

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[ClaimedTurn, ...]:
        """Take over running turns whose lease has run out, then queued turns at the head of their conversation.

        Those that have nothing but their end before them come first, kept ones last, and the parties take turns: whose
        fewest are being answered comes next.
        """
        return Claims(self._session).take(owner, lease_s=lease_s, limit=limit)

    def crowd(self) -> Crowd:
        """Who is being answered and who waits, in all processes together."""
        return Claims(self._session).crowd()

    def keep_late(self, *, after_s: float, time_s: float, limit: int) -> tuple[StoredTurn, ...]:
        """Turn what has waited for so long into kept turns, which have so much time since they came; those turns."""
        return Claims(self._session).keep_late(after_s=after_s, time_s=time_s, limit=limit)

    def release(self, lease: Lease) -> None:
        """Let this lease run out now, so that its turn is claimed again; nothing happens where it is not held."""
        self._session.run(_RELEASE, _held_under(lease))
        self.announce()

    def release_owner(self, owner: str) -> None:
        """Let every lease of this owner run out now, for an orderly shutdown."""
        self._session.run(_RELEASE_OWNER, {"owner": owner})
        self.announce()

    def release_all(self) -> None:
        """Let every lease run out now, whoever holds it: for a process that is the only one and has just started."""
        self._session.run(_RELEASE_ALL, {})

    def finish(self, record: TurnRecord, *, last_seq: int, at: datetime) -> None:
        """Write the record with all its rows and end the turn under the release that answered.

        It asks for the lease and not for the conversation's status, so that a turn may hand its own
        conversation over in the same unit of work.

        Raises:
            LeaseLostError: another worker has it, or it has ended.
        """
        lease, answer = record.lease, record.answer
        values = {
            **_held_under(lease),
            "release_id": answer.release_id,
            "outcome": answer.outcome.value,
            "ended_at": to_ms(at),
            "last_seq": last_seq,
            "confidence": answer.confidence,
            "degraded": to_json(answer.degraded),
            "timings": to_json(answer.timings_ms),
            "escalation_id": answer.escalation_id,
            "escalation_reason": None if record.escalation_reason is None else record.escalation_reason.value,
        }
        ended = self._session.first(_FINISH, values)
        if ended is None:
            raise _lease_lost(lease)
        TurnRecords(self._session).write(record, ConversationId(ended.conversation_id), number=ended.number)

    def add_attempts(self, turn_id: TurnId, attempts: Sequence[VendorAttempt]) -> None:
        """Add requests that were made for a turn after it had ended."""
        TurnRecords(self._session).add_attempts(turn_id, attempts)

    def record(self, turn_id: TurnId) -> dict[str, Any] | None:
        """What is known of a turn, JSON-ready, for its trace; None when there is no such turn."""
        return TurnRecords(self._session).read(turn_id)

    def unfinished(self, conversation_id: ConversationId) -> int:
        """How many turns of this conversation are queued or running."""
        count: int = self._session.scalar(_UNFINISHED, {"wanted": conversation_id})
        return count

    def newest_answered(self) -> StoredTurn | None:
        row = self._session.first(_NEWEST_ANSWERED)
        return None if row is None else to_turn(row)

    def list_of(self, conversation_id: ConversationId) -> Sequence[TurnSummary]:
        """Its turns, oldest first."""
        return list_turns(self._session, conversation_id)


def _held_under(lease: Lease) -> dict[str, str | int]:
    return {"wanted": lease.turn_id, "owner": lease.owner, "held_fence": lease.fence}


def _lease_lost(lease: Lease) -> LeaseLostError:
    return LeaseLostError("Another worker has this turn, or it has ended.", turn_id=lease.turn_id, fence=lease.fence)
