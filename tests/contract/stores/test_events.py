import asyncio
import json
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import Audiences, Conversation, Principal
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.events import AnswerCompleted, Event, StoredEvent, TurnAccepted, TurnReset, TurnStage, to_wire
from frontdesk.domain.ids import (
    ChunkId,
    ConversationId,
    CustomerId,
    DocumentId,
    MessageId,
    ReleaseId,
    SnapshotId,
    TurnId,
)
from frontdesk.domain.turn import Citation, Outcome
from frontdesk.ports.stores import Database, StoredTurn, Stores


def an_acceptance(text: str = "Where is it?", turn_id: str = "turn_1") -> TurnAccepted:
    return TurnAccepted(turn_id=TurnId(turn_id), message_id=MessageId("msg_1"), text=text)


def a_reset() -> TurnReset:
    return TurnReset(turn_id=TurnId("turn_1"), reason="taken_over")


def a_completion(text: str, quote: str = "within 30 days", took_ms: float = 1.0) -> AnswerCompleted:
    citation = Citation(
        marker="1",
        document_id=DocumentId("doc_1"),
        chunk_id=ChunkId("chunk_1"),
        title="Returns",
        url="",
        quote=quote,
        snapshot_id=SnapshotId("snap_1"),
    )
    return AnswerCompleted(
        turn_id=TurnId("turn_1"),
        outcome=Outcome.ANSWERED,
        text=text,
        citations=(citation,),
        confidence="high",
        degraded=("lexical_only",),
        release_id=ReleaseId("rel_1"),
        timings_ms={"total": took_ms},
    )


async def append(
    database: Database, conversation_id: ConversationId, at: datetime, *events: Event
) -> list[StoredEvent]:
    return list(await database.write(lambda stores: stores.events.append(conversation_id, events, at=at)))


async def read_all(database: Database, conversation_id: ConversationId) -> list[StoredEvent]:
    return list(await database.read(lambda stores: stores.events.read(conversation_id, after=0)))


async def test_numbers_events_from_one_and_reads_back_exactly_what_append_returned(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    first = await append(database, conversation_id, now, an_acceptance(), a_reset())
    second = await append(database, conversation_id, now, a_completion("It is on its way."))

    assert [event.seq for event in first + second] == [1, 2, 3]
    assert await read_all(database, conversation_id) == first + second
    assert json.loads(second[0].body) == to_wire(a_completion("It is on its way."))
    assert first[0].body == '{"turn_id":"turn_1","message_id":"msg_1","text":"Where is it?","attachments":[]}'


async def test_reads_from_a_position_up_to_a_limit(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    await append(database, conversation_id, now, *(a_reset() for _ in range(5)))
    found = await database.read(lambda stores: stores.events.read(conversation_id, after=2, limit=2))
    assert [event.seq for event in found] == [3, 4]


async def test_stays_without_gaps_under_32_appenders(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    async def appender(number: int) -> None:
        for round_ in range(3):
            events = [an_acceptance(f"{number}/{round_}/{place}") for place in range(1 + number % 3)]
            await append(database, conversation_id, now, *events)

    await asyncio.gather(*(appender(number) for number in range(32)))
    found = await read_all(database, conversation_id)
    assert [event.seq for event in found] == list(range(1, 190))
    conversation = await database.read(lambda stores: stores.conversations.get(conversation_id))
    assert conversation is not None
    assert conversation.last_seq == 189


async def test_leaves_no_gap_where_a_unit_of_work_failed(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    def fail(stores: Stores) -> None:
        stores.events.append(conversation_id, [an_acceptance()], at=now)
        raise ValueError("changed my mind")

    await append(database, conversation_id, now, a_reset())
    with pytest.raises(ValueError, match="changed my mind"):
        await database.write(fail)
    await append(database, conversation_id, now, a_reset())
    assert [event.seq for event in await read_all(database, conversation_id)] == [1, 2]


async def test_refuses_events_that_are_never_stored_and_conversations_that_are_not_there(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    stage = TurnStage(turn_id=TurnId("turn_1"), stage="retrieve", label="Looking")
    with pytest.raises(ValueError, match=r"turn\.stage"):
        await append(database, conversation_id, now, stage)
    with pytest.raises(NotFoundError):
        await append(database, ConversationId("conv_missing"), now, a_reset())
    assert await append(database, conversation_id, now) == []


async def test_erased_payloads_read_as_null_and_leave_the_log_as_it_was(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    customer = CustomerId("cust_1")
    principal = Principal(
        audiences=Audiences(labels=frozenset({"public"})), subject="s", customer_id=customer, proof="signed_token"
    )

    def identify(stores: Stores) -> None:
        stores.customers.get_or_create("s", fresh=customer, at=now)
        stores.conversations.set_principal(conversation_id, principal)
        stores.conversations.set_summary(conversation_id, "Ann wants a refund.", until=1)

    await database.write(identify)
    before = await append(database, conversation_id, now, an_acceptance("I am Ann"), a_reset(), a_completion("Hi Ann"))
    assert await database.write(lambda stores: stores.payloads.erase(customer, at=now)) == 2
    assert await database.write(lambda stores: stores.payloads.erase(customer, at=now)) == 0

    after = await read_all(database, conversation_id)
    assert [event.seq for event in after] == [1, 2, 3]
    assert after[1] == before[1]
    assert json.loads(after[0].body) == {**json.loads(before[0].body), "text": None, "attachments": None}
    assert json.loads(after[2].body) == {**json.loads(before[2].body), "text": None}
    conversation = await database.read(lambda stores: stores.conversations.get(conversation_id))
    assert conversation is not None
    assert conversation.summary == ""


async def test_tells_where_a_turn_was_accepted(
    database: Database, conversation_id: ConversationId, now: datetime, a_turn: Callable[..., StoredTurn]
) -> None:
    turn = a_turn(conversation_id)
    await database.write(lambda stores: stores.turns.open(turn, owner="me", lease_s=5))
    await append(database, conversation_id, now, a_reset(), an_acceptance(turn_id=turn.turn_id))
    assert await database.read(lambda stores: stores.events.seq_of_acceptance(turn.turn_id)) == 2
    assert await database.read(lambda stores: stores.events.seq_of_acceptance(TurnId("turn_missing"))) == 0


async def test_tells_which_turns_a_conversation_knows_of(
    database: Database, conversation_id: ConversationId, now: datetime, a_conversation: Callable[..., Conversation]
) -> None:
    other = a_conversation()
    await database.write(lambda stores: stores.conversations.create(other, token_hash=""))
    await append(database, conversation_id, now, an_acceptance(turn_id="turn_known"))

    async def tells_of(where: ConversationId, turn_id: str) -> bool:
        return await database.read(lambda stores: stores.events.tells_of(where, TurnId(turn_id)))

    assert await tells_of(conversation_id, "turn_known")
    assert not await tells_of(conversation_id, "turn_other")
    assert not await tells_of(other.conversation_id, "turn_known")


async def test_survives_closing_with_the_same_bytes(
    lasting_url: str, a_conversation: Callable[..., Conversation], now: datetime
) -> None:
    conversation = a_conversation()
    first = await open_database(lasting_url)
    await first.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
    written = await append(first, conversation.conversation_id, now, an_acceptance("größer ≥ 漢字 \x00"), a_reset())
    await first.close()

    second = await open_database(lasting_url)
    assert await read_all(second, conversation.conversation_id) == written
    await second.close()


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(_texts, min_size=1, max_size=4), took_ms=st.floats(0, 1e9))
def test_reads_are_byte_identical_to_what_append_returned_for_any_text(
    texts: list[str], took_ms: float, a_conversation: Callable[..., Conversation], now: datetime
) -> None:
    async def round_trip() -> None:
        conversation = a_conversation()
        database = await open_database("sqlite://")
        await database.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
        events = [a_completion(text, quote=text, took_ms=took_ms) for text in texts]
        written = await append(database, conversation.conversation_id, now, *events)
        assert await read_all(database, conversation.conversation_id) == written
        await database.close()

    asyncio.run(round_trip())
