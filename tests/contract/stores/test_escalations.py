import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.escalation import Escalation
from frontdesk.domain.ids import ConversationId, EscalationId
from frontdesk.ports.stores import Database, Stores


async def open_one(database: Database, escalation: Escalation) -> Escalation:
    return await database.write(lambda stores: stores.escalations.open(escalation))


async def test_opens_an_escalation_and_finds_it_again(
    database: Database, conversation_id: ConversationId, an_escalation: Callable[..., Escalation]
) -> None:
    wanted = an_escalation(conversation_id, topic="returns")
    assert await database.read(lambda stores: stores.escalations.open_on(conversation_id)) is None
    assert await database.write(lambda stores: stores.escalations.open(wanted)) == wanted
    assert await database.read(lambda stores: stores.escalations.get(wanted.escalation_id)) == wanted
    assert await database.read(lambda stores: stores.escalations.open_on(conversation_id)) == wanted
    assert await database.read(lambda stores: stores.escalations.get(EscalationId("esc_missing"))) is None


async def test_a_conversation_has_one_open_escalation_however_many_open_one_at_once(
    database: Database, conversation_id: ConversationId, an_escalation: Callable[..., Escalation]
) -> None:
    wanted = [an_escalation(conversation_id) for _ in range(12)]
    opened = await asyncio.gather(*(open_one(database, one) for one in wanted))
    assert len({one.escalation_id for one in opened}) == 1
    assert len(await database.read(lambda stores: stores.escalations.list_open(limit=50))) == 1


async def test_lists_those_who_have_waited_longest_first(
    database: Database,
    a_conversation: Callable[..., Conversation],
    an_escalation: Callable[..., Escalation],
    now: datetime,
) -> None:
    conversations = [a_conversation() for _ in range(3)]
    waiting = [
        an_escalation(conversation.conversation_id, opened_at=now - timedelta(minutes=minutes))
        for minutes, conversation in enumerate(conversations)
    ]

    def open_all(stores: Stores) -> None:
        for conversation, escalation in zip(conversations, waiting, strict=True):
            stores.conversations.create(conversation, token_hash="")
            stores.escalations.open(escalation)

    await database.write(open_all)
    assert await database.read(lambda stores: stores.escalations.list_open(limit=2)) == (waiting[2], waiting[1])
