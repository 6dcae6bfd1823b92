import asyncio

from frontdesk.ports.stores import Database, OutboxEntry, Stores

LATER_S = 3600.0


async def claim(database: Database, owner: str, *, lease_s: float = 60, limit: int = 10) -> tuple[OutboxEntry, ...]:
    return await database.write(lambda stores: stores.outbox.claim(owner, lease_s=lease_s, limit=limit))


async def put(database: Database, *keys: str, after_s: float = 0.0) -> None:
    def work(stores: Stores) -> None:
        for key in keys:
            stores.outbox.put("ticket", key=key, body=f"body of {key}", after_s=after_s)

    await database.write(work)


async def test_gives_what_is_due_oldest_first_to_one_claimer(database: Database) -> None:
    await put(database, "b", after_s=-1.0)
    await put(database, "a", after_s=-2.0)
    await put(database, "later", after_s=LATER_S)

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
    await database.write(lambda s: s.outbox.retry(entry.entry_id, after_s=LATER_S, error="503"))
    assert await claim(database, "me") == ()
    await database.write(lambda s: s.outbox.retry(entry.entry_id, after_s=0.0, error="503"))
    (again,) = await claim(database, "me")
    assert (again.entry_id, again.attempts) == (entry.entry_id, 2)


async def test_an_entry_that_is_done_stays_done(database: Database) -> None:
    await put(database, "a")
    (entry,) = await claim(database, "me")
    await database.write(lambda stores: stores.outbox.done(entry.entry_id))
    await database.write(lambda s: s.outbox.retry(entry.entry_id, after_s=0.0, error="too late"))
    assert await claim(database, "me") == ()


async def test_many_claimers_never_share_an_entry(database: Database) -> None:
    await put(database, *(f"key-{number}" for number in range(20)))
    taken = await asyncio.gather(*(claim(database, f"worker-{number}", limit=4) for number in range(6)))
    ids = [entry.entry_id for group in taken for entry in group]
    assert len(ids) == len(set(ids))
    assert len(ids) + len(await claim(database, "sweeper", limit=50)) == 20
