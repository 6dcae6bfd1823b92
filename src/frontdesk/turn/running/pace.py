"""How many turns a process works on at once: as many as it may, while it keeps up with itself.

A process whose processor is full answers no faster for having more turns under way; it answers each of them later, and
hears late of those it should refuse. It notices by its own event loop, which then runs late. So a limit that fits
every machine and every vendor need not be guessed: a slow vendor keeps many turns waiting and no processor busy.

There are always enough to keep it as busy as it ever was: the most that ended in a second, times what a turn takes
when all is calm (the product of bandwidth and delay, as in BBR, Cardwell et al., ACM Queue 2016).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from math import ceil

LOOK_EVERY_S = 0.05
_DECIDE_EVERY = 5
"""Looks; a quarter of a second."""
_WINDOW_S = 1.0
"""What turns are counted over."""
_REMEMBERED = 60
"""Such windows."""
LATE_S = 0.04
"""A loop that is later than this, in the middle of some looks, has too much to do: a customer's text is late by as much
at each of its hops. A guess."""
EARLY_S = 0.02
FEWEST = 8
"""Turns that are worked on at once however late the loop is."""
_FEWEST_UNKNOWN = 64
"""The same before a calm second has been seen; a guess."""
_FEWER = 0.85
_MORE = 1.1
_TO_SPARE = 1.25
"""More than just enough, so that a process that could do more finds out."""
_TELLING = 3
"""Turns in a second from which their mean tells something."""


class Pace:
    """Learns it while the process runs."""

    def __init__(self, most: int, *, running: Callable[[], int], on_more: Callable[[], None] = lambda: None) -> None:
        """
        Args:
            most: turns at once that are never exceeded, and what it begins with.
            running: how many there are now.
            on_more: called when more may be begun.
        """
        self._most = most
        self._running = running
        self._on_more = on_more
        self._late_s: list[float] = []
        self._was_calm = True
        self._counted_s = 0.0
        self._ended_s: list[float] = []
        self._a_second: deque[float] = deque(maxlen=_REMEMBERED)
        self._calm_s: deque[float] = deque(maxlen=_REMEMBERED)
        self.hands = most
        """Turns that may be worked on at once."""

    @property
    def enough(self) -> int:
        """Turns at once that keep the process as busy as it ever was."""
        if not self._calm_s:
            return _FEWEST_UNKNOWN
        return max(FEWEST, ceil(_TO_SPARE * max(self._a_second, default=0.0) * min(self._calm_s)))

    def ended(self, took_s: float) -> None:
        """A turn is done that was worked on for so long."""
        self._ended_s.append(took_s)

    async def watch(self) -> None:
        """Look at the loop for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            self.look(loop.time() - due_s)

    def look(self, late_s: float) -> None:
        """Take note of how late the loop was just now, `LOOK_EVERY_S` after the last time."""
        self._late_s.append(late_s)
        self._counted_s += LOOK_EVERY_S + late_s
        if len(self._late_s) == _DECIDE_EVERY:
            self._decide(sorted(self._late_s)[_DECIDE_EVERY // 2])
            self._late_s.clear()

    def _decide(self, late_s: float) -> None:
        """Fewer only once the last decision is carried out; more only where there are none to spare."""
        self._count(is_calm=late_s < EARLY_S)
        running = self._running()
        if late_s > LATE_S and running <= self.hands:
            self.hands = min(self.hands, max(self.enough, int(running * _FEWER)))
        elif late_s < EARLY_S and running >= self.hands and self.hands < self._most:
            self.hands = min(self._most, max(self.hands + 1, int(self.hands * _MORE)))
            self._on_more()

    def _count(self, *, is_calm: bool) -> None:
        """Each second, note how many turns ended, and how long they took if it was calm all the while."""
        self._was_calm = self._was_calm and is_calm
        if self._counted_s < _WINDOW_S:
            return
        self._a_second.append(len(self._ended_s) / self._counted_s)
        if self._was_calm and len(self._ended_s) >= _TELLING:
            self._calm_s.append(sum(self._ended_s) / len(self._ended_s))
        self._ended_s.clear()
        self._counted_s, self._was_calm = 0.0, True
