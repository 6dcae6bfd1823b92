"""How fast turns were, and how they went."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from frontdesk.domain.turn import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedTurn:
    """What is looked at of one turn."""

    total_ms: float
    """From its acceptance to its end; the wait is part of it."""
    first_text_ms: float | None
    """From the start of work to the first confirmed text; None where there was none."""
    outcome: Outcome
    degraded: tuple[str, ...]
    is_simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the turns of some time went."""

    turns: int
    simulated: int
    """How many of them were of simulated customers."""
    outcomes: Sequence[tuple[Outcome, int]]
    """Most frequent first."""
    degraded: Sequence[tuple[str, int]]
    """Labels, most frequent first; a turn may have several."""
    total: Percentiles | None
    """None without a turn."""
    first_text: Percentiles | None
    """None where no turn had text."""
    is_cut_short: bool
    """There were more turns; the newest are told of."""


def pace_of(turns: Sequence[EndedTurn], *, is_cut_short: bool) -> Pace:
    return Pace(
        turns=len(turns),
        simulated=sum(turn.is_simulated for turn in turns),
        outcomes=Counter(turn.outcome for turn in turns).most_common(),
        degraded=Counter(label for turn in turns for label in turn.degraded).most_common(),
        total=percentiles([turn.total_ms for turn in turns]),
        first_text=percentiles([turn.first_text_ms for turn in turns if turn.first_text_ms is not None]),
        is_cut_short=is_cut_short,
    )


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values, sorted and at least one, that this share of them does not exceed."""
    return ordered[max(0, ceil(len(ordered) * share) - 1)]


def percentiles(values: Sequence[float]) -> Percentiles | None:
    """By nearest rank: each is one of the values, so that a tail is never smoothed away. None where there are none."""
    if not values:
        return None
    ordered = sorted(values)
    p50, p95, p99 = (nearest_rank(ordered, share) for share in (0.5, 0.95, 0.99))
    return Percentiles(p50=p50, p95=p95, p99=p99)


def blend(mean: float, newest: float, weight: float) -> float:
    """The moving mean once the newest value has come, which counts for so much; the first value stands for itself."""
    return mean + (newest - mean) * (weight if mean else 1.0)
