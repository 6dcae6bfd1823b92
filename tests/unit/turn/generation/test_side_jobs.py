import time

import pytest

from frontdesk.adapters.models.scripted import Pause, Script, ScriptedChatModel, reply
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.models import ChatRequest, ChatTurn
from frontdesk.turn.generation import Rung, SideJobs, Vendors
from frontdesk.turn.generation.prompts import fill_prompt, unknown_placeholders
from frontdesk.turn.generation.rewrite import accepted_rewrite

HISTORY = (
    ChatTurn(role="customer", text="How much is delivery to Spain?"),
    ChatTurn(role="assistant", text="It costs 8.90 EUR."),
)


def side_jobs(*scripts: Script) -> SideJobs:
    rung = Rung(model=ScriptedChatModel(*scripts), route=ModelRoute(name="small", adapter="openai", first_byte_s=0.05))
    return SideJobs(
        rewrite=[rung],
        summary=[rung],
        rewrite_prompt="Rewrite.",
        summary_prompt="Summarise.",
        vendors=Vendors(monotonic=time.monotonic),
        price=lambda *_, **__: None,
    )


async def test_a_follow_up_is_rewritten_and_the_attempt_is_told() -> None:
    told: list[VendorAttempt] = []
    jobs = side_jobs(reply("Question: How much is delivery to Portugal?"))
    rewritten = await jobs.rewrite("and to Portugal?", history=HISTORY, language="en", on_attempt=told.append)
    assert rewritten == "How much is delivery to Portugal?"
    assert [(attempt.purpose, attempt.result) for attempt in told] == [("rewrite", "ok")]


async def test_a_first_question_needs_no_rewrite() -> None:
    assert await side_jobs(reply("x?")).rewrite("and to Portugal?", history=(), language="en") is None


@pytest.mark.parametrize("script", [[UnavailableError("down")], [Pause(seconds=float("inf"))], ["half a"]])
async def test_a_model_that_fails_leaves_the_rewrite_to_the_heuristics(script: Script) -> None:
    assert await side_jobs(script).rewrite("and to Portugal?", history=HISTORY, language="en") is None


@pytest.mark.parametrize(
    "written",
    [
        "",
        "It costs 9.90 EUR.",
        "Sure, here it is: How much is delivery to Portugal?",
        "How much is delivery to Portugal for 99 EUR?",
        "How much is delivery?\nAnd how long?",
        "How much is delivery to Portugal " + "really " * 60 + "?",
        "¿Cuánto cuesta el envío a Portugal y cuánto tiempo tarda en llegar?",
    ],
)
def test_what_is_no_rewrite_is_not_taken(written: str) -> None:
    assert accepted_rewrite(written, "and to Portugal?", HISTORY, "en") is None


def test_numbers_that_were_said_may_come_back() -> None:
    written = "Is 8.90 EUR also the price to Portugal?"
    assert accepted_rewrite(written, "and to Portugal?", HISTORY, "en") == written


def test_prompts_are_filled_once_and_other_braces_stay() -> None:
    filled = fill_prompt(
        'I am {name} of {organisation}. {unknown} {"a": 1}', {"name": "{organisation}", "organisation": "Acme"}
    )
    assert filled == 'I am {organisation} of Acme. {unknown} {"a": 1}'
    assert unknown_placeholders("{name} {nmae}") == ("nmae",)


def a_reader(*scripts: Script) -> SideJobs:
    route = ModelRoute(name="reader", adapter="openai", first_byte_s=0.05)
    return SideJobs(
        command=[Rung(model=ScriptedChatModel(*scripts), route=route)],
        vendors=Vendors(monotonic=time.monotonic),
        price=lambda *_, **__: None,
    )


COMMANDS = ChatRequest(
    purpose="command",
    instructions="Read.",
    history=(),
    question="I want to return it",
    language="en",
    json_schema={"type": "object", "properties": {"commands": {"type": "array"}}, "required": ["commands"]},
)


async def test_a_model_says_what_a_message_means_and_its_attempt_is_told() -> None:
    told: list[VendorAttempt] = []
    jobs = a_reader(reply('{"commands": [1, 2]}'))
    assert jobs.can_command
    assert await jobs.command(COMMANDS, read=lambda value: len(value["commands"]), on_attempt=told.append) == 2
    assert [(attempt.purpose, attempt.result) for attempt in told] == [("command", "ok")]


@pytest.mark.parametrize("script", [[UnavailableError("down")], [Pause(seconds=float("inf"))], ["{"], reply("no JSON")])
async def test_a_model_that_fails_leaves_the_message_to_the_rules(script: Script) -> None:
    assert await a_reader(script).command(COMMANDS, read=len) is None


async def test_without_a_ladder_nobody_is_asked_what_a_message_means() -> None:
    jobs = SideJobs(vendors=Vendors(monotonic=time.monotonic), price=lambda *_, **__: None)
    assert not jobs.can_command
    assert await jobs.command(COMMANDS, read=len) is None
