import asyncio
from datetime import UTC, datetime, timedelta

from frontdesk.ports.stores import Database, OutboxEntry, Stores

PAST = datetime(2026, 1, 1, tzinfo=UTC)
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


async def claim(database: Database, owner: str, *, lease_s: float = 60, limit: int = 10) -> tuple[OutboxEntry, ...]:
    return await database.write(lambda stores: stores.outbox.claim(owner, lease_s=lease_s, limit=limit))


async def put(database: Database, *keys: str, at: datetime = PAST) -> None:
    def work(stores: Stores) -> None:
        for key in keys:
            stores.outbox.put("ticket", key=key, body=f"body of {key}", at=at)

    await database.write(work)


async def test_gives_what_is_due_oldest_first_to_one_claimer(database: Database) -> None:
    await put(database, "b", at=PAST + timedelta(hours=1))
    await put(database, "a")
    await put(database, "later", at=FUTURE)

    taken = await claim(database, "me")
    assert [(entry.key, entry.body, entry.attempts) for entry in taken] == [
        ("a", "body of a", 1),
        ("b", "body of b", 1),
    ]
    assert await claim(database, "you") == ()


async def test_keeps_one_entry_per_key(database: Database) -> None:
    await put(database, "same")
    await put(database, "same")
    (entry,) = await claim(database, "me")
    await database.write(lambda stores: stores.outbox.done(entry.entry_id))
    await put(database, "same")
    assert await claim(database, "me") == ()


async def test_gives_an_entry_again_when_its_claimer_has_died(database: Database) -> None:
    await put(database, "a")
    await claim(database, "dead", lease_s=-1)
    (entry,) = await claim(database, "me")
    assert entry.attempts == 2


async def test_gives_a_failed_entry_again_when_it_is_due(database: Database) -> None:
    await put(database, "a")
    (entry,) = await claim(database, "me")
    await database.write(lambda s: s.outbox.retry(entry.entry_id, due_at=FUTURE, error="503"))
    assert await claim(database, "me") == ()
    await database.write(lambda s: s.outbox.retry(entry.entry_id, due_at=PAST, error="503"))
    (again,) = await claim(database, "me")
    assert (again.entry_id, again.attempts) == (entry.entry_id, 2)


async def test_an_entry_that_is_done_stays_done(database: Database) -> None:
    await put(database, "a")
    (entry,) = await claim(database, "me")
    await database.write(lambda stores: stores.outbox.done(entry.entry_id))
    await database.write(lambda s: s.outbox.retry(entry.entry_id, due_at=PAST, error="too late"))
    assert await claim(database, "me") == ()


async def test_many_claimers_never_share_an_entry(database: Database) -> None:
    await put(database, *(f"key-{number}" for number in range(20)))
    taken = await asyncio.gather(*(claim(database, f"worker-{number}", limit=4) for number in range(6)))
    ids = [entry.entry_id for group in taken for entry in group]
    assert len(ids) == len(set(ids))
    assert len(ids) + len(await claim(database, "sweeper", limit=50)) == 20
