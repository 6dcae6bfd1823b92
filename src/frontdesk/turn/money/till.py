"""The till: bookings that no turn's commit carries, and money that was set aside by workers that are gone."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from frontdesk.domain.errors import FrontdeskError, StoreUnavailableError
from frontdesk.domain.ids import TurnId
from frontdesk.domain.money import LedgerEntry, Level, Payer, Reservation, caps_at
from frontdesk.domain.release import Ceilings
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.loops import forever
from frontdesk.turn.money.booking import left_behind
from frontdesk.turn.money.watch import BudgetWatch

log = structlog.get_logger()

Booking = Callable[[Stores], None]
"""Part of a unit of work; may run again where its commit fails."""

WRITE_EVERY_S = 1.0
SWEEP_EVERY_S = 30.0
MOST_WAITING = 10_000
"""Bookings kept while the database is away; beyond that the oldest are dropped, and the log says so."""
MOST_AT_ONCE = 200
"""Bookings or reservations in one commit; a guess that keeps it short."""
KEPT = timedelta(days=40)
"""A span that nothing changed for so long is forgotten; longer than a month is."""
FAREWELL_S = 2.0
"""So long a shutdown waits for what is still to be booked."""


class Till:
    """One per process. Where several share a database, whichever comes first sweeps."""

    def __init__(
        self,
        database: Database,
        watch: BudgetWatch,
        *,
        ceilings: Callable[[], Ceilings],
        collect: Callable[[], Sequence[LedgerEntry]] = tuple,
        chore: Callable[[Database], Awaitable[None]] | None = None,
    ) -> None:
        """
        Args:
            ceilings: those that hold for new turns.
            collect: gives what was spent beside the turns' own requests, each once.
            chore: done with every sweep.
        """
        self._database = database
        self._watch = watch
        self._ceilings = ceilings
        self._collect = collect
        self._chore = chore
        self._waiting: deque[Booking] = deque(maxlen=MOST_WAITING)
        self._loops: list[asyncio.Task[None]] = []

    def later(self, booking: Booking) -> None:
        """Book it soon. Never waits; may be called from any thread."""
        if len(self._waiting) == MOST_WAITING:
            log.error("booking_dropped", waiting=MOST_WAITING)
        self._waiting.append(booking)

    def start(self) -> None:
        self._loops = [
            asyncio.create_task(forever("bookings", self.flush, pause=lambda: asyncio.sleep(WRITE_EVERY_S))),
            asyncio.create_task(forever("budget_sweep", self.sweep, pause=lambda: asyncio.sleep(SWEEP_EVERY_S))),
        ]

    async def close(self) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        with suppress(FrontdeskError, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self.flush()

    async def flush(self) -> None:
        """Write what waits.

        Raises:
            StoreUnavailableError: the database cannot be reached; nothing is lost.
        """
        if collected := self._collect():
            self._watch.embedded(collected)
            self.later(lambda stores: stores.ledger.add(collected))
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            try:
                await self._write(taken)
            except BaseException:
                self._waiting.extendleft(reversed(taken))
                raise

    async def _write(self, bookings: list[Booking]) -> None:
        """All in one commit; where one of them cannot be booked at all, the others are."""
        try:
            await self._database.write(lambda stores: _book(stores, bookings))
        except StoreUnavailableError:
            raise
        except Exception:
            if len(bookings) == 1:
                log.exception("booking_dropped")
                return
            for booking in bookings:
                await self._write([booking])

    async def sweep(self) -> None:
        """Settle what nobody else will, forget old spans, and show how full the running day and month are."""
        while (settled := await self._database.write(settle_expired)) == MOST_AT_ONCE:
            log.warning("reservations_settled", count=settled)
        await self._database.write(lambda stores: stores.budgets.forget(kept=KEPT))
        for level in await self._database.read(self._shared_levels):
            self._watch.seen(level)
        if self._chore is not None:
            await self._chore(self._database)

    def _shared_levels(self, stores: Stores) -> Sequence[Level]:
        return stores.budgets.levels(caps_at(self._ceilings(), Payer(), stores.budgets.now()))


def _book(stores: Stores, bookings: Sequence[Booking]) -> None:
    for booking in bookings:
        booking(stores)


def settle_expired(stores: Stores) -> int:
    """Book reservations that ran out at the most they can have cost; how many that were. A unit of work."""
    gone = stores.budgets.expired(limit=MOST_AT_ONCE)
    at = stores.budgets.now()
    stores.ledger.add([left_behind(one, at=at, **_whose(stores, one)) for one in gone])
    stores.budgets.release(gone)
    return len(gone)


def _whose(stores: Stores, left: Reservation) -> dict[str, Any]:
    turn = stores.turns.get(TurnId(left.turn_id)) if left.turn_id else None
    if turn is None:
        return {"turn_id": left.turn_id}
    conversation = stores.conversations.get(turn.conversation_id)
    return {
        "turn_id": turn.turn_id,
        "conversation_id": turn.conversation_id,
        "customer_id": conversation.principal.customer_id if conversation else None,
        "channel": turn.channel,
        "release_id": turn.release_id,
    }
