import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, Principal
from frontdesk.domain.errors import ConflictError, NotFoundError
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.domain.turn import Outcome, TurnRecord
from frontdesk.ports.stores import Database, StoredTurn, Stores


async def test_gives_back_what_was_created(database: Database, a_conversation: Callable[..., Conversation]) -> None:
    created = a_conversation(locale="de-AT")
    await database.write(lambda stores: stores.conversations.create(created, token_hash="secret-hash"))

    assert await database.read(lambda stores: stores.conversations.get(created.conversation_id)) == created
    assert await database.read(lambda stores: stores.conversations.token_hash(created.conversation_id)) == "secret-hash"


async def test_knows_nothing_of_a_conversation_that_is_not_there(database: Database) -> None:
    missing = ConversationId("conv_missing")
    assert await database.read(lambda stores: stores.conversations.get(missing)) is None
    assert await database.read(lambda stores: stores.conversations.token_hash(missing)) is None
    with pytest.raises(NotFoundError):
        await database.write(lambda stores: stores.conversations.set_status(missing, ConversationStatus.CLOSED))
    with pytest.raises(NotFoundError):
        await database.write(lambda stores: stores.conversations.set_locale(missing, "de"))


async def test_refuses_to_create_the_same_conversation_twice(
    database: Database, conversation_id: ConversationId, a_conversation: Callable[..., Conversation]
) -> None:
    again = a_conversation(conversation_id=conversation_id)
    with pytest.raises(ConflictError):
        await database.write(lambda stores: stores.conversations.create(again, token_hash=""))


async def test_keeps_changes_of_principal_status_summary_and_language(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    principal = Principal(
        audiences=Audiences(labels=frozenset({"public", "members", "customer:42"})),
        subject="42",
        customer_id=CustomerId("cust_1"),
        proof="signed_token",
    )

    def change(stores: Stores) -> None:
        stores.customers.get_or_create("42", fresh=CustomerId("cust_1"), at=now)
        stores.conversations.set_principal(conversation_id, principal)
        stores.conversations.set_status(conversation_id, ConversationStatus.OPERATOR)
        stores.conversations.set_summary(conversation_id, "Wants a refund.", until=7)
        stores.conversations.set_locale(conversation_id, "pt-BR")

    before = await database.read(lambda stores: stores.conversations.get(conversation_id))
    await database.write(change)
    assert before is not None
    assert await database.read(lambda stores: stores.conversations.get(conversation_id)) == replace(
        before,
        principal=principal,
        status=ConversationStatus.OPERATOR,
        summary="Wants a refund.",
        summarised_until=7,
        locale="pt-BR",
    )


async def test_lists_the_newest_conversations_first(
    database: Database, a_conversation: Callable[..., Conversation], now: datetime
) -> None:
    created = [a_conversation(created_at=now + timedelta(minutes=minute)) for minute in range(3)]

    def create(stores: Stores) -> None:
        for conversation in created:
            stores.conversations.create(conversation, token_hash="")

    await database.write(create)
    assert await database.read(lambda stores: stores.conversations.list_recent(limit=2)) == (created[2], created[1])


async def test_gives_one_subject_one_customer_however_many_ask_at_once(database: Database, now: datetime) -> None:
    async def find(fresh: CustomerId) -> CustomerId:
        return await database.write(lambda stores: stores.customers.get_or_create("sub-1", fresh=fresh, at=now))

    found = await asyncio.gather(*(find(CustomerId.mint(f"race{number}")) for number in range(8)))
    assert len(set(found)) == 1


async def test_counts_unanswered_turns_back_to_the_first_answered_one(
    database: Database,
    conversation_id: ConversationId,
    a_turn: Callable[..., StoredTurn],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    outcomes = [Outcome.REFUSED, Outcome.ANSWERED, Outcome.CLARIFIED, Outcome.REFUSED]

    def end_turns(stores: Stores) -> None:
        for outcome in outcomes:
            turn = a_turn(conversation_id)
            stores.turns.open(turn, owner="me", lease_s=5)
            stores.turns.finish(a_record(turn.turn_id, outcome=outcome), last_seq=1, at=now)

    assert await database.read(lambda stores: stores.conversations.unanswered_in_a_row(conversation_id)) == 0
    await database.write(end_turns)
    assert await database.read(lambda stores: stores.conversations.unanswered_in_a_row(conversation_id)) == 2
