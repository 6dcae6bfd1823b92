"""A conversation is interrupted, forked and gone on with, here and there."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import World, a_release, a_world
from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.conversation import Conversation, ConversationStatus
from frontdesk.domain.errors import ConflictError, NotFoundError, TooLargeError
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.stores import Stores
from frontdesk.turn import fork as forking
from frontdesk.turn.fork import fork_conversation
from frontdesk.turn.said import find_turn

AUSTRIA = "How much does standard shipping to Austria cost?"
SPAIN = "And to Spain?"
RETURNS = "How long do I have to return unused items?"


async def fork(world: World, source: ConversationId, turn_id: TurnId | None = None) -> ConversationId:
    fork_id, tokens, now = ConversationId.mint(SystemTokens().token()), SystemTokens(), world.clock.now()

    def work(stores: Stores) -> None:
        earlier = stores.conversations.get(source)
        assert earlier is not None
        new = replace(
            earlier,
            conversation_id=fork_id,
            status=ConversationStatus.ASSISTANT,
            created_at=now,
            forked_from=source,
        )
        fork_conversation(stores, source, new, turn_id=turn_id, token_hash=fork_id, mint=tokens.token)

    await world.database.write(work)
    return fork_id


async def ask(world: World, conversation: ConversationId, text: str) -> dict[str, Any]:
    ended: dict[str, Any] = json.loads((await world.ask(conversation, text)).body)
    return ended


async def read(world: World, conversation: ConversationId) -> Conversation:
    found = await world.database.read(lambda stores: stores.conversations.get(conversation))
    assert found is not None
    return found


async def test_both_go_on_from_the_same_words_and_know_nothing_of_each_other(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        source = await world.a_conversation()
        first = await ask(world, source, AUSTRIA)
        other = await fork(world, source)
        here, there = await asyncio.gather(ask(world, source, RETURNS), ask(world, other, SPAIN))
        logs = [str([event.body for event in await world.events(one)]) for one in (source, other)]
        copied = (await world.events(other))[: len(await world.events(source)) - 3]

    assert "30 days" in here["text"]
    assert "8.90 EUR" in there["text"]
    assert "Spain" not in logs[0].replace("Standard shipping to Spain", "")
    assert "30 days" not in logs[1]
    assert {event.turn_id for event in copied} >= {first["turn_id"]}


async def test_goes_on_from_an_earlier_turn_as_if_the_later_ones_had_not_been(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel(*(reply("Standard shipping to Austria costs 6.90 EUR.") for _ in range(3)))
    async with a_world(a_release(tmp_path, model=model), url=url) as world:
        source = await world.a_conversation()
        first = await ask(world, source, AUSTRIA)
        await ask(world, source, RETURNS)
        other = await fork(world, source, TurnId(first["turn_id"]))
        await ask(world, other, AUSTRIA)

    said = [turn.text for turn in model.requests[-1].history]
    assert said[0] == AUSTRIA
    assert not any("unused items" in text for text in said)


async def test_an_answer_that_is_still_being_written_stays_behind(tmp_path: Path, url: str) -> None:
    truth = "Standard shipping to Austria costs 6.90 EUR."
    model = ScriptedChatModel(reply(truth), [f"{truth} And then ", Pause(seconds=float("inf"))], reply(truth))
    async with a_world(a_release(tmp_path, model=model), url=url) as world:
        source = await world.a_conversation()
        first = await ask(world, source, AUSTRIA)
        running = await world.send(source, AUSTRIA)
        async with asyncio.timeout(5):
            while not any(
                e.kind == "answer.sentence" and e.turn_id == running.turn.turn_id for e in await world.events(source)
            ):
                await asyncio.sleep(0.01)
        other = await fork(world, source)
        with pytest.raises(ConflictError):
            await fork(world, source, running.turn.turn_id)
        answer = await ask(world, other, AUSTRIA)
        turns = {event.turn_id for event in await world.events(other)}

    assert turns == {first["turn_id"], answer["turn_id"]}
    assert answer["outcome"] == "answered"


async def test_the_assistant_speaks_in_the_fork_of_a_conversation_that_a_person_has(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        source = await world.a_conversation()
        await ask(world, source, AUSTRIA)
        handed_over = await ask(world, source, "I want to talk to a person")
        silent = await ask(world, source, AUSTRIA)
        other = await fork(world, source)
        answer = await ask(world, other, SPAIN)
        waiting = await world.database.read(lambda stores: stores.escalations.open_on(other))
        status = (await read(world, source)).status

    assert (handed_over["outcome"], silent["text"]) == ("escalated", "")
    assert "8.90 EUR" in answer["text"]
    assert waiting is None
    assert status is ConversationStatus.WAITING


async def test_a_member_is_a_member_in_the_fork(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        source = await world.a_conversation("members")
        await ask(world, source, AUSTRIA)
        other = await fork(world, source)
        answer = await ask(world, other, "How long can Pine Club members return unused items?")

    assert "60 days" in answer["text"]


async def test_turns_of_the_source_are_known_in_the_fork_as_far_as_it_goes(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        source = await world.a_conversation()
        first, second = await ask(world, source, AUSTRIA), await ask(world, source, RETURNS)
        other = await fork(world, source, TurnId(first["turn_id"]))
        again = await fork(world, other)

        async def knows(conversation: ConversationId, turn: dict[str, Any]) -> bool:
            turn_id = TurnId(turn["turn_id"])
            try:
                found = await world.database.read(lambda stores: find_turn(stores, conversation, turn_id))
            except NotFoundError:
                return False
            return found.conversation_id == source

        assert [await knows(one, first) for one in (source, other, again)] == [True, True, True]
        assert [await knows(one, second) for one in (source, other, again)] == [True, False, False]


async def test_a_conversation_is_not_forked_without_end(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "MAX_FORKS", 2)
    async with a_world(a_release(tmp_path), url=url) as world:
        source = await world.a_conversation()
        await ask(world, source, AUSTRIA)
        forks = [await fork(world, source) for _ in range(2)]
        with pytest.raises(ConflictError):
            await fork(world, source)
        await fork(world, forks[0])
        monkeypatch.setattr(forking, "MAX_EVENTS", 2)
        with pytest.raises(TooLargeError):
            await fork(world, forks[1])
        assert await world.database.read(lambda stores: stores.finder.forks_of(forks[1])) == ()
