"""A message arrives while an earlier one is being answered, perhaps at another process: order is kept, nothing is lost."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from builders import DEMO, World, a_release, a_world
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.adapters.stores import open_database
from frontdesk.domain.events import StoredEvent
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.release import ChannelSettings, NewMessage
from frontdesk.ports.models import ChatModel, ChatRequest
from frontdesk.releases import read_assistant
from frontdesk.turn.intake import Accepted
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner
from frontdesk.turn.serving import ServedRelease

AUSTRIA = "How much does shipping to Austria cost?"
SPAIN = "How much does shipping to Spain cost?"
EXPRESS = "When does express delivery arrive?"
TO_AUSTRIA = "Standard shipping to Austria costs 6.90 EUR. "
TO_SPAIN = "Standard shipping to Spain costs 8.90 EUR. "
FOR_EVER = Pause(seconds=float("inf"))
QUICK = RunnerLimits(lease_s=1.0, claim_every_s=0.1)
MODES: Sequence[NewMessage] = ("enqueue", "interrupt", "merge")
PAIRS = 120
"""For each rule and database."""


def a_release_that(folder: Path, mode: NewMessage, model: ChatModel | None) -> ServedRelease:
    profile = replace(read_assistant(DEMO).profile, channels=cast("Any", {"test": ChannelSettings(new_message=mode)}))
    return a_release(folder, model=model, change={"profile": profile}, first_byte_s=15.0)


def speak_of(request: ChatRequest) -> Sequence[Any]:
    """A model that answers what it was asked, after a moment."""
    said = [TO_AUSTRIA] * ("Austria" in request.question) + [TO_SPAIN] * ("Spain" in request.question)
    return [Pause(seconds=0.002), *reply(*said)]


@asynccontextmanager
async def two_processes(
    folder: Path, url: str, mode: NewMessage, model: ChatModel | None
) -> AsyncIterator[tuple[World, TurnRunner]]:
    """Two workers on the same data; on PostgreSQL each has its own connections, as two processes have."""
    async with a_world(a_release_that(folder, mode, model), url=url, limits=QUICK) as world:
        door = await open_database(url) if url.startswith("postgresql") else world.database
        other = world.another_runner(owner="worker-2", limits=QUICK, database=door)
        await other.start()
        try:
            yield world, other
        finally:
            await other.close(grace_s=0.2)
            if door is not world.database:
                await door.close()


async def spoken(world: World, conversation: ConversationId) -> None:
    async with asyncio.timeout(10):
        while not any(event.kind == "answer.sentence" for event in await world.events(conversation)):
            await asyncio.sleep(0.01)


def body_of(event: StoredEvent) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(event.body)
    return body


async def test_a_new_message_interrupts_an_answer_whose_sentences_are_void(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([TO_AUSTRIA, "And then ", FOR_EVER], reply(TO_SPAIN))
    async with a_world(a_release_that(tmp_path, "interrupt", model), url=url) as world:
        conversation = await world.a_conversation()
        first = await world.send(conversation, AUSTRIA)
        await spoken(world, conversation)
        began = asyncio.get_running_loop().time()
        second = await world.send(conversation, SPAIN)
        answers = [body_of(await world.finished(accepted)) for accepted in (first, second)]
        took_s = asyncio.get_running_loop().time() - began
        events = await world.events(conversation)
        record = await world.database.read(lambda stores: stores.turns.record(first.turn.turn_id))

    assert (answers[0]["outcome"], answers[0]["text"]) == ("clarified", "")
    assert "superseded" in answers[0]["degraded"]
    assert "8.90 EUR" in answers[1]["text"]
    resets = [body_of(event) for event in events if event.kind == "turn.reset"]
    assert [(reset["turn_id"], reset["reason"]) for reset in resets] == [(first.turn.turn_id, "superseded")]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert took_s < 3.0  # the model alone would have been given four seconds to go on
    assert record is not None
    assert record["superseded_by"] == second.turn.turn_id


async def test_an_interrupting_message_is_answered_with_the_earlier_one_in_mind(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([FOR_EVER], reply(TO_SPAIN))
    async with a_world(a_release_that(tmp_path, "interrupt", model), url=url) as world:
        conversation = await world.a_conversation()
        await world.send(conversation, AUSTRIA)
        await until(lambda: len(model.requests) == 1)
        await world.ask(conversation, SPAIN)

    assert model.requests[-1].question == SPAIN
    assert AUSTRIA in [said.text for said in model.requests[-1].history]


async def test_merged_messages_are_answered_as_one(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([FOR_EVER], [FOR_EVER], reply(TO_AUSTRIA, TO_SPAIN))
    async with a_world(a_release_that(tmp_path, "merge", model), url=url) as world:
        conversation = await world.a_conversation()
        sent = []
        for number, text in enumerate((AUSTRIA, SPAIN, EXPRESS), start=1):
            sent.append(await world.send(conversation, text))
            await until(lambda number=number: len(model.requests) == number)
        answers = [body_of(await world.finished(accepted)) for accepted in sent]

    assert ["superseded" in answer["degraded"] for answer in answers] == [True, True, False]
    assert model.requests[-1].question == f"{AUSTRIA}\n{SPAIN}\n{EXPRESS}"
    assert not {AUSTRIA, SPAIN} & {said.text for said in model.requests[-1].history}
    assert "6.90 EUR" in answers[2]["text"]
    assert "8.90 EUR" in answers[2]["text"]


async def test_messages_that_nobody_works_on_yet_are_merged_as_well(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([FOR_EVER], speak_of)
    async with a_world(a_release_that(tmp_path, "merge", model), url=url, start=False) as world:
        conversation = await world.a_conversation()
        sent = [await world.send(conversation, text) for text in (EXPRESS, AUSTRIA, SPAIN)]
        await world.runner.close(grace_s=0.2)
        other = world.another_runner(owner="worker-2", limits=QUICK)
        await other.start()
        answers = [body_of(await world.finished(accepted)) for accepted in sent]
        await other.close(grace_s=0.2)

    assert [answer["text"] == "" for answer in answers] == [True, True, False]
    assert model.requests[-1].question == f"{EXPRESS}\n{AUSTRIA}\n{SPAIN}"


@pytest.mark.parametrize("mode", ["interrupt", "merge"])
async def test_a_message_at_another_process_stops_the_answer_at_once(
    tmp_path: Path, url: str, mode: NewMessage
) -> None:
    model = ScriptedChatModel([TO_AUSTRIA, "And then ", FOR_EVER], reply(TO_SPAIN))
    async with two_processes(tmp_path, url, mode, model) as (world, other):
        conversation = await world.a_conversation()
        first = await world.send(conversation, AUSTRIA)
        await spoken(world, conversation)
        began = asyncio.get_running_loop().time()
        second = await world.send(conversation, SPAIN, to=other)
        answers = [body_of(await world.finished(accepted)) for accepted in (first, second)]
        took_s = asyncio.get_running_loop().time() - began
        finals = await world.finals(conversation)

    assert [answer["text"] != "" for answer in answers] == [False, True]
    assert len(finals) == 2
    assert took_s < QUICK.lease_s + 2.0


async def test_a_dead_process_cannot_keep_a_later_message_waiting(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([TO_AUSTRIA, "And then ", FOR_EVER], reply(TO_SPAIN))
    async with a_world(a_release_that(tmp_path, "interrupt", model), url=url, limits=QUICK, start=False) as world:
        conversation = await world.a_conversation()
        first = await world.send(conversation, AUSTRIA)  # nobody keeps this lease
        await spoken(world, conversation)
        other = world.another_runner(owner="worker-2", limits=QUICK)
        second = await world.send(conversation, SPAIN, to=other)
        world.runner.drain()
        await other.start()
        answers = [body_of(await world.finished(accepted)) for accepted in (first, second)]
        events = await world.events(conversation)
        await other.close(grace_s=0.2)

    assert answers[0]["text"] == ""
    assert "superseded" in answers[0]["degraded"]
    assert "8.90 EUR" in answers[1]["text"]
    assert [event.kind for event in events].count("turn.reset") == 1


async def test_superseded_messages_do_not_bring_in_a_person(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([FOR_EVER])
    async with a_world(a_release_that(tmp_path, "interrupt", model), url=url) as world:
        conversation = await world.a_conversation()
        sent = [await world.send(conversation, AUSTRIA) for _ in range(4)]
        for accepted in sent[:3]:
            await world.finished(accepted)
        unanswered = await world.database.read(lambda stores: stores.conversations.unanswered_in_a_row(conversation))

    assert unanswered == 0


async def test_the_same_message_three_times_at_once_at_two_processes_is_one_turn(tmp_path: Path, url: str) -> None:
    async with two_processes(tmp_path, url, "enqueue", ScriptedChatModel(speak_of)) as (world, other):
        for number in range(20):
            conversation = await world.a_conversation()
            doors = [world.runner, other, other if number % 2 else world.runner]
            random.shuffle(doors)
            sent = await asyncio.gather(*(world.send(conversation, AUSTRIA, key="once", to=door) for door in doors))
            await asyncio.gather(*(world.finished(accepted) for accepted in sent))
            finals = await world.finals(conversation)
            assert len({accepted.turn.turn_id for accepted in sent}) == 1
            assert sum(not accepted.turn.is_duplicate for accepted in sent) == 1
            assert len(finals) == 1


@pytest.mark.parametrize("mode", MODES)
async def test_pairs_of_messages_at_two_processes_are_each_answered_by_the_rule(
    tmp_path: Path, url: str, mode: NewMessage
) -> None:
    async with two_processes(tmp_path, url, mode, ScriptedChatModel(speak_of)) as (world, other):
        limit = asyncio.Semaphore(8)

        async def one() -> None:
            async with limit:
                check_pair(mode, *await a_pair(world, other))

        await asyncio.gather(*(one() for _ in range(PAIRS)))


async def a_pair(world: World, other: TurnRunner) -> tuple[Sequence[Accepted], Sequence[StoredEvent]]:
    """Two messages nearly at once, each at whichever process; all that happened."""
    conversation = await world.a_conversation()

    async def send(text: str, after_s: float) -> Accepted:
        await asyncio.sleep(after_s)
        return await world.send(conversation, text, to=random.choice((world.runner, other)))

    sent = await asyncio.gather(send(AUSTRIA, 0.0), send(SPAIN, random.uniform(0.0, 0.02)))
    await asyncio.gather(*(world.finished(accepted) for accepted in sent))
    return sent, await world.events(conversation)


def check_pair(mode: NewMessage, sent: Sequence[Accepted], events: Sequence[StoredEvent]) -> None:
    accepted = [body_of(event)["turn_id"] for event in events if event.kind == "turn.accepted"]
    finals = [body_of(event) for event in events if event.kind in ("answer.completed", "turn.failed")]
    answered = [final for final in finals if final["text"]]
    assert sorted(accepted) == sorted(item.turn.turn_id for item in sent)
    assert [final["turn_id"] for final in finals] == accepted  # each ended once, in the order they came
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    last = next(item for item in sent if item.turn.turn_id == accepted[-1])
    wanted = {"6.90": "Austria" in last.turn.text, "8.90": "Spain" in last.turn.text}
    if len(answered) == 1:
        assert mode != "enqueue"
        assert "superseded" in finals[0]["degraded"]
        wanted = {price: mode == "merge" or is_asked for price, is_asked in wanted.items()}
    assert len(answered) in (1, 2)
    assert {price: price in finals[-1]["text"] for price in wanted} == wanted


async def until(is_so: Any) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)
