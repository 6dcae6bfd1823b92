import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from frontdesk.adapters.stores import open_database, sqlite
from frontdesk.domain.conversation import Conversation
from frontdesk.domain.errors import MalformedError, StoreUnavailableError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Database

WRITE_UNTIL_KILLED = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from frontdesk.adapters.stores import open_database, sqlite
from frontdesk.domain.conversation import Conversation, ConversationStatus, Principal
from frontdesk.domain.ids import ConversationId

async def write(database, name):
    conversation = Conversation(
        conversation_id=ConversationId.mint(name), channel="web", locale="en", principal=Principal(), last_seq=0,
        status=ConversationStatus.ASSISTANT, created_at=datetime.now(UTC),
    )
    await database.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
    print(conversation.conversation_id, flush=True)

async def client(database, number):
    for round_ in itertools.count():
        await write(database, f"{number}_{round_}")

async def main():
    database = await open_database(sys.argv[1])
    await asyncio.gather(*(client(database, number) for number in range(8)))

asyncio.run(main())
"""


def write_until_killed(url: str) -> list[str]:
    """The ids whose write was acknowledged by a process that is killed in the middle of more."""
    with subprocess.Popen([sys.executable, "-c", WRITE_UNTIL_KILLED, url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(50)]
        writer.kill()
        return acknowledged + writer.stdout.read().split("\n")[:-1]


async def test_everything_acknowledged_before_a_kill_is_there_afterwards(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/frontdesk.db"
    acknowledged = await asyncio.to_thread(write_until_killed, url)
    database = await open_database(url)
    stored = await database.read(lambda stores: stores.conversations.list_recent(limit=1_000_000))
    assert set(acknowledged) <= {conversation.conversation_id for conversation in stored}
    await database.close()


@pytest.mark.postgres
async def test_goes_on_when_the_server_has_dropped_every_connection(
    postgres_url: str, a_conversation: Callable[..., Conversation]
) -> None:
    database = await open_database(postgres_url)

    async def create() -> None:
        conversation = a_conversation()
        await database.write(lambda stores: stores.conversations.create(conversation, token_hash=""))

    await asyncio.gather(*(create() for _ in range(4)))
    await drop_connections(postgres_url)
    await asyncio.gather(*(create() for _ in range(4)))
    assert len(await database.read(lambda stores: stores.conversations.list_recent(limit=50))) == 8
    await database.close()


async def drop_connections(url: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await engine.dispose()


async def test_a_full_disk_fails_the_write_and_nothing_else(
    tmp_path: Path, a_conversation: Callable[..., Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = (*sqlite._WRITER_PRAGMAS, "PRAGMA max_page_count = 120")
    monkeypatch.setattr(sqlite.sqlite_engine, "__defaults__", (full,))
    database = await open_database(f"sqlite:///{tmp_path}/frontdesk.db")

    async def create(summary: str = "") -> ConversationId:
        conversation = a_conversation(summary=summary)
        await database.write(lambda stores: stores.conversations.create(conversation, token_hash=""))
        return conversation.conversation_id

    first = await create()
    with pytest.raises(StoreUnavailableError):
        await create(summary="x" * 1_000_000)
    second = await create()
    assert {one.conversation_id for one in await recent(database)} == {first, second}
    await database.close()


async def recent(database: Database) -> tuple[Conversation, ...]:
    return tuple(await database.read(lambda stores: stores.conversations.list_recent(limit=50)))


async def test_says_that_a_text_cannot_be_stored(
    database: Database, a_conversation: Callable[..., Conversation]
) -> None:
    broken = a_conversation(locale="half a pair: \ud83d")
    with pytest.raises(MalformedError):
        await database.write(lambda stores: stores.conversations.create(broken, token_hash=""))
    assert await recent(database) == ()
