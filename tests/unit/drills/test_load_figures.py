"""Figures of a load drill: percentiles, exact bounds, recovery, and what they say of a promise."""

import pytest

from frontdesk.drills.load import verdicts
from frontdesk.drills.load.capacity import good_a_second
from frontdesk.drills.load.figures import Spread, claim_of, figures_of, most_misses, recovery_s
from frontdesk.drills.load.visits import BROKEN, REFUSED, UNFINISHED, Visit


def _visit(due_s: float = 0.0, total_s: float | None = 1.0, **changes: object) -> Visit:
    visit = Visit(phase="p", due_s=due_s, outcome="answered", is_accepted=True, total_s=total_s)
    for name, value in changes.items():
        setattr(visit, name, value)
    return visit


def _refused(due_s: float = 0.0) -> Visit:
    return Visit(phase="p", due_s=due_s, outcome=REFUSED, status=503, refused_after_s=0.01)


@pytest.mark.parametrize(
    ("trials", "rate", "most"),
    [
        (1000, 0.05, 38),
        (2000, 0.05, 83),
        (5000, 0.05, 224),
        (1000, 0.01, 4),
        (2000, 0.01, 12),
        (5000, 0.01, 38),
        (1000, 0.005, 1),
        (59, 0.05, 0),
        (58, 0.05, None),
    ],
)
def test_allows_as_many_misses_as_the_binomial_does(trials: int, rate: float, most: int | None) -> None:
    assert most_misses(trials, rate) == most


def test_a_short_run_shows_nothing_however_good_it_was() -> None:
    claim = claim_of([_visit() for _ in range(20)], share=0.95, within_s=3)
    assert (claim.misses, claim.verdict) == (0, "too few")
    phase = figures_of("steady", [_visit() for _ in range(20)], seconds=2, rate=10, within_s=3)
    assert verdicts.in_time(phase).is_met is None


def test_whoever_is_refused_or_broken_off_counts_as_late() -> None:
    visits = [_visit() for _ in range(97)] + [_refused(), _visit(outcome=BROKEN, total_s=None), _visit(total_s=9.0)]
    claim = claim_of(visits, share=0.95, within_s=3)
    assert (claim.trials, claim.misses, claim.verdict) == (100, 3, "not shown")


def test_under_overload_only_those_who_were_let_in_at_once_must_be_served_in_time() -> None:
    visits = [_visit() for _ in range(60)] + [_refused() for _ in range(100)]
    visits += [_visit(total_s=20.0, was_delayed=True) for _ in range(40)]
    phase = figures_of("3 x capacity", visits, seconds=2, rate=100, within_s=3, is_overload=True)
    assert (phase.goodput, phase.refused, phase.delayed, phase.answered) == (30.0, 100, 40, 100)
    assert verdicts.in_time(phase).is_met is True
    assert phase.total.max_ms == 1000.0
    assert phase.delayed_total.max_ms == 20_000.0


def test_percentiles_are_values_that_occurred() -> None:
    spread = Spread.of([None, *(number / 1000 for number in range(1, 101))])
    assert (spread.p50_ms, spread.p95_ms, spread.p99_ms, spread.max_ms) == (50.0, 95.0, 99.0, 100.0)
    assert Spread.of([None]).p95_ms is None


def test_a_turn_that_was_accepted_and_never_ended_is_lost() -> None:
    phase = figures_of("p", [_visit(outcome=UNFINISHED, total_s=None)], seconds=1, rate=1, within_s=3)
    assert verdicts.nobody_is_lost([phase]).is_met is False
    ended_late = figures_of("p", [_visit(outcome="failed", total_s=30.0)], seconds=1, rate=1, within_s=3)
    assert verdicts.nobody_is_lost([ended_late]).is_met is True
    assert ended_late.goodput == 0


def test_recovery_is_the_end_of_the_last_bad_stretch() -> None:
    well = [_visit(100 + at / 10) for at in range(200)]
    assert recovery_s(well, began_s=100, within_s=3) == 0
    ill_for_seven = [_visit(100 + at / 10, total_s=9.0 if at < 70 else 1.0) for at in range(200)]
    assert recovery_s(ill_for_seven, began_s=100, within_s=3) == 8
    relapsed = [_visit(100 + at / 10, total_s=9.0 if at > 180 else 1.0) for at in range(200)]
    assert recovery_s(relapsed, began_s=100, within_s=3) is None
    assert verdicts.recovers(None).is_met is False


def test_goodput_is_held_against_the_best_of_the_run() -> None:
    phase = figures_of("3 x", [_visit() for _ in range(85)], seconds=1, rate=300, within_s=3, is_overload=True)
    assert verdicts.keeps_its_goodput(phase, peak=100).is_met is False
    assert verdicts.keeps_its_goodput(phase, peak=94).is_met is True


def test_slow_readers_may_cost_others_a_tenth_and_memory_fifty_megabytes() -> None:
    assert verdicts.others_do_not_notice([1000, 1020], 1100).is_met is True
    assert verdicts.others_do_not_notice([1000, 1020], 1120).is_met is False
    assert verdicts.memory_beside_readers(300, 349).is_met is True
    assert verdicts.memory_beside_readers(300, 351).is_met is False


def test_a_crowd_that_takes_turns_is_counted_while_all_of_it_is_there() -> None:
    turns = [
        _visit(due_s=100.0 + round_ * 1.5 + client / 100, total_s=1.5) for round_ in range(4) for client in range(32)
    ]
    found = good_a_second(turns, began_s=100.0, seconds=6.0, within_s=3)
    assert found == pytest.approx(32 / 1.5, rel=0.1)
    assert good_a_second(turns, began_s=100.0, seconds=6.0, within_s=1) == 0
    assert good_a_second([_refused(100.0)], began_s=100.0, seconds=6.0, within_s=3) == 0
