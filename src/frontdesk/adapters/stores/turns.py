"""Turns: opened once per idempotency key, worked on under a lease, ended once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, func, insert, null, or_, select, update

from frontdesk.adapters.stores.listing_rows import list_turns
from frontdesk.adapters.stores.schema import conversations, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import DatabaseNow
from frontdesk.adapters.stores.turn_records import TurnRecords
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms, to_ms_span
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.errors import HandedOverError, LeaseLostError, NotFoundError
from frontdesk.domain.ids import ConversationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.listing import TurnSummary
from frontdesk.domain.turn import Lease, Outcome, TurnRecord, TurnState
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.stores import StoredTurn

_COLUMNS = tuple(turns.c[name] for name in StoredTurn.__dataclass_fields__)
_GET = select(*_COLUMNS).where(turns.c.turn_id == bindparam("wanted"))
_FIND = select(*_COLUMNS).where(
    turns.c.conversation_id == bindparam("wanted"), turns.c.idempotency_key == bindparam("key")
)
_NEWEST_ANSWERED = (
    select(*_COLUMNS).where(turns.c.outcome == Outcome.ANSWERED.value).order_by(turns.c.ended_at.desc()).limit(1)
)

_LEASE_END = DatabaseNow() + bindparam("lease_ms", type_=BigInteger)
_NEXT_NUMBER = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("wanted"))
    .values(last_turn=conversations.c.last_turn + 1)
    .returning(conversations.c.last_turn)
)
_HAS_UNFINISHED = select(
    exists().where(turns.c.conversation_id == bindparam("wanted"), turns.c.state != TurnState.ENDED.value)
)
_OPEN_RUNNING = insert(turns).values(lease_until=_LEASE_END)
_OPEN_QUEUED = insert(turns).values(lease_until=null())

_HELD = (
    select(turns.c.state, turns.c.lease_owner, turns.c.fence, conversations.c.status)
    .select_from(turns.join(conversations))
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
_RELEASE = update(turns).where(*_RUNNING_UNDER_LEASE).values(lease_until=0)
_RELEASE_OWNER = update(turns).where(*_RUNNING_OF_OWNER).values(lease_until=0)

_earlier = turns.alias("earlier")
_IS_HEAD = ~exists().where(
    _earlier.c.conversation_id == turns.c.conversation_id,
    _earlier.c.state != TurnState.ENDED.value,
    _earlier.c.number < turns.c.number,
)
_CLAIMABLE = (
    select(turns.c.turn_id)
    .where(
        turns.c.state != TurnState.ENDED.value,
        or_(
            (turns.c.state == TurnState.RUNNING.value) & (turns.c.lease_until <= DatabaseNow()),
            (turns.c.state == TurnState.QUEUED.value) & _IS_HEAD,
        ),
    )
    .order_by(turns.c.accepted_at, turns.c.number)
    .limit(bindparam("most"))
    .with_for_update(of=turns, skip_locked=True)
)
_TAKE = (
    update(turns)
    .where(turns.c.turn_id == bindparam("wanted"))
    .values(
        state=TurnState.RUNNING.value,
        lease_owner=bindparam("owner"),
        lease_until=_LEASE_END,
        fence=turns.c.fence + 1,
    )
    .returning(*_COLUMNS)
)
_FINISH = (
    update(turns)
    .where(*_RUNNING_UNDER_LEASE)
    .values(state=TurnState.ENDED.value, lease_until=null())
    .returning(turns.c.conversation_id, turns.c.number)
)
_UNFINISHED = (
    select(func.count())
    .select_from(turns)
    .where(turns.c.conversation_id == bindparam("wanted"), turns.c.state != TurnState.ENDED.value)
)


class Turns:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find_by_key(self, conversation_id: ConversationId, idempotency_key: str) -> StoredTurn | None:
        wanted = {"wanted": conversation_id, "key": idempotency_key}
        row = self._session.first(_FIND, wanted)
        return None if row is None else _to_turn(row)

    def get(self, turn_id: TurnId) -> StoredTurn | None:
        row = self._session.first(_GET, {"wanted": turn_id})
        return None if row is None else _to_turn(row)

    def open(self, turn: StoredTurn, *, owner: str, lease_s: float) -> TurnState:
        """Insert it as running under `owner` with fence 1, or as queued behind the conversation's unfinished turn."""
        wanted = {"wanted": turn.conversation_id}
        number: int | None = self._session.scalar(_NEXT_NUMBER, wanted)
        if number is None:
            raise NotFoundError("There is no such conversation.", field="conversation_id")
        if self._session.scalar(_HAS_UNFINISHED, wanted):
            self._session.run(_OPEN_QUEUED, _new_row(turn, number, TurnState.QUEUED, owner=None, fence=0))
            return TurnState.QUEUED
        row = _new_row(turn, number, TurnState.RUNNING, owner=owner, fence=1)
        self._session.run(_OPEN_RUNNING, {**row, "lease_ms": to_ms_span(lease_s)})
        return TurnState.RUNNING

    def assert_held(self, lease: Lease) -> None:
        """Guard of every commit made for a turn; turn and conversation stay as they are until it commits.

        Raises:
            LeaseLostError: another worker has it, or it has ended.
            HandedOverError: the conversation no longer belongs to the assistant.
        """
        row = self._session.first(_HELD, {"wanted": lease.turn_id})
        held = (TurnState.RUNNING.value, lease.owner, lease.fence)
        if row is None or (row.state, row.lease_owner, row.fence) != held:
            raise _lease_lost(lease)
        if row.status != ConversationStatus.ASSISTANT.value:
            raise HandedOverError("A person has taken over this conversation.", turn_id=lease.turn_id)

    def heartbeat(self, leases: Sequence[Lease], *, lease_s: float) -> None:
        """Extend these leases; one that another worker has by now, or whose turn has ended, is left as it is."""
        lease_ms = to_ms_span(lease_s)
        in_order = sorted(leases, key=lambda lease: lease.turn_id)  # the same for all, so that none locks the other out
        if in_order:
            self._session.run_many(_HEARTBEAT, [{**_held_under(lease), "lease_ms": lease_ms} for lease in in_order])

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[StoredTurn, ...]:
        """Take over running turns whose lease has run out and queued turns at the head of their conversation."""
        found = [row[0] for row in self._session.rows(_CLAIMABLE, {"most": limit})]
        taken = {"owner": owner, "lease_ms": to_ms_span(lease_s)}
        return tuple(_to_turn(self._session.first(_TAKE, {"wanted": one, **taken})) for one in found)

    def release(self, lease: Lease) -> None:
        """Let this lease run out now, so that its turn is claimed again; nothing happens where it is not held."""
        self._session.run(_RELEASE, _held_under(lease))

    def release_owner(self, owner: str) -> None:
        """Let every lease of this owner run out now, for an orderly shutdown."""
        self._session.run(_RELEASE_OWNER, {"owner": owner})

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
        return None if row is None else _to_turn(row)

    def list_of(self, conversation_id: ConversationId) -> Sequence[TurnSummary]:
        """Its turns, oldest first."""
        return list_turns(self._session, conversation_id)


def _held_under(lease: Lease) -> dict[str, str | int]:
    return {"wanted": lease.turn_id, "owner": lease.owner, "held_fence": lease.fence}


def _lease_lost(lease: Lease) -> LeaseLostError:
    return LeaseLostError("Another worker has this turn, or it has ended.", turn_id=lease.turn_id, fence=lease.fence)


def _new_row(
    turn: StoredTurn, number: int, state: TurnState, *, owner: str | None, fence: int
) -> dict[str, str | int | None]:
    return {
        "turn_id": turn.turn_id,
        "conversation_id": turn.conversation_id,
        "number": number,
        "message_id": turn.message_id,
        "idempotency_key": turn.idempotency_key,
        "request_hash": turn.request_hash,
        "state": state.value,
        "release_id": turn.release_id,
        "language": turn.language,
        "channel": turn.channel,
        "lease_owner": owner,
        "fence": fence,
        "accepted_at": to_ms(turn.accepted_at),
        "deadline_at": to_ms(turn.deadline_at),
        "last_seq": 0,
    }


def _to_turn(row: Any) -> StoredTurn:
    return StoredTurn(
        turn_id=TurnId(row.turn_id),
        conversation_id=ConversationId(row.conversation_id),
        message_id=MessageId(row.message_id),
        idempotency_key=row.idempotency_key,
        request_hash=row.request_hash,
        state=TurnState(row.state),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        release_id=ReleaseId(row.release_id),
        language=row.language,
        channel=row.channel,
        fence=row.fence,
        accepted_at=from_ms(row.accepted_at),
        deadline_at=from_ms(row.deadline_at),
        ended_at=None if row.ended_at is None else from_ms(row.ended_at),
        last_seq=row.last_seq,
    )
