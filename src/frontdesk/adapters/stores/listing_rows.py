"""What lists tell of conversations and turns: gathered for a whole page at once, whatever its length."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select

from frontdesk.adapters.stores.payloads import payload_of
from frontdesk.adapters.stores.schema import escalations, feedback, messages, payloads, turns
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.values import from_ms
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.feedback import FeedbackReason, Rating
from frontdesk.domain.ids import ConversationId, EscalationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.listing import PREVIEW_CHARS, ConversationSummary, TurnSummary
from frontdesk.domain.turn import ConfidenceLevel, Outcome, TurnState

_SHOWN_OF_TURN = {*TurnSummary.__dataclass_fields__, "timings"}
_LISTED: BindParameter[str] = bindparam("listed", expanding=True)
_KINDS_OF_TURN = (turns.c.conversation_id, turns.c.state, turns.c.outcome, turns.c.confidence, turns.c.degraded)
_TURNS = (
    select(*_KINDS_OF_TURN, func.max(turns.c.number).label("newest"))
    .where(turns.c.conversation_id.in_(_LISTED))
    .group_by(*_KINDS_OF_TURN)
)
"""One row for all turns of a conversation that went alike: few, however long it is."""
_earlier = messages.alias("earlier")
_FIRST_WORDS = (
    select(messages.c.conversation_id, payloads.c.body, payloads.c.erased_at)
    .select_from(messages.outerjoin(payloads, payload_of(messages.c.conversation_id, "message", messages.c.position)))
    .where(
        messages.c.conversation_id.in_(_LISTED),
        messages.c.position
        == select(func.min(_earlier.c.position))
        .where(_earlier.c.conversation_id == messages.c.conversation_id, _earlier.c.role == "customer")
        .scalar_subquery(),
    )
)
_OPEN = select(escalations.c.conversation_id, escalations.c.escalation_id, escalations.c.opened_at).where(
    escalations.c.conversation_id.in_(_LISTED), escalations.c.closed_at.is_(None)
)
_RATINGS = (
    select(feedback.c.conversation_id, feedback.c.rating).where(feedback.c.conversation_id.in_(_LISTED)).distinct()
)
_TURNS_OF = (
    select(*(column for column in turns.c if column.name in _SHOWN_OF_TURN), feedback.c.rating, feedback.c.reasons)
    .select_from(turns.outerjoin(feedback, feedback.c.turn_id == turns.c.turn_id))
    .where(turns.c.conversation_id == bindparam("wanted"))
    .order_by(turns.c.number)
)
_LOWEST_FIRST: tuple[ConfidenceLevel, ...] = ("low", "medium", "high")
_WORST_FIRST: tuple[Rating, ...] = ("down", "up")


def summarise(session: Session, rows: Sequence[Any]) -> tuple[ConversationSummary, ...]:
    """The rows of `conversations` with what their turns, messages, escalations and ratings tell, in the same order."""
    if not rows:
        return ()
    listed = {"listed": [row.conversation_id for row in rows]}
    ended = _by_conversation(session.rows(_TURNS, listed))
    words = {row.conversation_id: row for row in session.rows(_FIRST_WORDS, listed)}
    waiting = {row.conversation_id: row for row in session.rows(_OPEN, listed)}
    ratings = _by_conversation(session.rows(_RATINGS, listed))
    return tuple(
        _summary(
            row,
            ended[row.conversation_id],
            words.get(row.conversation_id),
            waiting.get(row.conversation_id),
            {found.rating for found in ratings[row.conversation_id]},
        )
        for row in rows
    )


def list_turns(session: Session, conversation_id: ConversationId) -> tuple[TurnSummary, ...]:
    """A conversation's turns, oldest first, with the customer's rating of each."""
    return tuple(_to_turn(row) for row in session.rows(_TURNS_OF, {"wanted": conversation_id}))


def _by_conversation(rows: Iterable[Any]) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.conversation_id].append(row)
    return found


def _summary(row: Any, turn_rows: Sequence[Any], words: Any, waiting: Any, ratings: set[str]) -> ConversationSummary:
    newest = max(turn_rows, key=lambda turn: turn.newest, default=None)
    levels = {turn.confidence for turn in turn_rows}
    labels = {label for turn in turn_rows if turn.degraded for label in json.loads(turn.degraded)}
    return ConversationSummary(
        conversation_id=ConversationId(row.conversation_id),
        created_at=from_ms(row.created_at),
        updated_at=from_ms(row.updated_at),
        channel=row.channel,
        locale=row.locale,
        status=ConversationStatus(row.status),
        origin=row.origin,
        forked_from=None if row.forked_from is None else ConversationId(row.forked_from),
        subject=row.subject,
        last_seq=row.last_seq,
        turns=row.last_turn,
        is_running=any(turn.state != TurnState.ENDED.value for turn in turn_rows),
        outcome=None if newest is None or newest.outcome is None else Outcome(newest.outcome),
        confidence=next((level for level in _LOWEST_FIRST if level in levels), None),
        degraded=tuple(sorted(labels)),
        rating=next((rating for rating in _WORST_FIRST if rating in ratings), "none"),
        preview="" if words is None or words.body is None else json.loads(words.body)["text"][:PREVIEW_CHARS],
        is_erased=words is not None and words.erased_at is not None,
        escalation_id=None if waiting is None else EscalationId(waiting.escalation_id),
        waiting_since=None if waiting is None else from_ms(waiting.opened_at),
    )


def _to_turn(row: Any) -> TurnSummary:
    return TurnSummary(
        turn_id=TurnId(row.turn_id),
        message_id=MessageId(row.message_id),
        number=row.number,
        state=TurnState(row.state),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        confidence=row.confidence,
        degraded=tuple(json.loads(row.degraded)) if row.degraded else (),
        timings_ms=json.loads(row.timings) if row.timings else {},
        release_id=ReleaseId(row.release_id),
        language=row.language,
        accepted_at=from_ms(row.accepted_at),
        ended_at=None if row.ended_at is None else from_ms(row.ended_at),
        escalation_id=None if row.escalation_id is None else EscalationId(row.escalation_id),
        escalation_reason=None if row.escalation_reason is None else EscalationReason(row.escalation_reason),
        rating=row.rating or "none",
        reasons=tuple(FeedbackReason(reason) for reason in json.loads(row.reasons)) if row.reasons else (),
    )
