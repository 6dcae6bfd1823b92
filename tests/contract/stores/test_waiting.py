import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import pytest

from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import Conversation
from frontdesk.domain.events import TurnReset
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.stores import Database

RESET = TurnReset(turn_id=TurnId("turn_1"), reason="taken_over")


async def append(database: Database, conversation_id: ConversationId, at: datetime) -> None:
    await database.write(lambda stores: stores.events.append(conversation_id, [RESET], at=at))


async def timed_wait(database: Database, conversation_id: ConversationId, *, after: int, timeout_s: float) -> float:
    began = time.monotonic()
    await database.wait_for_events(conversation_id, after=after, timeout_s=timeout_s)
    return time.monotonic() - began


async def test_returns_at_once_when_there_are_events_already(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    await append(database, conversation_id, now)
    assert await timed_wait(database, conversation_id, after=0, timeout_s=5) < 0.5


async def test_returns_at_the_time_out_when_nothing_happens(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    await append(database, conversation_id, now)
    assert 0.05 <= await timed_wait(database, conversation_id, after=1, timeout_s=0.05) < 1


async def test_wakes_hundreds_of_waiters_of_one_conversation_and_no_others(
    database: Database, conversation_id: ConversationId, a_conversation: Callable[..., Conversation], now: datetime
) -> None:
    quiet = a_conversation()
    await database.write(lambda stores: stores.conversations.create(quiet, token_hash=""))
    waiting = [
        asyncio.create_task(database.wait_for_events(conversation_id, after=0, timeout_s=20)) for _ in range(300)
    ]
    other = asyncio.create_task(database.wait_for_events(quiet.conversation_id, after=0, timeout_s=0.6))
    await asyncio.sleep(0.3)
    began = time.monotonic()
    await append(database, conversation_id, now)
    await asyncio.wait_for(asyncio.gather(*waiting), timeout=2)
    assert time.monotonic() - began < 0.5
    assert not other.done()
    await other


async def test_an_event_between_reading_and_waiting_is_not_missed(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    for after in range(20):
        appending = asyncio.create_task(append(database, conversation_id, now))
        assert await timed_wait(database, conversation_id, after=after, timeout_s=5) < 0.9
        await appending


@pytest.mark.postgres
async def test_another_process_hears_of_events_within_200_ms(
    postgres_url: str, a_conversation: Callable[..., Conversation], now: datetime
) -> None:
    writer, reader = await open_database(postgres_url), await open_database(postgres_url)
    conversation = a_conversation()
    await writer.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
    await asyncio.sleep(0.2)  # the reader begins to listen
    delays = []
    for after in range(5):
        waiting = asyncio.create_task(reader.wait_for_events(conversation.conversation_id, after=after, timeout_s=5))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await append(writer, conversation.conversation_id, now)
        await waiting
        delays.append(time.monotonic() - began)
    assert sorted(delays)[2] < 0.2
    await writer.close()
    await reader.close()


async def test_what_was_never_announced_is_noticed_by_the_poll(
    lasting_url: str, a_conversation: Callable[..., Conversation], now: datetime
) -> None:
    writer, reader = await open_database(lasting_url), await open_database(lasting_url)
    conversation = a_conversation()
    await writer.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
    waiting = asyncio.create_task(timed_wait(reader, conversation.conversation_id, after=0, timeout_s=10))
    await asyncio.sleep(0.05)
    await append(writer, conversation.conversation_id, now)
    assert await waiting < 3
    await writer.close()
    await reader.close()


async def test_closing_lets_everybody_who_waits_return(url: str, a_conversation: Callable[..., Conversation]) -> None:
    database = await open_database(url)
    conversation = a_conversation()
    await database.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
    waiting = asyncio.create_task(timed_wait(database, conversation.conversation_id, after=0, timeout_s=30))
    await asyncio.sleep(0.1)
    await database.close()
    assert await asyncio.wait_for(waiting, timeout=2) < 5
