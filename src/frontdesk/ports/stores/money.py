"""What was paid for, and what may still be."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from frontdesk.domain.costs import CostBy, CostReport
from frontdesk.domain.ids import TurnId
from frontdesk.domain.money import Cap, LedgerEntry, Level, Reservation
from frontdesk.domain.reconciliation import BookedLine


class LedgerStore(Protocol):
    """Everything that was paid for; nothing in it is ever changed."""

    def add(self, entries: Sequence[LedgerEntry]) -> None:
        """Write them, and count them for the budgets of their time and payer."""
        ...

    def has_note(self, note: str, *, at: datetime) -> bool:
        """Whether an entry of just that time has this note."""
        ...


class BudgetStore(Protocol):
    """What is spent and set aside in each span that a ceiling holds for."""

    def now(self) -> datetime:
        """The database's time: it says which day it is."""
        ...

    def levels(self, caps: Sequence[Cap]) -> Sequence[Level]:
        """How full the spans are, in the order of the caps; writes nothing."""
        ...

    def reserve(self, reservation: Reservation, caps: Sequence[Cap], *, expires_s: float) -> Sequence[Level]:
        """Set the money aside in each cap's span, and give how full they are with it.

        Where that is more than a cap allows, nothing is set aside; the levels are as they would have been.
        """
        ...

    def shrink(self, amounts: Mapping[str, Decimal]) -> None:
        """Keep of these reservations only as much as was spent; one that is gone stays so."""
        ...

    def of_turn(self, turn_id: TurnId) -> Sequence[Reservation]:
        """Everything that is set aside for the turn, by whichever worker; nobody else changes it until the commit."""
        ...

    def expired(self, *, limit: int) -> Sequence[Reservation]:
        """Reservations whose time is over and whose turn has ended: nobody will settle them."""
        ...

    def release(self, gone: Sequence[Reservation]) -> None:
        """Let go of what was set aside; what was spent of it is the ledger's."""
        ...

    def forget(self, *, kept: timedelta) -> int:
        """Drop the spans that nothing changed for so long; how many that were. They come back where needed."""
        ...


class CostStore(Protocol):
    """Reads across the ledger."""

    def report(self, *, by: CostBy, since: datetime, until: datetime, now: datetime, limit: int) -> CostReport:
        """Everything that was spent from `since` up to but without `until`, in at most `limit` lines.

        The projection is of the month of `now`, whatever the time is that was asked for.
        """
        ...

    def days(self, *, since: datetime) -> Mapping[date, Decimal]:
        """US dollars per day (UTC) since then; a day without a request is missing."""
        ...

    def booked(self, *, since: datetime, until: datetime) -> Sequence[BookedLine]:
        """What the ledger has per day (UTC), vendor and model, corrections included."""
        ...
