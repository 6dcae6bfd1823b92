"""What a message means while a run waits: a value, another one, a word for the run, something else, or nothing."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from builders import DEMO
from frontdesk.adapters.models.scripted import ScriptedChatModel, reply
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.workflow import (
    Choice,
    Command,
    InvalidSlot,
    Reading,
    SetSlot,
    Signal,
    Slot,
    StartWorkflow,
    Understood,
    WorkflowRun,
)
from frontdesk.ports.models import ChatTurn
from frontdesk.releases import read_assistant
from frontdesk.turn.acting.understanding import Understanding
from frontdesk.turn.generation import Rung, SideJobs, Vendors
from unit.turn.acting.shop import ORDER, a_workflow, the_shop

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
REASON = Slot(
    name="reason",
    type="choice",
    ask={"en": "What is wrong with it?", "de": "Was ist damit?", "es": "¿Qué le pasa?"},
    choices=(
        Choice(value="broken", label={"en": "broken", "de": "kaputt", "es": "roto"}),
        Choice(value="too_small", label={"en": "too small", "de": "zu klein", "es": "demasiado pequeño"}),
    ),
)
ADDRESS = Slot(
    name="address",
    type="text",
    ask={"en": "Which address?", "de": "Welche Adresse?", "es": "¿Qué dirección?"},
)
PHONE = Slot(name="phone", type="text", ask={"en": "Which phone number?"}, pattern=r"\+?[\d ]{7,15}")
RETURN = a_workflow("start_return", ORDER, REASON, ADDRESS, PHONE)
SHOP = [RETURN, *(workflow for workflow in the_shop() if workflow.name != "start_return")]
CONTENT = read_assistant(DEMO)
UNDERSTANDING = Understanding(SHOP, CONTENT.profile, None, synonyms=CONTENT.retrieval.synonyms)


def a_run(step: str, *, offer: Any = "", **slots: Any) -> WorkflowRun:
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
        offer=offer,
    )


async def read(text: str, run: WorkflowRun | None = None, language: str = "en", **more: Any) -> Understood:
    return await UNDERSTANDING.read(
        text, language=language, run=run, channel="web_chat", conversation="conv_1", now=NOW, **more
    )


async def meant(text: str, run: WorkflowRun | None = None, language: str = "en", **more: Any) -> tuple[Command, ...]:
    return (await read(text, run, language, **more)).commands


def kinds(commands: tuple[Command, ...]) -> list[str]:
    return [command.kind for command in commands if isinstance(command, Signal)]


KNOWN = {"order": "HP-448120", "reason": "broken", "address": "Hill Road 1, Leeds"}


@pytest.mark.parametrize("text", ["yes", "Ja, bitte", "sí", "ok", "that's right", "go ahead"])
async def test_a_plain_yes_confirms(text: str) -> None:
    assert await meant(text, a_run("confirm", **KNOWN)) == (Signal(kind="yes"),)


@pytest.mark.parametrize(
    "text",
    [
        "yes, but to another address", "ja, aber an eine andere Adresse", "sí, pero a otra dirección", "yes but change the address first",
        "yes, to a different address please",
    ],
)  # fmt: skip
async def test_a_yes_to_something_else_takes_the_old_value_back_and_confirms_nothing(text: str) -> None:
    found = await meant(text, a_run("confirm", **KNOWN))
    assert found == (SetSlot(slot="address", value=None, is_correction=True),)


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("no, I meant HP-301557", "order", "HP-301557"),
        ("yes, but for HP-301557", "order", "HP-301557"),
        ("nein, HP-301557", "order", "HP-301557"),
        ("wait, it was HP-301557", "order", "HP-301557"),
        ("no, actually it is too small", "reason", "too_small"),
        ("nein, zu klein", "reason", "too_small"),
        ("no, es demasiado pequeño", "reason", "too_small"),
    ],
)
async def test_another_value_at_the_confirmation_is_a_correction(text: str, slot: str, value: str) -> None:
    assert await meant(text, a_run("confirm", **KNOWN)) == (SetSlot(slot=slot, value=value, is_correction=True),)


@pytest.mark.parametrize(
    "text",
    ["maybe", "hm", "yes?", "I think so", "👍", "yes and no", "if it is free", "ok but wait a moment", "whatever"],
)
async def test_what_is_no_plain_yes_never_becomes_one(text: str) -> None:
    found = await meant(text, a_run("confirm", **KNOWN))
    assert "yes" not in kinds(found)
    assert not any(isinstance(command, SetSlot) for command in found)


@pytest.mark.parametrize("text", ["no", "no thanks", "no, don't cancel", "nein, lieber nicht", "no, not like this"])
async def test_a_no_comes_through_whatever_follows(text: str) -> None:
    assert await meant(text, a_run("confirm", **KNOWN)) == (Signal(kind="no"),)


async def test_the_value_already_given_changes_nothing() -> None:
    assert kinds(await meant("for HP-448120", a_run("confirm", **KNOWN))) == ["unclear"]


async def test_several_slots_come_in_one_sentence() -> None:
    found = await meant("HP-448120, and it is broken", a_run("order"))
    assert found == (SetSlot(slot="order", value="HP-448120"), SetSlot(slot="reason", value="broken"))


async def test_a_beginning_brings_its_slots_along() -> None:
    found = await meant("I want to return my order HP-448120, it came broken")
    assert found == (
        StartWorkflow(workflow="start_return"),
        SetSlot(slot="order", value="HP-448120"),
        SetSlot(slot="reason", value="broken"),
    )


async def test_an_earlier_slot_is_corrected_while_another_is_asked_for() -> None:
    found = await meant("no, I meant HP-301557", a_run("reason", order="HP-448120"))
    assert found == (SetSlot(slot="order", value="HP-301557", is_correction=True),)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cancel", "cancel"), ("vergiss es", "cancel"), ("déjalo", "cancel"), ("why?", "why"), ("wozu brauchst du das?", "why"), ("para qué", "why"),
        ("I don't have that", "has_not"), ("weiß ich nicht", "has_not"), ("no lo tengo", "has_not"), ("a human please", "person"),
        ("kann ich mit jemandem sprechen", "person"), ("quiero hablar con una persona", "person"), ("this is ridiculous", "frustrated"),
        ("weiter", "resume"), ("how long do refunds take?", "question"), ("wie lange dauert eine Erstattung", "question"),
        ("¿cuánto tarda un reembolso?", "question"), ("do you ship to Norway", "question"), ("😀😀", "unclear"), ("...", "unclear"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", ["order", "reason"])
async def test_a_word_for_the_run_is_no_value(text: str, kind: str, step: str) -> None:
    assert kinds(await meant(text, a_run(step, order="HP-448120" if step != "order" else None))) == [kind]


@pytest.mark.parametrize("step", ["order", "reason", "address", "phone", "confirm"])
@pytest.mark.parametrize("text", ["cancel", "never mind", "abbrechen", "cancela"])
async def test_a_run_can_be_called_off_anywhere(step: str, text: str) -> None:
    assert await meant(text, a_run(step, **KNOWN)) == (Signal(kind="cancel"),)


async def test_an_angry_answer_is_an_answer_as_well() -> None:
    found = await meant("I already told you, HP-448120!!", a_run("order"))
    assert found == (SetSlot(slot="order", value="HP-448120"), Signal(kind="frustrated"))


@pytest.mark.parametrize("text", ["asdf", "purple", "the thing from last time", "12", "HP-12"])
async def test_what_is_no_value_is_said_to_be_none(text: str) -> None:
    assert await meant(text, a_run("order")) == (InvalidSlot(slot="order", why="not_understood", said=text),)


@pytest.mark.parametrize("text", ["where is my refund?", "Wo bleibt meine Erstattung?", "¿dónde está mi reembolso?"])
@pytest.mark.parametrize("step", ["order", "address", "confirm"])
async def test_another_matter_goes_first(text: str, step: str) -> None:
    assert await meant(text, a_run(step, **KNOWN)) == (StartWorkflow(workflow="refund_status"),)


@pytest.mark.parametrize("text", ["Lindenweg 4, 10115 Berlin", "My parents' place, 12 Hill Road", "Postfach 12"])
async def test_a_text_is_taken_for_what_was_asked(text: str) -> None:
    assert await meant(text, a_run("address", order="HP-448120")) == (SetSlot(slot="address", value=text),)


async def test_a_text_may_name_another_slots_value_by_the_way() -> None:
    text = "ring at the back door, the order HP-301557 is heavy"
    found = await meant(text, a_run("address", order="HP-448120"))
    assert found[0] == SetSlot(slot="address", value=text)
    correction = SetSlot(slot="order", value="HP-301557", is_correction=True)
    assert await meant("sorry, I meant the order HP-301557, please", a_run("address", order="HP-448120")) == (
        correction,
    )
    assert await meant("HP-301557", a_run("address", order="HP-448120")) == (correction,)


async def test_a_question_is_no_address() -> None:
    found = await meant("do you deliver to Norway?", a_run("address", order="HP-448120"))
    assert kinds(found) == ["question"]


async def test_an_offer_is_taken_or_declined_by_a_bare_word() -> None:
    assert await meant("yes please", a_run("order", offer="person")) == (Signal(kind="yes"),)
    assert await meant("no", a_run("order", offer="person")) == (Signal(kind="no"),)
    assert await meant("HP-448120", a_run("order", offer="person")) == (SetSlot(slot="order", value="HP-448120"),)


@pytest.mark.parametrize(
    ("text", "workflow"),
    [
        ("the first one", "refund_status"), ("start return", "start_return"), ("2", "start_return"), ("refund status please", "refund_status"),
        ("I want to return something", "start_return"), ("die zweite", "start_return"),
    ],
)  # fmt: skip
async def test_an_answer_to_which_of_two_begins_that_one_with_what_was_said_before(text: str, workflow: str) -> None:
    history = (
        ChatTurn(role="customer", text="it is about HP-448120"),
        ChatTurn(role="assistant", text="Which of these do you mean: refund status or start return?"),
    )
    assert await meant(text, history=history) == (
        StartWorkflow(workflow=workflow),
        SetSlot(slot="order", value="HP-448120"),
    )


@pytest.mark.parametrize(
    ("text", "kind"), [("let's go back to the return", "resume"), ("yes", "yes"), ("no", "no"), ("forget it", "cancel")]
)
async def test_a_word_for_a_run_that_waits_for_its_return(text: str, kind: str) -> None:
    assert kinds(await meant(text, suspended=[a_run("order")])) == [kind]


@pytest.mark.parametrize(
    "text",
    ["hello", "thanks", "how long do refunds take?", "yes", "cancel", "HP-448120 is nice", "bitte einen Mitarbeiter"],
)
async def test_what_concerns_no_workflow_gives_no_command(text: str) -> None:
    found = await read(text)
    assert found.commands == ()
    assert found.by == "rules"


async def test_a_run_of_a_workflow_that_is_not_known_is_left_alone() -> None:
    unknown = a_run("order")
    found = await Understanding(the_shop()[:1], CONTENT.profile, None).read(
        "HP-448120", language="en", run=unknown, channel="web_chat", conversation="c", now=NOW
    )
    assert found.commands == ()


def a_reader(written: str) -> tuple[Understanding, ScriptedChatModel]:
    model = ScriptedChatModel(*[reply(written)] * 4)
    jobs = SideJobs(
        command=[Rung(model=model, route=ModelRoute(name="reader", adapter="openai", model="reader"))],
        vendors=Vendors(monotonic=time.monotonic),
        price=lambda *_, **__: None,
    )
    return Understanding(SHOP, CONTENT.profile, None, synonyms=CONTENT.retrieval.synonyms, jobs=jobs), model


async def asked(understanding: Understanding, text: str, run: WorkflowRun | None, **more: Any) -> Understood:
    return await understanding.read(
        text, language="en", run=run, channel="web_chat", conversation="conv_1", now=NOW, **more
    )


NOTHING = '{"commands": []}'
STARTS = '{"commands": [{"kind": "start", "name": "repair_appointment", "said": ""}]}'


@pytest.mark.parametrize(
    ("text", "step"), [("HP-448120", "order"), ("yes", "confirm"), ("no", "confirm"), ("cancel", "order"), ("👍", "order"), ("broken", "reason")]
)  # fmt: skip
async def test_no_model_is_asked_where_the_rules_are_certain(text: str, step: str) -> None:
    understanding, model = a_reader(STARTS)
    found = await asked(understanding, text, a_run(step, order="HP-301557" if step != "order" else None))
    assert found.by == "rules"
    assert model.requests == []


@pytest.mark.parametrize("text", ["hello", "how long do refunds take?", "which jacket is warm?"])
async def test_no_model_is_asked_of_what_is_near_no_workflow(text: str) -> None:
    understanding, model = a_reader(STARTS)
    assert (await asked(understanding, text, None)).commands == ()
    assert model.requests == []


async def test_a_model_is_asked_where_the_rules_are_not_certain() -> None:
    understanding, model = a_reader(STARTS)
    found = await asked(understanding, "could somebody look at the seams of my tent, they need work", None)
    assert found.commands == (StartWorkflow(workflow="repair_appointment"),)
    assert found.by == "model"
    assert len(model.requests) == 1


async def test_the_rules_reading_stands_where_a_model_has_nothing_to_say() -> None:
    understanding, _ = a_reader(NOTHING)
    found = await asked(understanding, "purple", a_run("order"))
    assert found.commands == (InvalidSlot(slot="order", why="not_understood", said="purple"),)
    assert found.by == "rules"


async def test_no_model_sees_what_was_masked_and_no_record_that_a_system_gave() -> None:
    understanding, model = a_reader(NOTHING)
    rows = ({"number": "HP-448120", "item": "SECRET TENT"},)
    run = replace(a_run("order"), readings={"orders": Reading(operation="orders.orders", rows=rows, read_at=NOW)})
    await asked(understanding, "hm [e-mail address removed]", run, spoken="hm ann@example.com")
    assert len(model.requests) == 1
    assert "ann@example.com" not in str(model.requests)
    assert "SECRET" not in str(model.requests)
