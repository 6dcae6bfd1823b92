"""What was spent, summed up: by what, on whom, and where the month is going."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import fmean, stdev
from typing import Literal, get_args

CostBy = Literal["turn", "conversation", "channel", "customer", "purpose", "model", "release", "day"]
COST_BY: tuple[CostBy, ...] = get_args(CostBy)

SURE = 0.9
"""How often the month's end lies within the range of its projection, where days are alike."""
_T_90 = (6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83, 1.81, 1.80, 1.78, 1.77, 1.76, 1.75, 1.75, 1.74, 1.73)
"""Student's t, two-sided 90 %, for 1 to 18 degrees of freedom."""
_T_90_MANY = 1.70
LEAST_DAYS = 3
"""Whole days from which a projection is made; a guess."""
MOST_DAYS = 28
"""Whole days that a projection looks back on; four weeks, so that weekdays weigh alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """Requests that have something in common."""

    key: str
    """What they have in common; empty where that is not known, or where nobody asked."""
    requests: int
    turns: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    usd: Decimal
    """Of everything that has a price, corrections included."""
    unknown: int
    """Requests whose price is not known; they are in no amount."""
    estimated_usd: Decimal
    """How much of `usd` rests on tokens that we counted, or on the most a request can have cost."""
    adjusted_usd: Decimal
    """How much of `usd` was corrected by a vendor's bill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCounts:
    """What the money was spent for: turns that ended in the time."""

    turns: int
    answered: int
    """Answered, or acted upon."""
    conversations: int
    resolved: int
    """Conversations with an answer in which, as far as is stored, no person was ever needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What this month will have cost at its end."""

    month: str
    spent_usd: Decimal
    expected_usd: Decimal
    low_usd: Decimal
    high_usd: Decimal
    """Nine months of ten end between the two, where the days to come are like those before."""
    days: int
    """Whole days that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    since: datetime
    until: datetime
    by: CostBy
    lines: Sequence[CostLine]
    """Most expensive first; days in their order."""
    is_cut_short: bool
    """There are more lines; the total is of all."""
    total: CostLine
    counts: TurnCounts
    projection: Projection | None
    """Of the running month; None where too few days are known."""

    @property
    def per_turn_usd(self) -> Decimal | None:
        return _share(self.total.usd, self.counts.turns)

    @property
    def per_answered_usd(self) -> Decimal | None:
        """Everything that was spent, over the turns with an answer."""
        return _share(self.total.usd, self.counts.answered)

    @property
    def per_conversation_usd(self) -> Decimal | None:
        return _share(self.total.usd, self.counts.conversations)

    @property
    def per_resolved_usd(self) -> Decimal | None:
        """Everything that was spent, over the conversations that needed no person."""
        return _share(self.total.usd, self.counts.resolved)


def _share(usd: Decimal, count: int) -> Decimal | None:
    return usd / count if count else None


def project_month(days: Mapping[date, Decimal], now: datetime) -> Projection | None:
    """The end of the running month, from what was spent on each day up to now.

    Args:
        days: US dollars per day; one that is missing cost nothing. Days before the first one are not looked at.

    The whole days before today, 28 at most, are taken for a sample of those to come. The range is that of the sum of
    `left` further days: mean times `left`, plus or minus t times s times the root of `left` + `left`²/n. It knows
    nothing of weekends, growth or a model that will be switched on tomorrow.
    """
    today = now.date()
    sample = _whole_days(days, today)
    if len(sample) < LEAST_DAYS:
        return None
    spent = sum((usd for day, usd in days.items() if day.replace(day=1) == today.replace(day=1)), Decimal(0))
    left = _days_left(now)
    expected = fmean(sample) * left
    t = _T_90[len(sample) - 2] if len(sample) - 2 < len(_T_90) else _T_90_MANY
    spread = t * stdev(sample) * (left + left * left / len(sample)) ** 0.5
    return Projection(
        month=f"{today:%Y-%m}",
        spent_usd=spent,
        expected_usd=spent + _usd(expected),
        low_usd=spent + _usd(max(0.0, expected - spread)),
        high_usd=spent + _usd(expected + spread),
        days=len(sample),
    )


def _whole_days(days: Mapping[date, Decimal], today: date) -> list[float]:
    first = max(min(days, default=today), today - timedelta(days=MOST_DAYS))
    return [float(days.get(first + timedelta(days=n), 0)) for n in range((today - first).days)]


def _days_left(now: datetime) -> float:
    """Of the month, with the fraction of today."""
    end = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (end - now) / timedelta(days=1)


def _usd(amount: float) -> Decimal:
    return Decimal(str(round(amount, 9)))
