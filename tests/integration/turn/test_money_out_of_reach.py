"""The database is away at the moment at which money is to be set aside: the turn waits for it and does not fail."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import a_release, a_world
from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.models.scripted import ScriptedChatModel, reply
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Purpose
from frontdesk.turn.generation import Rung, SideJobs, Vendors
from frontdesk.turn.money.budget import Hold, NoLimits, Purse
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR."


class AwayOnce(NoLimits):
    """Cannot set anything aside for one purpose, the first time."""

    def __init__(self, purpose: Purpose) -> None:
        self.purpose = purpose
        self.times = 0

    async def reserve(self, **fields: Any) -> Hold:
        if fields["purpose"] == self.purpose:
            self.times += 1
            if self.times == 1:
                raise StoreUnavailableError("The database is away.")
        return await super().reserve(**fields)


@pytest.mark.parametrize("purpose", ["answer", "rewrite"])
async def test_the_turn_is_worked_again_and_answered_as_if_nothing_had_been(tmp_path: Path, purpose: Purpose) -> None:
    jobs = SideJobs(
        rewrite=[
            Rung(
                model=ScriptedChatModel(reply(AUSTRIA)),
                route=ModelRoute(name="small", adapter="openai", model="script"),
            )
        ],
        vendors=Vendors(monotonic=lambda: 0.0),
        price=lambda *_, **__: None,
    )
    release = replace(a_release(tmp_path, model=ScriptedChatModel(reply(TRUTH))), jobs=jobs)
    purse = AwayOnce(purpose)

    def purses(*_: object) -> Purse:
        return purse

    async with a_world(release, start=False) as world:
        world.runner = TurnRunner(
            world.database,
            lambda _: release,
            clock=world.clock,
            tokens=SystemTokens(),
            telemetry=world.telemetry,
            owner="worker-1",
            limits=RunnerLimits(),
            purses=purses,
        )
        await world.runner.start()
        conversation = await world.a_conversation()
        if purpose == "rewrite":
            await world.ask(conversation, AUSTRIA)
        answer = json.loads((await world.ask(conversation, AUSTRIA)).body)

    assert purse.times >= 2
    assert answer["outcome"] == "answered"
    assert TRUTH in answer["text"]
    assert not {"retrieval_unavailable", "generation_failed", "extractive_fallback"} & set(answer["degraded"])
