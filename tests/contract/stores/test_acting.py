"""Runs, effects, approvals and codes: what may happen once happens once, on every database."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest

from frontdesk.domain.connector import Row
from frontdesk.domain.conversation import Conversation, Principal
from frontdesk.domain.effects import Approval, Effect, arguments_hash, effect_key
from frontdesk.domain.errors import ConflictError
from frontdesk.domain.escalation import Collected, Escalation
from frontdesk.domain.ids import ConversationId, CustomerId, ReleaseId, RunId, TurnId
from frontdesk.domain.workflow import Reading, RunStatus, WorkflowRun
from frontdesk.ports.stores import Database, EffectLimits, Stores

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TURN = TurnId("turn_1")
NO_LIMITS = EffectLimits()


def a_run(conversation_id: ConversationId, **changes: Any) -> WorkflowRun:
    run = WorkflowRun(
        run_id=RunId("run_1"),
        conversation_id=conversation_id,
        workflow="refund",
        version=2,
        release_id=ReleaseId("rel_1"),
        step="confirm_refund",
        status="active",
        started_at=NOW,
        updated_at=NOW,
    )
    return replace(run, **changes)


def an_effect(run: WorkflowRun, key: str = "key-1", **changes: Any) -> Effect:
    effect = Effect(
        key=key,
        run_id=run.run_id,
        conversation_id=run.conversation_id,
        turn_id=TURN,
        step="confirm_refund",
        operation="payments.refund",
        subject="A-1001",
        arguments={"order_id": "10482", "amount": Decimal("49.90")},
        amount=Decimal("49.90"),
        begun_at=NOW,
    )
    return replace(effect, **changes)


def an_approval(run: WorkflowRun, approval_id: str = "a1", **changes: Any) -> Approval:
    approval = Approval(
        approval_id=approval_id,
        run_id=run.run_id,
        conversation_id=run.conversation_id,
        step="confirm_refund",
        operation="payments.refund",
        arguments={"amount": Decimal("49.90"), "on": date(2026, 3, 2)},
        created_at=NOW,
    )
    return replace(approval, **changes)


@pytest.fixture
async def run(database: Database, conversation_id: ConversationId) -> WorkflowRun:
    """A stored, active run."""
    return await database.write(lambda stores: stores.workflow_runs.put(a_run(conversation_id)))


# -- runs -------------------------------------------------------------------------------------------


async def test_a_run_comes_back_as_it_was_put(database: Database, conversation_id: ConversationId) -> None:
    row: Row = {
        "amount": Decimal("49.90"),
        "due_on": date(2026, 3, 9),
        "paid_at": NOW,
        "is_paid": True,
        "note": None,
        "n": 3,
    }
    reading = Reading(operation="payments.refunds", rows=(row,), read_at=NOW, arguments={"order_id": "10482"})
    whole = a_run(
        conversation_id,
        slots={"order_id": "10482", "amount": Decimal("1.5"), "on": date(2026, 3, 2)},
        readings={"refunds": reading, "crm": Reading(operation="crm.customer", failure="silent")},
        asked={"order_id": 2},
        effects=("confirm_refund",),
        missing=("email",),
        said={"told": "abc"},
        offer="person",
        is_waiting=True,
    )
    stored = await database.write(lambda stores: stores.workflow_runs.put(whole))
    found = await database.read(lambda stores: stores.workflow_runs.get(whole.run_id))
    assert found == stored == replace(whole, revision=1)


async def test_of_two_changes_of_the_same_run_only_one_is_kept(database: Database, run: WorkflowRun) -> None:
    await database.write(lambda stores: stores.workflow_runs.put(replace(run, step="paid")))
    with pytest.raises(ConflictError):
        await database.write(lambda stores: stores.workflow_runs.put(replace(run, step="refused")))
    found = await database.read(lambda stores: stores.workflow_runs.get(run.run_id))
    assert found is not None
    assert (found.step, found.revision) == ("paid", 2)


async def test_a_conversation_has_one_active_run(database: Database, run: WorkflowRun) -> None:
    second = a_run(run.conversation_id, run_id=RunId("run_2"))
    with pytest.raises(ConflictError):
        await database.write(lambda stores: stores.workflow_runs.put(second))

    def swap(stores: Stores) -> tuple[WorkflowRun, ...]:
        stores.workflow_runs.put(replace(run, status="suspended"))
        stores.workflow_runs.put(second)
        return stores.workflow_runs.open_of(run.conversation_id)

    assert [one.run_id for one in await database.write(swap)] == ["run_2", "run_1"]


async def test_runs_are_counted_by_workflow_and_by_what_they_came_to(database: Database, run: WorkflowRun) -> None:
    later = replace(run, revision=0, started_at=NOW.replace(hour=14))
    statuses: tuple[RunStatus, ...] = ("handed_over", "handed_over", "active")

    def begin(stores: Stores) -> None:
        stores.workflow_runs.put(replace(run, status="done"))
        for number, status in enumerate(statuses):
            stores.workflow_runs.put(replace(later, run_id=RunId(f"run_later{number}"), status=status))

    await database.write(begin)

    everything = await database.read(lambda stores: stores.workflow_runs.tally(since=NOW))
    recent = await database.read(lambda stores: stores.workflow_runs.tally(since=NOW.replace(hour=13)))
    assert [(one.workflow, one.status, one.runs) for one in everything] == [
        ("refund", "active", 1),
        ("refund", "done", 1),
        ("refund", "handed_over", 2),
    ]
    assert [(one.status, one.runs) for one in recent] == [("active", 1), ("handed_over", 2)]


async def test_a_run_that_is_over_stays_over(database: Database, run: WorkflowRun) -> None:
    def end(stores: Stores) -> int:
        return stores.workflow_runs.end_open(run.conversation_id, "handed_over", at=NOW)

    assert await database.write(end) == 1
    assert await database.write(end) == 0
    assert await database.read(lambda stores: stores.workflow_runs.open_of(run.conversation_id)) == ()
    with pytest.raises(ConflictError):
        await database.write(lambda stores: stores.workflow_runs.put(replace(run, revision=2)))


# -- approvals --------------------------------------------------------------------------------------


async def test_an_approval_is_used_once_and_again_only_by_the_same_turn(database: Database, run: WorkflowRun) -> None:
    approval = an_approval(run)
    await database.write(lambda stores: stores.approvals.put(approval, expires_s=60))
    assert await database.read(lambda stores: stores.approvals.find(run.run_id, "confirm_refund")) == approval

    async def use(turn: str) -> bool:
        return await database.write(lambda stores: stores.approvals.consume("a1", turn_id=TurnId(turn)))

    used = await asyncio.gather(*(use(f"turn_{number}") for number in range(20)))
    assert sum(used) == 1
    winner = f"turn_{used.index(True)}"
    assert await use(winner)
    assert await database.read(lambda stores: stores.approvals.used_by(TurnId(winner))) == (approval,)
    assert await database.read(lambda stores: stores.approvals.find(run.run_id, "confirm_refund")) is None


async def test_an_approval_ends_with_its_time_and_with_the_next_one(database: Database, run: WorkflowRun) -> None:
    await database.write(lambda stores: stores.approvals.put(an_approval(run), expires_s=0))
    assert not await database.write(lambda stores: stores.approvals.consume("a1", turn_id=TURN))
    await database.write(lambda stores: stores.approvals.put(an_approval(run, "a2"), expires_s=60))
    await database.write(lambda stores: stores.approvals.put(an_approval(run, "a3"), expires_s=60))
    assert not await database.write(lambda stores: stores.approvals.consume("a2", turn_id=TURN))
    await database.write(lambda stores: stores.approvals.void(run.run_id))
    assert not await database.write(lambda stores: stores.approvals.consume("a3", turn_id=TURN))


# -- effects ----------------------------------------------------------------------------------------


async def test_an_effect_is_begun_once_per_key(database: Database, run: WorkflowRun) -> None:
    first = an_effect(run)
    again = replace(first, turn_id=TurnId("turn_2"))
    assert await database.write(lambda stores: stores.effects.begin(first, limits=NO_LIMITS)) == first
    assert await database.write(lambda stores: stores.effects.begin(again, limits=NO_LIMITS)) == first
    assert await database.read(lambda stores: stores.effects.of_run(run.run_id)) == (first,)
    assert await database.read(lambda stores: stores.effects.open_of(run.conversation_id)) == (first,)


async def test_what_became_of_an_effect_is_written_once(database: Database, run: WorkflowRun) -> None:
    await database.write(lambda stores: stores.effects.begin(an_effect(run), limits=NO_LIMITS))
    rows: tuple[Row, ...] = ({"refund_id": "re_1", "amount": Decimal("49.90")},)

    async def finish(status: Literal["done", "failed", "unknown"]) -> bool:
        return await database.write(lambda stores: stores.effects.finish("key-1", status, rows=rows, why="", at=NOW))

    assert await finish("unknown")  # it may be found out later
    assert await finish("done")
    assert not await finish("failed")
    await database.write(lambda stores: stores.effects.take_in(["key-1"]))
    found = await database.read(lambda stores: stores.effects.get("key-1"))
    assert found is not None
    assert (found.status, found.rows, found.is_taken_in) == ("done", rows, True)
    assert await database.read(lambda stores: stores.effects.stale(older_than_s=0, limit=9)) == ()


async def test_a_days_limit_holds_for_effects_that_begin_together(database: Database, run: WorkflowRun) -> None:
    fresh = CustomerId("cust_1")
    await database.write(lambda stores: stores.customers.get_or_create("A-1001", fresh=fresh, at=NOW))
    limits = EffectLimits(per_customer_day=3)

    async def begin(number: int, subject: str = "A-1001") -> object:
        effect = an_effect(run, f"key-{number}", subject=subject)
        return await database.write(lambda stores: stores.effects.begin(effect, limits=limits))

    begun = await asyncio.gather(*(begin(number) for number in range(12)))
    assert begun.count("limit") == 9
    failed = next(one for one in begun if isinstance(one, Effect))
    finished = await database.write(lambda stores: stores.effects.finish(failed.key, "failed", rows=(), why="", at=NOW))
    assert finished
    assert await begin(90) != "limit"  # what failed doesn't count
    assert await begin(91) == "limit"
    assert await begin(92, "B-2002") != "limit"


async def test_an_amount_above_the_bound_never_begins(database: Database, run: WorkflowRun) -> None:
    limits = EffectLimits(max_amount=Decimal(49))
    assert await database.write(lambda stores: stores.effects.begin(an_effect(run), limits=limits)) == "limit"
    assert await database.read(lambda stores: stores.effects.of_run(run.run_id)) == ()


def test_the_key_of_an_effect_is_decided_by_what_is_done() -> None:
    one = effect_key(RunId("run_1"), "pay", "a1", {"amount": Decimal("49.90"), "order": "7"})
    assert one == effect_key(RunId("run_1"), "pay", "a1", {"order": "7", "amount": Decimal("49.9")})
    assert one != effect_key(RunId("run_1"), "pay", "a2", {"order": "7", "amount": Decimal("49.9")})
    assert arguments_hash({"n": 1}) != arguments_hash({"n": "1"}) != arguments_hash({"n": True})


# -- codes ------------------------------------------------------------------------------------------


async def test_a_code_is_right_once_and_locked_after_its_last_try(
    database: Database, conversation_id: ConversationId
) -> None:
    async def ask(code_id: str, expires_s: float = 60) -> None:
        await database.write(
            lambda stores: stores.one_time_codes.put(
                code_id, conversation_id, "A-1", code_hash="right", expires_s=expires_s
            )
        )

    async def enter(code_id: str, code: str, turn: int) -> str:
        turn_id = TurnId(f"turn_{turn}")
        return await database.write(
            lambda stores: stores.one_time_codes.check(code_id, code, turn_id=turn_id, max_tries=3)
        )

    async def stepped_up(subject: str = "A-1") -> bool:
        return await database.read(
            lambda stores: stores.one_time_codes.stepped_up(conversation_id, subject, within_s=60)
        )

    await ask("c1")
    assert await enter("c1", "wrong", 1) == "wrong"
    assert await enter("c1", "wrong", 1) == "wrong"  # the same turn on another worker
    assert await enter("c1", "right", 2) == "right"
    assert await stepped_up()
    assert not await stepped_up("B-2")
    assert await enter("c1", "right", 3) == "none"
    await ask("c2")
    assert [await enter("c2", "wrong", turn) for turn in (4, 5, 6, 7)] == ["wrong", "wrong", "locked", "locked"]
    assert await enter("c2", "right", 8) == "locked"
    await ask("c3", expires_s=0)
    assert await enter("c3", "right", 9) == "none"
    assert await database.read(lambda stores: stores.one_time_codes.open_on(conversation_id)) is None
    assert await database.read(lambda stores: stores.one_time_codes.sent_to("A-1", within_s=60)) == 3


async def test_tries_of_a_code_are_counted_when_they_come_together(
    database: Database, conversation_id: ConversationId
) -> None:
    await database.write(
        lambda stores: stores.one_time_codes.put("c1", conversation_id, "A-1", code_hash="right", expires_s=60)
    )

    async def guess(number: int) -> str:
        turn_id = TurnId(f"turn_{number}")
        return await database.write(
            lambda stores: stores.one_time_codes.check("c1", f"guess {number}", turn_id=turn_id, max_tries=5)
        )

    results = await asyncio.gather(*(guess(number) for number in range(12)))
    assert (results.count("wrong"), results.count("locked")) == (4, 8)


# -- what may be forgotten --------------------------------------------------------------------------


async def test_erasing_a_customer_leaves_that_something_was_done_and_nothing_of_what(
    database: Database,
    a_conversation: Callable[..., Conversation],
    an_escalation: Callable[..., Escalation],
) -> None:
    customer = await database.write(
        lambda stores: stores.customers.get_or_create("A-1001", fresh=CustomerId("cust_1"), at=NOW)
    )
    conversation = a_conversation(principal=Principal(customer_id=customer, subject="A-1001"))
    run = a_run(conversation.conversation_id, slots={"email": "ada@example.org"})
    collected = Collected(workflow="refund", version=2, step="x", slots={"email": "ada@example.org"})
    escalation = an_escalation(conversation.conversation_id, collected=collected)

    def fill(stores: Stores) -> None:
        stores.conversations.create(conversation, token_hash="hash-1")
        stored = stores.workflow_runs.put(run)
        stores.effects.begin(an_effect(stored), limits=NO_LIMITS)
        stores.effects.finish("key-1", "done", rows=({"iban": "x"},), why="", at=NOW)
        stores.approvals.put(an_approval(stored), expires_s=60)
        stores.escalations.open(escalation)

    await database.write(fill)
    opened = await database.read(lambda stores: stores.escalations.get(escalation.escalation_id))
    assert opened == escalation
    await database.write(lambda stores: stores.payloads.erase(customer, at=NOW))

    found = await database.read(lambda stores: stores.workflow_runs.get(run.run_id))
    effect = await database.read(lambda stores: stores.effects.get("key-1"))
    opened = await database.read(lambda stores: stores.escalations.get(escalation.escalation_id))
    assert found is not None
    assert effect is not None
    assert opened is not None
    assert (found.status, found.slots) == ("cancelled", {})
    assert (effect.status, effect.arguments, effect.rows, effect.subject) == ("done", {}, (), "")
    assert not await database.write(lambda stores: stores.approvals.consume("a1", turn_id=TURN))
    assert opened.collected is None
