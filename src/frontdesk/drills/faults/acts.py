"""What is asked while a fault is in force."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from frontdesk.drills.faults.scene import Act
from frontdesk.drills.faults.staged import Stage
from frontdesk.drills.visitor import Visitor


def one_by_one(times: int, *, pause_s: float = 0.0) -> Act:
    """Each asks once the one before has been answered."""

    async def act(stage: Stage) -> list[Visitor]:
        visits = []
        for _ in range(times):
            visits.append(await _asked(stage, stage.visitor()))
            await asyncio.sleep(pause_s)
        return visits

    return act


def at_once(people: int, *, waves: int = 1) -> Act:
    """So many at the same moment, and again once all of them have heard their end."""

    async def act(stage: Stage) -> list[Visitor]:
        visits: list[Visitor] = []
        for _ in range(waves):
            visits += await asyncio.gather(*(_asked(stage, stage.visitor()) for _ in range(people)))
        return visits

    return act


def steadily(for_s: float, *, every_s: float) -> Act:
    """One after every pause, whether the ones before have been answered or not."""

    async def act(stage: Stage) -> list[Visitor]:
        began, asking = time.monotonic(), []
        for number in range(int(for_s / every_s)):
            await asyncio.sleep(began + number * every_s - time.monotonic())
            asking.append(asyncio.create_task(_asked(stage, stage.visitor())))
        return list(await asyncio.gather(*asking))

    return act


def scheduled(steps: Sequence[Mapping[str, Any]], act: Act) -> Act:
    """While the first vendor changes from one thing to another."""

    async def play(stage: Stage) -> list[Visitor]:
        await stage.primary.schedule(steps, model=stage.model)
        return await act(stage)

    return play


async def _asked(stage: Stage, visitor: Visitor) -> Visitor:
    """The visitor once they heard an end, or gave up."""
    with suppress(TimeoutError):
        await visitor.visit(stage.http)
    return visitor
