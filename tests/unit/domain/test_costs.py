"""A projection says how far it can be off, and is right about that."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from frontdesk.domain.costs import project_month

NOON = datetime(2026, 4, 16, 12, tzinfo=UTC)


def spent(*usd: float) -> dict[date, Decimal]:
    """The last of them yesterday."""
    return {NOON.date() - timedelta(days=len(usd) - n): Decimal(str(amount)) for n, amount in enumerate(usd)}


def test_makes_none_of_too_few_days() -> None:
    assert project_month({}, NOON) is None
    assert project_month(spent(1, 2), NOON) is None
    assert project_month({NOON.date(): Decimal(5)}, NOON) is None


def test_adds_the_days_to_come_to_what_is_spent() -> None:
    days = {**spent(2, 2, 2), NOON.date(): Decimal(1)}
    found = project_month(days, NOON)
    assert found is not None
    assert (found.spent_usd, found.expected_usd) == (Decimal(7), 7 + Decimal(29))  # fourteen and a half days are left
    assert found.low_usd == found.expected_usd == found.high_usd


def test_is_the_less_certain_the_more_days_differ() -> None:
    even, uneven = project_month(spent(2, 3, 2, 3), NOON), project_month(spent(0, 5, 1, 4), NOON)
    assert even is not None
    assert uneven is not None
    assert even.expected_usd == uneven.expected_usd
    assert uneven.low_usd < even.low_usd < even.expected_usd < even.high_usd < uneven.high_usd
    assert uneven.low_usd >= uneven.spent_usd


def test_a_day_without_a_request_cost_nothing() -> None:
    days = {NOON.date() - timedelta(days=4): Decimal(4)}
    found = project_month(days, NOON)
    assert found is not None
    assert found.days == 4
    assert found.expected_usd == 4 + Decimal("14.5")


def test_nine_of_ten_months_end_within_the_range() -> None:
    """A year's worth of alike days, many times over: the range holds as often as it says, within chance."""
    dice, held = random.Random(7), 0
    for _ in range(400):
        days = [round(dice.lognormvariate(0, 0.5), 6) for _ in range(43)]
        found = project_month(spent(*days[:28]), NOON)
        assert found is not None
        end = found.spent_usd + Decimal(str(round(sum(days[28:42]) + days[42] / 2, 6)))
        held += found.low_usd <= end <= found.high_usd
    assert 0.85 < held / 400 < 0.95
