import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from frontdesk.domain.conversation import Message
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import ConversationId, MessageId
from frontdesk.ports.stores import Database


async def add(database: Database, message: Message) -> int:
    return await database.write(lambda stores: stores.messages.add(message))


async def test_numbers_messages_from_one_and_gives_them_back(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    said = [a_message(conversation_id, text=text) for text in ("Hello", 'Ünïcode \x00 "quoted" 漢字', "Bye")]
    positions = [await add(database, one) for one in said]

    assert positions == [1, 2, 3]
    expected = tuple(replace(one, position=position) for one, position in zip(said, positions, strict=True))
    history = await database.read(lambda stores: stores.messages.history(conversation_id, after=0, before=None))
    assert history == expected
    assert await database.read(lambda stores: stores.messages.get(said[1].message_id)) == expected[1]


async def test_gives_the_history_after_a_position_and_before_a_message(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    said = [a_message(conversation_id) for _ in range(5)]
    for one in said:
        await add(database, one)

    before = said[3].message_id
    history = await database.read(lambda stores: stores.messages.history(conversation_id, after=1, before=before))
    assert [one.message_id for one in history] == [said[1].message_id, said[2].message_id]


async def test_gives_the_newest_messages_oldest_of_them_first(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    said = [a_message(conversation_id) for _ in range(5)]
    for one in said:
        await add(database, one)

    newest = await database.read(lambda stores: stores.messages.newest(conversation_id, limit=2))
    assert [(one.message_id, one.position) for one in newest] == [(said[3].message_id, 4), (said[4].message_id, 5)]
    assert len(await database.read(lambda stores: stores.messages.newest(conversation_id, limit=9))) == 5


async def test_gives_every_message_its_own_position_when_many_are_added_at_once(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    said = [a_message(conversation_id) for _ in range(20)]
    positions = await asyncio.gather(*(add(database, one) for one in said))
    assert sorted(positions) == list(range(1, 21))


async def test_refuses_a_message_without_a_conversation(database: Database, a_message: Callable[..., Message]) -> None:
    with pytest.raises(NotFoundError):
        await database.write(lambda stores: stores.messages.add(a_message(ConversationId("conv_missing"))))
    assert await database.read(lambda stores: stores.messages.get(MessageId("msg_missing"))) is None
