"""Audiences as ranges of rows."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache

from frontdesk.domain.conversation import Audiences

Ranges = tuple[tuple[int, int], ...]
"""Half-open ranges of rows, ascending, never touching."""


class Permission:
    """Rows are sorted by audience, so what somebody may see is a few ranges, taken before anything is scored."""

    def __init__(self, audiences: Mapping[str, int], *, without: Sequence[int] = ()) -> None:
        """
        Args:
            audiences: chunks per audience, as in the manifest.
            without: rows that nobody may see.
        """
        self._audiences = audiences
        self._without = tuple(sorted(set(without)))
        self._ranges: dict[str, tuple[int, int]] = {}
        start = 0
        for label in sorted(audiences):
            self._ranges[label] = (start, start + audiences[label])
            start += audiences[label]
        self.ranges = lru_cache(maxsize=256)(self._compute)
        """Ranges of the rows that these audiences may see."""

    def without(self, rows: Sequence[int]) -> "Permission":
        """The same for everybody, but for these rows."""
        return Permission(self._audiences, without=rows)

    def _compute(self, audiences: Audiences) -> Ranges:
        merged: list[tuple[int, int]] = []
        for start, end in sorted(self._ranges[label] for label in audiences if label in self._ranges):
            if merged and merged[-1][1] == start:
                merged[-1] = (merged[-1][0], end)
            else:
                merged.append((start, end))
        return tuple(part for start, end in merged for part in self._cut(start, end))

    def _cut(self, start: int, end: int) -> Ranges:
        """A range without the rows that nobody may see."""
        parts: list[tuple[int, int]] = []
        for row in self._without[bisect_left(self._without, start) : bisect_left(self._without, end)]:
            if start < row:
                parts.append((start, row))
            start = row + 1
        return (*parts, (start, end)) if start < end else tuple(parts)
