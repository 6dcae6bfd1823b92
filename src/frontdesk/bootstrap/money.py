"""Prices, purses and the till, put together."""

from collections.abc import Callable
from datetime import datetime

from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.models.prices import cost_usd
from frontdesk.adapters.stores import open_database, sqlite_path
from frontdesk.domain.costs import CostBy, CostReport
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.money import Payer, has_ceiling
from frontdesk.domain.release import Ceilings
from frontdesk.ports.clock import TokenSource
from frontdesk.ports.stores import Database
from frontdesk.ports.telemetry import Occurrences, Telemetry
from frontdesk.settings import Settings
from frontdesk.turn.budget import CappedPurse, NoLimits, OpenPurse, Purse
from frontdesk.turn.budget_watch import BudgetWatch
from frontdesk.turn.serving import ServedRelease
from frontdesk.turn.till import Till

_UNSET = Ceilings()


async def read_costs(
    settings: Settings, *, by: CostBy, since: datetime, until: datetime, limit: int
) -> CostReport | None:
    """What this installation has spent; None where it has no database yet. It may be running."""
    path = sqlite_path(settings.effective_database_url)
    if path is not None and not path.exists():
        return None
    database, now = await open_database(settings.effective_database_url), SystemClock().now()
    try:
        return await database.read(
            lambda stores: stores.costs.report(by=by, since=since, until=until, now=now, limit=limit)
        )
    finally:
        await database.close()


def open_money(
    database: Database,
    live: Callable[[], ServedRelease],
    *,
    tokens: TokenSource,
    telemetry: Telemetry,
    occurrences: Occurrences,
) -> tuple[OpenPurse, Till]:
    """Purses for turns, and the till that is to be started with the app."""
    watch = BudgetWatch(telemetry, occurrences)

    def open_purse(ceilings: Ceilings, payer: Payer, fence: int) -> Purse:
        if not has_ceiling(ceilings):
            return NoLimits()
        return CappedPurse(
            database, ceilings, payer, fence, price=cost_usd, mint=lambda: f"hold_{tokens.token()}", watch=watch
        )

    def ceilings() -> Ceilings:
        try:
            return live().content.models.budget
        except UnavailableError:
            return _UNSET

    return open_purse, Till(database, watch, ceilings=ceilings)
