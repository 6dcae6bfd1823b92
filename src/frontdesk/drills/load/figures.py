"""Figures of a phase: percentiles, goodput, exact binomial bounds, and when it was well again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, log, log1p

from frontdesk.domain.speed import nearest_rank
from frontdesk.drills.load.visits import BROKEN, REFUSED, Visit

WELL = 0.95
"""Share of visits that must be good in every `WINDOW_S` for an installation to count as recovered; one may miss."""
WINDOW_S = 2.0
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Percentiles in milliseconds; None where nothing was measured."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None

    @classmethod
    def of(cls, seconds: Sequence[float | None]) -> "Spread":
        known = sorted(value for value in seconds if value is not None)
        return cls(
            p50_ms=_percentile_ms(known, 0.5),
            p95_ms=_percentile_ms(known, 0.95),
            p99_ms=_percentile_ms(known, 0.99),
            max_ms=_percentile_ms(known, 1.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whether this run shows, with 95 % confidence, that a share of all answers comes in time."""

    text: str
    trials: int
    misses: int
    allowed: int | None
    """Misses at most; None where so few trials show nothing."""

    @property
    def verdict(self) -> str:
        """`shown`, `not shown`, or `too few`."""
        if self.allowed is None:
            return "too few"
        return "shown" if self.misses <= self.allowed else "not shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFigures:
    name: str
    is_overload: bool
    seconds: float
    rate: float
    """Arrivals a second that were wanted."""
    arrivals: int
    answered: int
    """A second."""
    answered_rate: float
    goodput: float
    """Answers a second within the time that was promised."""
    outcomes: dict[str, int]
    refused: int
    delayed: int
    """Told that their message is kept, and answered later."""
    lost: int
    broken: int
    stage: Spread
    text: Spread
    total: Spread
    """Of everybody who was answered without having been told to wait."""
    delayed_total: Spread
    refusal: Spread
    delay_told: Spread
    late: Spread
    """How late this machine sent people off; where that is much, it measured itself."""
    claims: tuple[Claim, ...]


def figures_of(
    name: str, visits: Sequence[Visit], *, seconds: float, rate: float, within_s: float, is_overload: bool = False
) -> PhaseFigures:
    """What a phase was like.

    Args:
        within_s: seconds within which an answer counts as good.
    """
    answered = [visit for visit in visits if visit.is_answered]
    prompt = [visit for visit in answered if not visit.was_delayed]
    asked = prompt if is_overload else [visit for visit in visits if not visit.was_delayed]
    return PhaseFigures(
        name=name,
        is_overload=is_overload,
        seconds=seconds,
        rate=rate,
        arrivals=len(visits),
        answered=len(answered),
        answered_rate=len(answered) / seconds,
        goodput=sum(visit.is_good(within_s) for visit in visits) / seconds,
        outcomes=dict(Counter(visit.outcome for visit in visits)),
        refused=sum(visit.outcome == REFUSED for visit in visits),
        delayed=sum(visit.was_delayed for visit in visits),
        lost=sum(visit.is_lost for visit in visits),
        broken=sum(visit.outcome == BROKEN for visit in visits),
        stage=Spread.of([visit.stage_s for visit in prompt]),
        text=Spread.of([visit.text_s for visit in prompt]),
        total=Spread.of([visit.total_s for visit in prompt]),
        delayed_total=Spread.of([visit.total_s for visit in answered if visit.was_delayed]),
        refusal=Spread.of([visit.refused_after_s for visit in visits if visit.outcome == REFUSED]),
        delay_told=Spread.of([visit.delayed_after_s for visit in visits]),
        late=Spread.of([visit.late_s for visit in visits]),
        claims=(claim_of(asked, share=0.95, within_s=within_s),),
    )


def claim_of(visits: Sequence[Visit], *, share: float, within_s: float) -> Claim:
    """That `share` of all answers come within the time; every other visit is a miss."""
    return Claim(
        text=f"{share:.0%} of answers within {within_s:g} s",
        trials=len(visits),
        misses=sum(not visit.is_good(within_s) for visit in visits),
        allowed=most_misses(len(visits), 1 - share),
    )


@cache
def most_misses(trials: int, rate: float) -> int | None:
    """Misses at most that still show a miss rate below `rate`, one-sided; None where not even 0 do.

    Exact binomial: the largest k with P(X <= k | trials, rate) <= 1 - `CONFIDENCE`.
    """
    below, found = 0.0, None
    for misses in range(trials + 1):
        below += exp(_log_probability(misses, trials, rate))
        if below > 1 - CONFIDENCE:
            return found
        found = misses
    return found


def recovery_s(visits: Sequence[Visit], *, began_s: float, within_s: float) -> float | None:
    """Seconds from the end of an overload until all was well and stayed so; None where it did not become well.

    Args:
        visits: those due after it, with `due_s` on the clock of `began_s`.
    """
    windows: dict[int, list[bool]] = {}
    for visit in visits:
        windows.setdefault(int((visit.due_s - began_s) / WINDOW_S), []).append(visit.is_good(within_s))
    unwell = [number for number, good in windows.items() if len(good) - sum(good) > max(1, (1 - WELL) * len(good))]
    if not windows or max(windows) in unwell:
        return None
    return (max(unwell) + 1) * WINDOW_S if unwell else 0.0


def _percentile_ms(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that so large a share of all does not exceed."""
    return round(nearest_rank(ordered, share) * 1000, 1) if ordered else None


def _log_probability(hits: int, trials: int, rate: float) -> float:
    ways = lgamma(trials + 1) - lgamma(hits + 1) - lgamma(trials - hits + 1)
    return ways + hits * log(rate) + (trials - hits) * log1p(-rate)
