"""What the monitor tells, gathered: of this process what it knows, of the installation what is stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from frontdesk.bootstrap import App, FolderState
from frontdesk.domain.costs import CostBy, CostReport
from frontdesk.domain.money import Level, Payer, caps_at
from frontdesk.domain.occurrences import Occurrence, Severity
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.generation import VendorState
from frontdesk.turn.runner import Load

SHOWN = 50
KEPT_S = 15.0
"""So long sums over the ledger are shown again: they read every request of the month."""
_LINES = 8
BY: tuple[CostBy, ...] = ("purpose", "model", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Sums over the ledger."""

    today: CostReport
    month: Sequence[CostReport]
    """The same month summed up by each of `BY`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    folder: FolderState
    load: Load
    vendors: Sequence[VendorState]
    levels: Sequence[Level]
    """Of the ceilings that hold for everybody."""
    spend: Spend
    occurrences: Sequence[Occurrence]

    @property
    def version(self) -> str:
        """Names what is shown; another one means that something has changed."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


class Spending:
    """The sums, read anew at most every `KEPT_S` seconds, whoever asks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._read: tuple[float, Spend] | None = None

    async def now(self) -> Spend:
        at = self._clock.monotonic()
        if self._read is None or at - self._read[0] > KEPT_S:
            now = self._clock.now()
            self._read = at, await self._database.read(lambda stores: _spend(stores, now))
        return self._read[1]


async def gather(app: App, spending: Spending, severities: Sequence[Severity]) -> Figures:
    """
    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    budget = app.releases.serving().content.models.budget

    def read(stores: Stores) -> tuple[Sequence[Level], Sequence[Occurrence]]:
        caps = caps_at(budget, Payer(), stores.budgets.now())
        levels = stores.budgets.levels(caps) if caps else ()
        return levels, stores.occurrences.list_recent(limit=SHOWN, severities=severities)

    levels, occurrences = await app.database.read(read)
    return Figures(
        folder=app.reloader.state,
        load=app.runner.load(),
        vendors=app.vendors.states(),
        levels=levels,
        spend=await spending.now(),
        occurrences=occurrences,
    )


def _spend(stores: Stores, now: datetime) -> Spend:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    until = midnight + timedelta(days=1)

    def report(by: CostBy, since: datetime) -> CostReport:
        return stores.costs.report(by=by, since=since, until=until, now=now, limit=_LINES)

    first = midnight.replace(day=1)
    return Spend(today=report("purpose", midnight), month=tuple(report(by, first) for by in BY))
