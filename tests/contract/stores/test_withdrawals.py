"""Withdrawn documents: what holds, what held, and what names it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from frontdesk.adapters.stores import open_database
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.overlay import NOTHING_WITHDRAWN, Overlay, Withdrawal
from frontdesk.ports.stores import Database

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
