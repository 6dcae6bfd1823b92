"""A process that is told to stop: nothing new is begun, what runs is finished or passed on, and nothing is lost."""

import asyncio
from pathlib import Path

import pytest

from builders import World, a_release, a_world
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.adapters.stores import open_database
from frontdesk.domain.errors import OverloadedError
from frontdesk.domain.events import FINAL_KINDS
from frontdesk.domain.ids import ConversationId
from frontdesk.turn.intake import Accepted
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR. "
FOR_EVER = Pause(seconds=float("inf"))


async def fence_of(world: World, accepted: Accepted) -> int:
    turn = await world.database.read(lambda stores: stores.turns.get(accepted.turn.turn_id))
    assert turn is not None
    return turn.fence


async def test_a_process_that_stops_takes_no_message_and_begins_no_turn_that_waits(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([Pause(seconds=0.3), *reply(TRUTH)])
    limits = RunnerLimits(max_running=1, claim_every_s=0.05)
    async with a_world(a_release(tmp_path, model=model), url=url, limits=limits) as world:
        running, waiting = [await world.send(await world.a_conversation(), AUSTRIA) for _ in range(2)]
        world.runner.drain()
        with pytest.raises(OverloadedError) as refused:
            await world.send(await world.a_conversation(), AUSTRIA)
        await world.finished(running)
        await asyncio.sleep(0.3)
        begun = await fence_of(world, waiting)

    assert world.runner.is_draining
    assert begun == 0
    assert refused.value.data["retry_after_s"] == 1


async def test_a_turn_that_is_finished_within_the_grace_stays_with_its_process(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([Pause(seconds=2.5), *reply(TRUTH)])
    limits = RunnerLimits(lease_s=1.0, claim_every_s=0.1)
    release = a_release(tmp_path, model=model, first_byte_s=15.0)
    async with a_world(release, url=url, limits=limits) as world:
        other = world.another_runner(owner="worker-2", limits=limits)
        await other.start()
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        await world.runner.close(grace_s=8.0)  # longer than a lease
        answer = await world.finished(accepted)
        fence = await fence_of(world, accepted)
        await other.close(grace_s=0.2)

    assert "6.90 EUR" in answer.body
    assert fence == 1


@pytest.mark.postgres
async def test_what_is_left_goes_to_another_process_at_once(tmp_path: Path, postgres_url: str) -> None:
    limits = RunnerLimits(lease_s=30.0, claim_every_s=20.0)
    release = a_release(tmp_path, model=ScriptedChatModel([FOR_EVER], reply(TRUTH)), first_byte_s=25.0)
    async with a_world(release, url=postgres_url, limits=limits) as world:
        door = await open_database(postgres_url)
        other = world.another_runner(owner="worker-2", limits=limits, database=door)
        await other.start()
        await asyncio.sleep(0.3)  # it listens
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        began = asyncio.get_running_loop().time()
        await world.runner.close(grace_s=0.1)
        answer = await world.finished(accepted)
        took_s = asyncio.get_running_loop().time() - began
        await other.close(grace_s=0.2)
        await door.close()

    assert "6.90 EUR" in answer.body
    assert took_s < 3.0


async def test_a_turn_that_stopping_processes_pass_on_is_not_held_for_one_that_kills_them(
    tmp_path: Path, url: str
) -> None:
    limits = RunnerLimits(claim_every_s=0.1, max_attempts=1)
    model = ScriptedChatModel([FOR_EVER], [FOR_EVER], reply(TRUTH))
    async with a_world(a_release(tmp_path, model=model, first_byte_s=15.0), url=url, limits=limits) as world:
        accepted = await world.send(await world.a_conversation(), AUSTRIA)
        await world.runner.close(grace_s=0.05)
        for number in (2, 3):
            other = world.another_runner(owner=f"worker-{number}", limits=limits)
            await other.start()
            async with asyncio.timeout(10):
                while len(model.requests) < number:
                    await asyncio.sleep(0.01)
            await other.close(grace_s=0.05 if number == 2 else 5.0)
        answer = await world.finished(accepted)

    assert "6.90 EUR" in answer.body


async def test_processes_restarted_one_after_the_other_lose_and_double_nothing(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([Pause(seconds=0.02), *reply(TRUTH)])
    limits = RunnerLimits(claim_every_s=0.1)
    async with a_world(a_release(tmp_path, model=model, first_byte_s=15.0), url=url, start=False) as world:
        serving: list[TurnRunner] = []

        async def restart(number: int) -> None:
            fresh = world.another_runner(owner=f"worker-{number}", limits=limits)
            await fresh.start()
            serving.append(fresh)
            if len(serving) > 2:
                await serving.pop(0).close(grace_s=0.03)

        async def write_on() -> list[Accepted]:
            sent = []
            for _ in range(12):
                sent.append(await persist(world, serving, await world.a_conversation()))
                await asyncio.sleep(0.02)
            return sent

        await restart(0)
        await restart(1)
        visitors = [asyncio.create_task(write_on()) for _ in range(4)]
        for number in range(2, 7):
            await asyncio.sleep(0.1)
            await restart(number)
        sent = [accepted for visitor in visitors for accepted in await visitor]
        answers = [await world.finished(accepted) for accepted in sent]
        ends = [await ends_of(world, accepted) for accepted in sent]
        for runner in serving:
            await runner.close(grace_s=0.5)

    assert len(sent) == 48
    assert all("6.90 EUR" in answer.body for answer in answers)
    assert ends == [1] * len(sent)


async def persist(world: World, serving: list[TurnRunner], conversation: ConversationId) -> Accepted:
    """Write as a client does: again with the same key, to another process, where one refuses."""
    async with asyncio.timeout(10):
        while True:
            for runner in tuple(serving):
                try:
                    return await world.send(conversation, AUSTRIA, key="mine", to=runner)
                except OverloadedError:
                    await asyncio.sleep(0.01)


async def ends_of(world: World, accepted: Accepted) -> int:
    events = await world.events(accepted.turn.conversation_id)
    return sum(event.kind in FINAL_KINDS for event in events)
