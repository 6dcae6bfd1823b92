"""Notices beside the log: in their place among its events, bounded, and never out of date."""

import asyncio
from datetime import UTC, datetime

import pytest

from frontdesk.domain.events import AnswerProvisional, AnswerWithdrawn, StoredEvent, TurnStage
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.turn.delivery import Listener, Notice, StageNotices

TURN = TurnId("turn_1")
CONVERSATION = ConversationId("conv_1")


def _event(seq: int, kind: str) -> StoredEvent:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return StoredEvent(conversation_id=CONVERSATION, seq=seq, kind=kind, turn_id=TURN, at=at, body="{}")


def _shown(text: str) -> AnswerProvisional:
    return AnswerProvisional(turn_id=TURN, text=text)


def _texts(notices: list[Notice]) -> list[str]:
    return [notice.text if isinstance(notice, AnswerProvisional) else notice.kind for notice in notices]


def test_of_provisional_text_only_the_newest_waits() -> None:
    listener = Listener(seen=0)
    for number in range(10_000):
        listener.put(_shown(f"{number}"), after=0)
    assert _texts(listener.take()) == ["9999"]
    assert listener.take() == []


def test_other_notices_wait_in_order_and_in_a_bounded_number() -> None:
    listener = Listener(seen=0)
    for number in range(1_000):
        listener.put(TurnStage(turn_id=TURN, stage="retrieve", label=f"{number}"), after=0)
    listener.put(AnswerWithdrawn(turn_id=TURN, stage="ground"), after=0)
    listener.put(_shown("rest"), after=0)
    notices = listener.take()
    assert len(notices) <= 33
    assert _texts(notices)[-2:] == ["answer.withdrawn", "rest"]


def test_text_that_follows_a_sentence_waits_until_the_reader_has_the_sentence() -> None:
    listener = Listener(seen=1)
    listener.put(_shown("One. Two"), after=1)
    assert _texts(listener.take()) == ["One. Two"]
    listener.put(_shown("Two"), after=2)
    assert listener.take() == []
    assert listener.pass_on([_event(2, "answer.sentence")]) == []
    assert _texts(listener.take()) == ["Two"]


def test_text_from_before_a_sentence_is_dropped_once_the_reader_has_the_sentence() -> None:
    listener = Listener(seen=1)
    listener.pass_on([_event(2, "answer.sentence")])
    listener.put(_shown("One. Two"), after=1)
    assert listener.take() == []


@pytest.mark.parametrize("kind", ["turn.reset", "answer.completed", "turn.failed", "escalation.opened"])
def test_nothing_provisional_remains_after(kind: str) -> None:
    listener = Listener(seen=1)
    listener.put(_shown("One. Two"), after=1)
    listener.take()
    assert _texts(listener.pass_on([_event(2, kind)])) == [""]
    listener.put(_shown("One. Two. Three"), after=1)  # of a worker that does not know yet
    listener.put(AnswerWithdrawn(turn_id=TURN, stage="ground"), after=1)
    assert _texts(listener.take()) == ["answer.withdrawn"]


def test_nothing_is_cleared_where_nothing_was_shown() -> None:
    listener = Listener(seen=1)
    assert listener.pass_on([_event(2, "answer.completed")]) == []
    listener.put(_shown(""), after=2)
    assert listener.take() == []


def test_other_events_leave_it_alone() -> None:
    listener = Listener(seen=1)
    listener.put(_shown("One"), after=1)
    listener.take()
    assert listener.pass_on([_event(2, "turn.accepted"), _event(3, "feedback.given")]) == []
    listener.put(_shown("One. Two"), after=1)
    assert _texts(listener.take()) == ["One. Two"]


async def test_listeners_hear_what_is_told_while_they_listen_and_nobody_else_does() -> None:
    notices = StageNotices()
    notices.tell(CONVERSATION, _shown("too early"))
    assert not notices.is_heard(CONVERSATION)
    with notices.listen(CONVERSATION) as one, notices.listen(CONVERSATION) as two:
        assert notices.is_heard(CONVERSATION)
        waiting = asyncio.create_task(one.wait())
        notices.tell(CONVERSATION, _shown("now"))
        notices.tell(ConversationId("conv_2"), _shown("elsewhere"))
        await asyncio.wait_for(waiting, 1)
        assert _texts(one.take()) == _texts(two.take()) == ["now"]
    assert not notices.is_heard(CONVERSATION)
