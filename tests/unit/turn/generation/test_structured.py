"""Objects of a schema: read, repaired once, or nothing; never an exception, never half an object."""

from itertools import count
from typing import Any

import pytest

from frontdesk.adapters.models.scripted import Script, ScriptedChatModel, reply
from frontdesk.domain.usage import VendorAttempt
from frontdesk.simulators.vendor.structured import malformed
from frontdesk.turn.generation import SideJobs
from frontdesk.turn.generation.climb import Climb
from frontdesk.turn.generation.judge import SCHEMA as VERDICT
from frontdesk.turn.generation.structured import ask_structured, mismatch
from frontdesk.turn.money.budget import NoLimits
from ladders import DOWN, a_model, a_price, a_request, a_rung, some_vendors

SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["refund", "return"]},
        "amount": {"type": "number", "minimum": 0, "maximum": 500},
        "items": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 3},
    },
    "required": ["kind", "amount"],
    "additionalProperties": False,
}
RIGHT = '{"kind": "refund", "amount": 12.5}'


async def asked(*scripts: Script, read: Any = dict) -> tuple[Any, list[ScriptedChatModel]]:
    models = [a_model("large", *scripts)]
    climb = Climb(
        request=a_request(purpose="judge", json_schema=SCHEMA),
        vendors=some_vendors(),
        price=a_price,
        purse=NoLimits(),
        ends_at=some_vendors().monotonic() + 5.0,
        numbers=count(1),
        on_attempt=lambda _: None,
    )
    return await ask_structured([a_rung(model) for model in models], climb, read=read), models


@pytest.mark.parametrize("written", [RIGHT, f"```json\n{RIGHT}\n```", f"  {RIGHT}\n"])
async def test_an_object_of_the_schema_is_read(written: str) -> None:
    value, (model,) = await asked(reply(written))
    assert value == {"kind": "refund", "amount": 12.5}
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("refund, 12.50", "not JSON"),
        (RIGHT + " Anything else?", "not JSON"),
        ('{"kind": "refund", "amount": NaN}', "not JSON"),
        ("[" * 5000, "not JSON"),
        ("x" * 30_000, "too long"),
        ("[]", "has to be of type object"),
        ('{"kind": "refund"}', "lacks 'amount'"),
        ('{"kind": "gift", "amount": 1}', "is none of"),
        ('{"kind": "refund", "amount": "12"}', "of type number"),
        ('{"kind": "refund", "amount": true}', "of type number"),
        ('{"kind": "refund", "amount": 900}', "out of its bounds"),
        ('{"kind": "refund", "amount": 1, "note": "x"}', "which the schema does not know"),
        ('{"kind": "refund", "amount": 1, "items": [""]}', "out of its bounds"),
        ('{"kind": "refund", "amount": 1, "items": ["a", "b", "c", "d"]}', "wrong number of items"),
    ],
)
async def test_what_does_not_fit_is_asked_for_once_more_with_what_was_wrong(written: str, problem: str) -> None:
    value, (model,) = await asked(reply(written), reply(RIGHT))
    assert value == {"kind": "refund", "amount": 12.5}
    first, second = model.requests
    assert problem in second.question
    assert second.history[-2].text == first.question
    assert written.startswith(second.history[-1].text)
    assert second.json_schema == SCHEMA


async def test_an_object_that_makes_no_sense_to_its_reader_is_repaired_too() -> None:
    def read(value: Any) -> Any:
        if value["amount"] < 20:
            raise ValueError("The amount is below the fee.")
        return value["amount"]

    value, (model,) = await asked(reply(RIGHT), reply('{"kind": "refund", "amount": 20}'), read=read)
    assert value == 20
    assert "below the fee" in model.requests[1].question


async def test_two_hundred_malformed_replies_cost_one_repair_each_and_nobody_an_exception() -> None:
    usable = 0
    for number in range(200):
        value, (model,) = await asked(reply(malformed(RIGHT, number)), reply(malformed(RIGHT, number + 1)))
        assert len(model.requests) <= 2
        assert value is None or not mismatch(value, SCHEMA)
        usable += value is not None
    assert usable < 20


@pytest.mark.parametrize("script", [[DOWN], ["{"], reply("{", RIGHT[1:])])
async def test_a_model_that_fails_gives_nothing_or_a_whole_object(script: Script) -> None:
    value, _ = await asked(script)
    assert value in (None, {"kind": "refund", "amount": 12.5})


def judging(*scripts: Script) -> tuple[SideJobs, ScriptedChatModel]:
    model = a_model("reader", *scripts)
    return SideJobs(judge=[a_rung(model)], vendors=some_vendors(), price=a_price), model


def verdict(word: str) -> Script:
    return reply(f'{{"evidence": "It says so.", "verdict": "{word}"}}')


@pytest.mark.parametrize(
    ("script", "judgement"),
    [
        (verdict("supported"), "supported"),
        (verdict("unsupported"), "unsupported"),
        (verdict("unclear"), "inconclusive"),
        (verdict("yes"), "inconclusive"),
        (reply("supported"), "inconclusive"),
        ([DOWN], "inconclusive"),
        ([], "inconclusive"),
    ],
)
async def test_only_a_clear_verdict_lets_a_sentence_through(script: Script, judgement: str) -> None:
    jobs, _ = judging(script)
    told: list[VendorAttempt] = []
    found = await jobs.judge("It is free.", (), question="Is it free?", language="en", on_attempt=told.append)
    assert found == judgement
    assert {attempt.purpose for attempt in told} == {"judge"}


async def test_the_judge_sees_the_sentence_the_question_and_the_passages_under_its_schema() -> None:
    jobs, model = judging(verdict("supported"))
    passages = a_request().passages
    await jobs.judge("It is free.", passages, question="Is it?", language="en")
    (request,) = model.requests
    assert request.json_schema == VERDICT
    assert request.passages == passages
    assert "It is free." in request.question
    assert "Is it?" in request.question


async def test_without_time_left_nobody_is_asked() -> None:
    jobs, model = judging(verdict("supported"))
    assert await jobs.judge("It is free.", (), question="?", language="en", limit_s=0.0) == "inconclusive"
    assert not model.requests
