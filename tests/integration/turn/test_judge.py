"""A second reader for doubtful sentences, in whole turns: it can only withhold."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import a_release, a_world
from frontdesk.adapters.models.scripted import Script, ScriptedChatModel, reply
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.release import ModelRoute
from frontdesk.turn.generation import Rung, SideJobs, Vendors

AUSTRIA = "How much does shipping to Austria cost?"
SURE = "Standard shipping to Austria costs 6.90 EUR."
DOUBTFUL = "You pay 6.90 EUR for Austria with normal delivery."


def verdict(word: str) -> Script:
    return reply(json.dumps({"evidence": "See the first passage.", "verdict": word}))


async def asked(tmp_path: Path, draft: str, *judge: Script) -> tuple[dict[str, Any], dict[str, Any], ScriptedChatModel]:
    """The answer, the record, and the reader."""
    reader = ScriptedChatModel(*judge, model="reader")
    jobs = SideJobs(
        judge=[Rung(model=reader, route=ModelRoute(name="reader", adapter="openai", model="reader"))],
        vendors=Vendors(monotonic=lambda: 0.0),
        price=lambda *_, **__: None,
    )
    release = replace(a_release(tmp_path, model=ScriptedChatModel(reply(draft))), jobs=jobs)
    async with a_world(release) as world:
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        answer = json.loads((await world.finished(accepted)).body)
        record = await world.database.read(lambda stores: stores.turns.record(accepted.turn.turn_id))
    assert record is not None
    return answer, record, reader


async def test_a_doubtful_sentence_is_said_when_the_second_reader_finds_it_in_the_passages(tmp_path: Path) -> None:
    answer, record, reader = await asked(tmp_path, f"{SURE} {DOUBTFUL}", verdict("supported"))
    assert DOUBTFUL in answer["text"]
    assert len(reader.requests) == 1
    assert DOUBTFUL in reader.requests[0].question
    assert sorted((attempt["number"], attempt["purpose"]) for attempt in record["attempts"]) == [
        (1, "answer"),
        (2, "judge"),
    ]


@pytest.mark.parametrize(
    ("judge", "reason", "label"),
    [
        (verdict("unsupported"), "judged_unsupported", None),
        (verdict("unclear"), "judge_inconclusive", "judge_inconclusive"),
        (reply("It is fine, say it."), "judge_inconclusive", "judge_inconclusive"),
        ([UnavailableError("down")], "judge_inconclusive", "judge_inconclusive"),
    ],
)
async def test_without_a_clear_yes_it_is_withheld_and_the_rest_is_said(
    tmp_path: Path, judge: Script, reason: str, label: str | None
) -> None:
    answer, record, _ = await asked(tmp_path, f"{SURE} {DOUBTFUL}", judge)
    assert SURE in answer["text"]
    assert DOUBTFUL not in answer["text"]
    assert [piece["reasons"] for piece in record["withheld"]] == [[reason]]
    assert "claims_withheld" in answer["degraded"]
    assert ("judge_inconclusive" in answer["degraded"]) is (label is not None)


async def test_what_is_not_in_doubt_needs_no_second_reader(tmp_path: Path) -> None:
    answer, _, reader = await asked(tmp_path, SURE, verdict("unsupported"))
    assert SURE in answer["text"]
    assert not reader.requests


async def test_a_second_reader_cannot_let_through_what_is_contradicted(tmp_path: Path) -> None:
    lie = "Standard shipping to Austria costs 9.90 EUR."
    answer, record, reader = await asked(tmp_path, f"{SURE} {lie}", verdict("supported"))
    assert lie not in answer["text"]
    assert not reader.requests
    assert lie in json.dumps(record["withheld"])
