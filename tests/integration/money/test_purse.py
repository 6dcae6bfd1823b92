"""A purse: the most is set aside, what it came to is booked, and ceilings that come near make answers cheaper."""

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from frontdesk.domain.errors import CostBudgetError
from frontdesk.domain.money import Level, Payer, caps_at
from frontdesk.domain.release import Ceilings
from frontdesk.domain.turn import OpenTurn
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.money.booking import Bill
from frontdesk.turn.money.budget import Hold, Purse, without_limits
from integration.money.conftest import ROUTE, Payers

TurnBuilder = Callable[..., OpenTurn]
AttemptBuilder = Callable[..., VendorAttempt]


async def reserve(purse: Purse, *, model: str = "big", purpose: Any = "answer", tokens: int = 399) -> Hold:
    """With the margin 499 tokens are read at most and 501 written: a thousandth of a dollar."""
    return await purse.reserve(
        route=ROUTE, vendor="vendor.example", model=model, purpose=purpose, input_tokens=tokens, output_tokens=501
    )


async def level(database: Database, ceilings: Ceilings, turn: OpenTurn) -> Level:
    """Of the narrowest ceiling."""

    def read(stores: Stores) -> Level:
        payer = Payer(turn_id=turn.turn_id, conversation_id=turn.conversation_id)
        return stores.budgets.levels(caps_at(ceilings, payer, stores.budgets.now()))[0]

    return await database.read(read)


async def book(database: Database, turn: OpenTurn, purse: Purse, *attempts: VendorAttempt) -> None:
    bill = Bill(turn=turn, customer_id=None, attempts=attempts, purse=purse)

    def commit(stores: Stores) -> None:
        bill.book(stores, at=stores.budgets.now())

    await database.write(commit)


async def entries(database: Database, turn: OpenTurn) -> list[dict[str, Any]]:
    return await database.read(lambda stores: stores.ledger.of_turn(turn.turn_id))  # type: ignore[attr-defined]


async def test_sets_the_most_aside_and_books_what_it_came_to(
    payers: Payers, a_turn: TurnBuilder, an_attempt: AttemptBuilder
) -> None:
    ceilings, turn = Ceilings(per_day_usd=1.0), a_turn()
    purse = payers.purse(ceilings, turn)
    hold = await reserve(purse)
    before = await level(payers.database, ceilings, turn)
    assert (before.spent_usd, before.reserved_usd) == (Decimal(0), Decimal("0.001"))
    attempt = an_attempt("0.0005")
    purse.settle(hold, attempt)
    await book(payers.database, turn, purse, attempt)
    after = await level(payers.database, ceilings, turn)
    assert (after.spent_usd, after.reserved_usd) == (Decimal("0.0005"), Decimal(0))


async def test_waits_for_no_database_where_nothing_is_capped_or_costs_anything(
    payers: Payers, a_turn: TurnBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def must_not(*_: object) -> None:
        raise AssertionError("the database was asked")

    purse = payers.purse(Ceilings(per_day_usd=1.0), a_turn())
    monkeypatch.setattr(type(payers.database), "write", must_not)
    free = without_limits(Ceilings(), Payer(), 1)
    assert (await reserve(free)).reservation is None
    assert await free.thrift() == "none"
    assert (await reserve(purse, model="odd")).reservation is None
    with pytest.raises(AssertionError, match="the database was asked"):
        await reserve(purse)


async def test_denies_what_a_ceiling_has_no_room_for(payers: Payers, a_turn: TurnBuilder) -> None:
    turn = a_turn()
    purse = payers.purse(Ceilings(per_turn_usd=0.0015, per_day_usd=1.0), turn)
    await reserve(purse)
    with pytest.raises(CostBudgetError) as denied:
        await reserve(purse)
    assert denied.value.data == {"scope": "turn", "purpose": "answer"}
    assert payers.heard.notes == [("budget.denied", "turn", "warning")]
    counted = payers.telemetry.registry.get_sample_value
    assert counted("frontdesk_budget_denied_total", {"scope": "turn", "purpose": "answer"}) == 1


async def test_money_that_an_earlier_request_did_not_need_is_there_for_the_next(
    payers: Payers, a_turn: TurnBuilder, an_attempt: AttemptBuilder
) -> None:
    purse = payers.purse(Ceilings(per_turn_usd=0.0016), a_turn())
    purse.settle(await reserve(purse), an_attempt("0.0005"))
    purse.settle(await reserve(purse), an_attempt("0.0001", number=2))
    with pytest.raises(CostBudgetError):
        await reserve(purse, tokens=1200)


async def test_the_last_of_the_money_is_for_answers(payers: Payers, a_turn: TurnBuilder) -> None:
    purse = payers.purse(Ceilings(per_turn_usd=0.00102, extractive_from=0.95), a_turn())
    with pytest.raises(CostBudgetError):
        await reserve(purse, purpose="rewrite")
    await reserve(purse, purpose="answer")


@pytest.mark.parametrize(
    ("taken", "thrift"), [(6, "none"), (7, "small"), (8, "small"), (9, "short"), (10, "extractive")]
)
async def test_grows_thrifty_as_a_ceiling_comes_near(
    payers: Payers, a_turn: TurnBuilder, taken: int, thrift: str
) -> None:
    ceilings = Ceilings(per_day_usd=0.01, per_month_usd=100.0)
    for _ in range(taken):
        await reserve(payers.purse(ceilings, a_turn()))
    assert await payers.purse(ceilings, a_turn()).thrift() == thrift


async def test_tells_once_when_a_shared_ceiling_comes_near_and_each_time_it_is_reached(
    payers: Payers, a_turn: TurnBuilder
) -> None:
    ceilings = Ceilings(per_day_usd=0.01)
    for _ in range(10):
        await reserve(payers.purse(ceilings, a_turn()))
    told = [(kind, subject.split(" at ")[-1], severity) for kind, subject, severity in payers.heard.notes]
    assert told == [
        ("budget.low", "70%", "warning"),
        ("budget.low", "85%", "warning"),
        ("budget.low", "95%", "critical"),
    ]
    with pytest.raises(CostBudgetError):
        await reserve(payers.purse(ceilings, a_turn()))
    kind, subject, severity = payers.heard.notes[-1]
    assert (kind, subject[:6], severity) == ("budget.denied", "day 20", "critical")
    gauge = payers.telemetry.registry.get_sample_value
    assert gauge("frontdesk_budget_cap_usd", {"scope": "day"}) == 0.01
    assert gauge("frontdesk_budget_reserved_usd", {"scope": "day"}) == pytest.approx(0.01)


async def test_sixty_four_turns_at_once_overshoot_a_nearly_empty_budget_by_nothing(
    payers: Payers, a_turn: TurnBuilder, an_attempt: AttemptBuilder
) -> None:
    """Each wants 0.001 of 0.01 dollars at most and needs a random part of that; some are given up half way."""
    ceilings, dice = Ceilings(per_day_usd=0.01, per_month_usd=0.5), random.Random(64)

    async def a_whole_turn() -> tuple[int, Decimal]:
        turn = a_turn(conversation=f"conv_{dice.random()}")
        purse = payers.purse(ceilings, turn)
        try:
            hold = await reserve(purse)
        except CostBudgetError:
            return 1, Decimal(0)
        await asyncio.sleep(dice.random() / 50)
        cost = Decimal(dice.randrange(1, 1001)) / 1_000_000
        purse.settle(hold, attempt := an_attempt(str(cost), result=dice.choice(["ok", "cancelled"])))
        await book(payers.database, turn, purse, attempt)
        return 0, cost

    done = await asyncio.gather(*(a_whole_turn() for _ in range(64)))
    spent = sum((cost for _, cost in done), Decimal(0))
    found = await level(payers.database, ceilings, a_turn())
    assert (found.spent_usd, found.reserved_usd) == (spent, Decimal(0))
    assert spent <= Decimal("0.01")
    assert sum(denied for denied, _ in done) > 0, "the budget was not nearly empty"


async def test_a_turn_that_is_taken_over_books_what_its_dead_worker_asked_for(
    payers: Payers, a_turn: TurnBuilder, an_attempt: AttemptBuilder
) -> None:
    ceilings = Ceilings(per_day_usd=1.0)
    dead, alive = a_turn("one", fence=1), a_turn("one", fence=2)
    purse = payers.purse(ceilings, dead)
    purse.settle(await reserve(purse), an_attempt("0.0002"))
    await reserve(purse)  # it shrinks the first, and dies
    next_purse = payers.purse(ceilings, alive)
    next_purse.settle(await reserve(next_purse), attempt := an_attempt("0.0005"))
    await book(payers.database, alive, next_purse, attempt)
    costs = sorted(row["cost_usd"] for row in await entries(payers.database, alive))
    assert costs == ["0.0002", "0.0005", "0.001"]
    found = await level(payers.database, ceilings, alive)
    assert (found.spent_usd, found.reserved_usd) == (Decimal("0.0017"), Decimal(0))


async def test_money_set_aside_for_a_request_that_was_never_made_costs_nothing(
    payers: Payers, a_turn: TurnBuilder
) -> None:
    turn, ceilings = a_turn(), Ceilings(per_day_usd=1.0)
    purse = payers.purse(ceilings, turn)
    await reserve(purse)
    await book(payers.database, turn, purse)
    found = await level(payers.database, ceilings, turn)
    assert (found.spent_usd, found.reserved_usd) == (Decimal(0), Decimal(0))


async def test_a_worker_that_lost_its_turn_books_what_it_spent_unless_the_next_one_has(
    payers: Payers, a_turn: TurnBuilder, an_attempt: AttemptBuilder
) -> None:
    ceilings = Ceilings(per_day_usd=1.0)
    slow, quick = a_turn("one", fence=1), a_turn("one", fence=2)
    purse = payers.purse(ceilings, slow)
    early, late = an_attempt("0.0002"), an_attempt("0.0003", number=2)
    unreserved = an_attempt(None, number=3, model="odd")
    hold = await reserve(purse)
    purse.settle(hold, early)
    await book(payers.database, quick, payers.purse(ceilings, quick))  # books the first at its most
    purse.settle(await reserve(purse), late)
    bill = Bill(turn=slow, customer_id=None, attempts=[early, late, unreserved], purse=purse)
    await payers.database.write(lambda stores: bill.book_outrun(stores, at=stores.budgets.now()))
    costs = [row["cost_usd"] for row in await entries(payers.database, slow)]
    assert costs == ["0.001", "0.0003", None]
    found = await level(payers.database, ceilings, slow)
    assert (found.spent_usd, found.reserved_usd) == (Decimal("0.0013"), Decimal(0))


async def test_an_answer_of_a_model_without_a_price_is_counted_at_that_of_the_one_asked_for(
    payers: Payers, a_turn: TurnBuilder, an_attempt: AttemptBuilder
) -> None:
    """Unknown is never nothing: a vendor that swaps its model must not make the budget endless."""
    turn, ceilings = a_turn(), Ceilings(per_day_usd=1.0)
    purse = payers.purse(ceilings, turn)
    purse.settle(await reserve(purse), attempt := an_attempt(None, reported_model="odd"))
    await book(payers.database, turn, purse, attempt)
    (row,) = await entries(payers.database, turn)
    assert (row["model"], row["cost_usd"]) == ("odd", "0.0005")
