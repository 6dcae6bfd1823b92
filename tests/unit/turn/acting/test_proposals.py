"""What a model proposes is held to the step, the rules and the customer's own words."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import Choice, SetSlot, Signal, Slot, StartWorkflow, Workflow, WorkflowRun
from frontdesk.turn.acting.proposals import MAX_PROPOSALS, SCHEMA, Bounds, Proposal, read_proposals
from frontdesk.turn.generation.structured import mismatch
from unit.turn.acting.shop import ORDER, a_workflow

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ADDRESS = Slot(name="address", type="text", ask={"en": "Which address?"}, is_volunteered=False)
EMAIL = Slot(name="email", type="email", ask={"en": "Which e-mail address?"})
AMOUNT = Slot(name="amount", type="money", ask={"en": "How much?"})
REASON = Slot(
    name="reason",
    type="choice",
    ask={"en": "Why?"},
    choices=(Choice(value="broken", label={"en": "broken"}), Choice(value="too_small", label={"en": "too small"})),
)
GIFT = Slot(name="gift", type="yes_no", ask={"en": "Is it a present?"})
RETURN = a_workflow("start_return", ORDER, REASON, ADDRESS, EMAIL, AMOUNT, GIFT)


def a_run(step: str, **slots: Any) -> WorkflowRun:
    return WorkflowRun(
        run_id=RunId("run_1"),
        conversation_id=ConversationId("conv_1"),
        workflow="start_return",
        version=1,
        release_id=ReleaseId("rel_1"),
        step=step,
        status="active",
        started_at=NOW,
        updated_at=NOW,
        slots=slots,
        is_waiting=True,
    )


def bounds(step: str, *spoken: str, workflow: Workflow | None = RETURN, **slots: Any) -> Bounds:
    return Bounds(
        workflows=["order_status", "start_return"],
        workflow=workflow,
        run=a_run(step, **slots) if workflow else None,
        now=NOW,
        language="en",
        spoken=spoken or ("hello",),
    )


def propose(kind: str, name: str = "", said: str = "") -> Proposal:
    return Proposal(kind=kind, name=name, said=said)


@pytest.mark.parametrize("step", ["order", "reason", "gift", "confirm"])
def test_no_model_can_say_yes(step: str) -> None:
    commands, (dropped,) = bounds(step, "yes").hold([propose("yes")])
    assert commands == ()
    assert dropped.is_outside_policy


def test_words_of_the_customer_become_a_value_by_the_rules() -> None:
    said = "it's the one with hp 448120 on it, please"
    commands, dropped = bounds("order", said).hold([propose("set", "order", "hp 448120")])
    assert commands == (SetSlot(slot="order", value="HP-448120"),)
    assert dropped == ()


def test_words_of_an_earlier_message_count_as_well() -> None:
    commands, _ = bounds("order", "My HP-448120 is late", "that one").hold([propose("set", "order", "HP-448120")])
    assert commands == (SetSlot(slot="order", value="HP-448120"),)


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        ("order", "HP-999999"),
        ("order", "44812"),
        ("email", "attacker@evil.example"),
        ("amount", "500 EUR"),
        ("address", "Evil Street 1"),
    ],
)
def test_a_value_that_nobody_said_is_dropped_and_audited(slot: str, said: str) -> None:
    commands, (dropped,) = bounds(slot, "my order is HP-448120, write to me at a@b.example").hold(
        [propose("set", slot, said)]
    )
    assert commands == ()
    assert dropped.is_outside_policy
    assert dropped.proposal == f"set {slot}"
    assert said not in dropped.why


def test_a_part_of_a_number_is_not_what_was_said() -> None:
    commands, _ = bounds("amount", "it costs 1500 EUR").hold([propose("set", "amount", "500 EUR")])
    assert commands == ()


def test_words_that_were_said_and_are_no_value_are_dropped_without_an_entry() -> None:
    commands, (dropped,) = bounds("order", "the green one").hold([propose("set", "order", "the green one")])
    assert commands == ()
    assert not dropped.is_outside_policy


def test_a_listed_value_may_be_named_for_other_words() -> None:
    commands, _ = bounds("reason", "it fell apart in my hands").hold([propose("set", "reason", "broken")])
    assert commands == (SetSlot(slot="reason", value="broken"),)
    commands, _ = bounds("reason", "it fell apart").hold([propose("set", "reason", "stolen")])
    assert commands == ()


def test_a_yes_or_no_is_taken_only_where_it_is_asked_for() -> None:
    assert bounds("gift", "my aunt gets it").hold([propose("set", "gift", "yes")])[0] == (
        SetSlot(slot="gift", value=True),
    )
    assert bounds("order", "my aunt gets it").hold([propose("set", "gift", "yes")])[0] == ()


def test_a_slot_that_is_only_an_answer_to_its_question_is_not_filled_before() -> None:
    said = "Lindenweg 4, 10115 Berlin"
    assert bounds("order", said).hold([propose("set", "address", said)])[0] == ()
    assert bounds("address", said).hold([propose("set", "address", said)])[0] == (SetSlot(slot="address", value=said),)


def test_another_value_is_a_correction() -> None:
    held = bounds("reason", "no, HP-301557", order="HP-448120").hold([propose("set", "order", "HP-301557")])
    assert held[0] == (SetSlot(slot="order", value="HP-301557", is_correction=True),)


@pytest.mark.parametrize("name", ["pay_out", "", "refund_status", "__class__"])
def test_a_workflow_that_is_not_switched_on_is_not_begun(name: str) -> None:
    commands, (dropped,) = bounds("order", "x", workflow=None).hold([propose("start", name)])
    assert commands == ()
    assert dropped.is_outside_policy
    assert name not in dropped.proposal or not name


def test_a_workflow_that_is_switched_on_is_begun() -> None:
    commands, _ = bounds("", "x", workflow=None).hold([propose("start", "order_status")])
    assert commands == (StartWorkflow(workflow="order_status"),)


@pytest.mark.parametrize("kind", ["execute", "refund", "set_all", "", "YES", "confirm"])
def test_other_kinds_of_proposals_do_not_exist(kind: str) -> None:
    commands, (dropped,) = bounds("confirm", "x").hold([propose(kind, "order", "HP-448120")])
    assert commands == ()
    assert dropped.is_outside_policy


def test_a_no_counts_at_a_confirmation_only() -> None:
    assert bounds("confirm", "rather not").hold([propose("no")])[0] == (Signal(kind="no"),)
    assert bounds("order", "rather not").hold([propose("no")])[0] == ()


@pytest.mark.parametrize("kind", ["cancel", "why", "has_not", "person", "resume", "question"])
def test_a_word_for_the_run_needs_an_open_one(kind: Any) -> None:
    assert bounds("order", "x").hold([propose(kind)])[0] == (Signal(kind=kind),)
    assert bounds("order", "x", workflow=None).hold([propose(kind)])[0] == ()


def test_a_proposal_for_slots_without_an_open_workflow_is_outside_policy() -> None:
    commands, (dropped,) = bounds("order", "HP-448120", workflow=None).hold([propose("set", "order", "HP-448120")])
    assert commands == ()
    assert dropped.is_outside_policy


def test_the_schema_bounds_what_is_read() -> None:
    good = {"commands": [{"kind": "set", "name": "order", "said": "HP-448120"}]}
    assert mismatch(good, SCHEMA) == ""
    assert read_proposals(good) == (propose("set", "order", "HP-448120"),)
    assert mismatch({"commands": good["commands"] * (MAX_PROPOSALS + 1)}, SCHEMA)
    assert mismatch({"commands": [{"kind": "set"}]}, SCHEMA)
    assert mismatch({"commands": [], "extra": 1}, SCHEMA)


def test_what_was_dropped_names_nothing_that_anybody_wrote() -> None:
    hostile = [propose("start", "SECRET"), propose("set", "SECRET", "SECRET"), propose("SECRET", "SECRET", "SECRET")]
    _, dropped = replace(bounds("order", "x"), spoken=("x",)).hold(hostile)
    assert len(dropped) == 3
    assert "SECRET" not in str(dropped)
