"""Workers die, lose their leases, wake up again; people take over: every accepted turn still ends once."""

import asyncio
import json
from pathlib import Path

from builders import World, a_release, a_world
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.ids import ConversationId
from frontdesk.turn.runner import RunnerLimits

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR. "
SHORT_LEASE = RunnerLimits(lease_s=1.0, claim_every_s=0.1)


async def sentence_told(world: World, conversation: ConversationId) -> None:
    async with asyncio.timeout(5):
        while not any(event.kind == "answer.sentence" for event in await world.events(conversation)):
            await asyncio.sleep(0.01)


async def test_a_turn_whose_worker_fell_silent_is_finished_by_another(tmp_path: Path, url: str) -> None:
    stuck_then_well = ScriptedChatModel([TRUTH, "And then ", Pause(seconds=float("inf"))], reply(TRUTH))
    release = a_release(tmp_path, model=stuck_then_well)
    async with a_world(
        release, url=url, limits=SHORT_LEASE, start=False
    ) as world:  # no heartbeat: it is as good as dead
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        await sentence_told(world, conversation)
        other = world.another_runner(owner="worker-2", limits=SHORT_LEASE)
        await other.start()
        answer = json.loads((await world.finished(accepted)).body)
        await other.close(grace_s=0.2)
        events = await world.events(conversation)
        finals = await world.finals(conversation)

    kinds = [event.kind for event in events]
    assert len(finals) == 1
    assert "6.90 EUR" in answer["text"]
    assert kinds.index("turn.reset") > kinds.index("answer.sentence")
    assert json.loads(events[kinds.index("turn.reset")].body)["reason"] == "taken_over"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


async def test_a_worker_that_wakes_up_after_losing_its_turn_writes_nothing(tmp_path: Path, url: str) -> None:
    slow_then_well = ScriptedChatModel([TRUTH, "And then ", Pause(seconds=3.0), *reply(TRUTH)], reply(TRUTH))
    release = a_release(tmp_path, model=slow_then_well)
    async with a_world(release, url=url, limits=SHORT_LEASE, start=False) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        other = world.another_runner(owner="worker-2", limits=SHORT_LEASE)
        await other.start()
        await world.finished(accepted)
        before = await world.events(conversation)
        async with asyncio.timeout(8):
            while world.runner.inflight:
                await asyncio.sleep(0.05)
        await other.close(grace_s=0.2)

        assert await world.events(conversation) == before
        assert len(await world.finals(conversation)) == 1


async def test_a_worker_that_stops_in_good_order_leaves_its_turns_free_at_once(tmp_path: Path) -> None:
    release = a_release(tmp_path, model=ScriptedChatModel([Pause(seconds=float("inf"))], reply(TRUTH)))
    async with a_world(release) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        await world.runner.close(grace_s=0.05)
        other = world.another_runner(owner="worker-2")
        began = asyncio.get_running_loop().time()
        await other.start()
        await world.finished(accepted)
        took_s = asyncio.get_running_loop().time() - began
        await other.close(grace_s=0.2)

    assert took_s < RunnerLimits().lease_s


async def test_a_person_who_takes_over_has_the_last_word(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([TRUTH, "And then ", Pause(seconds=0.3), *reply(TRUTH)])
    async with a_world(a_release(tmp_path, model=model), url=url) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        await sentence_told(world, conversation)
        await world.database.write(
            lambda stores: stores.conversations.set_status(conversation, ConversationStatus.OPERATOR)
        )
        told_before = len(await world.events(conversation))
        answer = json.loads((await world.finished(accepted)).body)
        events = await world.events(conversation)

    assert (answer["outcome"], answer["text"]) == ("escalated", "")
    assert [event.kind for event in events[told_before:]] == ["turn.reset", "answer.completed"]


async def test_a_turn_that_takes_too_long_ends_honestly_with_a_case(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([Pause(seconds=float("inf"))])
    limits = RunnerLimits(deadline_s=0.6)
    async with a_world(a_release(tmp_path, model=model), url=url, limits=limits) as world:
        conversation = await world.a_conversation()
        final = await world.finished(await world.send(conversation, AUSTRIA))
        events = await world.events(conversation)

    outcome = json.loads(final.body)
    if final.kind == "turn.failed":
        assert outcome["text"] == world.release.content.profile.texts.failed["en"]
        assert "escalation.opened" in [event.kind for event in events]
    else:  # quotation was reached in time
        assert "extractive_fallback" in outcome["degraded"]


async def test_a_turn_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    limits = RunnerLimits(lease_s=1.0, claim_every_s=0.1, max_attempts=0)
    async with a_world(a_release(tmp_path), limits=limits) as world:
        conversation = await world.a_conversation()
        final = await world.finished(await world.send(conversation, AUSTRIA))
        events = await world.events(conversation)

    assert (final.kind, json.loads(final.body)["code"]) == ("turn.failed", "gave_up")
    assert "escalation.opened" in [event.kind for event in events]


async def test_twenty_conversations_at_once_each_get_their_own_answer(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        conversations = [await world.a_conversation() for _ in range(20)]
        countries = ["Austria", "Spain"] * 10
        accepted = await asyncio.gather(
            *(
                world.send(conversation, f"How much does shipping to {country} cost?")
                for conversation, country in zip(conversations, countries, strict=True)
            )
        )
        answers = await asyncio.gather(*(world.finished(item) for item in accepted))

    prices = {"Austria": "6.90 EUR", "Spain": "8.90 EUR"}
    for country, answer in zip(countries, answers, strict=True):
        assert prices[country] in answer.body
