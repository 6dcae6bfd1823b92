"""Visits begun at their appointed times, whatever became of the ones before; or one after another, for capacity."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator
from random import Random

from frontdesk.drills.load.visits import Host, Talk, Visit, make_visit

Progress = Callable[[int, int], None]

QUESTIONS_EACH = 4
"""In one conversation, so that there are as many new ones among the visits as in real life; a guess."""


class Visitors:
    """Sends people to one host and keeps every visit."""

    def __init__(self, host: Host, *, seed: int) -> None:
        self.host = host
        self._random = Random(seed)
        self._numbers = itertools.count()
        self._pausing: deque[Talk] = deque()
        """Conversations whose visitor may ask again, the one that has paused longest first."""
        self._under_way: set[asyncio.Task[None]] = set()
        self.visits: list[Visit] = []

    async def come(self, phase: str, *, rate: float, seconds: float, progress: Progress = lambda *_: None) -> None:
        """People at random moments (Poisson), `rate` a second on average; returns when the last one has set out.

        Nobody waits for anybody: a server that falls behind meets the same crowd as one that does not.
        """
        began_s = time.monotonic()
        for due_s in self._moments(began_s, rate, seconds):
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            self._send(Visit(phase=phase, due_s=due_s))
            progress(round(due_s - began_s), round(seconds))
        await asyncio.sleep(max(0.0, began_s + seconds - time.monotonic()))

    async def take_turns(self, phase: str, *, clients: int, seconds: float) -> None:
        """So many people, each coming again as soon as they have been served."""
        until_s = time.monotonic() + seconds

        async def client() -> None:
            while time.monotonic() < until_s:
                visit = Visit(phase=phase, due_s=time.monotonic())
                self.visits.append(visit)
                await self._visit(visit)
                if visit.refused_after_s is not None:
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(client() for _ in range(clients)))

    async def finish(self) -> None:
        """Until everybody who is under way has been served, or has lost patience."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def of(self, phase: str) -> list[Visit]:
        return [visit for visit in self.visits if visit.phase == phase]

    def _send(self, visit: Visit) -> None:
        self.visits.append(visit)
        task = asyncio.create_task(self._visit(visit))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _visit(self, visit: Visit) -> None:
        talk = self._pausing.popleft() if self._pausing else Talk(number=next(self._numbers))
        await make_visit(visit, self.host, talk)
        if talk.path and talk.asked < QUESTIONS_EACH and not visit.is_lost:
            self._pausing.append(talk)

    def _moments(self, began_s: float, rate: float, seconds: float) -> Iterator[float]:
        due_s = began_s + self._random.expovariate(rate)
        while due_s < began_s + seconds:
            yield due_s
            due_s += self._random.expovariate(rate)
