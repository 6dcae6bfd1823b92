"""What somebody may see, as ranges of rows."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from frontdesk.adapters.index.permission import Permission
from frontdesk.domain.conversation import Audiences

COUNTS = {"members": 4, "public": 5, "staff": 3}


@given(
    labels=st.sets(st.sampled_from([*COUNTS, "unheard of"]), min_size=1),
    hidden=st.lists(st.integers(min_value=0, max_value=11)),
)
def test_ranges_are_the_permitted_rows_but_for_the_hidden_ones(labels: set[str], hidden: list[int]) -> None:
    ranges = Permission(COUNTS).without(hidden).ranges(Audiences(labels=frozenset(labels)))
    owners = [label for label in sorted(COUNTS) for _ in range(COUNTS[label])]
    expected = [row for row, label in enumerate(owners) if label in labels and row not in hidden]
    assert [row for start, end in ranges for row in range(start, end)] == expected
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
