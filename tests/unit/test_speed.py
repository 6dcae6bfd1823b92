from dataclasses import replace

import pytest

from frontdesk.domain.speed import EndedTurn, pace_of, percentiles
from frontdesk.domain.turn import Outcome

TURN = EndedTurn(total_ms=100.0, first_text_ms=40.0, outcome=Outcome.ANSWERED, degraded=(), is_simulated=False)


def test_a_percentile_is_one_of_the_values_and_a_tail_is_not_smoothed_away() -> None:
    found = percentiles([1.0] * 98 + [50.0, 900.0])
    assert found is not None
    assert (found.p50, found.p95, found.p99) == (1.0, 1.0, 50.0)


@pytest.mark.parametrize(("values", "p99"), [([7.0], 7.0), ([1.0, 9.0], 9.0)])
def test_few_values_have_percentiles_as_well(values: list[float], p99: float) -> None:
    found = percentiles(values)
    assert found is not None
    assert found.p99 == p99


def test_nothing_has_none() -> None:
    assert percentiles([]) is None
    assert pace_of([], is_cut_short=False).total is None


def test_tells_how_turns_went() -> None:
    silent = replace(TURN, first_text_ms=None, outcome=Outcome.FAILED, degraded=("model_fallback", "uncited"))
    simulated = replace(TURN, is_simulated=True, degraded=("uncited",))
    pace = pace_of([TURN, silent, simulated], is_cut_short=True)
    assert (pace.turns, pace.simulated, pace.is_cut_short) == (3, 1, True)
    assert pace.outcomes == [(Outcome.ANSWERED, 2), (Outcome.FAILED, 1)]
    assert pace.degraded == [("uncited", 2), ("model_fallback", 1)]
    assert pace.first_text is not None
    assert pace.first_text.p99 == 40.0
