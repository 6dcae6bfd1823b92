"""An effect that was confirmed once is made once: whoever dies, whoever is overtaken, however often it is said."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from frontdesk.adapters.clock import SystemTokens
from frontdesk.domain.connector import OperationSpec
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.effects import Effect
from frontdesk.domain.errors import OverloadedError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import EffectLimits
from frontdesk.turn.acting.effects import Began, Begun
from frontdesk.turn.acting.left_open import LeftOpen
from frontdesk.turn.handover import hand_over
from frontdesk.turn.intake import Accepted
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner
from payments import ADA, REFUND, Payments, Till, a_till

SHORT = RunnerLimits(lease_s=0.4, claim_every_s=0.05)
READ_BACK = replace(REFUND, keeps_keys=False, read_back="find_refund", timeout_s=0.05)
BLIND = replace(REFUND, keeps_keys=False, timeout_s=0.05)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not holds():
            await asyncio.sleep(0.005)


def hanging(*, on: str = "refund") -> Callable[[str], Any]:
    """The first call of the operation is made, and never comes back."""
    hung: list[str] = []

    async def wait(operation: str) -> None:
        if operation == on and not hung:
            hung.append(operation)
            await asyncio.Event().wait()

    return wait


async def die(till: Till) -> None:
    """Everything of the first worker stops where it stands, as a killed process would."""
    runner = till.world.runner
    for task in (*runner._tasks.values(), *runner._effects._under_way.values()):
        task.cancel()
    await asyncio.gather(*runner._tasks.values(), *runner._effects._under_way.values(), return_exceptions=True)


@pytest.mark.parametrize("spec", [REFUND, READ_BACK], ids=["keeps keys", "is read back"])
async def test_a_successor_finds_what_a_dead_worker_did(tmp_path: Path, url: str, spec: OperationSpec) -> None:
    payments = Payments(refund=spec, before_reply=hanging())
    async with a_till(tmp_path, url=url, payments=payments, limits=SHORT, start=False) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        accepted = await till.world.send(conversation, "yes")
        await until(lambda: payments.refunds_asked == 1)
        await die(till)
        other = till.another_runner("worker-2", SHORT)
        await other.start()
        await till.world.finished(accepted)
        await other.close(grace_s=0.2)
        answer = (await till.world.finals(conversation))[-1].body
        record = await till.record({"turn_id": accepted.turn.turn_id})

    assert "Your refund re_1 is on its way." in answer
    assert len(payments.made) == 1
    assert record["calls"][-1]["is_resumed"]
    assert len({key for operation, _, key in payments.asked if operation == "refund"}) == 1


async def test_an_effect_that_was_begun_and_never_sent_is_not_lost(tmp_path: Path) -> None:
    payments = Payments(refund=READ_BACK)
    sends, payments_call = 0, payments.call

    async def call(operation: str, *args: Any, **kwargs: Any) -> Any:
        nonlocal sends
        if operation == "refund" and (sends := sends + 1) == 1:
            await asyncio.Event().wait()
        return await payments_call(operation, *args, **kwargs)

    payments.call = call  # type: ignore[method-assign]
    async with a_till(tmp_path, payments=payments, limits=SHORT, start=False) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        accepted = await till.world.send(conversation, "yes")
        await until(lambda: sends == 1)
        await die(till)
        other = till.another_runner("worker-2", SHORT)
        await other.start()
        await till.world.finished(accepted)
        await other.close(grace_s=0.2)

    assert len(payments.made) == 1


@pytest.mark.parametrize("spec", [REFUND, READ_BACK], ids=["keeps keys", "is read back"])
async def test_a_lost_answer_is_found_out(tmp_path: Path, spec: OperationSpec) -> None:
    async with a_till(tmp_path, payments=Payments(refund=spec, loses_replies=1)) as till:
        conversation = await till.a_customer(ADA)
        done = await till.say(conversation, "start refund order_id=10482", "yes")
        assert done["outcome"] == "acted"
        assert len(till.payments.made) == 1


async def test_what_nobody_can_find_out_is_handed_over_and_never_guessed(tmp_path: Path) -> None:
    async with a_till(tmp_path, payments=Payments(refund=BLIND, loses_replies=1)) as till:
        conversation = await till.a_customer(ADA)
        answer = await till.say(conversation, "start refund order_id=10482", "yes")
        escalation = await till.database.read(lambda stores: stores.escalations.open_on(conversation))
        assert answer["outcome"] == "escalated"
        assert "don't know yet whether" in answer["text"]
        assert till.payments.refunds_asked == 1
        assert escalation.collected.effects == {"payments.refund": "nobody knows"}
        assert "effect.unknown" in await till.audited()


async def say_yes(till: Till, conversation: ConversationId, workers: Sequence[TurnRunner]) -> None:
    """Twenty times at once, to the workers in turn; a conversation has room for some of them only."""
    sending = (till.world.send(conversation, "yes", to=workers[one % len(workers)]) for one in range(20))
    sent = await asyncio.gather(*sending, return_exceptions=True)
    accepted = [one for one in sent if isinstance(one, Accepted)]
    assert len(accepted) > 1
    assert all(isinstance(one, Accepted | OverloadedError) for one in sent)
    await asyncio.gather(*(till.world.finished(one) for one in accepted))


async def test_twenty_yeses_at_once_have_one_effect(tmp_path: Path, url: str) -> None:
    async with a_till(tmp_path, url=url) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        await say_yes(till, conversation, [till.world.runner])
        assert len(till.payments.made) == 1
        assert (await till.audited()).count("effect.done") == 1


async def test_twenty_yeses_of_two_workers_have_one_effect(tmp_path: Path, url: str) -> None:
    async with a_till(tmp_path, url=url) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        other = till.another_runner("worker-2")
        await other.start()
        await say_yes(till, conversation, [other, till.world.runner])
        await other.close(grace_s=0.2)
        assert len(till.payments.made) == 1


@pytest.mark.parametrize("setting", ["interrupt", "merge"])
async def test_a_yes_that_is_overtaken_by_a_message_still_counts_once(
    tmp_path: Path, setting: Literal["interrupt", "merge"]
) -> None:
    release = asyncio.Event()

    async def wait(operation: str) -> None:
        if operation == "refund":
            await release.wait()

    spec = replace(BLIND, timeout_s=5)  # nobody could find out afterwards: it has to go on
    async with a_till(tmp_path, payments=Payments(refund=spec, before_reply=wait)) as till:
        profile = till.world.release.content.profile
        channel = replace(profile.settings_of("test"), new_message=setting)
        channels: Any = {"test": channel}  # no channel of the product's
        till.releases[""] = replace(
            till.releases[""],
            content=replace(till.world.release.content, profile=replace(profile, channels=channels)),
        )
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        await till.world.send(conversation, "yes")
        await until(lambda: till.payments.refunds_asked == 1)
        second = await till.world.send(conversation, "cancel")
        release.set()
        answer = (await till.world.finished(second)).body
        assert "Your refund re_1 is on its way." in answer
        assert len(till.payments.made) == 1
        assert (await till.audited()).count("effect.done") == 1
        assert await till.runs(conversation) == ()


async def test_a_person_who_takes_over_in_the_middle_finds_what_was_done(tmp_path: Path) -> None:
    async def take_over(operation: str) -> None:
        if operation == "refund":
            await till.database.write(
                lambda stores: stores.conversations.set_status(conversation, ConversationStatus.WAITING)
            )

    async with a_till(tmp_path, payments=Payments(before_reply=take_over)) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        silent = await till.say(conversation, "yes")
        assert silent["outcome"] == "escalated"
        assert len(till.payments.made) == 1
        assert await till.audited() == ["effect.done"]


async def test_two_who_hold_the_same_yes_begin_one_effect(tmp_path: Path, url: str) -> None:
    """As where a yes is used up between reading and using it."""
    is_over, holds = asyncio.Event(), False

    async def wait(_: str) -> None:
        if holds:
            await is_over.wait()

    async with a_till(tmp_path, url=url, payments=Payments(before_reply=wait)) as till:
        conversation, other = await till.a_customer(ADA), await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        holds = True
        run = (await till.runs(conversation))[0]
        approval = await till.database.read(lambda stores: stores.approvals.find(run.run_id, "confirm"))
        sent = [await till.world.send(one, "start status order_id=10483") for one in (conversation, other)]
        leases = [one.turn.lease for one in sent]
        book = till.world.runner._effects

        async def begin(number: int) -> Begun:
            effect = Effect(
                key=f"key-{number}",
                run_id=run.run_id,
                conversation_id=conversation,
                turn_id=leases[number].turn_id,
                step="confirm",
                operation="payments.refund",
                subject=ADA,
                begun_at=till.world.clock.now(),
            )
            return await book.begin(
                effect, approval_id=approval.approval_id, limits=EffectLimits(), lease=leases[number]
            )

        begun = await asyncio.gather(begin(0), begin(1))
        winner = next(number for number, one in enumerate(begun) if one != "used")
        again = await begin(winner)
        is_over.set()
        await asyncio.gather(*(till.world.finished(one) for one in sent))
        assert begun.count("used") == 1
        assert isinstance(again, Began)
        assert not again.is_new


@pytest.mark.parametrize(("spec", "became"), [(READ_BACK, "done"), (REFUND, "unknown")], ids=["told", "not told"])
async def test_what_nobody_goes_on_with_is_found_out_and_never_made_again(
    tmp_path: Path, spec: OperationSpec, became: str
) -> None:
    payments = Payments(refund=spec, before_reply=hanging())
    async with a_till(tmp_path, payments=payments, limits=SHORT, start=False) as till:
        conversation = await till.a_customer(ADA)
        await till.say(conversation, "start refund order_id=10482")
        await till.world.send(conversation, "yes")
        await until(lambda: payments.refunds_asked == 1)
        await die(till)
        clock, database = till.world.clock, till.database
        await hand_over(
            database,
            till.world.release,
            conversation,
            clock=clock,
            tokens=SystemTokens(),
            telemetry=till.world.telemetry,
        )
        other = till.another_runner("worker-2", SHORT)
        await other.start()
        effects = other._effects
        async with asyncio.timeout(8):
            while not await till.world.finals(conversation) or len(await till.world.finals(conversation)) < 2:
                await asyncio.sleep(0.01)
        left = LeftOpen(database, effects, lambda: till.world.release.connectors, clock=clock, older_than_s=0)
        await left.look()
        await left.look()
        await other.close(grace_s=0.2)
        audited = await till.audited()

    assert audited == [f"effect.{became}"]
    assert len(payments.made) == 1
    assert payments.refunds_asked == 1
