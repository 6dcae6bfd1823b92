from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.conversation import Principal
from frontdesk.domain.events import FeedbackGiven
from frontdesk.domain.feedback import Feedback, FeedbackReason
from frontdesk.domain.ids import ConversationId, CustomerId, TurnId
from frontdesk.ports.stores import Database, StoredTurn, Stores


@pytest.fixture
async def turn(database: Database, conversation_id: ConversationId, a_turn: Callable[..., StoredTurn]) -> StoredTurn:
    """A stored turn."""
    opened = a_turn(conversation_id)
    await database.write(lambda stores: stores.turns.open(opened, owner="me", lease_s=5))
    return opened


def some_feedback(turn: StoredTurn, now: datetime, **changes: object) -> Feedback:
    feedback = Feedback(
        conversation_id=turn.conversation_id,
        turn_id=turn.turn_id,
        rating="down",
        reasons=(FeedbackReason.WRONG, FeedbackReason.TONE),
        comment="Es sind 60 Tage, nicht 30. \x00 漢字",
        at=now,
    )
    return replace(feedback, **changes)  # type: ignore[arg-type]


def give(stores: Stores, feedback: Feedback) -> None:
    event = FeedbackGiven(
        turn_id=feedback.turn_id, rating=feedback.rating, reasons=feedback.reasons, comment=feedback.comment
    )
    (stored,) = stores.events.append(feedback.conversation_id, [event], at=feedback.at)
    stores.feedback.put(feedback, seq=stored.seq)


async def test_gives_back_what_was_given(database: Database, turn: StoredTurn, now: datetime) -> None:
    given = some_feedback(turn, now)
    await database.write(lambda stores: give(stores, given))
    assert await database.read(lambda stores: stores.feedback.get(turn.turn_id)) == given
    assert await database.read(lambda stores: stores.feedback.times_given(turn.turn_id)) == 1


async def test_keeps_the_newest_rating_and_counts_every_one(
    database: Database, turn: StoredTurn, now: datetime
) -> None:
    first = some_feedback(turn, now)
    later = some_feedback(turn, now + timedelta(seconds=5), rating="up", reasons=(), comment="Now I see")
    taken_back = some_feedback(turn, now + timedelta(seconds=9), rating="none", reasons=(), comment="")
    await database.write(lambda stores: give(stores, first))
    await database.write(lambda stores: give(stores, later))
    assert await database.read(lambda stores: stores.feedback.get(turn.turn_id)) == later
    await database.write(lambda stores: give(stores, taken_back))
    assert await database.read(lambda stores: stores.feedback.get(turn.turn_id)) == taken_back
    assert await database.read(lambda stores: stores.feedback.times_given(turn.turn_id)) == 3


async def test_knows_nothing_of_a_turn_that_nobody_rated(database: Database, turn: StoredTurn) -> None:
    assert await database.read(lambda stores: stores.feedback.get(turn.turn_id)) is None
    assert await database.read(lambda stores: stores.feedback.times_given(turn.turn_id)) == 0
    assert await database.read(lambda stores: stores.feedback.get(TurnId("turn_missing"))) is None


async def test_the_trace_tells_the_rating_and_the_turns_own_events(
    database: Database, turn: StoredTurn, now: datetime
) -> None:
    before = await database.read(lambda stores: stores.turns.record(turn.turn_id))
    await database.write(lambda stores: give(stores, some_feedback(turn, now)))
    record = await database.read(lambda stores: stores.turns.record(turn.turn_id))
    assert before is not None
    assert record is not None
    assert before["feedback"] is None
    assert record["feedback"] == {
        "rating": "down",
        "reasons": ["wrong", "tone"],
        "comment": "Es sind 60 Tage, nicht 30. \x00 漢字",
        "at": now.isoformat(),
    }
    assert record["events"] == before["events"]


async def test_erasing_a_customer_leaves_the_rating_and_forgets_the_comment(
    database: Database, turn: StoredTurn, now: datetime
) -> None:
    customer = CustomerId("cust_1")

    def identify(stores: Stores) -> None:
        stores.customers.get_or_create("s", fresh=customer, at=now)
        principal = Principal(subject="s", customer_id=customer, proof="signed_token")
        stores.conversations.set_principal(turn.conversation_id, principal)

    given = some_feedback(turn, now)
    await database.write(identify)
    await database.write(lambda stores: give(stores, given))
    await database.write(lambda stores: stores.payloads.erase(customer, at=now))
    assert await database.read(lambda stores: stores.feedback.get(turn.turn_id)) == replace(given, comment="")
