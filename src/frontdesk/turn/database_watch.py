"""Sees that the database is away, and that it is back; both are written once it can be written to."""

import asyncio

from frontdesk.domain.errors import FrontdeskError
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database
from frontdesk.ports.telemetry import Occurrences
from frontdesk.turn.loops import forever

EVERY_S = 2.0
SUBJECT = "database"


class DatabaseWatch:
    def __init__(self, database: Database, occurrences: Occurrences, *, clock: Clock) -> None:
        self._database = database
        self._occurrences = occurrences
        self._clock = clock
        self._lost_at: float | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        loop = forever("database", self.look, pause=lambda: asyncio.sleep(EVERY_S))
        self._task = asyncio.create_task(loop, name="database watch")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        try:
            await self._database.ping()
        except FrontdeskError:
            if self._lost_at is None:
                self._lost_at = self._clock.monotonic()
                self._occurrences.note("database.lost", subject=SUBJECT, severity="critical")
            return
        if self._lost_at is not None:
            away_s = round(self._clock.monotonic() - self._lost_at, 1)
            self._lost_at = None
            self._occurrences.note("database.found", subject=SUBJECT, severity="info", away_s=away_s)
