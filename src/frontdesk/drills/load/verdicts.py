"""What is promised of an installation under load, and whether this run kept it."""

from collections.abc import Sequence
from dataclasses import dataclass

from frontdesk.drills.load.figures import PhaseFigures, Spread

LEAST_SHARE_OF_PEAK = 0.9
"""Goodput under overload, as a share of the best of the run (`reliability.md` B.2, fault 30)."""
MOST_REFUSAL_MS = 50.0
MOST_RECOVERY_S = 30.0
MOST_GROWTH_MB = 50.0
"""Resident memory that slow readers may cost (fault 21)."""
MOST_SLOWER = 1.10
"""The 95th percentile of everybody else beside slow readers, against without them."""
MOST_SOAK_GROWTH = 1.10
"""Resident memory in the last quarter against the second one; a guess."""
MOST_LATE_MS = 100.0
"""A machine that sends visitors off later than this at the 95th percentile measures itself; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    name: str
    found: str
    wanted: str
    is_met: bool | None
    """None where the run says nothing about it."""


def nobody_is_lost(phases: Sequence[PhaseFigures]) -> Verdict:
    lost, broken = sum(phase.lost for phase in phases), sum(phase.broken for phase in phases)
    return Verdict(
        name="nobody is lost",
        found=f"{lost} accepted without an end, {broken} broken off",
        wanted="0, 0",
        is_met=not (lost or broken),
    )


def in_time(phase: PhaseFigures) -> Verdict:
    """With the exact bound, so that a short run does not show what it cannot."""
    claim = phase.claims[0]
    allowed = "more answers than these" if claim.allowed is None else f"{claim.allowed} late at most"
    return Verdict(
        name=f"{phase.name}: {claim.text}",
        found=f"{claim.misses} of {claim.trials} late",
        wanted=f"{allowed}, for 95 % confidence",
        is_met=None if claim.allowed is None else claim.verdict == "shown",
    )


def keeps_its_goodput(phase: PhaseFigures, peak: float) -> Verdict:
    share = phase.goodput / peak if peak else 0.0
    return Verdict(
        name=f"{phase.name}: good answers a second",
        found=f"{phase.goodput:.1f}, {share:.0%} of the best",
        wanted=f"{LEAST_SHARE_OF_PEAK:.0%} of {peak:.1f}",
        is_met=share >= LEAST_SHARE_OF_PEAK,
    )


def says_no_early(phases: Sequence[PhaseFigures]) -> Verdict:
    worst = _worst([phase.refusal for phase in phases])
    return Verdict(
        name="who is refused is told at once",
        found="nobody was refused" if worst is None else f"p95 {worst:.0f} ms",
        wanted=f"p95 {MOST_REFUSAL_MS:.0f} ms",
        is_met=None if worst is None else worst <= MOST_REFUSAL_MS,
    )


def says_later_early(phases: Sequence[PhaseFigures]) -> Verdict:
    worst = _worst([phase.delay_told for phase in phases])
    return Verdict(
        name="who must wait long is told at once",
        found="nobody had to" if worst is None else f"p95 {worst:.0f} ms",
        wanted=f"p95 {MOST_REFUSAL_MS:.0f} ms",
        is_met=None if worst is None else worst <= MOST_REFUSAL_MS,
    )


def recovers(seconds: float | None) -> Verdict:
    return Verdict(
        name="is well again after the overload",
        found="not within the run" if seconds is None else f"after {seconds:.0f} s",
        wanted=f"within {MOST_RECOVERY_S:.0f} s",
        is_met=seconds is not None and seconds <= MOST_RECOVERY_S,
    )


def others_do_not_notice(without: Sequence[float | None], beside: float | None) -> Verdict:
    """`without` are the 95th percentiles before and after, in ms."""
    known = [value for value in without if value is not None]
    if not known or beside is None:
        return Verdict(name="others beside slow readers", found="too few answers", wanted="", is_met=None)
    base = sum(known) / len(known)
    return Verdict(
        name="others beside slow readers",
        found=f"p95 {beside:.0f} ms against {base:.0f} ms, x {beside / base:.2f}",
        wanted=f"x {MOST_SLOWER:.2f} at most",
        is_met=beside <= MOST_SLOWER * base,
    )


def memory_beside_readers(before_mb: float | None, most_mb: float | None) -> Verdict:
    if before_mb is None or most_mb is None:
        return Verdict(name="memory that slow readers cost", found="not watched", wanted="", is_met=None)
    return Verdict(
        name="memory that slow readers cost",
        found=f"{most_mb - before_mb:+.0f} MB",
        wanted=f"{MOST_GROWTH_MB:.0f} MB at most",
        is_met=most_mb - before_mb < MOST_GROWTH_MB,
    )


def feeds_are_dropped(began: int, dropped: int) -> Verdict:
    return Verdict(
        name="slow readers are let go",
        found=f"{dropped} times, of {began} connections",
        wanted="some, where they read for longer than the server has patience",
        is_met=True if dropped else None,
    )


def memory_stays(early_mb: float | None, late_mb: float | None) -> Verdict:
    if early_mb is None or late_mb is None:
        return Verdict(name="memory over time", found="not watched", wanted="", is_met=None)
    return Verdict(
        name="memory over time",
        found=f"{early_mb:.0f} MB, then {late_mb:.0f} MB",
        wanted=f"x {MOST_SOAK_GROWTH:.2f} at most",
        is_met=late_mb <= MOST_SOAK_GROWTH * early_mb,
    )


def this_machine_kept_up(phases: Sequence[PhaseFigures]) -> Verdict:
    """Not a promise of the server: where it is broken, the other figures are too bad."""
    worst = _worst([phase.late for phase in phases])
    is_late = worst is not None and worst > MOST_LATE_MS
    return Verdict(
        name="this machine sent visitors off in time",
        found="" if worst is None else f"p95 {worst:.0f} ms late",
        wanted=f"p95 {MOST_LATE_MS:.0f} ms; else figures are worse than the server",
        is_met=None if is_late else True,
    )


def _worst(spreads: Sequence[Spread]) -> float | None:
    return max((spread.p95_ms for spread in spreads if spread.p95_ms is not None), default=None)
