"""What a yes stands for: exactly what was shown, once, and each effect that comes after it for itself."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from frontdesk.domain.effects import Approval
from frontdesk.domain.ids import TurnId
from frontdesk.domain.workflow import AskStep, Call, ConfirmStep, DecideStep
from payments import ADA, REFUND_FLOW, Payments, Till, a_till


async def the_approval(till: Till, conversation: Any) -> Approval:
    run = (await till.runs(conversation))[0]
    found: Approval = await till.database.read(lambda stores: stores.approvals.find(run.run_id, "confirm"))
    return found


async def test_a_yes_to_something_else_is_asked_for_again(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        asked = await the_approval(till, conversation)
        other = replace(asked, approval_id="other", arguments={**asked.arguments, "amount": Decimal("9.90")})
        await till.database.write(lambda stores: stores.approvals.put(other, expires_s=60))
        answer = await till.say(conversation, "yes")
        assert "looked again" in answer["text"]
        assert "€49.90" in answer["text"]
        assert till.payments.made == {}
        assert "approval.other" in await till.audited()
        assert (await till.say(conversation, "yes"))["outcome"] == "acted"


async def test_a_yes_that_another_turn_has_used_up_is_asked_for_again(tmp_path: Path) -> None:
    async with a_till(tmp_path) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        asked = await the_approval(till, conversation)
        used = await till.database.write(
            lambda stores: stores.approvals.consume(asked.approval_id, turn_id=TurnId("turn_other"))
        )
        answer = await till.say(conversation, "yes")
        assert used
        assert answer["outcome"] == "clarified"
        assert till.payments.made == {}


async def test_an_effect_that_was_refused_does_not_stand_in_the_way_of_the_next(tmp_path: Path) -> None:
    steps = {
        **REFUND_FLOW.steps,
        "confirm": replace_failures("ask_again"),
        "ask_again": AskStep(step="ask_again", slot="order_id", next="look", is_afresh=True),
    }
    async with a_till(tmp_path, replace(REFUND_FLOW, steps=steps)) as till:
        till.payments.orders = {**till.payments.orders, "10485": {**till.payments.orders["10482"], "order_id": "10485"}}
        till.payments.failures["refund"] = "rejected"
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482", "yes")
        till.payments.failures.clear()
        shown = await till.say(conversation, "order_id=10485")
        done = await till.say(conversation, "yes")
        assert "10485" in shown["text"]
        assert done["outcome"] == "acted"
        assert await till.audited() == ["effect.failed", "effect.done"]


def replace_failures(road: str) -> ConfirmStep:
    confirm = REFUND_FLOW.steps["confirm"]
    assert isinstance(confirm, ConfirmStep)
    return replace(confirm, failures={"rejected": road})


async def test_what_was_done_is_undone_once_when_a_later_step_fails(tmp_path: Path) -> None:
    move = Call(
        result="moved", connector="payments", operation="move", arguments={"order_id": "order_id", "street": "order_id"}
    )
    undo = Call(
        result="undone",
        connector="payments",
        operation="move",
        arguments={"order_id": "order_id", "street": "order.state"},
    )
    first = ConfirmStep(
        step="first", text={"en": "Shall I move {order_id}?"}, call=move, next="confirm", otherwise="end"
    )
    steps = {
        **REFUND_FLOW.steps,
        "is_back": DecideStep(step="is_back", cases=(), otherwise="first"),
        "first": first,
        "confirm": replace_failures("rejected"),
    }
    flow = replace(REFUND_FLOW, steps=steps, compensation={"first": undo})
    payments = Payments()
    async with a_till(tmp_path, flow, payments=payments) as till:
        payments.failures["refund"] = "rejected"
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482", "yes")
        answer = await till.say(conversation, "yes")
        assert [moved["street"] for moved in payments.moved] == ["10482", "returned"]
        assert "undone" in answer["text"]
        assert await till.audited() == ["effect.done", "effect.failed", "effect.done"]
