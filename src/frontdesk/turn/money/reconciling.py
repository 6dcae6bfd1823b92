"""The ledger made to agree with a vendor's bill."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from frontdesk.domain.errors import MalformedError
from frontdesk.domain.reconciliation import BillLine, Difference, compare_bill, to_adjustment
from frontdesk.ports.stores import Stores

MOST_LINES = 1000
"""Of a bill at once; a month of thirty models."""
MOST_DAYS = 366
MOST_USD = 1_000_000
"""For one model on one day; beyond it the file has another unit."""


def reconcile_bill(
    stores: Stores, bill: Sequence[BillLine], *, note: str, should_book: bool = True
) -> tuple[Difference, ...]:
    """Book an adjustment for each line that the ledger has otherwise. A unit of work.

    A bill that is read again finds nothing left to correct; one that was corrected is booked by what it has changed.

    Raises:
        MalformedError: the bill is empty, too long, or names an amount that cannot be one.
    """
    _check(bill)
    since = datetime.combine(min(line.day for line in bill), time(0), UTC)
    until = datetime.combine(max(line.day for line in bill), time(0), UTC) + timedelta(days=1)
    differences = compare_bill(bill, stores.costs.booked(since=since, until=until))
    if should_book:
        stores.ledger.add([to_adjustment(one, note=note) for one in differences if not one.is_even])
    return differences


def _check(bill: Sequence[BillLine]) -> None:
    if not bill:
        raise MalformedError("The bill has no lines.", field="lines")
    if len(bill) > MOST_LINES:
        raise MalformedError(f"A bill may have {MOST_LINES} lines at once; send it in parts.", field="lines")
    if max(line.day for line in bill) - min(line.day for line in bill) > timedelta(days=MOST_DAYS):
        raise MalformedError("The lines of a bill may be a year apart at most.", field="day")
    for number, line in enumerate(bill, start=1):
        if not (line.usd.is_finite() and abs(line.usd) <= MOST_USD):
            raise MalformedError(f"Line {number}: {line.usd} is no amount for one model on one day.", field="usd")
        if not line.model.strip():
            raise MalformedError(f"Line {number} names no model.", field="model")
