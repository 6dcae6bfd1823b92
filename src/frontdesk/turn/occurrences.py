"""What happened to the installation: noted at once by whoever saw it, written soon, counted up where it repeats."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog

from frontdesk.domain.errors import FrontdeskError
from frontdesk.domain.occurrences import Severity
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.loops import forever

log = structlog.get_logger()

SAME_WITHIN = timedelta(minutes=10)
"""The same again so soon after is the same occurrence, and says nothing new in the log."""
KEPT = timedelta(days=90)
MOST_WAITING = 500
"""Different occurrences that wait to be written, for example while the database is away; more are only counted."""
PAUSE_S = 0.2
"""Between two writes: what happens to many turns at once is one row."""
RETRY_S = 2.0
FAREWELL_S = 2.0
"""So long a shutdown waits for what is still to be written."""

_Key = tuple[str, str, Severity]
Detail = Mapping[str, str | int | float]


@dataclass(slots=True)
class _Waiting:
    first_at: datetime
    last_at: datetime
    times: int
    detail: Detail


class OccurrenceLog:
    """Implements `ports.telemetry.Occurrences`. `note` may be called from any thread."""

    def __init__(self, database: Database, *, clock: Clock, telemetry: Telemetry) -> None:
        self._database = database
        self._clock = clock
        self._telemetry = telemetry
        self._lock = threading.Lock()
        self._waiting: dict[_Key, _Waiting] = {}
        self._said: dict[_Key, datetime] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._forgot_at: datetime | None = None

    def note(self, kind: str, *, subject: str, severity: Severity = "warning", **detail: str | int | float) -> None:
        """Keep it, soon. Never waits and never raises; the same again within some minutes only counts up."""
        self._telemetry.occurrence(kind=kind, severity=severity)
        key, now = (kind, subject, severity), self._clock.now()
        with self._lock:
            is_news = self._is_news(key, now)
            was_kept = self._keep(key, now, detail)
        if is_news:
            _say(kind, subject, severity, detail)
        if was_kept:
            self._rouse()

    def start(self) -> None:
        """Write in the background from now on; what was noted before is written first."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._write_on(), name="occurrences")
        self._wake.set()

    async def close(self) -> None:
        """Write what waits, as far as that is possible at once, and stop."""
        if self._task is None:
            return
        self._loop = None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with suppress(FrontdeskError, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self.flush()

    async def flush(self) -> None:
        """Write what waits.

        Raises:
            StoreUnavailableError: the database cannot be reached; nothing is lost.
        """
        with self._lock:
            taken, self._waiting = self._waiting, {}
        if not taken:
            return
        try:
            await self._database.write(_adding(taken))
        except BaseException:
            self._take_back(taken)
            raise

    def _is_news(self, key: _Key, now: datetime) -> bool:
        known = self._said.get(key)
        if known is not None and now - known < SAME_WITHIN:
            return False
        if len(self._said) >= MOST_WAITING:
            self._said = {other: at for other, at in self._said.items() if now - at < SAME_WITHIN}
        self._said[key] = now
        return True

    def _keep(self, key: _Key, now: datetime, detail: Detail) -> bool:
        found = self._waiting.get(key)
        if found is not None:
            found.last_at, found.times, found.detail = now, found.times + 1, detail
        elif len(self._waiting) < MOST_WAITING:
            self._waiting[key] = _Waiting(now, now, 1, detail)
        else:
            return False
        return True

    def _take_back(self, taken: dict[_Key, _Waiting]) -> None:
        with self._lock:
            for key, later in self._waiting.items():
                earlier = taken.get(key)
                if earlier is not None:
                    later.first_at, later.times = earlier.first_at, later.times + earlier.times
            self._waiting = dict(islice({**taken, **self._waiting}.items(), MOST_WAITING))

    def _rouse(self) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has been closed in between
                loop.call_soon_threadsafe(self._wake.set)

    async def _write_on(self) -> None:
        await forever("occurrences", self._write_next, pause=lambda: asyncio.sleep(PAUSE_S))

    async def _write_next(self) -> None:
        await self._wake.wait()
        self._wake.clear()
        try:
            await self.flush()
            await self._forget_old()
        except FrontdeskError as error:
            log.warning("occurrences_wait", code=error.code)
            self._wake.set()
            await asyncio.sleep(RETRY_S)

    async def _forget_old(self) -> None:
        now = self._clock.now()
        if self._forgot_at is None or now - self._forgot_at > timedelta(days=1):
            self._forgot_at = now
            await self._database.write(lambda stores: stores.occurrences.forget(before=now - KEPT))


def _adding(taken: Mapping[_Key, _Waiting]) -> Callable[[Stores], None]:
    def add(stores: Stores) -> None:
        for (kind, subject, severity), waiting in taken.items():
            stores.occurrences.add(
                kind,
                subject=subject,
                severity=severity,
                detail=waiting.detail,
                times=waiting.times,
                at=waiting.first_at,
                last_at=waiting.last_at,
                same_since=waiting.first_at - SAME_WITHIN,
            )

    return add


def _say(kind: str, subject: str, severity: Severity, detail: Detail) -> None:
    tell = {"info": log.info, "warning": log.warning, "critical": log.error}[severity]
    tell("occurrence", kind=kind, subject=subject, severity=severity, detail=dict(detail))
