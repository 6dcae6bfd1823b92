"""Channels that show a draft before it is confirmed: what is shown, what takes it back, and what stays the same."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from builders import World, a_release, a_world
from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, Step, reply
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.events import AnswerProvisional, AnswerWithdrawn, StoredEvent, TurnStage
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.release import ChannelSettings, Streaming
from frontdesk.releases import read_assistant
from frontdesk.server.streams import follow
from frontdesk.turn.delivery import Notice
from frontdesk.turn.handover import hand_over
from frontdesk.turn.running.runner import RunnerLimits
from frontdesk.turn.serving import ServedRelease
from shop import DEMO

SHIPPING = "How much does shipping to Austria and Spain cost?"
TRUE = "Standard shipping to Austria costs 6.90 EUR. "
FALSE = "Standard shipping to Spain costs 4.90 EUR. "
SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"


def slowly(*texts: str, s: float = 0.012) -> list[Step]:
    """Word by word, with a pause after each, longer than the pace in all."""
    words = [f"{word} " for text in texts for word in text.split()]
    return [step for word in words for step in (word, Pause(seconds=s))]


DRAFTS: dict[str, Sequence[Step]] = {
    "true": (*slowly(TRUE, "Standard shipping to Spain costs 8.90 EUR."), *reply()),
    "half true": (*slowly(TRUE, FALSE), *reply()),
    "all false": (*slowly(FALSE), *reply()),
    "at once": reply(TRUE + FALSE),
    "a secret": (*slowly(TRUE, f"The key is {SECRET}", "and that was it."), *reply()),
    "broken off": (*slowly(TRUE, "And then there is"), UnavailableError("cut", result="cut")),
    "cut by its limit": (*slowly(TRUE, "Standard shipping to Spain costs"),),
    "with mark-up": (*slowly("- **Standard** shipping to *Austria* costs `6.90 EUR` [1]."), *reply()),
}


def release_with(tmp_path: Path, draft: Sequence[Step], streaming: Streaming = "provisional") -> ServedRelease:
    profile = read_assistant(DEMO).profile
    channels: Any = {"test": ChannelSettings(streaming=streaming)}
    return a_release(tmp_path, model=ScriptedChatModel(draft), change={"profile": replace(profile, channels=channels)})


@dataclass
class Reader:
    """One client's stream, in the order it came."""

    steps: list[Notice | StoredEvent] = field(default_factory=list)

    @property
    def shown(self) -> list[str]:
        return [step.text for step in self.steps if isinstance(step, AnswerProvisional)]

    @property
    def withdrawn(self) -> list[str]:
        return [step.stage for step in self.steps if isinstance(step, AnswerWithdrawn)]

    @property
    def kinds(self) -> list[str]:
        return [step.kind for step in self.steps]

    def left_at(self, kind: str) -> str:
        """What was to be seen, unconfirmed, when the first event of this kind came."""
        before = self.steps[: self.kinds.index(kind)]
        return next((step.text for step in reversed(before) if isinstance(step, AnswerProvisional)), "")


@asynccontextmanager
async def reading(world: World, conversation: ConversationId) -> AsyncIterator[Reader]:
    """A client that follows the conversation from its beginning."""
    reader = Reader()
    has_begun = asyncio.Event()

    async def read() -> None:
        async for step in follow(world, conversation, after=0):  # type: ignore[arg-type]
            reader.steps += step if isinstance(step, tuple) else [step]
            has_begun.set()

    task = asyncio.create_task(read())
    await has_begun.wait()
    try:
        yield reader
        await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _asked(world: World, *, is_streamed: bool) -> tuple[Reader, dict[str, Any], Sequence[StoredEvent]]:
    conversation = await world.a_conversation()
    if not is_streamed:
        last = await world.ask(conversation, SHIPPING)
        return Reader(), json.loads(last.body), await world.events(conversation)
    async with reading(world, conversation) as reader:
        last = await world.ask(conversation, SHIPPING)
    return reader, json.loads(last.body), await world.events(conversation)


def _told(events: Sequence[StoredEvent]) -> list[tuple[int, str, dict[str, Any]]]:
    """The log without ids and times."""
    told = []
    for event in events:
        body = json.loads(event.body)
        for name in ("turn_id", "message_id", "escalation_id", "release_id", "timings_ms"):
            body.pop(name, None)
        for citation in body.get("citations", ()):
            citation.pop("snapshot_id")
        told.append((event.seq, event.kind, body))
    return told


@pytest.mark.parametrize("name", DRAFTS)
async def test_the_log_is_the_same_in_either_mode_with_a_listener_or_without(tmp_path: Path, name: str) -> None:
    logs = []
    for streaming in ("confirmed", "provisional"):
        release = release_with(tmp_path / streaming, DRAFTS[name], streaming)
        for is_streamed in (False, True):
            async with a_world(release) as world:
                _, _, events = await _asked(world, is_streamed=is_streamed)
            logs.append(_told(events))
    assert logs[1:] == logs[:1] * 3


@pytest.mark.parametrize("name", DRAFTS)
async def test_nothing_is_shown_in_a_channel_that_shows_confirmed_text_only(tmp_path: Path, name: str) -> None:
    async with a_world(release_with(tmp_path, DRAFTS[name], "confirmed")) as world:
        reader, answer, _ = await _asked(world, is_streamed=True)
    assert set(map(type, reader.steps)) == {StoredEvent, TurnStage}
    assert "first_provisional" not in answer["timings_ms"]


@pytest.mark.parametrize("name", DRAFTS)
async def test_nothing_provisional_remains_when_the_turn_ends(tmp_path: Path, name: str) -> None:
    async with a_world(release_with(tmp_path, DRAFTS[name])) as world:
        reader, _, _ = await _asked(world, is_streamed=True)
    assert [*reader.shown, ""][-1] == "" or not reader.shown
    assert reader.left_at("answer.completed" if "answer.completed" in reader.kinds else "turn.failed") == ""


async def test_words_are_seen_before_their_sentence_is_confirmed_and_make_way_for_it(tmp_path: Path) -> None:
    async with a_world(release_with(tmp_path, DRAFTS["true"])) as world:
        reader, answer, _ = await _asked(world, is_streamed=True)

    first = reader.kinds.index("answer.sentence")
    before = [step.text for step in reader.steps[:first] if isinstance(step, AnswerProvisional)]
    assert before[0] in TRUE
    assert len(before[0]) < len(TRUE)
    assert all("Austria" not in text for text in _shown_after(reader, first))
    timings = answer["timings_ms"]
    assert 0 < timings["first_provisional"] < timings["first_confirmed"]
    metric = 'frontdesk_first_provisional_seconds_count{channel="test"'
    assert metric in world.telemetry.render().decode()


def _shown_after(reader: Reader, index: int) -> list[str]:
    return [step.text for step in reader.steps[index:] if isinstance(step, AnswerProvisional)]


async def test_at_most_about_25_texts_a_second_are_told(tmp_path: Path) -> None:
    draft = (*slowly(*[f"Word number {number} of a very long sentence" for number in range(12)], s=0.005), *reply("."))
    async with a_world(release_with(tmp_path, draft)) as world:
        began = asyncio.get_running_loop().time()
        reader, _, _ = await _asked(world, is_streamed=True)
        took_s = asyncio.get_running_loop().time() - began
    assert 3 < len(reader.shown) <= took_s * 25 + 3


async def test_what_does_not_stand_is_withdrawn(tmp_path: Path) -> None:
    async with a_world(release_with(tmp_path, DRAFTS["half true"])) as world:
        reader, answer, events = await _asked(world, is_streamed=True)

    assert any("4.90" in text for text in reader.shown)
    assert reader.withdrawn == ["ground"]
    assert "4.90" not in "".join(event.body for event in events)
    assert "claims_withheld" in answer["degraded"]


async def test_no_byte_of_a_secret_is_shown_and_the_rest_is_taken_back(tmp_path: Path) -> None:
    async with a_world(release_with(tmp_path, DRAFTS["a secret"])) as world:
        reader, _, _ = await _asked(world, is_streamed=True)

    assert any("Austria" in text for text in reader.shown)
    assert not any("sk-" in text for text in reader.shown)
    assert reader.shown[-1] == ""


async def test_a_model_that_breaks_off_has_its_words_taken_back_before_the_reset(tmp_path: Path) -> None:
    async with a_world(release_with(tmp_path, DRAFTS["broken off"])) as world:
        reader, _, _ = await _asked(world, is_streamed=True)

    assert any("And then" in text for text in reader.shown)
    assert reader.left_at("turn.reset") == ""


async def test_nothing_is_shown_any_more_once_a_person_has_taken_over(tmp_path: Path) -> None:
    draft = (*slowly("Shipping a parcel to Austria or to Spain is what you asked about", s=0.05), *reply())
    async with a_world(release_with(tmp_path, draft)) as world:
        conversation = await world.a_conversation()
        async with reading(world, conversation) as reader:
            accepted = await world.send(conversation, SHIPPING)
            while not any(reader.shown):
                await asyncio.sleep(0.01)
            await hand_over(
                world.database,
                world.release,
                conversation,
                clock=world.clock,
                tokens=SystemTokens(),
                telemetry=world.telemetry,
            )
            await world.finished(accepted)

    assert reader.left_at("escalation.opened") == ""
    assert not any(_shown_after(reader, reader.kinds.index("escalation.opened")))


async def test_nothing_is_worked_out_where_nobody_listens(tmp_path: Path) -> None:
    async with a_world(release_with(tmp_path, DRAFTS["true"])) as world:
        _, answer, _ = await _asked(world, is_streamed=False)
    assert "first_provisional" not in answer["timings_ms"]


async def test_a_model_that_falls_silent_has_its_words_taken_back_before_the_next_one_is_told(tmp_path: Path) -> None:
    draft = (*slowly("Standard shipping to Austria costs something or other", s=0.02), Pause(seconds=float("inf")))
    async with a_world(release_with(tmp_path, draft), limits=RunnerLimits(deadline_s=0.8)) as world:
        reader, answer, _ = await _asked(world, is_streamed=True)
    assert "extractive_fallback" in answer["degraded"]
    first = reader.shown.index("")
    assert "something" in reader.shown[first - 1]
    assert not any("something" in text for text in reader.shown[first:])


async def test_a_worker_that_stops_takes_back_what_it_showed(tmp_path: Path) -> None:
    draft = (*slowly("Standard shipping to Austria costs something or other", s=0.02), Pause(seconds=float("inf")))
    async with a_world(release_with(tmp_path, draft)) as world:
        conversation = await world.a_conversation()
        async with reading(world, conversation) as reader:
            await world.send(conversation, SHIPPING)
            while not any(reader.shown):
                await asyncio.sleep(0.01)
            await world.runner.close(grace_s=0)
    assert reader.shown[-1] == ""


async def test_provisional_text_is_neither_logged_nor_stored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    draft = (*slowly(TRUE, "A quetzalcoatlus is the word of the day, or so they all say here."), *reply())
    with structlog.testing.capture_logs() as logged:
        async with a_world(release_with(tmp_path, draft)) as world:
            reader, _, events = await _asked(world, is_streamed=True)
    assert any("quetzalcoatlus" in text for text in reader.shown)
    assert "quetzalcoatlus" not in "".join(event.body for event in events)
    assert "quetzalcoatlus" not in repr(logged) + caplog.text
