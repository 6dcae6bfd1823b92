"""Withdrawn documents: what holds, what held, and what names it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from frontdesk.adapters.stores import open_database
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.overlay import NOTHING_WITHDRAWN, Overlay, Withdrawal
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.withdrawals import WithdrawalFeed

RETURNS, SHIPPING = DocumentId("doc_returns"), DocumentId("doc_shipping")


def a_change(document_id: DocumentId, at: datetime, *, is_withdrawn: bool = True, **changes: Any) -> Withdrawal:
    fields: dict[str, Any] = {"reason": "It names the wrong price.", "by": "ops", **changes}
    return Withdrawal(document_id=document_id, is_withdrawn=is_withdrawn, at=at, **fields)


async def change(database: Database, *changes: Withdrawal) -> Overlay:
    for one in changes:
        await database.write(lambda stores, one=one: stores.withdrawals.add(one))  # type: ignore[misc]
    return await database.read(lambda stores: stores.withdrawals.overlay())


async def test_nothing_is_withdrawn_at_first(database: Database) -> None:
    assert await change(database) == NOTHING_WITHDRAWN


async def test_keeps_who_withdrew_a_document_when_and_why(database: Database, now: datetime) -> None:
    withdrawn = a_change(RETURNS, now, reason="Wrong: €5 “fee”", by="Ada")
    overlay = await change(database, withdrawn)
    assert overlay.withdrawn == {RETURNS: withdrawn}
    assert overlay.hides(RETURNS)
    assert not overlay.hides(SHIPPING)


async def test_the_newest_change_of_a_document_counts(database: Database, now: datetime) -> None:
    first = await change(database, a_change(RETURNS, now), a_change(SHIPPING, now))
    assert first.documents == {RETURNS, SHIPPING}
    later = await change(database, a_change(RETURNS, now - timedelta(hours=1), is_withdrawn=False))
    assert later.documents == {SHIPPING}
    assert (await change(database, a_change(RETURNS, now))).documents == {RETURNS, SHIPPING}


async def test_every_change_makes_a_later_version_also_one_that_takes_another_back(
    database: Database, now: datetime
) -> None:
    versions = [(await change(database)).version]
    for is_withdrawn in (True, False, True):
        versions.append((await change(database, a_change(RETURNS, now, is_withdrawn=is_withdrawn))).version)
    assert versions == sorted(set(versions))
    assert await database.read(lambda stores: stores.withdrawals.version()) == versions[-1]


async def test_changes_made_at_the_same_moment_are_all_kept(database: Database, now: datetime) -> None:
    documents = [DocumentId(f"doc_{number}") for number in range(20)]
    await asyncio.gather(
        *(
            database.write(lambda stores, one=one: stores.withdrawals.add(a_change(one, now)))  # type: ignore[misc]
            for one in documents
        )
    )
    overlay = await change(database)
    assert (overlay.version, overlay.documents) == (20, frozenset(documents))


async def test_tells_the_history_of_a_document_newest_first(database: Database, now: datetime) -> None:
    changes = [a_change(RETURNS, now, is_withdrawn=number % 2 == 0, reason=f"no. {number}") for number in range(4)]
    await change(database, *changes, a_change(SHIPPING, now))
    found = await database.read(lambda stores: stores.withdrawals.of(RETURNS, limit=3))
    assert tuple(found) == tuple(reversed(changes[1:]))


async def test_holds_after_a_restart(lasting_url: str, now: datetime) -> None:
    for expected in ({RETURNS}, {RETURNS, SHIPPING}):
        database = await open_database(lasting_url)
        document = SHIPPING if len(expected) > 1 else RETURNS
        try:
            assert (await change(database, a_change(document, now))).documents == expected
        finally:
            await database.close()


async def test_two_processes_learn_of_each_other_s_changes_within_a_second(lasting_url: str, now: datetime) -> None:
    databases = [await open_database(lasting_url) for _ in range(2)]
    told: list[list[Overlay]] = [[], []]
    feeds = [WithdrawalFeed(database, tell=heard.append) for database, heard in zip(databases, told, strict=True)]
    try:
        for feed in feeds:
            await feed.refresh()
            feed.start()
        await databases[0].write(lambda stores: stores.withdrawals.add(a_change(RETURNS, now)))
        async with asyncio.timeout(1.0):
            while not all(told):
                await asyncio.sleep(0.02)
        assert [heard[-1].documents for heard in told] == [{RETURNS}, {RETURNS}]
        await asyncio.sleep(1.0)
        assert [len(heard) for heard in told] == [1, 1]
    finally:
        for feed, database in zip(feeds, databases, strict=True):
            await feed.close()
            await database.close()


class Broken:
    """A database that is away for a while."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.is_away = False

    async def read(self, work: Callable[[Stores], Any]) -> Any:
        if self.is_away:
            raise StoreUnavailableError("The database cannot be reached.")
        return await self.database.read(work)


async def test_what_was_withdrawn_stays_so_while_the_database_is_away(database: Database, now: datetime) -> None:
    heard: list[Overlay] = []
    broken: Any = Broken(database)
    feed = WithdrawalFeed(broken, tell=heard.append, poll_s=0.01)
    await change(database, a_change(RETURNS, now))
    await feed.refresh()
    broken.is_away = True
    feed.start()
    try:
        with capture_logs() as logs:
            await asyncio.sleep(0.1)
        await change(database, a_change(SHIPPING, now))
        broken.is_away = False
        async with asyncio.timeout(1.0):
            while len(heard) < 2:
                await asyncio.sleep(0.01)
    finally:
        await feed.close()
    assert [overlay.documents for overlay in heard] == [{RETURNS}, {RETURNS, SHIPPING}]
    assert [line["event"] for line in logs] == ["withdrawals_not_readable"]
