"""How many turns are worked on at once, by the processor time that the process uses and how late it runs."""

import asyncio
import time

import pytest

from frontdesk.turn.running.pace import _DECIDE_EVERY, FEWEST, LONGER, LOOK_EVERY_S, Pace

CALM = 0.5
"""Share of a processor that is used."""
FULL = 1.05


class Process:
    """With so many turns under way."""

    def __init__(self, most: int = 256, running: int = 0) -> None:
        self.running = running
        self.pokes = 0
        self.pace = Pace(most, running=lambda: self.running, on_more=self._poke)

    def _poke(self) -> None:
        self.pokes += 1

    def looks(
        self, busy: float, *, seconds: float = 0.25, a_second: float = 0, took_s: float = 1.0, late_s: float = 0.002
    ) -> None:
        """So long, with so many turns that end in each second."""
        due, step_s = 0.0, LOOK_EVERY_S + late_s
        for _ in range(_DECIDE_EVERY * max(1, round(seconds / step_s / _DECIDE_EVERY))):
            due += a_second * step_s
            while due >= 1:
                self.pace.ended(took_s)
                due -= 1
            self.pace.look(late_s, used_s=busy * step_s)

    def rush(self, a_second: float, *, work_s: float, seconds: float = 30) -> None:
        """More come than can be answered, and all hands are always full: what each takes follows from how many."""
        for _ in range(round(seconds / 0.25)):
            self.running = self.pace.hands
            self.looks(FULL, a_second=a_second, took_s=max(work_s, self.pace.hands / a_second))


def test_a_process_that_keeps_up_takes_all_it_may() -> None:
    process = Process(running=200)
    process.looks(CALM, seconds=60, a_second=150)
    assert process.pace.hands == 256


@pytest.mark.parametrize(("a_second", "work_s"), [(47.0, 1.1), (10.0, 5.0), (100.0, 0.3)])
def test_in_a_rush_turns_take_a_little_longer_than_in_calm_times_and_no_more(a_second: float, work_s: float) -> None:
    process = Process(running=20)
    process.looks(CALM, seconds=20, a_second=a_second / 2, took_s=work_s)
    process.rush(a_second, work_s=work_s)
    assert work_s <= process.pace.hands / a_second < 1.5 * LONGER * work_s


def test_a_slow_vendor_alone_takes_no_hand_away() -> None:
    process = Process(running=50)
    process.looks(CALM, seconds=20, a_second=40, took_s=1.0)
    process.running = 250
    process.looks(CALM, seconds=20, a_second=40, took_s=6.0)
    assert process.pace.hands == 256


def test_what_turns_took_in_a_rush_is_not_taken_for_what_they_need() -> None:
    process = Process(running=20)
    process.looks(CALM, seconds=20, a_second=20, took_s=1.0)
    process.rush(40, work_s=1.0)
    first = process.pace.hands
    process.rush(40, work_s=1.0, seconds=120)
    assert process.pace.hands <= first + 2


def test_a_loop_that_runs_late_counts_as_busy_where_others_take_its_processor() -> None:
    process = Process(running=60)
    process.looks(CALM, seconds=20, a_second=50, took_s=1.0)
    for _ in range(20):
        process.running = process.pace.hands
        process.looks(0.3, a_second=20, took_s=4.0, late_s=0.2)
    assert FEWEST <= process.pace.hands < 40


def test_before_a_calm_turn_was_seen_enough_remain_for_any_vendor() -> None:
    process = Process(running=256)
    process.rush(20, work_s=1.0)
    assert process.pace.hands >= 64


def test_it_waits_for_one_decision_to_be_carried_out_before_the_next() -> None:
    process = Process(running=256)
    process.looks(FULL, late_s=0.2)
    first = process.pace.hands
    process.looks(FULL, seconds=5, late_s=0.2)
    assert process.pace.hands == first < 256


def test_it_takes_more_again_as_soon_as_it_keeps_up_and_says_so() -> None:
    process = Process(running=30)
    process.looks(CALM, seconds=3, a_second=30)
    process.looks(FULL, seconds=1, a_second=30, took_s=4.0, late_s=0.2)
    few = process.running = process.pace.hands
    pokes = process.pokes
    process.looks(CALM, seconds=2)
    assert process.pace.hands > few
    assert process.pokes > pokes


def test_a_small_limit_is_never_exceeded() -> None:
    process = Process(most=2, running=2)
    process.looks(FULL, seconds=3, late_s=0.2)
    process.looks(CALM, seconds=3)
    assert process.pace.hands == 2
    assert FEWEST > 2


async def test_looks_at_the_loop_it_runs_in() -> None:
    process = Process(running=100)
    watching = asyncio.create_task(process.pace.watch())
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        time.sleep(0.1)  # noqa: ASYNC251  (somebody who keeps the loop busy)
        await asyncio.sleep(0)
    watching.cancel()
    assert process.pace.hands < 100
