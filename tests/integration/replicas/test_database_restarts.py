"""PostgreSQL goes away and comes back: writers outwait it, and what they were told is kept is kept."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import Conversation, ConversationStatus, Principal
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.events import TurnReset
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.stores import Database
from own_postgres import OwnPostgres

pytestmark = pytest.mark.postgres
_numbers = itertools.count(1)


@pytest.fixture
async def database(own_postgres: OwnPostgres) -> AsyncIterator[Database]:
    opened = await open_database(own_postgres.url)
    yield opened
    await opened.close()


async def create(database: Database) -> ConversationId:
    conversation = Conversation(
        conversation_id=ConversationId.mint(f"r{next(_numbers)}"),
        channel="api",
        locale="en",
        principal=Principal(),
        last_seq=0,
        status=ConversationStatus.ASSISTANT,
        created_at=datetime.now(UTC),
    )
    await database.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
    return conversation.conversation_id


async def tell(database: Database, conversation_id: ConversationId) -> None:
    event = TurnReset(turn_id=TurnId("turn_1"), reason="taken_over")
    await database.write(lambda stores: stores.events.append(conversation_id, [event], at=datetime.now(UTC)))


async def kept(database: Database) -> set[ConversationId]:
    found = await database.read(lambda stores: stores.conversations.list_recent(limit=1_000_000))
    return {conversation.conversation_id for conversation in found}


@dataclass(slots=True)
class Writers:
    """Clients that write one thing after another and note what they were told."""

    database: Database
    acknowledged: list[ConversationId] = field(default_factory=list)
    refused: int = 0
    slowest_s: float = 0.0
    """The longest that anybody waited for either word."""
    may_stop: bool = False

    async def write(self) -> None:
        while not self.may_stop:
            began = time.monotonic()
            try:
                self.acknowledged.append(await create(self.database))
            except StoreUnavailableError:
                self.refused += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)


async def test_everything_acknowledged_outlives_four_restarts_and_nobody_waits_longer_than_5_s(
    own_postgres: OwnPostgres, database: Database
) -> None:
    writers = Writers(database)
    writing = [asyncio.create_task(writers.write()) for _ in range(16)]
    for _ in range(4):
        await asyncio.sleep(0.5 + random.random() / 2)
        await own_postgres.restart()
    await asyncio.sleep(0.5)
    writers.may_stop = True
    await asyncio.gather(*writing)
    assert set(writers.acknowledged) <= await kept(database)
    assert len(writers.acknowledged) > 100
    assert writers.slowest_s < 5
    # Each restart may catch each writer once in a commit whose end nobody knows, and no writer at anything else.
    assert writers.refused <= 4 * 16


async def test_a_unit_of_work_that_meets_a_restart_is_late_and_not_refused(
    own_postgres: OwnPostgres, database: Database
) -> None:
    await asyncio.gather(*(create(database) for _ in range(10)))
    await own_postgres.stop()
    late = asyncio.gather(*(create(database) for _ in range(10)))
    await asyncio.sleep(0.5)
    assert not late.done()
    await own_postgres.start()
    assert set(await late) <= await kept(database)


async def test_a_database_that_stays_away_is_said_to_be_away_and_then_at_once(
    own_postgres: OwnPostgres, database: Database
) -> None:
    await create(database)
    await own_postgres.stop()
    try:
        began = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            await create(database)
        assert 2 < time.monotonic() - began < 5
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(StoreUnavailableError):
                await create(database)
        assert time.monotonic() - began < 1
    finally:
        await own_postgres.start()
    assert await create(database) in await kept(database)


async def test_health_is_known_at_once_after_a_restart(own_postgres: OwnPostgres, database: Database) -> None:
    await asyncio.gather(*(create(database) for _ in range(10)))
    await own_postgres.restart()
    began = time.monotonic()
    await database.ping()
    assert time.monotonic() - began < 1


async def test_readers_hear_of_other_processes_again_soon_after_a_restart(
    own_postgres: OwnPostgres, database: Database
) -> None:
    other = await open_database(own_postgres.url)
    conversation_id = await create(other)
    await own_postgres.restart()
    await asyncio.sleep(1.5)  # both listen again
    delays = []
    for after in range(5):
        waiting = asyncio.create_task(database.wait_for_events(conversation_id, after=after, timeout_s=5))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await tell(other, conversation_id)
        await waiting
        delays.append(time.monotonic() - began)
    assert sorted(delays)[2] < 0.2
    await other.close()


async def test_callers_who_are_cancelled_once_or_twice_leave_no_connection_behind(
    own_postgres: OwnPostgres, database: Database
) -> None:
    async def cancelled_at(moment_s: float, *, again_after_s: float | None) -> None:
        task = asyncio.create_task(create(database))
        await asyncio.sleep(moment_s)
        task.cancel()
        if again_after_s is not None:
            await asyncio.sleep(again_after_s)
            task.cancel()
        await asyncio.wait([task])

    for _ in range(10):
        await asyncio.gather(
            *(
                cancelled_at(random.random() * 0.02, again_after_s=random.random() * 0.002 if one % 2 else None)
                for one in range(30)
            )
        )
    await asyncio.gather(*(create(database) for _ in range(40)))
    assert await own_postgres.count("state LIKE 'idle in transaction%'") == 0
    assert await own_postgres.count("application_name = 'frontdesk'") <= 20
