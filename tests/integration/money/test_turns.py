"""Whole turns that pay from purses: what is asked of vendors is in the ledger, and a ceiling holds for all together."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from builders import World, a_release, a_world
from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.money import LedgerEntry, Level, Payer, Reservation, caps_at, has_ceiling
from frontdesk.domain.release import Ceilings, ModelRoute
from frontdesk.domain.turn import Lease
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatModel
from frontdesk.ports.stores import Stores
from frontdesk.turn.generation import Generator, Rung, Vendors
from frontdesk.turn.money.budget import CappedPurse, NoLimits, Purse
from frontdesk.turn.money.till import Till
from frontdesk.turn.money.watch import BudgetWatch
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner
from frontdesk.turn.serving import ServedRelease

TRUTH = "Standard shipping to Austria costs 6.90 EUR."
AUSTRIA = "How much does shipping to Austria cost?"
ROUTE = ModelRoute(name="main", adapter="openai", model="script", max_output_tokens=100)
_names = count(1)


def a_price(
    vendor: str, _model: str, usage: Usage, *, route: ModelRoute | None = None, seconds: float = 0.0
) -> Decimal:
    """A hundredth of a dollar for every request to a vendor, and a millionth for a token written."""
    return Decimal(0) if vendor == "frontdesk" else Decimal("0.01") + Decimal(usage.output_tokens) / 1_000_000


def paying(folder: Path, model: ChatModel, ceilings: Ceilings, *, small: ChatModel | None = None) -> ServedRelease:
    release = a_release(folder, model=model)
    content = replace(release.content, models=replace(release.content.models, budget=ceilings))
    last = release.generator._rungs[-1]
    vendors = Vendors(monotonic=lambda: asyncio.get_running_loop().time())
    smaller = [Rung(model=small, route=replace(ROUTE, name="small", model="small"))] if small else []
    generator = Generator([Rung(model=model, route=ROUTE), last], small=smaller, vendors=vendors, price=a_price)
    return replace(release, content=content, generator=generator)


@asynccontextmanager
async def a_till(
    release: ServedRelease, url: str, limits: RunnerLimits | None = None
) -> AsyncIterator[tuple[World, Till]]:
    """A world whose turns pay from purses; `world.runner` is started."""
    async with a_world(release, url=url, start=False) as world:
        watch = BudgetWatch(world.telemetry)
        till = Till(world.database, watch, ceilings=lambda: release.content.models.budget)

        def purse(ceilings: Ceilings, payer: Payer, fence: int) -> Purse:
            if not has_ceiling(ceilings):
                return NoLimits()
            return CappedPurse(
                world.database,
                ceilings,
                payer,
                fence,
                price=a_price,
                mint=lambda: f"hold_{next(_names)}",
                watch=watch,
            )

        world.runner = TurnRunner(
            world.database,
            lambda _: release,
            clock=world.clock,
            tokens=SystemTokens(),
            telemetry=world.telemetry,
            owner="worker-1",
            limits=limits or RunnerLimits(),
            purses=purse,
            till=till,
        )
        await world.runner.start()
        yield world, till


async def ledger(world: World, turn_id: str) -> list[dict[str, Any]]:
    return await world.database.read(lambda stores: stores.ledger.of_turn(turn_id))  # type: ignore[attr-defined]


async def day(world: World, ceilings: Ceilings) -> Level:
    def read(stores: Stores) -> Level:
        return stores.budgets.levels(caps_at(ceilings, Payer(), stores.budgets.now()))[0]

    return await world.database.read(read)


async def test_a_turn_pays_for_what_it_asked(tmp_path: Path, url: str) -> None:
    ceilings = Ceilings(per_day_usd=1.0)
    model = ScriptedChatModel(reply(TRUTH, usage=Usage(input_tokens=300, output_tokens=20)))
    async with a_till(paying(tmp_path, model, ceilings), url) as (world, _):
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        answer = json.loads((await world.finished(accepted)).body)
        rows, level = await ledger(world, accepted.turn.turn_id), await day(world, ceilings)
    assert answer["degraded"] == ["lexical_only"]
    assert [row["cost_usd"] for row in rows] == ["0.01002"]
    assert (level.spent_usd, level.reserved_usd) == (Decimal("0.01002"), Decimal(0))


async def test_sixty_four_people_at_once_are_all_answered_and_the_budget_is_not_overrun(
    tmp_path: Path, url: str
) -> None:
    """There is money for four requests. The others quote, which costs nothing; nobody is sent away."""
    ceilings = Ceilings(per_day_usd=0.0405, per_month_usd=10.0, small_from=1.0, short_from=1.0, extractive_from=1.0)
    model = ScriptedChatModel(*[reply(TRUTH, usage=Usage(output_tokens=20)) for _ in range(64)])
    async with a_till(paying(tmp_path, model, ceilings), url) as (world, _):
        sent = [await world.send(await world.a_conversation(), AUSTRIA) for _ in range(64)]
        answers = [json.loads((await world.finished(accepted)).body) for accepted in sent]
        level = await day(world, ceilings)
    assert {answer["outcome"] for answer in answers} == {"answered"}
    assert all("6.90 EUR" in answer["text"] for answer in answers)
    assert 0 < level.spent_usd <= level.cap.usd
    assert level.reserved_usd == 0
    denied = [answer for answer in answers if {"budget_denied", "budget_extractive"} & set(answer["degraded"])]
    assert len(denied) >= 60


@pytest.mark.parametrize(
    ("spent", "asked", "label"),
    [
        ("0.69", "big", None),
        ("0.75", "small", "budget_small_model"),
        ("0.90", "small", "budget_short_context"),
        ("0.96", None, "budget_extractive"),
        ("2.00", None, "budget_extractive"),
    ],
)
async def test_answers_grow_cheaper_as_the_day_s_money_runs_low_and_do_not_stop(
    tmp_path: Path, url: str, spent: str, asked: str | None, label: str | None
) -> None:
    models = {
        name: ScriptedChatModel(reply(TRUTH, usage=Usage(output_tokens=20)), model=name) for name in ("big", "small")
    }
    release = paying(tmp_path, models["big"], Ceilings(per_day_usd=1.0), small=models["small"])
    async with a_till(release, url) as (world, _):
        await world.database.write(lambda stores: _spend(stores, spent))
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        answer = json.loads((await world.finished(accepted)).body)
    assert answer["outcome"] == "answered"
    assert "6.90 EUR" in answer["text"]
    assert [name for name, model in models.items() if model.requests] == ([asked] if asked else [])
    budget_labels = [name for name in answer["degraded"] if name.startswith("budget_")]
    assert label in budget_labels if label else budget_labels == []


def _spend(stores: Stores, usd: str) -> None:
    entry = LedgerEntry(
        at=stores.budgets.now(), purpose="answer", vendor="v", model="m", usage=Usage(), cost_usd=Decimal(usd)
    )
    stores.ledger.add([entry])


@pytest.mark.parametrize("ceilings", [Ceilings(), Ceilings(per_day_usd=1.0)], ids=["no ceiling", "a ceiling"])
async def test_a_worker_that_lost_its_turn_pays_for_what_it_had_asked(
    tmp_path: Path, url: str, ceilings: Ceilings
) -> None:
    """The other one answers from its own request; the first is still asking when it learns of that."""
    model = ScriptedChatModel([TRUTH, Pause(seconds=0.3), " And more.", Pause(seconds=30)], reply(TRUTH))
    async with a_till(paying(tmp_path, model, ceilings), url) as (world, till):
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        while not any(event.kind == "answer.sentence" for event in await world.events(accepted.turn.conversation_id)):
            await asyncio.sleep(0.01)
        world.runner.drain()  # or it may take its own turn again
        lease = Lease(turn_id=accepted.turn.turn_id, owner="worker-1", fence=1)
        await world.database.write(lambda stores: stores.turns.release(lease))
        other = world.another_runner(owner="worker-2")
        await other.start()
        await world.finished(accepted)
        await other.close(grace_s=0.5)
        await world.runner.close(grace_s=0.0)
        await till.flush()
        rows = await ledger(world, accepted.turn.turn_id)
        level = await day(world, Ceilings(per_day_usd=1.0))
    assert len(rows) == len(model.requests) == 2
    assert level.reserved_usd == 0
    assert sum(Decimal(row["cost_usd"]) for row in rows) >= Decimal("0.02")


async def test_nothing_stays_set_aside_once_the_till_has_swept(tmp_path: Path, url: str) -> None:
    ceilings = Ceilings(per_day_usd=1.0)
    model = ScriptedChatModel(reply(TRUTH, usage=Usage(output_tokens=20)))
    async with a_till(paying(tmp_path, model, ceilings), url) as (world, till):
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        await world.finished(accepted)
        await world.database.write(lambda stores: _leave_behind(stores, accepted.turn.turn_id))
        assert (await day(world, ceilings)).reserved_usd == Decimal("0.5")
        await till.sweep()
        level = await day(world, ceilings)
        gauge = world.telemetry.registry.get_sample_value("frontdesk_budget_spent_usd", {"scope": "day"})
    assert (level.spent_usd, level.reserved_usd) == (Decimal("0.51002"), Decimal(0))
    assert gauge == 0.51002


def _leave_behind(stores: Stores, turn_id: Any) -> None:
    now = stores.budgets.now()
    caps = caps_at(Ceilings(per_day_usd=1.0), Payer(turn_id=turn_id), now)
    reservation = Reservation(
        reservation_id="left",
        turn_id=turn_id,
        fence=1,
        amount_usd=Decimal("0.5"),
        vendor="v",
        model="m",
        purpose="summary",
        spans=tuple(cap.span for cap in caps),
    )
    stores.budgets.reserve(reservation, caps, expires_s=-1)
