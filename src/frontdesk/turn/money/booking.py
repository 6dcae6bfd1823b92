"""What a turn's requests cost, written into the ledger with the turn; what was set aside for them is free again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from frontdesk.domain.ids import CustomerId
from frontdesk.domain.money import LedgerEntry, Reservation
from frontdesk.domain.turn import OpenTurn
from frontdesk.domain.usage import Usage, VendorAttempt
from frontdesk.ports.stores import Stores
from frontdesk.turn.money.budget import Purse, Settled

LEFT_BEHIND = "Its worker died; the most that it can have cost."
MOST_MODEL_CHARS = 200
"""Of a name that a vendor reports; a bound, since nothing else bounds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Everything that one worker asked of vendors for a turn."""

    turn: OpenTurn
    customer_id: CustomerId | None
    attempts: Sequence[VendorAttempt]
    purse: Purse

    def book(self, stores: Stores, *, at: datetime) -> None:
        """Part of the turn's last commit, or of one after it. A dead worker's requests are booked with it.

        What this worker set aside and never settled was for a request that was not made: it costs nothing.
        """
        has_held = self.purse.is_capped or self.turn.lease.fence > 1
        held = stores.budgets.of_turn(self.turn.turn_id) if has_held else ()
        left = [one for one in held if one.fence < self.turn.lease.fence]
        stores.ledger.add([*self._entries(self.attempts, at), *(self._guess(one, at) for one in left)])
        stores.budgets.release(held)

    def book_outrun(self, stores: Stores, *, at: datetime) -> None:
        """For a worker that has lost its turn: what it spent was spent. What the next one has booked for it is left."""
        own = {one.reservation.reservation_id: one.attempt.number for one in self.purse.settled}
        held = [one for one in stores.budgets.of_turn(self.turn.turn_id) if one.reservation_id in own] if own else []
        booked = set(own.values()) - {own[one.reservation_id] for one in held}
        stores.ledger.add(self._entries([one for one in self.attempts if one.number not in booked], at))
        stores.budgets.release(held)

    def _entries(self, attempts: Iterable[VendorAttempt], at: datetime) -> list[LedgerEntry]:
        settled = {one.attempt.number: one for one in self.purse.settled}
        return [self._entry(attempt, settled.get(attempt.number), at) for attempt in attempts]

    def _entry(self, attempt: VendorAttempt, paid: Settled | None, at: datetime) -> LedgerEntry:
        """Money that was set aside counts for the day on which that was done."""
        return LedgerEntry(
            at=at if paid is None else paid.reservation.created_at or at,
            purpose=attempt.purpose,
            vendor=attempt.vendor,
            model=attempt.reported_model[:MOST_MODEL_CHARS] or attempt.model,
            usage=attempt.usage,
            cost_usd=attempt.cost_usd if paid is None else paid.cost_usd,
            is_estimated=attempt.is_estimated or bool(paid and paid.note),
            note=paid.note if paid else "",
            **self._whose(),
        )

    def _guess(self, left: Reservation, at: datetime) -> LedgerEntry:
        return left_behind(left, at=at, **self._whose())

    def _whose(self) -> dict[str, Any]:
        return {
            "turn_id": self.turn.turn_id,
            "conversation_id": self.turn.conversation_id,
            "customer_id": self.customer_id,
            "channel": self.turn.channel,
            "release_id": self.turn.release_id,
        }


def left_behind(left: Reservation, *, at: datetime, **whose: Any) -> LedgerEntry:
    """The entry of a request whose worker died: nobody knows what it came to, but it was made."""
    return LedgerEntry(
        at=left.created_at or at,
        purpose=left.purpose,
        vendor=left.vendor,
        model=left.model,
        usage=Usage(),
        cost_usd=left.amount_usd,
        is_estimated=True,
        note=LEFT_BEHIND,
        **whose,
    )
