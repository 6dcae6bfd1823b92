"""One kill after the other, each at another moment of a booking."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

import httpx

from frontdesk.drills.crash.house import start_again
from frontdesk.drills.effects.assistant import booking_assistant
from frontdesk.drills.effects.customers import Customer, arrive
from frontdesk.drills.effects.ledger import MOMENTS, Ledger, Moment, open_ledger
from frontdesk.drills.stage import RunningServer, running_server, scratch_database
from frontdesk.drills.visitor import new_client

Progress = Callable[[int, int, "EffectsReport"], None]
Way = Literal["keyed", "blind"]
"""Whether the ledger knows keys, or has to be read back."""
_AFTERWARDS_S = (0.0, 0.05)
"""After its answer the record is written within some milliseconds; the kill falls before, in, or after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsOptions:
    assistant: Path
    database_url: str = ""
    """A PostgreSQL server for several replicas; empty for SQLite and one server that is restarted."""
    kills: int = 200
    customers: int = 4
    """Who confirm at the same time, at each kill."""
    replicas: int = 2
    seed: int = 1
    ways: Sequence[Way] = ("keyed", "blind")
    """The kills are shared out among them."""


@dataclass(slots=True, kw_only=True)
class EffectsReport:
    """What was found, by the ledger's own log."""

    database: str
    seed: int
    kills: int = 0
    bookings: int = 0
    """Confirmed by customers."""
    done: int = 0
    handed_over: int = 0
    repeated: int = 0
    """Requests beyond one for a booking; the ledger, or the reading back, made nothing of them."""
    seconds: float = 0.0
    moments: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MOMENTS, 0))
    """At which a server was killed."""
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Bookings that customers were told of and that aren't there, and confirmed ones that nobody knows of any more."""

    @property
    def is_clean(self) -> bool:
        return not self.doubled and not self.lost

    def judge(self, customers: Sequence[Customer], ledger: Ledger) -> None:
        """Hold what customers were told against what was done."""
        times = ledger.times
        for customer in customers:
            self.bookings += 1
            booked = times.get(customer.reference, 0)
            self.done += customer.is_told_done
            is_with_person = customer.outcome in ("escalated", "failed")
            self.handed_over += is_with_person
            if booked > 1:
                self.doubled.append(f"{customer.reference} was booked {booked} times.")
            if booked == 0 and not is_with_person:
                self.lost.append(f"{customer.reference} was confirmed, ended as {customer.outcome}, and is not booked.")
            if booked and not customer.is_told_done and not is_with_person:
                self.lost.append(
                    f"{customer.reference} is booked, and its customer heard {customer.outcome or 'nothing'}."
                )

    def as_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "seed": self.seed,
            "kills": self.kills,
            "moments": self.moments,
            "bookings": self.bookings,
            "done": self.done,
            "handed_over": self.handed_over,
            "repeated_requests": self.repeated,
            "doubled": self.doubled,
            "lost": self.lost,
            "is_clean": self.is_clean,
            "seconds": round(self.seconds, 1),
        }


async def run_effects_drill(options: EffectsOptions, *, tell: Progress = lambda *_: None) -> EffectsReport:
    """Kill servers, a part of the times while the ledger knows keys and a part while it has to be read back.

    Raises:
        ConfigError: the assistant has mistakes, or no database can be made.
        UnavailableError: a server does not start.
    """
    began, random = time.monotonic(), Random(options.seed)
    report = EffectsReport(database="PostgreSQL" if options.database_url else "SQLite", seed=options.seed)
    for place, way in enumerate(options.ways):
        kills = len(range(place, options.kills, len(options.ways)))
        if not kills:
            continue
        async with _open(options, keeps_keys=way == "keyed") as (ledger, servers), new_client() as http:
            for _ in range(kills):
                tell(report.kills, options.kills, report)
                await _round(http, ledger, servers, report, customers=options.customers, random=random)
    tell(report.kills, options.kills, report)
    report.seconds = time.monotonic() - began
    return report


@asynccontextmanager
async def _open(options: EffectsOptions, *, keeps_keys: bool) -> AsyncIterator[tuple[Ledger, list[RunningServer]]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontdesk-effects-")))
        ledger = await stack.enter_async_context(open_ledger())
        assistant = booking_assistant(
            options.assistant, into=folder / "assistant", port=ledger.port, keeps_keys=keeps_keys
        )
        url = await stack.enter_async_context(scratch_database(options.database_url))
        servers = [
            await stack.enter_async_context(running_server(assistant, folder / "data", database_url=url))
            for _ in range(options.replicas if url else 1)
        ]
        yield ledger, servers


async def _round(
    http: httpx.AsyncClient,
    ledger: Ledger,
    servers: Sequence[RunningServer],
    report: EffectsReport,
    *,
    customers: int,
    random: Random,
) -> None:
    """All confirm at once; a server dies at one moment of one of the bookings."""
    present = await arrive(http, [server.url for server in servers], count=customers, random=random)
    before = ledger.requests
    victim, moment = random.choice(present).reference, random.choice(MOMENTS)
    has_come, is_over = asyncio.Event(), asyncio.Event()

    async def look(now: Moment, reference: str) -> None:
        if (now, reference) == (moment, victim) and not has_come.is_set():
            has_come.set()
            if now == "answered":
                await asyncio.sleep(random.uniform(*_AFTERWARDS_S))
            await asyncio.gather(*(server.kill() for server in _dying(servers, random)))
            is_over.set()

    ledger.watch(look)
    agreeing = asyncio.gather(*(customer.agree(http) for customer in present), return_exceptions=True)
    coming = asyncio.create_task(has_come.wait())
    both: set[asyncio.Future[Any]] = {coming, agreeing}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    coming.cancel()
    ledger.watch(None)
    if has_come.is_set():
        await is_over.wait()
        report.kills += 1
        report.moments[moment] += 1
    for server in servers:
        if not server.is_alive:
            await start_again(server)
    await agreeing
    report.repeated += max(0, ledger.requests - before - customers)
    report.judge(present, ledger)


def _dying(servers: Sequence[RunningServer], random: Random) -> list[RunningServer]:
    """Nobody outside can tell which of them works on the booking: of several, mostly one dies, sometimes all."""
    return list(servers) if random.random() < 1 / len(servers) else [random.choice(servers)]
