"""What the monitor tells, gathered: of this process what it knows, of the installation what is stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from frontdesk.bootstrap import App, FolderState
from frontdesk.domain.money import Level, Payer, caps_at
from frontdesk.domain.occurrences import Occurrence, Severity
from frontdesk.domain.speed import Pace
from frontdesk.ports.stores import Stores
from frontdesk.server.sums import Spend, Sums
from frontdesk.turn.generation import VendorState
from frontdesk.turn.running.runner import Load

SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    folder: FolderState
    load: Load
    vendors: Sequence[VendorState]
    levels: Sequence[Level]
    """Of the ceilings that hold for everybody."""
    spend: Spend
    pace: Pace
    """Of the last hour."""
    occurrences: Sequence[Occurrence]

    @property
    def version(self) -> str:
        """Names what is shown; another one means that something has changed."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


async def gather(app: App, sums: Sums, severities: Sequence[Severity]) -> Figures:
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
        spend=await sums.spend.now(),
        pace=await sums.pace.now(),
        occurrences=occurrences,
    )
