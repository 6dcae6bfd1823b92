"""Clocks that are wrong by ten minutes, or that step: no turn is killed for it, none lives longer, none changes hands."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import World, a_release, a_world
from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.errors import UnavailableError
from frontdesk.ports.clock import Clock
from frontdesk.turn.outbox import OutboxDispatcher
from frontdesk.turn.running.runner import RunnerLimits

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR. "
FOR_EVER = Pause(seconds=float("inf"))
SHORT_LEASE = RunnerLimits(lease_s=1.0, claim_every_s=0.1)
TEN_MINUTES = [pytest.param(-600.0, id="slow"), pytest.param(600.0, id="fast")]


class WrongClock:
    """A wall clock that is wrong, and a monotonic one that began at another moment."""

    def __init__(self, right: Clock, wrong_by_s: float) -> None:
        self._right = right
        self.wrong_by_s = wrong_by_s

    def now(self) -> datetime:
        return self._right.now() + timedelta(seconds=self.wrong_by_s)

    def monotonic(self) -> float:
        return self._right.monotonic() + 12_345.0


class Listener:
    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.told: list[str] = []

    async def notify(self, topic: str, *, key: str, body: str) -> None:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("not now")
        self.told.append(key)


@pytest.mark.parametrize("wrong_by_s", TEN_MINUTES)
async def test_a_process_with_a_wrong_clock_takes_over_a_turn_and_finishes_it(
    tmp_path: Path, url: str, wrong_by_s: float
) -> None:
    release = a_release(tmp_path, model=ScriptedChatModel([FOR_EVER], reply(TRUTH)), first_byte_s=15.0)
    async with a_world(release, url=url, limits=SHORT_LEASE, start=False) as world:
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        other = world.another_runner(
            owner="worker-2", limits=SHORT_LEASE, clock=WrongClock(SystemClock(), wrong_by_s=wrong_by_s)
        )
        await other.start()
        answer = json.loads((await world.finished(accepted)).body)
        await other.close(grace_s=0.2)

    assert "6.90 EUR" in answer["text"]


@pytest.mark.parametrize("wrong_by_s", TEN_MINUTES)
@pytest.mark.parametrize("is_stuck", [False, True])
async def test_a_turn_accepted_under_a_wrong_clock_has_its_time_and_no_more(
    tmp_path: Path, url: str, wrong_by_s: float, *, is_stuck: bool
) -> None:
    limits = RunnerLimits(lease_s=1.0, claim_every_s=0.1, deadline_s=4.0)
    model = ScriptedChatModel([FOR_EVER], [FOR_EVER] if is_stuck else reply(TRUTH))
    async with a_world(
        a_release(tmp_path, model=model, first_byte_s=15.0), url=url, limits=limits, start=False
    ) as world:
        wrong = world.another_runner(owner="wrong", limits=limits, clock=WrongClock(SystemClock(), wrong_by_s))
        began = asyncio.get_running_loop().time()
        accepted = await world.send(await world.a_conversation(), AUSTRIA, to=wrong)
        await world.runner.start()  # and takes it over once the lease has run out
        body = (await world.finished(accepted)).body
        took_s = asyncio.get_running_loop().time() - began
        await wrong.close(grace_s=0.0)

    assert took_s < limits.deadline_s + 2.0
    assert is_stuck or "6.90 EUR" in body


@pytest.mark.parametrize("wrong_by_s", TEN_MINUTES)
async def test_a_worker_with_a_wrong_clock_keeps_its_turns(tmp_path: Path, url: str, wrong_by_s: float) -> None:
    slow = ScriptedChatModel([Pause(seconds=2.5), *reply(TRUTH)])
    async with a_world(a_release(tmp_path, model=slow, first_byte_s=15.0), url=url, limits=SHORT_LEASE) as world:
        wrong = world.another_runner(
            owner="wrong", limits=SHORT_LEASE, clock=WrongClock(SystemClock(), wrong_by_s=wrong_by_s)
        )
        await wrong.start()
        sent = [await world.send(await world.a_conversation(), AUSTRIA, to=to) for to in (world.runner, wrong)]
        for accepted in sent:
            await world.finished(accepted)
        fences = [await fence_of(world, accepted.turn.turn_id) for accepted in sent]
        await wrong.close(grace_s=0.2)

    assert fences == [1, 1]


@pytest.mark.parametrize("step_s", TEN_MINUTES)
async def test_a_clock_that_steps_during_a_turn_neither_ends_nor_prolongs_it(
    tmp_path: Path, url: str, step_s: float
) -> None:
    limits = RunnerLimits(deadline_s=1.5)
    models = [ScriptedChatModel([Pause(seconds=0.4), *reply(TRUTH)]), ScriptedChatModel([FOR_EVER])]
    codes, took_s = [], 0.0
    for number, model in enumerate(models):
        release = a_release(tmp_path / str(number), model=model, first_byte_s=15.0)
        async with a_world(release, url=url, start=False) as world:
            clock = WrongClock(SystemClock(), wrong_by_s=0.0)
            stepping = world.another_runner(owner="stepping", limits=limits, clock=clock)
            began = asyncio.get_running_loop().time()
            accepted = await world.send(await world.a_conversation(), AUSTRIA, to=stepping)
            await asyncio.sleep(0.1)
            clock.wrong_by_s = step_s
            body = json.loads((await world.finished(accepted)).body)
            codes.append(body.get("code") or body["outcome"])
            took_s = asyncio.get_running_loop().time() - began
            await stepping.close(grace_s=0.2)

    assert codes[0] == "answered"
    assert took_s < limits.deadline_s + 2.0


@pytest.mark.parametrize("wrong_by_s", TEN_MINUTES)
async def test_people_hear_of_a_case_at_once_whatever_the_clock_says(
    tmp_path: Path, url: str, wrong_by_s: float
) -> None:
    listener = Listener(failures=1)
    async with a_world(a_release(tmp_path), url=url, start=False) as world:
        wrong = world.another_runner(owner="wrong", clock=WrongClock(SystemClock(), wrong_by_s))
        await world.finished(await world.send(await world.a_conversation(), "I want to talk to a person", to=wrong))
        dispatcher = OutboxDispatcher(world.database, listener, owner="outbox")
        tried = [await dispatcher.send_due(), await dispatcher.send_due()]
        async with asyncio.timeout(10):
            while not listener.told:
                await asyncio.sleep(0.1)
                await dispatcher.send_due()
        await wrong.close(grace_s=0.2)

    assert tried == [1, 0]  # told at once; then not again before the pause is over


async def fence_of(world: World, turn_id: object) -> int:
    turn = await world.database.read(lambda stores: stores.turns.get(turn_id))  # type: ignore[arg-type]
    assert turn is not None
    return turn.fence
