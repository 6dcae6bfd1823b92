import asyncio
from typing import Any, cast

from frontdesk.adapters.clock import SystemClock
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.turn import database_watch
from frontdesk.turn.database_watch import DatabaseWatch


class Away:
    """A database that is there or not."""

    def __init__(self) -> None:
        self.is_away = False

    async def ping(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


class Heard:
    def __init__(self) -> None:
        self.kinds: list[str] = []

    def note(self, kind: str, *, subject: str, severity: str = "warning", **_: object) -> None:
        self.kinds.append(f"{kind} {severity}")


def a_watch() -> tuple[DatabaseWatch, Away, Heard]:
    database, heard = Away(), Heard()
    return DatabaseWatch(cast("Any", database), cast("Any", heard), clock=SystemClock()), database, heard


async def test_tells_once_that_it_is_away_and_once_that_it_is_back() -> None:
    watch, database, heard = a_watch()
    for is_away in (False, True, True, True, False, False):
        database.is_away = is_away
        await watch.look()
    assert heard.kinds == ["database.lost critical", "database.found info"]


async def test_looks_by_itself(monkeypatch: Any) -> None:
    monkeypatch.setattr(database_watch, "EVERY_S", 0.01)
    watch, database, heard = a_watch()
    watch.start()
    database.is_away = True
    async with asyncio.timeout(5):
        while not heard.kinds:
            await asyncio.sleep(0.01)
    await watch.close()
    assert heard.kinds == ["database.lost critical"]
