"""More people write than can be answered: some wait, some are kept and told so, the rest are asked to come again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from builders import World, a_release, a_world
from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.adapters.stores import open_database
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.errors import OverloadedError
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.turn import TurnState
from frontdesk.turn.handover import hand_over
from frontdesk.turn.intake import Accepted
from frontdesk.turn.running.runner import RunnerLimits

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR. "
ONE_HAND = RunnerLimits(max_running=1, max_kept=2)
"""One is answered, one waits, two are kept, and the next is refused."""


class Gate:
    """A model that says nothing before it is let."""

    def __init__(self) -> None:
        self._let = asyncio.Semaphore(0)
        self.model = ScriptedChatModel([Pause(seconds=1.0), *reply(TRUTH)], sleep=self._wait)

    def open(self) -> None:
        for _ in range(100):
            self.let_one()

    def let_one(self) -> None:
        self._let.release()

    async def _wait(self, _: float) -> None:
        await self._let.acquire()


@asynccontextmanager
async def a_rush(folder: Path, url: str, limits: RunnerLimits = ONE_HAND) -> AsyncIterator[tuple[World, Gate]]:
    gate = Gate()
    release = a_release(folder, model=gate.model, first_byte_s=15.0)
    async with a_world(release, url=url, limits=limits) as world:
        yield world, gate


async def arrive(world: World, people: int, *, address: str = "") -> list[Accepted]:
    """So many write, one after the other, each in a conversation of their own."""
    return [await world.send(await world.a_conversation(), AUSTRIA, address=address) for _ in range(people)]


async def state_of(world: World, accepted: Accepted) -> TurnState:
    turn = await world.database.read(lambda stores: stores.turns.get(accepted.turn.turn_id))
    assert turn is not None
    return turn.state


async def kinds_of(world: World, conversation: ConversationId) -> list[str]:
    return [event.kind for event in await world.events(conversation)]


async def test_in_a_rush_one_is_answered_one_waits_two_are_kept_and_the_next_is_asked_to_come_again(
    tmp_path: Path, url: str
) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        first, second, *kept = await arrive(world, 4)
        with pytest.raises(OverloadedError) as refused:
            await arrive(world, 1)
        states = [accepted.state for accepted in (first, second, *kept)]
        told = [event for event in await world.events(kept[0].turn.conversation_id) if event.kind == "turn.delayed"]
        gate.open()
        answers = [json.loads((await world.finished(accepted)).body) for accepted in (first, second, *kept)]
        kinds = await kinds_of(world, kept[0].turn.conversation_id)

    assert states == [TurnState.RUNNING, *[TurnState.QUEUED] * 3]
    assert [accepted.delayed for accepted in (first, second)] == ["", ""]
    assert [json.loads(event.body)["text"] for event in told] == [kept[0].delayed]
    assert kept[0].delayed == world.release.content.profile.texts.busy["en"]
    assert [answer["outcome"] for answer in answers] == ["answered"] * 4
    assert all("6.90 EUR" in answer["text"] for answer in answers)
    assert kinds == ["turn.accepted", "turn.delayed", "answer.sentence", "answer.completed"]
    assert int(refused.value.data["retry_after_s"] or 0) >= 1


async def test_what_was_refused_left_no_trace_and_is_taken_under_the_same_key_later(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        early = await arrive(world, 4)
        conversation = await world.a_conversation()
        with pytest.raises(OverloadedError):
            await world.send(conversation, AUSTRIA, key="mine")
        nothing = await world.events(conversation)
        gate.open()
        await asyncio.gather(*(world.finished(accepted) for accepted in early))
        answer = await world.finished(await world.send(conversation, AUSTRIA, key="mine"))

    assert list(nothing) == []
    assert "6.90 EUR" in answer.body


async def test_a_message_that_is_sent_again_while_nothing_new_is_taken_finds_its_turn(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        await arrive(world, 3)
        conversation = await world.a_conversation()
        kept = await world.send(conversation, AUSTRIA, key="mine")
        again = await world.send(conversation, AUSTRIA, key="mine")
        with pytest.raises(OverloadedError):
            await arrive(world, 1)
        gate.open()
        await world.finished(kept)

    assert again.turn.is_duplicate
    assert again.turn.turn_id == kept.turn.turn_id
    assert again.delayed == kept.delayed != ""


async def test_kept_messages_are_answered_after_those_that_wait(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        _, waiting, early_kept, late_kept = await arrive(world, 4)
        gate.open()
        ended = [await world.finished(accepted) for accepted in (waiting, early_kept, late_kept)]
        stored = await world.database.read(
            lambda stores: [stores.turns.get(accepted.turn.turn_id) for accepted in (waiting, early_kept, late_kept)]
        )

    assert ended[0].at <= min(event.at for event in ended[1:])
    assert [turn.lane for turn in stored if turn] == ["normal", "kept", "kept"]


async def test_a_kept_message_that_is_never_answered_ends_honestly_with_a_case(tmp_path: Path, url: str) -> None:
    limits = RunnerLimits(max_running=1, max_kept=2, claim_every_s=0.1, kept_deadline_s=0.5, deadline_s=1.0)
    async with a_rush(tmp_path, url, limits) as (world, _):
        _, _, kept = await arrive(world, 3)
        final = await world.finished(kept)
        kinds = await kinds_of(world, kept.turn.conversation_id)

    assert (final.kind, json.loads(final.body)["code"]) == ("turn.failed", "deadline_reached")
    assert kinds == ["turn.accepted", "turn.delayed", "escalation.opened", "turn.failed"]


async def test_whoever_has_waited_too_long_is_told_and_newcomers_go_first(tmp_path: Path, url: str) -> None:
    limits = RunnerLimits(max_running=1, claim_every_s=0.05, delay_after_s=1.0)
    async with a_rush(tmp_path, url, limits) as (world, gate):
        _, late = await arrive(world, 2)
        async with asyncio.timeout(5):
            while "turn.delayed" not in await kinds_of(world, late.turn.conversation_id):
                await asyncio.sleep(0.02)
        (newcomer,) = await arrive(world, 1)
        gate.open()
        answered_late, answered_new = await world.finished(late), await world.finished(newcomer)
        kinds = await kinds_of(world, late.turn.conversation_id)

    assert answered_new.at < answered_late.at
    assert kinds.count("turn.delayed") == 1


async def test_who_writes_most_is_not_answered_first(tmp_path: Path, url: str) -> None:
    limits = RunnerLimits(max_running=2, claim_every_s=0.1)
    async with a_rush(tmp_path, url, limits) as (world, gate):
        flood = await arrive(world, 4, address="192.0.2.1")
        (other,) = await arrive(world, 1, address="192.0.2.2")
        gate.let_one()
        async with asyncio.timeout(5):
            while (begun := await state_of(world, other)) is TurnState.QUEUED:
                await asyncio.sleep(0.01)
        still_waiting = [await state_of(world, accepted) for accepted in flood]
        gate.open()

    assert begun is TurnState.RUNNING
    assert still_waiting.count(TurnState.QUEUED) == 2


async def test_nobody_keeps_a_note_of_where_a_finished_message_came_from(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        gate.open()
        accepted = await world.send(await world.a_conversation(), AUSTRIA, address="192.0.2.1")
        await world.finished(accepted)
        stored = await world.database.read(lambda stores: stores.turns.get(accepted.turn.turn_id))

    assert accepted.turn.party.startswith("at_")
    assert "192.0.2.1" not in accepted.turn.party
    assert stored is not None
    assert stored.party == ""


async def test_the_road_to_a_person_is_open_in_any_rush(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        *_, kept = await arrive(world, 4)
        conversation = kept.turn.conversation_id
        handover = await hand_over(
            world.database,
            world.release,
            conversation,
            clock=world.clock,
            tokens=SystemTokens(),
            telemetry=world.telemetry,
        )
        written = await world.send(conversation, "It is about my parcel.")
        gate.open()
        silent = json.loads((await world.finished(kept)).body)
        await world.finished(written)
        kinds = await kinds_of(world, conversation)

    assert handover.status is ConversationStatus.WAITING
    assert (silent["outcome"], silent["text"]) == ("escalated", "")
    assert written.delayed == ""
    assert kinds.count("turn.delayed") == 1


async def test_kept_messages_outlive_their_process(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        accepted = await arrive(world, 4)
        await world.runner.close(grace_s=0.05)
        gate.open()
        other = world.another_runner(owner="worker-2")
        await other.start()
        answers = await asyncio.gather(*(world.finished(one) for one in accepted))
        await other.close(grace_s=0.5)

    assert all("6.90 EUR" in answer.body for answer in answers)


@pytest.mark.postgres
async def test_another_process_with_free_hands_takes_what_waits_at_once(tmp_path: Path, postgres_url: str) -> None:
    async with a_rush(tmp_path, postgres_url, RunnerLimits(max_running=1, claim_every_s=5.0)) as (world, gate):
        door = await open_database(postgres_url)
        other = world.another_runner(owner="worker-2", limits=RunnerLimits(claim_every_s=5.0), database=door)
        await other.start()
        await asyncio.sleep(0.3)  # both listen
        await arrive(world, 2)
        async with asyncio.timeout(2):
            while not other.inflight:
                await asyncio.sleep(0.01)
        gate.open()
        await other.close()
        await door.close()


async def test_a_sender_that_waits_for_nothing_is_refused_instead_of_kept(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        await arrive(world, 2)
        conversation = await world.a_conversation()
        with pytest.raises(OverloadedError):
            await world.send(conversation, AUSTRIA, may_be_kept=False)
        gate.open()


async def test_tells_how_busy_it_is(tmp_path: Path, url: str) -> None:
    async with a_rush(tmp_path, url) as (world, gate):
        await arrive(world, 4)
        with pytest.raises(OverloadedError):
            await arrive(world, 1)
        load = world.runner.load()
        gate.open()

    assert (load.running, load.hands, load.waiting, load.kept, load.refused) == (1, 1, 1, 2, 1)
