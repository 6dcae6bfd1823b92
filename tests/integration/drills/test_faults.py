"""The drill's faults in this process: customers notice none, and each is noticed as soon as its defence is taken out."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from frontdesk.adapters.models import openai_chat, wire
from frontdesk.domain import breaker
from frontdesk.domain.usage import Usage
from frontdesk.drills.faults.acts import at_once, one_by_one, steadily
from frontdesk.drills.faults.catalogue import SCENES
from frontdesk.drills.faults.scene import Act, Scene
from frontdesk.ports.models import StreamEnd
from frontdesk.turn.generation import generator, rung, side_jobs, structured, vendors
from staging import QUESTIONS, play

Patch = Callable[[pytest.MonkeyPatch], None]
BY_KEY = {scene.key: scene for scene in SCENES}
HAMBURG = "When is the Hamburg store open on Saturdays?"
"""Answered from several passages and in several sentences."""
DOUBTFUL = ("How long is the warranty on a backpack?", "What does delivery to Germany cost?")
"""Answers with sentences that a strict check has doubts about."""
ASKED = dict.fromkeys(("context-once", "cut-tidy", "stall"), (HAMBURG,)) | {"no-json": DOUBTFUL, "json": DOUBTFUL}
QUICK: dict[str, Act] = {
    "429": steadily(4.75, every_s=0.25),
    "429-storm": at_once(10, waves=3),
    "503": one_by_one(6),
    "silent": one_by_one(1),
    "cut-tidy": one_by_one(4),
    "stall": one_by_one(1),
    "context-once": one_by_one(1),
    "filter": one_by_one(1),
    "no-json": one_by_one(3),
    "wrong-model": one_by_one(1),
    "json": one_by_one(6),
}
"""The same as in the drill, with fewer turns."""
_LEFT_OUT = ("added_", "noted")
"""Rules about tenths of a second, which a busy machine breaks, and of what is noted after more turns than these."""


def scene_of(key: str, **changes: Any) -> Scene:
    scene = BY_KEY[key]
    rules = [rule for rule in scene.rules if not rule.__qualname__.startswith(_LEFT_OUT) or key == "wrong-model"]
    return replace(scene, act=QUICK[key], rules=rules, **changes)


def never_opens(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(breaker, "FAILURES_TO_OPEN", 10**9)


def never_pauses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(breaker.Breaker, "_cool_down", lambda *_: None)


def never_spares_a_vendor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(breaker.Breaker, "_leave", lambda *_: "yes")


def believes_every_end(patch: pytest.MonkeyPatch) -> None:
    def end(reply: Any) -> StreamEnd:
        return StreamEnd(finish_reason=reply.finish or "stop", usage=Usage(), model=reply.model)

    patch.setattr(openai_chat._Reply, "end", end)


def repeats_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(generator, "shortened", lambda request: replace(request))


def knows_no_filter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wire, "_FILTER", re.compile("(?!)"))


def believes_every_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vendors, "is_another_model", lambda *_, **__: False)


def believes_what_cannot_be_read(patch: pytest.MonkeyPatch) -> None:
    asked = structured.ask_structured

    async def believed(*given: Any, **named: Any) -> Any:
        return await asked(*given, **named) or "supported"

    patch.setattr(side_jobs, "ask_structured", believed)


def sends_objects_to_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rung.Rung, "can_take", lambda *_: True)


def nothing(_: pytest.MonkeyPatch) -> None: ...


@pytest.mark.parametrize("key", list(QUICK))
async def test_customers_do_not_notice_a_fault(key: str, demo_words: Path, tmp_path: Path) -> None:
    questions = ASKED.get(key, QUESTIONS)
    report = await play(scene_of(key), questions=questions, data_dir=demo_words, folder=tmp_path)
    assert report.complaints == (), report


PATIENT = {"first_byte_s": 6.0, "idle_s": 9.0}
TAKEN_OUT: list[tuple[str, Patch, dict[str, Any], str]] = [
    ("429", never_pauses, {}, "had asked for"),
    ("429-storm", never_spares_a_vendor, {}, "requests a turn"),
    ("503", never_opens, {}, "asked 6 times"),
    ("silent", nothing, {"route": PATIENT, "models": {"hedge_share": 0.0}}, "a first text took"),
    ("cut-tidy", believes_every_end, {}, "broken off"),
    ("stall", nothing, {"route": PATIENT}, "longer than usual"),
    ("context-once", repeats_the_same, {}, "no request came once more, smaller"),
    ("filter", knows_no_filter, {}, "another vendor"),
    ("no-json", sends_objects_to_all, {}, "in vain"),
    ("wrong-model", believes_every_name, {}, "nobody was told"),
    ("json", believes_what_cannot_be_read, {}, "could not be read"),
]


@pytest.mark.parametrize(("key", "patch", "changes", "says"), TAKEN_OUT, ids=[case[0] for case in TAKEN_OUT])
async def test_a_fault_is_noticed_once_its_defence_is_taken_out(
    key: str,
    patch: Patch,
    changes: dict[str, Any],
    says: str,
    demo_words: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patch(monkeypatch)
    questions = ASKED.get(key, QUESTIONS)
    report = await play(scene_of(key, **changes), questions=questions, data_dir=demo_words, folder=tmp_path)
    assert any(says in complaint for complaint in report.complaints), report
