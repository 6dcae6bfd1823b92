from datetime import datetime, timedelta
from typing import Any

from frontdesk.ports.stores import Database, Stores

MINUTE = timedelta(minutes=1)


def _note(stores: Stores, at: datetime, **changes: Any) -> None:
    values: dict[str, Any] = {
        "subject": "acme large-1",
        "severity": "warning",
        "detail": {"failures": 3},
        "times": 1,
        "at": at,
        "last_at": at,
        "same_since": at - 10 * MINUTE,
        **changes,
    }
    stores.occurrences.add(values.pop("kind", "breaker.opened"), **values)


async def test_the_same_again_soon_after_only_counts_up_and_keeps_the_newest_detail(
    database: Database, now: datetime
) -> None:
    await database.write(lambda stores: _note(stores, now))
    await database.write(lambda stores: _note(stores, now + 9 * MINUTE, times=4, detail={"failures": 5}))
    (only,) = await database.read(lambda stores: stores.occurrences.list_recent(limit=10))
    assert (only.at, only.last_at, only.times) == (now, now + 9 * MINUTE, 5)
    assert only.detail == {"failures": 5}


async def test_another_subject_severity_or_a_longer_pause_is_another_occurrence(
    database: Database, now: datetime
) -> None:
    for changes in ({}, {"subject": "other"}, {"severity": "critical"}, {"kind": "breaker.closed"}):
        await database.write(lambda stores, changes=changes: _note(stores, now, **changes))  # type: ignore[misc]
    await database.write(lambda stores: _note(stores, now + 11 * MINUTE))
    found = await database.read(lambda stores: stores.occurrences.list_recent(limit=10))
    assert len(found) == 5
    assert found[0].last_at == now + 11 * MINUTE


async def test_lists_the_newest_of_the_wanted_severities(database: Database, now: datetime) -> None:
    for minute, severity in enumerate(("info", "warning", "critical", "info")):
        at = now + minute * MINUTE
        await database.write(lambda stores, at=at, s=severity: _note(stores, at, severity=s, subject=f"{at}"))  # type: ignore[misc]
    found = await database.read(
        lambda stores: stores.occurrences.list_recent(limit=1, severities=("warning", "critical"))
    )
    assert [one.severity for one in found] == ["critical"]
    assert len(await database.read(lambda stores: stores.occurrences.list_recent(limit=3))) == 3


async def test_finds_the_newest_of_some_kinds(database: Database, now: datetime) -> None:
    await database.write(lambda stores: _note(stores, now, kind="config.rejected"))
    await database.write(lambda stores: _note(stores, now + MINUTE, kind="config.reloaded"))
    await database.write(lambda stores: _note(stores, now + 2 * MINUTE))
    newest = await database.read(lambda stores: stores.occurrences.newest_of("config.rejected", "config.reloaded"))
    assert newest is not None
    assert newest.kind == "config.reloaded"
    assert await database.read(lambda stores: stores.occurrences.newest_of("budget.low")) is None


async def test_forgets_what_was_noted_last_long_ago(database: Database, now: datetime) -> None:
    await database.write(lambda stores: _note(stores, now))
    await database.write(lambda stores: _note(stores, now + MINUTE, subject="newer"))
    assert await database.write(lambda stores: stores.occurrences.forget(before=now + MINUTE)) == 1
    (left,) = await database.read(lambda stores: stores.occurrences.list_recent(limit=10))
    assert left.subject == "newer"
