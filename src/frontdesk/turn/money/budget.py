"""The purse of a turn: money is set aside before a vendor is asked, and paid when its answer has ended.

What is set aside is the most a request can cost, on every ceiling at once in one commit, so that many turns together
cannot spend more than is there. What a request did cost is remembered, and written with the turn's last commit.
Where no ceiling holds, or nothing is known to cost anything, no vendor waits for the database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, Protocol

from frontdesk.domain.errors import CostBudgetError
from frontdesk.domain.money import Cap, Level, Payer, Reservation, caps_at
from frontdesk.domain.release import Ceilings, ModelRoute
from frontdesk.domain.usage import Purpose, Usage, VendorAttempt
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.money.watch import BudgetWatch

Thrift = Literal["none", "small", "short", "extractive"]
"""How an answer is made cheaper while money runs low, each step with the ones before it: a smaller model, a shorter
request, quotations only."""

INPUT_MARGIN = 1.25
"""By how much a vendor may count more tokens in a request than were estimated; a guess."""
RESERVED_S = 300.0
"""After so long a reservation whose turn has ended is settled by somebody else; longer than a turn and its summary."""


class Price(Protocol):
    """What a request costs, in US dollars; None where that is not known."""

    def __call__(
        self, vendor: str, model: str, usage: Usage, /, *, route: ModelRoute | None = None, seconds: float = 0.0
    ) -> Decimal | None:
        """
        Args:
            model: the one that answers, or is asked.
            route: may have a price of its own, which goes before the tables.
            seconds: from the request to its end, for servers that are paid by the hour.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What is set aside for one request."""

    route: ModelRoute
    reservation: Reservation | None = None
    """None where nothing had to be: no ceiling is set, it is free, or its price is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A request that has ended, with what was set aside for it."""

    reservation: Reservation
    attempt: VendorAttempt
    cost_usd: Decimal
    note: str = ""
    """Why this is not what the attempt says."""


class Purse(Protocol):
    """What one attempt at one turn may spend."""

    @property
    def is_capped(self) -> bool:
        """Whether any ceiling holds for it."""
        ...

    @property
    def settled(self) -> Sequence[Settled]:
        """The requests so far for which money was set aside."""
        ...

    async def thrift(self) -> Thrift:
        """How carefully the next answer is to be made, by the fullest ceiling; what others have set aside counts."""
        ...

    async def reserve(
        self, *, route: ModelRoute, vendor: str, model: str, purpose: Purpose, input_tokens: int, output_tokens: int
    ) -> Hold:
        """Set aside the most that a request can cost. Every hold is to be settled, whatever becomes of the request.

        Args:
            input_tokens: of the request, as well as they can be told; a margin is added.
            output_tokens: the most that may be written.
        Raises:
            CostBudgetError: a ceiling leaves too little; nothing was set aside.
        """
        ...

    def settle(self, hold: Hold, attempt: VendorAttempt) -> None:
        """Remember what the request came to. Never waits: also for one that is cancelled."""
        ...


class NoLimits:
    """A purse that never runs out."""

    is_capped = False
    settled: Sequence[Settled] = ()

    async def thrift(self) -> Thrift:
        return "none"

    async def reserve(self, *, route: ModelRoute, **_: object) -> Hold:
        return Hold(route=route)

    def settle(self, hold: Hold, attempt: VendorAttempt) -> None:
        pass


OpenPurse = Callable[[Ceilings, Payer, int], Purse]
"""Ceilings, for whom, and the fence of the lease."""


def without_limits(_ceilings: Ceilings, _payer: Payer, _fence: int) -> Purse:
    """For where money is nobody's concern."""
    return NoLimits()


def thrift_at(share: float, ceilings: Ceilings) -> Thrift:
    """What a ceiling asks for that is full to this share."""
    if share >= ceilings.extractive_from:
        return "extractive"
    if share >= ceilings.short_from:
        return "short"
    return "small" if share >= ceilings.small_from else "none"


class CappedPurse:
    """A purse under ceilings."""

    is_capped = True

    def __init__(
        self,
        database: Database,
        ceilings: Ceilings,
        payer: Payer,
        fence: int,
        *,
        price: Price,
        mint: Callable[[], str],
        watch: BudgetWatch,
    ) -> None:
        """
        Args:
            fence: of the lease under which it is opened; what one with a lower fence left is not its own.
            mint: gives ids that nobody else has.
        """
        self._database = database
        self._ceilings = ceilings
        self._payer = payer
        self._fence = fence
        self._price = price
        self._mint = mint
        self._watch = watch
        self._spent: dict[str, Decimal] = {}
        self.settled: list[Settled] = []

    async def thrift(self) -> Thrift:
        def read(stores: Stores) -> Sequence[Level]:
            return stores.budgets.levels(caps_at(self._ceilings, self._payer, stores.budgets.now()))

        levels = await self._database.read(read)
        return thrift_at(max((level.share for level in levels), default=0.0), self._ceilings)

    async def reserve(
        self, *, route: ModelRoute, vendor: str, model: str, purpose: Purpose, input_tokens: int, output_tokens: int
    ) -> Hold:
        usage = Usage(input_tokens=int(input_tokens * INPUT_MARGIN) + 1, output_tokens=output_tokens)
        most = self._price(vendor, model, usage, route=route, seconds=route.total_s)
        if not most:
            return Hold(route=route)
        wanted = Reservation(
            reservation_id=self._mint(),
            turn_id=self._payer.turn_id,
            fence=self._fence,
            amount_usd=most,
            vendor=vendor,
            model=model,
            purpose=purpose,
        )
        reservation, levels = await self._set_aside(wanted)
        full = [level for level in levels if level.is_over]
        if full:
            self._watch.denied(full[0], purpose)
            raise CostBudgetError("There is no money left for this.", scope=full[0].cap.span.scope, purpose=purpose)
        if purpose == "answer":
            self._watch.filled(levels, self._ceilings, by=most)
        return Hold(route=route, reservation=reservation)

    async def _set_aside(self, wanted: Reservation) -> tuple[Reservation, Sequence[Level]]:
        """What earlier requests of the turn did not need is free again in the same commit."""
        spent = dict(self._spent)

        def commit(stores: Stores) -> tuple[Reservation, Sequence[Level]]:
            now = stores.budgets.now()
            caps = [self._as_seen_by(wanted.purpose, cap) for cap in caps_at(self._ceilings, self._payer, now)]
            dated = replace(wanted, spans=tuple(cap.span for cap in caps), created_at=now)
            stores.budgets.shrink(spent)
            return dated, stores.budgets.reserve(dated, caps, expires_s=RESERVED_S)

        done = await self._database.write(commit)
        for reservation_id in spent:
            self._spent.pop(reservation_id, None)
        return done

    def _as_seen_by(self, purpose: Purpose, cap: Cap) -> Cap:
        """The last of the money is for answers: whatever can be left out does not touch it."""
        return cap if purpose == "answer" else replace(cap, usd=cap.usd * Decimal(str(self._ceilings.extractive_from)))

    def settle(self, hold: Hold, attempt: VendorAttempt) -> None:
        if hold.reservation is not None:
            settled = self._settled(hold.reservation, hold.route, attempt)
            self.settled.append(settled)
            self._spent[hold.reservation.reservation_id] = settled.cost_usd

    def _settled(self, reservation: Reservation, route: ModelRoute, attempt: VendorAttempt) -> Settled:
        """Where the model that answered has no known price, the one that was asked for is what the budget can go by."""
        if attempt.cost_usd is not None:
            return Settled(reservation=reservation, attempt=attempt, cost_usd=attempt.cost_usd)
        seconds = attempt.total_ms / 1000
        cost = self._price(reservation.vendor, reservation.model, attempt.usage, route=route, seconds=seconds)
        note = f"Counted at the price of {reservation.model}, which was asked for."
        return Settled(
            reservation=reservation,
            attempt=attempt,
            cost_usd=reservation.amount_usd if cost is None else cost,
            note=note,
        )
