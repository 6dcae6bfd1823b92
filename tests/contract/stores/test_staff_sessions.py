from datetime import datetime, timedelta

import pytest

from frontdesk.domain.errors import ConflictError
from frontdesk.ports.stores import Database, StaffSession, StaffSessionKind, Stores

HOUR = timedelta(hours=1)


def _add(stores: Stores, token_hash: str, kind: StaffSessionKind, at: datetime) -> None:
    stores.staff_sessions.add(token_hash, name="ana", kind=kind, at=at, until=at + HOUR)


async def test_finds_a_session_by_its_hash_and_its_kind(database: Database, now: datetime) -> None:
    await database.write(lambda stores: _add(stores, "h1", "session", now))
    await database.write(lambda stores: _add(stores, "h2", "link", now))
    expected = StaffSession(name="ana", created_at=now, expires_at=now + HOUR)
    assert await database.read(lambda stores: stores.staff_sessions.find("h1", kind="session")) == expected
    assert await database.read(lambda stores: stores.staff_sessions.find("h2", kind="link")) == expected
    assert await database.read(lambda stores: stores.staff_sessions.find("h1", kind="link")) is None
    assert await database.read(lambda stores: stores.staff_sessions.find("h2", kind="session")) is None
    assert await database.read(lambda stores: stores.staff_sessions.find("ana", kind="session")) is None


async def test_refuses_the_same_hash_twice(database: Database, now: datetime) -> None:
    await database.write(lambda stores: _add(stores, "h1", "session", now))
    with pytest.raises(ConflictError):
        await database.write(lambda stores: _add(stores, "h1", "link", now))


async def test_a_session_that_was_removed_is_gone(database: Database, now: datetime) -> None:
    await database.write(lambda stores: _add(stores, "h1", "session", now))
    for _ in range(2):
        await database.write(lambda stores: stores.staff_sessions.remove("h1"))
    assert await database.read(lambda stores: stores.staff_sessions.find("h1", kind="session")) is None


async def test_removes_what_ended_before_a_time_and_nothing_else(database: Database, now: datetime) -> None:
    await database.write(lambda stores: _add(stores, "old", "session", now - 2 * HOUR))
    await database.write(lambda stores: _add(stores, "old link", "link", now - 2 * HOUR))
    await database.write(lambda stores: _add(stores, "just ended", "session", now - HOUR))
    assert await database.write(lambda stores: stores.staff_sessions.remove_ended(before=now)) == 2
    assert await database.read(lambda stores: stores.staff_sessions.find("old", kind="session")) is None
    assert await database.read(lambda stores: stores.staff_sessions.find("just ended", kind="session")) is not None


async def test_removes_all_that_a_withdrawn_key_had_opened(database: Database, now: datetime) -> None:
    await database.write(lambda stores: _add(stores, "h1", "session", now))
    await database.write(lambda stores: _add(stores, "h2", "link", now))
    await database.write(
        lambda stores: stores.staff_sessions.add("h3", name="ben", kind="session", at=now, until=now + HOUR)
    )
    assert await database.write(lambda stores: stores.staff_sessions.remove_of("ana")) == 2
    assert await database.read(lambda stores: stores.staff_sessions.find("h1", kind="session")) is None
    assert await database.read(lambda stores: stores.staff_sessions.find("h3", kind="session")) is not None
