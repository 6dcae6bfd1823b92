"""Prices, purses and the till, put together."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from frontdesk.adapters.clock import SystemClock, SystemTokens
from frontdesk.adapters.models.prices import cost_usd
from frontdesk.adapters.stores import open_database, sqlite_path
from frontdesk.bootstrap.unbooked import Unbooked
from frontdesk.domain.costs import CostBy, CostReport
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.money import LedgerEntry, Payer, has_ceiling
from frontdesk.domain.release import Ceilings, ModelRoute, RoutePrice
from frontdesk.ports.clock import TokenSource
from frontdesk.ports.stores import Database
from frontdesk.ports.telemetry import Occurrences, Telemetry
from frontdesk.settings import Settings
from frontdesk.turn.metering import EmbeddingMeter
from frontdesk.turn.money.budget import CappedPurse, NoLimits, OpenPurse, Purse
from frontdesk.turn.money.till import Till
from frontdesk.turn.money.watch import BudgetWatch
from frontdesk.turn.serving import ServedRelease

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
    meter: EmbeddingMeter,
    unbooked: Unbooked,
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

    return open_purse, Till(database, watch, ceilings=ceilings, collect=meter.take, chore=unbooked.book)


def open_meter(settings: Settings) -> EmbeddingMeter:
    """Prices what an embedding endpoint reads."""
    own = settings.embedder_usd_per_million
    price = None if own is None else RoutePrice(input_usd_per_million=own)
    route = ModelRoute(name="embedder", adapter="openai", price=price)
    return EmbeddingMeter(lambda *asked: cost_usd(*asked, route=route), now=SystemClock().now)


def book_apart(settings: Settings, meter: EmbeddingMeter) -> None:
    """Book what a command has spent: at once on PostgreSQL, else by whichever server writes the ledger next."""
    entries = meter.take()
    if not entries:
        return
    if sqlite_path(settings.effective_database_url) is not None:
        Unbooked(settings.data_dir).keep(entries, name=SystemTokens().token())
        return
    asyncio.run(_book_now(settings.effective_database_url, entries))


async def _book_now(url: str, entries: Sequence[LedgerEntry]) -> None:
    database = await open_database(url)
    try:
        await database.write(lambda stores: stores.ledger.add(entries))
    finally:
        await database.close()
