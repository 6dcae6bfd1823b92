"""Laws of the stems of a snapshot: each is found again, and one typing mistake is exactly one."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.adapters.index.vocabulary import TYPO_LENGTHS, Vocabulary

FAST = settings(max_examples=60, deadline=None)
STEMS = st.sets(st.text("abcñ", min_size=1, max_size=7) | st.text(min_size=1, max_size=9), max_size=25).map(sorted)


@FAST
@given(STEMS, st.text("abcñ", max_size=6) | st.text(max_size=6))
def test_every_stem_is_found_and_no_other(stems: list[str], other: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Vocabulary.write(Path(folder), stems)
        vocabulary = Vocabulary(Path(folder))
        assert list(vocabulary) == stems
        assert [vocabulary.find(stem) for stem in stems] == list(range(len(stems)))
        assert vocabulary.find(other) == (stems.index(other) if other in stems else None)


@FAST
@given(
    st.sets(st.text("abcñ", min_size=3, max_size=7), min_size=1, max_size=40).map(sorted),
    st.text("abcñ", min_size=3, max_size=7),
)
def test_one_mistake_is_what_the_textbook_calls_one(stems: list[str], typed: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Vocabulary.write(Path(folder), stems)
        near = Vocabulary(Path(folder)).near(typed)
    expected = [
        number
        for number, stem in enumerate(stems)
        if len(typed) in TYPO_LENGTHS and len(stem) in TYPO_LENGTHS and distance(stem, typed) <= 1
    ]
    assert list(near) == expected


def distance(left: str, right: str) -> int:
    """Optimal string alignment: insertions, deletions, replacements, and swaps of neighbours."""
    table = [[row + column for column in range(len(right) + 1)] for row in range(len(left) + 1)]
    for row, one in enumerate(left, start=1):
        for column, other in enumerate(right, start=1):
            table[row][column] = min(
                table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + (one != other)
            )
            if row > 1 and column > 1 and left[row - 2 : row] == right[column - 2 : column][::-1]:
                table[row][column] = min(table[row][column], table[row - 2][column - 2] + 1)
    return table[-1][-1]
