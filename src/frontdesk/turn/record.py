"""Record: a finished turn is written with its last events in one commit, or it is not finished."""

import json
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.conversation import ConversationStatus, Message
from frontdesk.domain.escalation import Escalation
from frontdesk.domain.events import (
    AnswerCompleted,
    EscalationOpened,
    Event,
    StoredEvent,
    TurnFailed,
    TurnReset,
)
from frontdesk.domain.ids import CustomerId, MessageId
from frontdesk.domain.turn import OpenTurn, Outcome, TurnRecord
from frontdesk.domain.write_back import WriteBack
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.acting.changes import ActingChanges, end_runs
from frontdesk.turn.money.booking import Bill
from frontdesk.turn.money.budget import NoLimits, Purse
from frontdesk.turn.said import standing_sentences
from frontdesk.turn.write_back.marking import mark_for_write_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is written when a turn ends."""

    record: TurnRecord
    message_id: MessageId
    """Under which the assistant's words are kept in the history."""
    error_code: str = ""
    """Why it failed; only with outcome `failed`."""
    escalation: Escalation | None = None
    """To be opened with it."""
    handover_text: str = ""
    is_silent: bool = False
    """A person has the conversation: the turn ends and the assistant says nothing."""
    withdraws: bool = False
    """Sentences of this attempt were told and do not stand."""
    is_superseded: bool = False
    """A later message took this one's place."""
    summary: str = ""
    summarised_until: int = 0
    """The conversation's summary as this turn left it."""
    customer_id: CustomerId | None = None
    """Whose account its cost is counted to."""
    purse: Purse = field(default_factory=NoLimits)
    """What its requests were paid from."""
    acting: ActingChanges = field(default_factory=ActingChanges)
    """What it changed of its conversation's workflows."""
    write_back: WriteBack | None = None
    """By which rules the conversation is written into its customer's record; None where it never is."""

    def bill(self, turn: OpenTurn) -> Bill:
        """What the turn's requests to models cost."""
        return Bill(turn=turn, customer_id=self.customer_id, attempts=self.record.attempts, purse=self.purse)


async def record_turn(database: Database, clock: Clock, turn: OpenTurn, ending: Ending) -> tuple[StoredEvent, ...]:
    """End the turn: events, escalation, history and record in one commit.

    Raises:
        LeaseLostError: another worker has the turn; nothing was written.
        SupersededError: a later message took its place in the meantime; end it again, without a word.
        HandedOverError: a person took the conversation in the meantime; end it again, silently.
    """
    at = clock.now()

    def commit(stores: Stores) -> tuple[StoredEvent, ...]:
        if not ending.is_silent:
            stores.turns.assert_held(turn.lease)
            _keep_words(stores, turn, ending)
        ending.acting.commit(stores, turn.conversation_id)
        events: list[Event] = [_last_event(turn, ending)]
        if ending.escalation is not None:
            events.insert(0, open_escalation(stores, ending.escalation, text=ending.handover_text))
        if ending.withdraws or _leaves_half_an_answer(stores, turn, ending):
            reason: Literal["superseded", "withdrawn"] = "superseded" if ending.is_superseded else "withdrawn"
            events.insert(0, TurnReset(turn_id=turn.turn_id, reason=reason))
        stored = stores.events.append(turn.conversation_id, events, at=at)
        stores.turns.finish(ending.record, last_seq=stored[-1].seq, at=at)
        mark_for_write_back(
            stores, turn.conversation_id, ending.write_back, is_handed_over=ending.escalation is not None
        )
        ending.bill(turn).book(stores, at=at)
        ending.acting.note(stores)
        return stored

    def _keep_words(stores: Stores, turn: OpenTurn, ending: Ending) -> None:
        stores.messages.add(
            Message(
                message_id=ending.message_id,
                conversation_id=turn.conversation_id,
                turn_id=turn.turn_id,
                position=0,
                role="assistant",
                text=ending.record.answer.text,
                language=turn.language,
                at=at,
            )
        )
        if ending.summarised_until:
            stores.conversations.set_summary(turn.conversation_id, ending.summary, until=ending.summarised_until)

    return await database.write(commit)


def _leaves_half_an_answer(stores: Stores, turn: OpenTurn, ending: Ending) -> bool:
    """Whether sentences of a worker that died would stand beside an end that does not hold them."""
    has_words = not ending.is_silent and ending.record.answer.outcome is not Outcome.FAILED
    return turn.lease.fence > 1 and not has_words and has_open_sentences(stores, turn)


def has_open_sentences(stores: Stores, turn: OpenTurn) -> bool:
    """Whether readers of the log have sentences of this turn that no reset has voided."""
    return bool(standing_sentences(stores, turn.conversation_id, turn.turn_id))


def open_escalation(stores: Stores, escalation: Escalation, *, text: str) -> EscalationOpened:
    """Hand the conversation to people: the assistant is silent from this commit on. Part of a unit of work.

    What a workflow had begun is theirs from here on: it doesn't go on by itself, and no yes or code counts any more.
    Nobody outside is told of a simulated customer: a notice may wake somebody at night.
    """
    opened = stores.escalations.open(escalation)
    stores.conversations.set_status(escalation.conversation_id, ConversationStatus.WAITING)
    end_runs(stores, escalation.conversation_id, "handed_over", at=escalation.opened_at)
    conversation = stores.conversations.get(escalation.conversation_id)
    if conversation is None or conversation.origin != "simulated":
        stores.outbox.put("escalation.opened", key=opened.escalation_id, body=_notice_body(opened))
    return EscalationOpened(escalation_id=opened.escalation_id, turn_id=opened.turn_id, reason=opened.reason, text=text)


def _last_event(turn: OpenTurn, ending: Ending) -> Event:
    answer = ending.record.answer
    if answer.outcome is Outcome.FAILED:
        return TurnFailed(
            turn_id=turn.turn_id,
            outcome=answer.outcome,
            text=answer.text,
            code=ending.error_code,
            release_id=answer.release_id,
            timings_ms=answer.timings_ms,
        )
    return AnswerCompleted(
        turn_id=turn.turn_id,
        outcome=answer.outcome,
        text=answer.text,
        citations=answer.citations,
        confidence=answer.confidence,
        degraded=answer.degraded,
        release_id=answer.release_id,
        timings_ms=answer.timings_ms,
    )


def _notice_body(escalation: Escalation) -> str:
    return json.dumps(
        {
            "escalation_id": escalation.escalation_id,
            "conversation_id": escalation.conversation_id,
            "turn_id": escalation.turn_id,
            "reason": escalation.reason,
            "queue": escalation.queue,
            "topic": escalation.topic,
            "opened_at": escalation.opened_at.isoformat(),
        }
    )
