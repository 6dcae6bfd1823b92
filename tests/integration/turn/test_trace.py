"""The record's offsets draw an honest waterfall: every stage where it ran, its steps inside it."""

import itertools
from pathlib import Path
from typing import Any

from builders import a_release, a_world
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.errors import UnavailableError

Span = tuple[float, float]


async def _timings(tmp_path: Path, *scripts: Any, before: float = 0.0) -> tuple[dict[tuple[str, str], Span], Any]:
    async with a_world(a_release(tmp_path, model=ScriptedChatModel(*scripts)), start=False) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, "How much does shipping to Austria and Spain cost?")
        await world.finished(accepted)
        record = await world.database.read(lambda stores: stores.turns.record(accepted.turn.turn_id))
    assert record is not None
    rows = {(row["stage"], row["step"]): row for row in record["timings"]}
    return {key: (row["started_ms"], row["ended_ms"]) for key, row in rows.items()}, record


async def test_stages_follow_each_other_and_steps_lie_inside_their_stage(tmp_path: Path) -> None:
    draft = ("Standard shipping to Austria costs 6.90 EUR. ", Pause(seconds=0.1), *reply("It takes 3 days to Spain."))
    spans, record = await _timings(tmp_path, draft)

    stages = [spans[stage, ""] for stage in ("guard_in", "identity", "route", "retrieve", "generate")]
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(stages))
    for step in ("rewrite", "lexical", "fuse"):
        assert spans["retrieve", ""][0] <= spans["retrieve", step][0] <= spans["retrieve", step][1]
        assert spans["retrieve", step][1] <= spans["retrieve", ""][1]
    assert spans["generate", ""][0] <= spans["generate", "attempt_1"][0] + 1
    assert spans["generate", "attempt_1"][1] <= record["timings_ms"]["total"]


async def test_a_stage_that_runs_in_pieces_has_its_whole_span_and_what_it_spent(tmp_path: Path) -> None:
    draft = (
        "Standard shipping to Austria costs 6.90 EUR. ",
        "Standard shipping",
        Pause(seconds=0.15),
        *reply(" to Spain costs 8.90 EUR."),
    )
    spans, record = await _timings(tmp_path, draft)
    (ground,) = (row for row in record["timings"] if (row["stage"], row["step"]) == ("ground", ""))
    assert ground["ended_ms"] - ground["started_ms"] > 140 > ground["ms"]
    assert spans["ground", ""][0] < spans["generate", ""][1]


async def test_every_attempt_has_its_place(tmp_path: Path) -> None:
    spans, record = await _timings(tmp_path, (Pause(seconds=0.05), UnavailableError("down", result="5xx")))
    numbers = [attempt["number"] for attempt in record["attempts"]]
    assert len(numbers) > 1
    places = [spans["generate", f"attempt_{number}"] for number in numbers]
    assert all(left[1] <= right[0] + 1 for left, right in itertools.pairwise(places))
    assert places[0][1] - places[0][0] >= 45


async def test_the_wait_before_the_attempt_is_told_and_not_counted_as_its_time(tmp_path: Path) -> None:
    truth = reply("Standard shipping to Austria costs 6.90 EUR.")
    model = ScriptedChatModel([Pause(seconds=1.2), *truth], truth)
    async with a_world(a_release(tmp_path, model=model)) as world:
        conversation = await world.a_conversation()
        first = await world.send(conversation, "How much does shipping to Austria cost?")
        second = await world.send(conversation, "How much does shipping to Spain cost?")
        await world.finished(first)
        await world.finished(second)
        record = await world.database.read(lambda stores: stores.turns.record(second.turn.turn_id))
    assert record is not None
    (wait,) = (row for row in record["timings"] if row["step"] == "wait")
    assert wait["ms"] >= 1000
    assert (wait["started_ms"], wait["ended_ms"]) == (-wait["ms"], 0.0)
    assert record["timings_ms"]["total"] < 1000
