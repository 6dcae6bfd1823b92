"""A worker dies after it has told half an answer: whatever ends the turn then leaves none of its sentences standing."""

import asyncio
import json
from pathlib import Path

from builders import World, a_release, a_world
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.ids import ConversationId
from frontdesk.drills.invariants.authorship import told_by
from frontdesk.turn.running.runner import RunnerLimits

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR. "
SHORT_LEASE = RunnerLimits(lease_s=1.0, claim_every_s=0.1)


async def told_in(world: World, conversation: ConversationId) -> tuple[str, list[str]]:
    """The sentences that stand, and the kinds of all events."""
    events = await world.events(conversation)
    rows = [{"kind": event.kind, "data": json.loads(event.body)} for event in events]
    return told_by(rows), [event.kind for event in events]


async def test_a_person_who_was_asked_for_after_a_worker_died_finds_no_half_an_answer(tmp_path: Path, url: str) -> None:
    half = ScriptedChatModel([TRUTH, "And then ", Pause(seconds=float("inf"))], reply(TRUTH))
    async with a_world(a_release(tmp_path, model=half), url=url, limits=SHORT_LEASE, start=False) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        async with asyncio.timeout(5):
            while (await told_in(world, conversation))[0] == "":
                await asyncio.sleep(0.01)
        await world.database.write(
            lambda stores: stores.conversations.set_status(conversation, ConversationStatus.WAITING)
        )
        other = world.another_runner(owner="worker-2", limits=SHORT_LEASE)
        await other.start()
        await world.finished(accepted)
        await other.close(grace_s=0.2)
        told, kinds = await told_in(world, conversation)
    assert told == ""
    assert kinds[-2:] == ["turn.reset", "answer.completed"]
