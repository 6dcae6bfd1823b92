"""What takes a while to read from the database, for everybody who watches: read anew only now and then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from frontdesk.domain.costs import CostBy, CostReport
from frontdesk.domain.speed import Pace
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores

T = TypeVar("T")

KEPT_S = 15.0
"""So long sums over the ledger are shown again: they read every request of the month."""
PACE_KEPT_S = 5.0
LOOKED_AT = 5_000
"""Turns of the last hour, the newest, whose times are looked at: more make no percentile truer (a guess)."""
_LINES = 8
BY: tuple[CostBy, ...] = ("purpose", "model", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Sums over the ledger."""

    today: CostReport
    month: Sequence[CostReport]
    """The same month summed up by each of `BY`."""


class Kept(Generic[T]):
    """Something that is read anew at most every so many seconds, whoever asks."""

    def __init__(
        self, database: Database, clock: Clock, read: Callable[[Stores, datetime], T], *, for_s: float
    ) -> None:
        self._database, self._clock, self._read, self._for_s = database, clock, read, for_s
        self._kept: tuple[float, T] | None = None

    async def now(self) -> T:
        at = self._clock.monotonic()
        if self._kept is None or at - self._kept[0] > self._for_s:
            now = self._clock.now()
            self._kept = at, await self._database.read(lambda stores: self._read(stores, now))
        return self._kept[1]


class Sums:
    """What takes a while to read, for everybody who watches."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.spend = Kept(database, clock, _spend, for_s=KEPT_S)
        self.pace = Kept(database, clock, _pace, for_s=PACE_KEPT_S)


def _pace(stores: Stores, now: datetime) -> Pace:
    return stores.paces.since(now - timedelta(hours=1), limit=LOOKED_AT)


def _spend(stores: Stores, now: datetime) -> Spend:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    until = midnight + timedelta(days=1)

    def report(by: CostBy, since: datetime) -> CostReport:
        return stores.costs.report(by=by, since=since, until=until, now=now, limit=_LINES)

    first = midnight.replace(day=1)
    return Spend(today=report("purpose", midnight), month=tuple(report(by, first) for by in BY))
