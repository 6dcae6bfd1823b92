"""Answers that could be taken for something else: mere names, records named in passing, and rules that a workflow tells."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import (
    AskStep,
    Command,
    EndStep,
    Reading,
    SetSlot,
    Slot,
    StartWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.releases import read_assistant
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.stance import merely_names
from frontdesk.turn.acting.understanding import Understanding

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DEMO = Path(__file__).parents[4] / "examples" / "harbor-and-pine"
ORDERS = (
    {"number": "#W100", "status": "pending", "paid_with": "gift card"},
    {"number": "#W200", "status": "cancelled", "paid_with": "credit card"},
)
ORDER = Slot(name="order", type="choice", ask={"en": "Which order?"}, choose_from="orders", choose_by="number")
PLACE = Slot(name="place", type="text", ask={"en": "Where should it go?"}, is_volunteered=False)
PAY = Slot(name="pay", type="text", ask={"en": "How will you pay?"}, is_volunteered=False)


def a_workflow(name: str, *examples: str, slots: tuple[Slot, ...] = ()) -> Workflow:
    steps = {slot.name: AskStep(step=slot.name, slot=slot.name, next="end") for slot in slots}
    return Workflow(
        name=name,
        version=1,
        owner="Shop",
        title={"en": name},
        examples=examples,
        steps={**steps, "end": EndStep(step="end")},
        first=slots[0].name if slots else "end",
        slots={slot.name: slot for slot in slots},
    )


WORKFLOWS = [
    a_workflow("redirect", "Send my order somewhere else", "I want to change where it goes", slots=(ORDER, PLACE)),
    a_workflow("profile", "Change the default address in my profile", "Update my default address"),
    a_workflow("cancel", "I want to cancel my order", "My order should be cancelled", slots=(ORDER, PAY)),
    a_workflow("range", "How many sizes does a tent come in?", "How many colours are there?"),
]


def a_run(workflow: str, step: str, **slots: Any) -> WorkflowRun:
    return WorkflowRun(
        run_id=RunId("run_1"),
        conversation_id=ConversationId("conv_1"),
        workflow=workflow,
        version=1,
        release_id=ReleaseId("rel_1"),
        step=step,
        status="active",
        started_at=NOW,
        updated_at=NOW,
        is_waiting=True,
        slots=slots,
        readings={"orders": Reading(operation="shop.orders", rows=ORDERS, read_at=NOW)},
    )


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding(WORKFLOWS, read_assistant(DEMO).profile, None)


async def commands(understanding: Understanding, text: str, run: WorkflowRun | None = None) -> tuple[Command, ...]:
    understood = await understanding.read(
        text, language="en", run=run, channel="web_chat", conversation="conv_1", now=NOW
    )
    return understood.commands


async def test_a_mere_name_answers_an_open_question_though_it_is_close_to_another_workflow(
    understanding: Understanding,
) -> None:
    run = a_run("redirect", "place", order="#W100")
    assert await commands(understanding, "My default address.", run) == (
        SetSlot(slot="place", value="My default address"),
    )
    (turned,) = await commands(understanding, "I want to update my default address.", run)
    assert turned == StartWorkflow(workflow="profile")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My default address.", True),
        ("the blue tent", True),
        ("where is my order", False),
        ("my parcel has not arrived", False),
        ("my address please", False),
        ("my address?", False),
        ("my old address and the new one of my sister", False),
    ],
)
def test_a_name_asks_for_nothing_and_tells_nothing(text: str, names: bool) -> None:
    assert merely_names(Heard(text, "en")) is names


async def test_a_record_goes_by_its_key_alone_while_something_else_is_asked(understanding: Understanding) -> None:
    run = a_run("cancel", "pay", order="#W200")
    assert await commands(understanding, "my gift card", run) == (SetSlot(slot="pay", value="my gift card"),)
    (corrected,) = await commands(understanding, "no, order W100", run)
    assert corrected == SetSlot(slot="order", value="#W100", is_correction=True)


def test_what_is_to_be_done_names_no_record_and_a_number_does(understanding: Understanding) -> None:
    run = a_run("cancel", "order")
    said = "It should be cancelled"
    assert understanding.told_of("order", said, language="en", run=run, now=NOW) is None
    told = understanding.told_of("order", f"{said}, order W100.", language="en", run=run, now=NOW)
    assert told == SetSlot(slot="order", value="#W100")


async def test_a_question_for_a_rule_begins_a_workflow_whose_examples_are_such_questions_and_no_other(
    understanding: Understanding,
) -> None:
    assert await commands(understanding, "How many colours are there now?") == (StartWorkflow(workflow="range"),)
    assert await commands(understanding, "How much does it cost to cancel my order?") == ()
