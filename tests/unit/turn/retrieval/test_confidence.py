"""What the chance of an answer rests on."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.turn.retrieval.confidence import Signs, load_weights, weigh
from frontdesk.turn.retrieval.terms import ALIKE_CREDIT, coverage, likeness, read_wording, share

GOOD = Signs(coverage=1.0, names=0.0, margin=0.6, length=1.6, cosine=0.7, contrast=0.3)
SHARES = st.floats(0, 1)


def test_the_shipped_weights_name_signs_that_exist() -> None:
    known = {field.name for field in fields(Signs)}
    assert set(load_weights()) == {"hybrid", "lexical"}
    assert all(set(weights.signs) <= known for weights in load_weights().values())


@pytest.mark.parametrize("family", ["hybrid", "lexical"])
def test_full_coverage_is_high_and_a_missing_name_is_what_lowers_it(family: str) -> None:
    weights = load_weights()[family]  # type: ignore[index]
    missing = replace(GOOD, coverage=0.6, names=0.4)
    assert weigh(GOOD, weights) > 0.75
    assert weigh(missing, weights) < weigh(replace(missing, names=0.0), weights) < weigh(GOOD, weights)


@given(SHARES, SHARES)
def test_more_coverage_never_lowers_the_chance(some: float, more: float) -> None:
    low, high = sorted((some, more))
    for weights in load_weights().values():
        assert weigh(replace(GOOD, coverage=low), weights) <= weigh(replace(GOOD, coverage=high), weights)


@pytest.mark.parametrize(
    ("term", "stems", "expected"),
    [
        ("ship", {"ship", "cost"}, 1.0),
        ("shippng", {"ship", "cost"}, ALIKE_CREDIT),
        ("rückgabefrist", {"rückgab", "monat"}, ALIKE_CREDIT),
        ("garanti", {"garantieschein"}, ALIKE_CREDIT),
        ("iceland", {"ireland"}, ALIKE_CREDIT),
        ("iceland", {"finland", "norway"}, 0.0),
        ("2026", {"2025", "202"}, 0.0),
        ("japan", {"german", "austria"}, 0.0),
    ],
)
def test_another_spelling_counts_in_part_and_another_word_not_at_all(
    term: str, stems: set[str], expected: float
) -> None:
    assert likeness(term, frozenset(stems)) == expected


def test_coverage_weighs_words_by_what_they_tell() -> None:
    terms = {"ship": 1.0, "iceland": 4.0}
    assert coverage(terms, frozenset({"ship"}), {}) == pytest.approx(0.2)
    assert coverage(terms, frozenset({"ship", "iceland"}), {}) == 1.0
    assert coverage({}, frozenset(), {}) == 1.0


def test_reads_content_neighbours_and_function_words_in_one_pass() -> None:
    wording = read_wording("Shipping to Austria, and not to Spain", "en")
    assert wording.stems == {"ship", "austria", "spain"}
    assert wording.pairs == {("ship", "austria"), ("austria", "spain")}
    assert wording.function_words == {"to", "and", "not"}


def test_nothing_wanted_is_not_there() -> None:
    assert share(frozenset(), frozenset({1})) == 0.0
    assert share(frozenset({1, 2}), frozenset({1})) == 0.5
