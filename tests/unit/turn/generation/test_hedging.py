"""A second vendor beside a slow one: the first text decides, and nothing is forgotten on the bill."""

import asyncio
from typing import Any

import pytest

from frontdesk.adapters.models.scripted import Pause, reply
from frontdesk.domain.errors import CostBudgetError, RejectedError, StoreUnavailableError
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.models import ReplyBegan
from frontdesk.turn.generation import DraftText, Vendors, generator
from frontdesk.turn.money.budget import Hold, NoLimits
from ladders import (
    DOWN,
    a_generator,
    a_model,
    a_request,
    a_rung,
    draft_of,
    end_of,
    quotes,
    results_of,
    some_vendors,
    text_of,
)

EVERY = 1.0


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "HEDGE_AFTER_S", 0.03)
    monkeypatch.setattr(generator, "HEDGE_LEAST_S", 0.02)


def slow(name: str, after_s: float, text: str = "It is slow.") -> Any:
    return a_rung(a_model(name, [ReplyBegan(), Pause(seconds=after_s), *reply(text)]))


def hedges_of(attempts: tuple[VendorAttempt, ...]) -> list[tuple[str, str, bool]]:
    return [(attempt.model, attempt.result, attempt.is_hedge) for attempt in attempts]


async def test_the_second_vendor_answers_while_the_first_is_slow() -> None:
    first, second = slow("large", 1.0), a_rung(a_model("other", reply("It is free.")))
    events = await draft_of(a_generator(first, second, quotes(), hedge_share=EVERY))
    assert text_of(events) == "It is free."
    end = end_of(events)
    assert (end.route, end.degraded) == ("other", ("model_fallback",))
    assert hedges_of(end.attempts) == [("large", "cancelled", False), ("other", "ok", True)]
    assert end.attempts[0].usage.input_tokens > 0
    assert first.model.closed == 1


async def test_the_first_vendor_wins_where_its_text_comes_first() -> None:
    first, second = slow("large", 0.1), slow("other", 5.0)
    told: list[VendorAttempt] = []
    events = await draft_of(a_generator(first, second, quotes(), hedge_share=EVERY), on_attempt=told.append)
    assert text_of(events) == "It is slow."
    assert end_of(events).degraded == ()
    assert hedges_of(tuple(told)) == [("other", "cancelled", True), ("large", "ok", False)]
    assert second.model.closed == 1


async def test_a_vendor_that_is_as_fast_as_usual_is_asked_alone() -> None:
    second = a_model("other", reply("never"))
    await draft_of(a_generator(slow("large", 0.005), a_rung(second), quotes(), hedge_share=EVERY))
    assert not second.requests


async def test_of_two_that_run_the_one_that_fails_leaves_the_other_alone() -> None:
    first = a_rung(a_model("large", [Pause(seconds=0.06), DOWN]))
    events = await draft_of(a_generator(first, slow("other", 0.1, "It is free."), quotes(), hedge_share=EVERY))
    assert text_of(events) == "It is free."
    assert hedges_of(end_of(events).attempts) == [("large", "5xx", False), ("other", "ok", True)]


async def test_when_both_fail_the_ladder_goes_on_below_them() -> None:
    first, second = (a_rung(a_model(name, [Pause(seconds=0.06), DOWN])) for name in ("large", "other"))
    third = a_model("third", reply("It is free."))
    events = await draft_of(a_generator(first, second, a_rung(third), quotes(), hedge_share=EVERY))
    assert results_of(events) == [("large", "5xx"), ("other", "5xx"), ("third", "ok")]


async def test_a_winner_that_breaks_off_is_voided_and_the_ladder_goes_on_below_it() -> None:
    second = a_rung(a_model("other", ["It co"]))
    third = a_rung(a_model("third", reply("It is free.")))
    events = await draft_of(a_generator(slow("large", 1.0), second, third, quotes(), hedge_share=EVERY))
    assert text_of(events) == "It is free."
    assert end_of(events).route == "third"


async def test_a_refusal_of_the_first_ends_the_draft_though_the_second_runs() -> None:
    first = a_rung(a_model("large", [Pause(seconds=0.05), RejectedError("no", result="filter")]))
    events = await draft_of(a_generator(first, slow("other", 1.0), quotes(), hedge_share=EVERY))
    assert end_of(events).finish_reason == "filter"
    assert not any(isinstance(event, DraftText) for event in events)


async def test_the_same_server_is_no_second_vendor() -> None:
    model = a_model("large", [Pause(seconds=0.1), *reply("It is slow.")])
    ladder = a_generator(a_rung(model), a_rung(model, name="again"), quotes(), hedge_share=EVERY)
    assert results_of(await draft_of(ladder)) == [("large", "ok")]
    assert len(model.requests) == 1


async def test_hedges_keep_within_their_share() -> None:
    vendors = some_vendors()
    second = a_model("other", reply("It is free."))
    first = a_model("large", [Pause(seconds=0.05), *reply("It is slow.")])
    ladder = a_generator(a_rung(first), a_rung(second), quotes(), vendors=vendors, hedge_share=0.1)
    for _ in range(30):
        await draft_of(ladder)
    assert 2 <= len(second.requests) <= 1 + 30 * 0.1


async def test_a_share_of_zero_never_asks_a_second_vendor() -> None:
    second = a_model("other", reply("never"))
    await draft_of(a_generator(slow("large", 0.1), a_rung(second), quotes(), hedge_share=0.0))
    assert not second.requests


async def test_a_hedge_that_no_money_is_left_for_is_not_made() -> None:
    class OneOnly(NoLimits):
        reserved = 0

        async def reserve(self, **fields: Any) -> Hold:
            self.reserved += 1
            if self.reserved > 1:
                raise CostBudgetError("No money is left.")
            return await super().reserve(**fields)

    second = a_model("other", reply("never"))
    vendors = some_vendors()
    ladder = a_generator(slow("large", 0.1), a_rung(second), quotes(), vendors=vendors, hedge_share=EVERY)
    events = await draft_of(ladder, purse=OneOnly())
    assert (text_of(events), len(second.requests)) == ("It is slow.", 0)
    assert end_of(events).degraded == ("budget_denied",)
    assert [state.in_flight for state in vendors.states()] == [0, 0]


async def test_a_hedge_that_no_money_can_be_set_aside_for_leaves_the_first_one_alone() -> None:
    class DownLater(NoLimits):
        reserved = 0

        async def reserve(self, **fields: Any) -> Hold:
            self.reserved += 1
            if self.reserved > 1:
                raise StoreUnavailableError("The database is away.")
            return await super().reserve(**fields)

    ladder = a_generator(slow("large", 0.1), slow("other", 0.1), quotes(), hedge_share=EVERY)
    assert results_of(await draft_of(ladder, purse=DownLater())) == [("large", "ok")]


async def test_its_own_usual_time_tells_when_a_vendor_is_slow() -> None:
    vendors = some_vendors()
    steady = a_model("large", *([Pause(seconds=0.08), *reply("It is slow.")] for _ in range(25)))
    second = a_model("other", reply("never"))
    patient = a_generator(a_rung(steady), quotes(), vendors=vendors)
    await asyncio.gather(*(draft_of(patient) for _ in range(20)))
    await draft_of(a_generator(a_rung(steady), a_rung(second), quotes(), vendors=vendors, hedge_share=EVERY))
    assert len(second.requests) <= 1  # only a machine that is very busy makes the 21st slower than all before
    assert vendors.first_text_p95_ms(a_rung(steady), least=20) is not None


async def _cancelled_while_both_run(vendors: Vendors, told: list[VendorAttempt]) -> None:
    ladder = a_generator(slow("large", 5.0), slow("other", 5.0), quotes(), vendors=vendors, hedge_share=EVERY)

    async def consume() -> None:
        async for _ in ladder.stream(a_request(), deadline_s=9.0, on_attempt=told.append):
            pass

    task = asyncio.create_task(consume())
    while sum(state.in_flight for state in vendors.states()) < 2:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelling_the_turn_cancels_and_records_both() -> None:
    vendors, told = some_vendors(), list[VendorAttempt]()
    await _cancelled_while_both_run(vendors, told)
    assert sorted(hedges_of(tuple(told))) == [("large", "cancelled", False), ("other", "cancelled", True)]
    assert [state.in_flight for state in vendors.states()] == [0, 0]


async def test_closing_the_draft_at_any_moment_leaves_nothing_in_flight() -> None:
    vendors = some_vendors()
    for pause in (0.0, 0.001, 0.03, 0.031, 0.04, 0.08):
        told: list[VendorAttempt] = []
        ladder = a_generator(slow("large", 0.06), slow("other", 0.03), quotes(), vendors=vendors, hedge_share=EVERY)
        draft = ladder.stream(a_request(), deadline_s=9.0, on_attempt=told.append)
        task = asyncio.ensure_future(anext(draft))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await draft.aclose()
        assert [state.in_flight for state in vendors.states()] == [0, 0][: len(vendors.states())]
        assert len({attempt.number for attempt in told}) == len(told)
