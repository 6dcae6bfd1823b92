"""The purse of a turn: money is set aside before a vendor is asked, and paid when its answer has ended.

What is set aside is the most a request can cost, on every ceiling at once in one commit, so that many turns together
cannot spend more than is there. What a request did cost is remembered, and written with the turn's last commit.
Where no ceiling holds, or nothing is known to cost anything, no vendor waits for the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from frontdesk.domain.money import Reservation
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Purpose, Usage, VendorAttempt

Thrift = Literal["none", "small", "short", "extractive"]
"""How an answer is made cheaper while money runs low, each step with the ones before it: a smaller model, a shorter
request, quotations only."""


class Price(Protocol):
    """What a request costs, in US dollars; None where that is not known."""

    def __call__(
        self, vendor: str, model: str, usage: Usage, *, route: ModelRoute | None = None, seconds: float = 0.0
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

    attempt: VendorAttempt
    hold: Hold


class Purse(Protocol):
    """What one attempt at one turn may spend."""

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

    settled: Sequence[Settled] = ()

    async def thrift(self) -> Thrift:
        return "none"

    async def reserve(self, *, route: ModelRoute, **_: object) -> Hold:
        return Hold(route=route)

    def settle(self, hold: Hold, attempt: VendorAttempt) -> None:
        pass
