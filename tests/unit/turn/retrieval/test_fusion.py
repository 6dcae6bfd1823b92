"""Two rankings into one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.domain.errors import InputError
from frontdesk.domain.knowledge import Hit, Ranking
from frontdesk.turn.retrieval import fuse_scores


def ranking(**scores: float) -> Ranking:
    return tuple(Hit(row=int(name[1:]), score=score) for name, score in scores.items())


RANKINGS = st.dictionaries(st.integers(0, 50), st.floats(-100, 100), max_size=20).map(
    lambda scores: tuple(Hit(row=row, score=score) for row, score in scores.items())
)


@given(RANKINGS, RANKINGS, st.floats(0, 1), st.randoms(use_true_random=False))
def test_does_not_depend_on_the_order_of_its_inputs(lexical: Ranking, dense: Ranking, weight: float, chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = [list(lexical), list(dense)]
    for hits in shuffled:
        chance.shuffle(hits)
    again = fuse_scores(tuple(shuffled[0]), tuple(shuffled[1]), dense_weight=weight)
    assert again == fuse_scores(lexical, dense, dense_weight=weight)


@given(RANKINGS, RANKINGS, st.floats(0, 1))
def test_names_every_row_of_either_ranking_once_best_first(lexical: Ranking, dense: Ranking, weight: float) -> None:
    fused = fuse_scores(lexical, dense, dense_weight=weight)
    rows = [hit.row for hit in fused]
    assert sorted(rows) == sorted({hit.row for hit in (*lexical, *dense)})
    assert [hit.score for hit in fused] == sorted((hit.score for hit in fused), reverse=True)


@given(RANKINGS)
def test_changing_the_scale_of_a_leg_changes_nothing(lexical: Ranking) -> None:
    scaled = tuple(Hit(row=hit.row, score=4.0 * hit.score) for hit in lexical)
    plain = fuse_scores(lexical, (), dense_weight=0.0)
    assert [hit.row for hit in fuse_scores(scaled, (), dense_weight=0.0)] == [hit.row for hit in plain]


def test_weights_decide_which_leg_is_believed() -> None:
    lexical, dense = ranking(r1=9, r2=1), ranking(r1=0.1, r2=0.9)
    assert fuse_scores(lexical, dense, dense_weight=0.2)[0].row == 1
    assert fuse_scores(lexical, dense, dense_weight=0.8)[0].row == 2


def test_a_row_one_leg_did_not_return_gets_that_legs_lowest_score() -> None:
    fused = {hit.row: hit.score for hit in fuse_scores(ranking(r1=3, r2=1), ranking(r3=1), dense_weight=0.5)}
    assert fused[3] == pytest.approx(0.5 * -1.0)
    assert fused[1] == pytest.approx(0.5 * 1.0)


def test_ties_are_ordered_by_row() -> None:
    assert [hit.row for hit in fuse_scores(ranking(r7=1, r3=1, r5=1), (), dense_weight=0.0)] == [3, 5, 7]


def test_refuses_a_ranking_that_repeats_a_row() -> None:
    with pytest.raises(InputError):
        fuse_scores((Hit(row=1, score=2.0), Hit(row=1, score=1.0)), (), dense_weight=0.5)
