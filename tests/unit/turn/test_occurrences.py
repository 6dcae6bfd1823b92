import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog.testing

import frontdesk
from frontdesk.adapters.stores import open_database
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.occurrences import KINDS, Occurrence
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn import occurrences
from frontdesk.turn.occurrences import OccurrenceLog

T = TypeVar("T")


class HandClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


class Unreliable:
    """A database that cannot be written to while it is away."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.is_away = False

    async def write(self, work: Callable[[Stores], T]) -> T:
        if self.is_away:
            raise StoreUnavailableError("away")
        return await self.database.write(work)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)


@pytest.fixture
async def database() -> AsyncIterator[Unreliable]:
    opened = await open_database("sqlite://")
    yield Unreliable(opened)
    await opened.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def telemetry() -> PrometheusTelemetry:
    return PrometheusTelemetry()


@pytest.fixture
def noted(database: Any, clock: HandClock, telemetry: PrometheusTelemetry) -> OccurrenceLog:
    return OccurrenceLog(database, clock=clock, telemetry=telemetry)


async def _kept(database: Any) -> list[Occurrence]:
    return list(await database.read(lambda stores: stores.occurrences.list_recent(limit=100)))


async def test_a_storm_of_the_same_is_one_row_one_line_and_a_true_count(
    noted: OccurrenceLog, database: Any, telemetry: PrometheusTelemetry
) -> None:
    with structlog.testing.capture_logs() as lines:
        for number in range(1000):
            noted.note("budget.denied", subject="day", severity="critical", number=number)
    await noted.flush()
    (only,) = await _kept(database)
    assert (only.times, only.detail, only.severity) == (1000, {"number": 999}, "critical")
    assert [(line["event"], line["log_level"], line["subject"]) for line in lines] == [("occurrence", "error", "day")]
    text = telemetry.render().decode()
    assert 'frontdesk_occurrences_total{kind="budget.denied",severity="critical"} 1000.0' in text


async def test_after_ten_minutes_it_is_news_again(noted: OccurrenceLog, database: Any, clock: HandClock) -> None:
    with structlog.testing.capture_logs() as lines:
        noted.note("breaker.opened", subject="acme")
        await noted.flush()
        clock.at += timedelta(minutes=9)
        noted.note("breaker.opened", subject="acme")
        await noted.flush()
        clock.at += timedelta(minutes=11)
        noted.note("breaker.opened", subject="acme")
        await noted.flush()
    assert [one.times for one in await _kept(database)] == [1, 2]
    assert len(lines) == 2


async def test_is_written_by_itself_and_at_the_end_without_being_asked(noted: OccurrenceLog, database: Any) -> None:
    noted.note("config.reloaded", subject="before", severity="info")
    noted.start()
    noted.note("config.reloaded", subject="after", severity="info")
    async with asyncio.timeout(5):
        while len(await _kept(database)) < 2:
            await asyncio.sleep(0.01)
    noted.note("config.reloaded", subject="last", severity="info")
    await noted.close()
    assert {one.subject for one in await _kept(database)} == {"before", "after", "last"}


async def test_nothing_is_lost_while_the_database_is_away(
    noted: OccurrenceLog, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occurrences, "RETRY_S", 0.02)
    monkeypatch.setattr(occurrences, "PAUSE_S", 0.0)
    database.is_away = True
    noted.start()
    noted.note("database.lost", subject="database")
    await asyncio.sleep(0.05)
    noted.note("database.lost", subject="database")
    noted.note("breaker.opened", subject="acme")
    await asyncio.sleep(0.05)
    database.is_away = False
    async with asyncio.timeout(5):
        while not (kept := await _kept(database)):
            await asyncio.sleep(0.01)
    assert {one.subject: one.times for one in kept} == {"database": 2, "acme": 1}
    await noted.close()


async def test_a_database_that_stays_away_does_not_hold_up_the_end_and_memory_stays_bounded(
    noted: OccurrenceLog, database: Any
) -> None:
    database.is_away = True
    noted.start()
    for number in range(occurrences.MOST_WAITING + 100):
        noted.note("breaker.opened", subject=f"vendor {number}")
    assert len(vars(noted)["_waiting"]) <= occurrences.MOST_WAITING
    async with asyncio.timeout(occurrences.FAREWELL_S + 1):
        await noted.close()


async def test_may_be_noted_from_another_thread(noted: OccurrenceLog, database: Any) -> None:
    noted.start()
    await asyncio.sleep(0.01)
    thread = threading.Thread(target=lambda: noted.note("breaker.closed", subject="acme", severity="info"))
    thread.start()
    thread.join()
    async with asyncio.timeout(5):
        while not await _kept(database):
            await asyncio.sleep(0.01)
    await noted.close()


async def test_a_kind_nobody_knows_is_kept_and_counted_as_other(
    noted: OccurrenceLog, database: Any, telemetry: PrometheusTelemetry
) -> None:
    noted.note("volcano", subject="Etna")
    await noted.flush()
    assert [one.kind for one in await _kept(database)] == ["volcano"]
    assert 'kind="other"' in telemetry.render().decode()


def test_every_kind_that_the_code_notes_is_known() -> None:
    """What the authority notes is no occurrence: it goes into the audit log."""
    source = Path(frontdesk.__file__).parent
    noted = {
        kind
        for path in source.rglob("*.py")
        for kind in re.findall(r'(?<!authority)\.note\(\s*"([a-z_]+\.[a-z_.]+)"', path.read_text(encoding="utf-8"))
    }
    assert noted <= set(KINDS)
