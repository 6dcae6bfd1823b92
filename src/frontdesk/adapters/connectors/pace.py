"""A system's own limit of requests, kept on our side so that it is not run into."""

from collections.abc import Callable

BURST_SHARE = 1 / 6
"""Of a minute's requests, so many may be made at once (a guess)."""


class Pace:
    """A bucket of leaves that fills evenly."""

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        """`per_minute` of 0 sets no bound."""
        self._per_s = per_minute / 60
        self._most = max(1.0, per_minute * BURST_SHARE)
        self._left = self._most
        self._monotonic = monotonic
        self._at = monotonic()

    def take(self) -> float:
        """Take a leave; the seconds to wait before it may be used, most often 0."""
        if not self._per_s:
            return 0.0
        now = self._monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_s)
        self._at = now
        self._left -= 1
        return max(0.0, -self._left / self._per_s)

    def give_back(self) -> None:
        """The leave was not used: nobody can wait so long."""
        self._left += 1
