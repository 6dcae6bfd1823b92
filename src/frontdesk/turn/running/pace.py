"""How many turns a process works on at once: as many as it may, while it keeps up with itself.

A process whose processor is full answers no faster for having more turns under way; it answers each of them later, and
hears late of those it should refuse. It notices by the processor time that it uses, and by its own event loop, which
then runs late. So a limit that fits every machine and every vendor need not be guessed: a slow vendor keeps many turns
waiting and no processor busy.

While it is busy, turns may take a little longer than in calm times, and the number at once follows from how much longer
they do: each time it is multiplied by what they may take over what they take (as TCP Vegas does, Brakmo and Peterson,
IEEE JSAC 1995).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from math import sqrt

from frontdesk.domain.speed import blend

LOOK_EVERY_S = 0.05
_DECIDE_EVERY = 5
"""Looks; a quarter of a second."""
_OVER = 4
"""Decisions whose processor time counts together; a second."""
BUSY = 0.9
"""Share of one processor. Python works on one thing at a time, so that more than one is not used."""
LATE_S = 0.04
"""A loop that is later than this, in the middle of some looks, has too much to do: a customer's text is late by as much
at each of its hops. A guess."""
EARLY_S = 0.02
FEWEST = 8
"""Turns that are worked on at once however late the loop is."""
_FEWEST_UNKNOWN = 64
"""The same before a calm turn has been seen; a guess."""
LONGER = 1.3
"""Times the calm duration that a turn may take while the process is busy. A guess."""
_LEAST = 0.7
"""Of the turns at once is left after one decision."""
_MORE = 1.1
_RECENT = 0.1
"""Weight of the newest turn among the recent ones."""
_CALM = 0.02
"""The same among the calm ones."""


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
        self._used_s = self._looked_s = 0.0
        self._use: deque[tuple[float, float]] = deque(maxlen=_OVER)
        self._recent_s = self._calm_s = 0.0
        self._ended_s: list[float] = []
        self._perhaps_calm: deque[list[float]] = deque()
        self.hands = most
        """Turns that may be worked on at once."""

    @property
    def busy(self) -> float:
        """Share of one processor that the process used in the last second."""
        looked_s = sum(looked for _, looked in self._use)
        return sum(used for used, _ in self._use) / looked_s if looked_s else 0.0

    def ended(self, took_s: float) -> None:
        """A turn is done that was worked on for so long."""
        self._recent_s = blend(self._recent_s, took_s, _RECENT)
        self._ended_s.append(took_s)

    async def watch(self) -> None:
        """Look at the loop for ever."""
        loop = asyncio.get_running_loop()
        while True:
            began_s, used_s = loop.time(), time.process_time()
            await asyncio.sleep(LOOK_EVERY_S)
            self.look(loop.time() - began_s - LOOK_EVERY_S, used_s=time.process_time() - used_s)

    def look(self, late_s: float, *, used_s: float = 0.0) -> None:
        """Take note of how late the loop was just now, `LOOK_EVERY_S` after the last time.

        Args:
            used_s: processor time of the process since then.
        """
        self._late_s.append(late_s)
        self._used_s += used_s
        self._looked_s += LOOK_EVERY_S + late_s
        if len(self._late_s) == _DECIDE_EVERY:
            self._use.append((self._used_s, self._looked_s))
            self._decide(sorted(self._late_s)[_DECIDE_EVERY // 2])
            self._late_s.clear()
            self._used_s = self._looked_s = 0.0

    def _decide(self, late_s: float) -> None:
        """Fewer only once the last decision is carried out; more only where there are none to spare."""
        running = self._running()
        is_busy = late_s > LATE_S or self.busy > BUSY
        self._learn(is_calm=late_s < EARLY_S and not is_busy)
        if is_busy and running <= self.hands and (share := self._share) < 1:
            self.hands = min(self.hands, max(self._fewest, int(running * share + sqrt(running))))
        elif running >= self.hands and self.hands < self._most and late_s < EARLY_S:
            self.hands = min(self._most, max(self.hands + 1, int(self.hands * (1 if is_busy else _MORE))))
            self._on_more()

    def _learn(self, *, is_calm: bool) -> None:
        """What turns took counts as calm once a calm second has followed: a rush is noticed late."""
        ended, self._ended_s = self._ended_s, []
        if not is_calm:
            self._perhaps_calm.clear()
            return
        self._perhaps_calm.append(ended)
        if len(self._perhaps_calm) > _OVER:
            for took_s in self._perhaps_calm.popleft():
                self._calm_s = blend(self._calm_s, took_s, _CALM)

    @property
    def _share(self) -> float:
        """Of the turns at once that may stay, from how long they take."""
        if not self._calm_s:
            return _LEAST
        return max(_LEAST, LONGER * self._calm_s / self._recent_s)

    @property
    def _fewest(self) -> int:
        return FEWEST if self._calm_s else _FEWEST_UNKNOWN
