import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import Conversation, Message
from frontdesk.domain.errors import NotFoundError, UnavailableError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Database, Stores


class ChangedMindError(Exception):
    """What a failing unit of work raises here."""


async def said_in(database: Database, conversation_id: ConversationId) -> list[str]:
    history = await database.read(lambda stores: stores.messages.history(conversation_id, after=0, before=None))
    return [message.text for message in history]


async def hold_writer(database: Database) -> threading.Event:
    """Keep the writing thread busy until the event is set, so that what follows becomes one group."""
    started, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(_stores: Stores) -> None:
        loop.call_soon_threadsafe(started.set)
        go_on.wait(5)

    task = asyncio.create_task(database.write(hold))
    await started.wait()
    _held.add(task)
    task.add_done_callback(_held.discard)
    return go_on


_held: set[asyncio.Task[None]] = set()


async def test_returns_what_the_work_returns(database: Database) -> None:
    assert await database.write(lambda _: "done") == "done"
    assert await database.read(lambda _: 7) == 7


async def test_keeps_nothing_of_work_that_raises(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    def fail(stores: Stores) -> None:
        stores.messages.add(a_message(conversation_id))
        raise ChangedMindError

    with pytest.raises(ChangedMindError):
        await database.write(fail)
    assert await said_in(database, conversation_id) == []


async def test_work_that_fails_does_not_harm_work_that_runs_beside_it(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    async def write(number: int) -> int:
        return await database.write(lambda stores: work(stores, number))

    def work(stores: Stores, number: int) -> int:
        stores.messages.add(a_message(conversation_id, text=str(number)))
        if number % 3 == 0:
            raise ChangedMindError(number)
        if number % 5 == 0:
            stores.messages.add(a_message(ConversationId("conv_missing")))
        return number

    results = await asyncio.gather(*(write(number) for number in range(40)), return_exceptions=True)
    kept = [number for number in range(40) if number % 3 and number % 5]
    assert [result for result in results if isinstance(result, int)] == kept
    assert all(isinstance(results[number], ChangedMindError) for number in range(0, 40, 3))
    assert all(isinstance(results[number], NotFoundError) for number in (5, 10, 20, 25, 35))
    assert sorted(await said_in(database, conversation_id), key=int) == [str(number) for number in kept]


@pytest.mark.parametrize("url", ["sqlite_file", "sqlite_memory"], indirect=True)
async def test_a_group_is_replayed_so_that_only_the_failing_unit_is_lost(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    runs: list[str] = []

    async def write(name: str) -> None:
        await database.write(lambda stores: work(stores, name))

    def work(stores: Stores, name: str) -> None:
        runs.append(name)
        stores.messages.add(a_message(conversation_id, text=name))
        if name == "bad":
            raise ChangedMindError

    go_on = await hold_writer(database)
    writes = [asyncio.create_task(write(name)) for name in ("a", "bad", "c")]
    await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(*writes, return_exceptions=True)

    assert [type(result) for result in results] == [type(None), ChangedMindError, type(None)]
    assert runs == ["a", "bad", "a", "bad", "c"]
    assert await said_in(database, conversation_id) == ["a", "c"]


@pytest.mark.parametrize("url", ["sqlite_file", "sqlite_memory"], indirect=True)
async def test_work_whose_caller_was_cancelled_in_the_queue_never_runs(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    async def add(name: str) -> int:
        message = a_message(conversation_id, text=name)
        return await database.write(lambda stores: stores.messages.add(message))

    go_on = await hold_writer(database)
    writes = {name: asyncio.create_task(add(name)) for name in ("a", "cancelled", "c")}
    await asyncio.sleep(0)
    writes["cancelled"].cancel()
    await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(*writes.values(), return_exceptions=True)

    assert isinstance(results[1], asyncio.CancelledError)
    assert await said_in(database, conversation_id) == ["a", "c"]


async def test_cancelling_callers_at_any_moment_leaves_whole_units_of_work_and_a_usable_database(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    async def write_pair(name: str) -> None:
        await database.write(lambda stores: add_pair(stores, name))

    def add_pair(stores: Stores, name: str) -> None:
        stores.messages.add(a_message(conversation_id, text=name))
        stores.messages.add(a_message(conversation_id, text=name))

    for round_ in range(12):
        task = asyncio.create_task(write_pair(str(round_)))
        await asyncio.sleep(0.0004 * round_)
        task.cancel()
        await asyncio.wait([task])
    await write_pair("last")

    said = await said_in(database, conversation_id)
    assert all(said.count(name) == 2 for name in said)
    assert said[-2:] == ["last", "last"]


@pytest.mark.parametrize("url", ["sqlite_file"], indirect=True)
async def test_reads_only_what_is_committed(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    written, looked = threading.Event(), threading.Event()

    def write_slowly(stores: Stores) -> None:
        stores.messages.add(a_message(conversation_id))
        written.set()
        looked.wait(0.2)

    writing = asyncio.create_task(database.write(write_slowly))
    await asyncio.to_thread(written.wait, 1)
    assert await said_in(database, conversation_id) == []
    looked.set()
    await writing
    assert len(await said_in(database, conversation_id)) == 1


@pytest.mark.parametrize("url", ["sqlite_file", "postgres"], indirect=True)
async def test_a_read_cannot_write(
    database: Database, conversation_id: ConversationId, a_message: Callable[..., Message]
) -> None:
    with pytest.raises(UnavailableError):
        await database.read(lambda stores: stores.messages.add(a_message(conversation_id)))
    assert await said_in(database, conversation_id) == []


async def test_closing_commits_what_is_queued(tmp_path: Path, a_conversation: Callable[..., Conversation]) -> None:
    url = f"sqlite:///{tmp_path}/frontdesk.db"
    database = await open_database(url)

    async def create() -> None:
        await database.write(lambda stores: stores.conversations.create(a_conversation(), token_hash=""))

    writes = [asyncio.create_task(create()) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.gather(database.close(), *writes)

    again = await open_database(url)
    assert len(await again.read(lambda stores: stores.conversations.list_recent(limit=50))) == 5
    await again.close()


@pytest.mark.parametrize("url", ["sqlite_file", "sqlite_memory"], indirect=True)
async def test_a_closed_database_says_so(url: str) -> None:
    database = await open_database(url)
    await database.close()
    with pytest.raises(UnavailableError):
        await database.write(lambda _: None)
    with pytest.raises(UnavailableError):
        await database.ping()
