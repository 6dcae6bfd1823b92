"""How many turns are worked on at once, by how late the process runs."""

import asyncio
import time

from frontdesk.turn.running.pace import _DECIDE_EVERY, FEWEST, LOOK_EVERY_S, Pace


class Busy:
    """A process with so many turns under way."""

    def __init__(self, most: int = 256, running: int = 0) -> None:
        self.running = running
        self.pokes = 0
        self.pace = Pace(most, running=lambda: self.running, on_more=self._poke)

    def _poke(self) -> None:
        self.pokes += 1

    def looks(self, late_s: float, *, seconds: float = 0.25, a_second: int = 0, took_s: float = 1.0) -> None:
        """So long, with so many turns that end in each second."""
        due, step_s = 0.0, LOOK_EVERY_S + late_s
        for _ in range(_DECIDE_EVERY * max(1, round(seconds / step_s / _DECIDE_EVERY))):
            due += a_second * step_s
            while due >= 1:
                self.pace.ended(took_s)
                due -= 1
            self.pace.look(late_s)


def test_a_process_that_keeps_up_takes_all_it_may() -> None:
    busy = Busy(running=200)
    busy.looks(0.002, seconds=60, a_second=150)
    assert busy.pace.hands == 256


def test_a_process_that_runs_late_takes_fewer_down_to_what_keeps_it_busy() -> None:
    busy = Busy(running=40)
    busy.looks(0.002, seconds=5, a_second=40, took_s=1.3)
    busy.running = 256
    for _ in range(40):
        busy.looks(0.2, a_second=0)
        busy.running = min(busy.running, busy.pace.hands)
    assert 60 <= busy.pace.hands == busy.pace.enough <= 70


def test_it_never_takes_fewer_than_keep_it_as_busy_as_it_was_even_when_others_take_its_processor() -> None:
    busy = Busy(running=60)
    busy.looks(0.002, seconds=5, a_second=50, took_s=1.4)
    busy.running = 90
    busy.looks(0.5, seconds=10, a_second=20, took_s=4.0)
    assert busy.pace.hands >= 50 * 1.4


def test_what_turns_took_in_a_rush_is_not_taken_for_what_they_need() -> None:
    busy = Busy(running=30)
    busy.looks(0.002, seconds=3, a_second=30, took_s=1.0)
    busy.looks(0.2, seconds=20, a_second=30, took_s=8.0)
    assert busy.pace.enough == 38


def test_it_waits_for_one_decision_to_be_carried_out_before_the_next() -> None:
    busy = Busy(running=256)
    busy.looks(0.2)
    first = busy.pace.hands
    busy.looks(0.2, seconds=5)
    assert busy.pace.hands == first == 217


def test_it_takes_more_again_as_soon_as_it_keeps_up_and_says_so() -> None:
    busy = Busy(running=30)
    busy.looks(0.002, seconds=3, a_second=30)
    busy.looks(0.2)
    few = busy.pace.hands
    busy.running = few
    busy.looks(0.002)
    assert busy.pace.hands > few
    assert busy.pokes == 1


def test_a_small_limit_is_never_exceeded() -> None:
    busy = Busy(most=2, running=2)
    busy.looks(0.2, seconds=3)
    busy.looks(0.002, seconds=3)
    assert busy.pace.hands == 2
    assert FEWEST > 2


async def test_looks_at_the_loop_it_runs_in() -> None:
    busy = Busy(running=100)
    watching = asyncio.create_task(busy.pace.watch())
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        time.sleep(0.1)  # noqa: ASYNC251  (somebody who keeps the loop busy)
        await asyncio.sleep(0)
    watching.cancel()
    assert busy.pace.hands < 100
