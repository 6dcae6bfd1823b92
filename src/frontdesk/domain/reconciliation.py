"""A vendor's bill beside the ledger: what it says otherwise is corrected, day by day and model by model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from frontdesk.domain.money import LedgerEntry
from frontdesk.domain.usage import Usage

LEAST_USD = Decimal("0.000000001")
"""What the ledger can tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """What a vendor wants for one model on one day (UTC); several lines of the same add up."""

    day: date
    model: str
    usd: Decimal
    vendor: str = ""
    """Empty where the bill does not say: then whoever was asked for that model."""
    tokens: int | None = None
    """Read and written; None where the bill does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedLine:
    """What the ledger has for it."""

    day: date
    vendor: str
    model: str
    usd: Decimal
    tokens: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A bill's line with what the ledger had."""

    day: date
    vendor: str
    model: str
    billed_usd: Decimal
    booked_usd: Decimal
    billed_tokens: int | None
    booked_tokens: int
    requests: int
    """As the ledger has them; none where this model was never asked that day."""

    @property
    def usd(self) -> Decimal:
        """What is missing in the ledger; negative where it has too much."""
        return self.billed_usd - self.booked_usd

    @property
    def is_even(self) -> bool:
        return abs(self.usd) < LEAST_USD


def compare_bill(bill: Sequence[BillLine], booked: Sequence[BookedLine]) -> tuple[Difference, ...]:
    """One difference per day and model of the bill, in their order. What it does not name is not looked at."""
    names = sorted({(line.day, line.model, line.vendor) for line in bill})
    return tuple(
        _difference(
            [line for line in bill if (line.day, line.model, line.vendor) == name],
            [line for line in booked if (line.day, line.model) == name[:2] and name[2] in ("", line.vendor)],
        )
        for name in names
    )


def _difference(billed: Sequence[BillLine], booked: Sequence[BookedLine]) -> Difference:
    first = billed[0]
    dearest = max(booked, key=lambda line: line.usd, default=None)
    counted = [line.tokens for line in billed if line.tokens is not None]
    return Difference(
        day=first.day,
        vendor=first.vendor or (dearest.vendor if dearest else ""),
        model=first.model,
        billed_usd=_sum(line.usd for line in billed).quantize(LEAST_USD),
        booked_usd=_sum(line.usd for line in booked),
        billed_tokens=sum(counted) if counted else None,
        booked_tokens=sum(line.tokens for line in booked),
        requests=sum(line.requests for line in booked),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def to_adjustment(difference: Difference, *, note: str) -> LedgerEntry:
    """The entry after which ledger and bill agree; it counts for the day of the bill."""
    return LedgerEntry(
        at=datetime.combine(difference.day, time(12), UTC),
        kind="adjustment",
        purpose="correction",
        vendor=difference.vendor,
        model=difference.model,
        usage=Usage(),
        cost_usd=difference.usd,
        note=note,
    )
