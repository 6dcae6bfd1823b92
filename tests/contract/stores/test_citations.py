"""Where documents were cited, across conversations."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.citing import TimesCited
from frontdesk.domain.conversation import Conversation, Message, Principal
from frontdesk.domain.ids import ChunkId, ConversationId, CustomerId, DocumentId, SnapshotId, TurnId
from frontdesk.domain.turn import Citation, Outcome, TurnRecord
from frontdesk.ports.stores import Database, StoredTurn, Stores

RETURNS, REFUNDS = DocumentId("doc_returns"), DocumentId("doc_refunds")
Answered = Callable[..., Awaitable[TurnId]]


def a_citation(document_id: DocumentId, *, chunk: str = "c1", quote: str = "30 days", marker: str = "1") -> Citation:
    return Citation(
        marker=marker,
        document_id=document_id,
        chunk_id=ChunkId(f"chunk_{chunk}"),
        title="Returns",
        url="",
        quote=quote,
        snapshot_id=SnapshotId("snap_1"),
    )


@pytest.fixture
async def answered(
    database: Database,
    a_conversation: Callable[..., Conversation],
    a_message: Callable[..., Message],
    a_turn: Callable[..., StoredTurn],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> Answered:
    """Ends a turn of a new conversation in so many minutes with these citations; gives its id."""

    async def answer(question: str, minutes: int, citations: Sequence[Citation], **more: object) -> TurnId:
        conversation = a_conversation(**more)
        message = a_message(conversation.conversation_id, text=question)
        turn = a_turn(conversation.conversation_id, message_id=message.message_id)
        record = a_record(turn.turn_id)
        record = replace(record, answer=replace(record.answer, citations=tuple(citations)))

        def store(stores: Stores) -> None:
            if conversation.principal.customer_id:
                stores.customers.get_or_create("c-1", fresh=conversation.principal.customer_id, at=now)
            stores.conversations.create(conversation, token_hash="")
            stores.messages.add(message)
            stores.turns.open(turn, owner="me", lease_s=30)
            stores.turns.finish(record, last_seq=1, at=now + timedelta(minutes=minutes))

        await database.write(store)
        return turn.turn_id

    return answer


async def test_counts_the_answers_that_cite_a_document(database: Database, answered: Answered, now: datetime) -> None:
    await answered("one", 1, [a_citation(RETURNS), a_citation(RETURNS, marker="2"), a_citation(REFUNDS, marker="3")])
    await answered("two", 5, [a_citation(RETURNS)])
    await answered("three", 9, [])
    times = await database.read(lambda stores: stores.citations.times_cited(since=now))
    assert times == {
        RETURNS: TimesCited(document_id=RETURNS, turns=2, last_at=now + timedelta(minutes=5)),
        REFUNDS: TimesCited(document_id=REFUNDS, turns=1, last_at=now + timedelta(minutes=1)),
    }


async def test_gives_what_an_answer_cites_in_the_order_of_its_markers(database: Database, answered: Answered) -> None:
    cited = [a_citation(RETURNS), a_citation(REFUNDS, marker="2", quote="größer 漢字"), a_citation(RETURNS, marker="3")]
    turn_id = await answered("one", 1, cited)
    await answered("two", 2, [a_citation(REFUNDS)])
    assert await database.read(lambda stores: stores.citations.of_turn(turn_id)) == tuple(cited)
    assert await database.read(lambda stores: stores.citations.of_turn(TurnId("turn_missing"))) == ()


async def test_counts_within_the_period_alone(database: Database, answered: Answered, now: datetime) -> None:
    await answered("one", 1, [a_citation(RETURNS)])
    await answered("two", 5, [a_citation(REFUNDS)])
    since = now + timedelta(minutes=5)
    times = await database.read(lambda stores: stores.citations.times_cited(since=since))
    assert set(times) == {REFUNDS}


async def test_tells_the_newest_citations_with_what_was_asked(
    database: Database, answered: Answered, now: datetime
) -> None:
    await answered("First?", 1, [a_citation(RETURNS)])
    second = await answered("Second?", 2, [a_citation(RETURNS, quote="b"), a_citation(RETURNS, quote="c", marker="2")])
    await answered("Other?", 3, [a_citation(REFUNDS)])
    found = await database.read(lambda stores: stores.citations.latest_of(RETURNS, limit=9))
    assert [(one.question, one.quote, one.marker) for one in found] == [
        ("Second?", "b", "1"),
        ("Second?", "c", "2"),
        ("First?", "30 days", "1"),
    ]
    assert found[0].turn_id == second
    assert found[0].at == now + timedelta(minutes=2)
    assert found[0].outcome is Outcome.ANSWERED
    assert found[0].origin == "customer"
    assert len(await database.read(lambda stores: stores.citations.latest_of(RETURNS, limit=1))) == 1


async def test_counts_the_answers_that_quote_the_same_words(
    database: Database, answered: Answered, now: datetime
) -> None:
    await answered("one", 1, [a_citation(RETURNS, quote="a"), a_citation(RETURNS, quote="a", marker="2")])
    await answered("two", 5, [a_citation(RETURNS, quote="a"), a_citation(RETURNS, chunk="c2", quote="b")])
    await answered("three", 6, [a_citation(REFUNDS, quote="c")])
    quotes = await database.read(lambda stores: stores.citations.quotes_of(RETURNS, since=now, limit=9))
    assert [(one.chunk_id, one.quote, one.turns) for one in quotes] == [("chunk_c1", "a", 2), ("chunk_c2", "b", 1)]
    since = now + timedelta(minutes=5)
    quotes = await database.read(lambda stores: stores.citations.quotes_of(RETURNS, since=since, limit=1))
    assert [(one.quote, one.turns) for one in quotes] == [("a", 1)]


async def test_an_erased_question_leaves_its_citation(database: Database, answered: Answered, now: datetime) -> None:
    customer = CustomerId.mint("c1")
    principal = Principal(customer_id=customer, subject="c-1", proof="signed_token")
    await answered("Secret?", 1, [a_citation(RETURNS)], principal=principal)
    await database.write(lambda stores: stores.payloads.erase(customer, at=now))
    (found,) = await database.read(lambda stores: stores.citations.latest_of(RETURNS, limit=9))
    assert found.question is None
    assert found.quote == "30 days"


async def test_an_unknown_document_was_cited_nowhere(database: Database, conversation_id: ConversationId) -> None:
    assert await database.read(lambda stores: stores.citations.latest_of(DocumentId("doc_none"), limit=9)) == ()
