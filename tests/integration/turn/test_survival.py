"""Workers die, lose their leases, wake up again; people take over: every accepted turn still ends once."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from builders import World, a_release, a_world
from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, reply
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.errors import OverloadedError, StoreUnavailableError, UnavailableError
from frontdesk.domain.ids import ConversationId, ReleaseId
from frontdesk.ports.models import ChatRequest
from frontdesk.ports.stores import Database
from frontdesk.turn.context import load_context
from frontdesk.turn.intake import MAX_UNFINISHED
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner
from frontdesk.turn.serving import ServedRelease

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR. "
SHORT_LEASE = RunnerLimits(lease_s=1.0, claim_every_s=0.1)
FOR_EVER = Pause(seconds=float("inf"))


class Unreliable:
    """A database that cannot be reached now and then, and that may be slow to say that it has committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._down_until = 0.0
        self.has_no_reads = False
        self.late_by_s = 0.0

    def go_down(self, seconds: float) -> None:
        self._down_until = asyncio.get_running_loop().time() + seconds

    async def write(self, work: Callable[[Any], Any]) -> Any:
        self._stand_up()
        result = await self._database.write(work)
        await asyncio.sleep(self.late_by_s)
        return result

    async def read(self, work: Callable[[Any], Any]) -> Any:
        self._stand_up()
        if self.has_no_reads:
            raise StoreUnavailableError("no reads")
        return await self._database.read(work)

    async def wait_for_events(self, conversation_id: ConversationId, *, after: int, timeout_s: float) -> None:
        await self._database.wait_for_events(conversation_id, after=after, timeout_s=timeout_s)

    async def wait_for_turns(self, *, timeout_s: float) -> None:
        await self._database.wait_for_turns(timeout_s=timeout_s)

    async def ping(self) -> None: ...

    async def close(self) -> None: ...

    def _stand_up(self) -> None:
        if asyncio.get_running_loop().time() < self._down_until:
            raise StoreUnavailableError("down")


def a_runner(
    world: World,
    database: Unreliable,
    limits: RunnerLimits,
    releases: Callable[[ReleaseId | None], ServedRelease] | None = None,
) -> TurnRunner:
    """In place of the world's own worker, on a database that is not to be relied on."""
    world.runner = TurnRunner(
        database,
        releases or (lambda _: world.release),
        clock=world.clock,
        tokens=SystemTokens(),
        telemetry=world.telemetry,
        owner="worker-u",
        limits=limits,
    )
    return world.runner


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


@pytest.mark.parametrize(("down_s", "lease_s"), [(0.25, 60.0), (0.8, 1.0)], ids=["let-go", "not-even-let-go"])
async def test_a_turn_dropped_in_an_outage_comes_back_though_its_worker_lives_on(
    tmp_path: Path, url: str, down_s: float, lease_s: float
) -> None:
    outages: list[Unreliable] = []

    def go_down_then_answer(_: ChatRequest) -> Sequence[Any]:
        outages[0].go_down(down_s)
        return reply(TRUTH)

    model = ScriptedChatModel([FOR_EVER], go_down_then_answer, reply(TRUTH))
    async with a_world(a_release(tmp_path, model=model), url=url, start=False) as world:
        outages.append(Unreliable(world.database))
        runner = a_runner(world, outages[0], RunnerLimits(lease_s=lease_s, claim_every_s=0.3))
        await runner.start()
        busy = await world.a_conversation()
        await world.send(busy, AUSTRIA)
        async with asyncio.timeout(5):
            while not model.requests:
                await asyncio.sleep(0.01)
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        answer = json.loads((await world.finished(accepted)).body)
        finals = await world.finals(conversation)
        stored = await world.database.read(lambda stores: stores.turns.get(accepted.turn.turn_id))
        await runner.close(grace_s=0.01)

    assert "6.90 EUR" in answer["text"]
    assert len(finals) == 1
    assert stored is not None
    assert stored.fence == 2


async def test_a_message_kept_while_its_sender_went_away_is_still_answered(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url, start=False) as world:  # nobody claims
        slow = Unreliable(world.database)
        slow.late_by_s = 0.1
        runner = a_runner(world, slow, RunnerLimits())
        conversation = await world.a_conversation()
        sending = asyncio.create_task(world.send(conversation, AUSTRIA))
        async with asyncio.timeout(5):
            while not await world.events(conversation):
                await asyncio.sleep(0.01)
        sending.cancel()
        async with asyncio.timeout(5):
            while not await world.finals(conversation):
                await asyncio.sleep(0.01)
        assert sending.cancelled()
        await runner.close(grace_s=0.5)


async def test_a_turn_that_cannot_even_be_begun_ends_honestly_with_a_case(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url, start=False) as world:

        def only_live(wanted: ReleaseId | None) -> ServedRelease:
            if wanted:
                raise UnavailableError("The release's index is gone.")
            return world.release

        runner = a_runner(world, Unreliable(world.database), RunnerLimits(), only_live)
        conversation = await world.a_conversation()
        final = await world.ask(conversation, AUSTRIA)
        events = await world.events(conversation)
        await runner.close(grace_s=0.5)

    ended = json.loads(final.body)
    assert (final.kind, ended["code"]) == ("turn.failed", "dependency_unavailable")
    assert ended["text"] == world.release.content.profile.texts.failed["en"]
    assert [event.kind for event in events][-2:] == ["escalation.opened", "turn.failed"]


async def test_a_turn_whose_conversation_can_never_be_read_is_given_up(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url, start=False) as world:
        blind = Unreliable(world.database)
        blind.has_no_reads = True
        runner = a_runner(world, blind, RunnerLimits(claim_every_s=0.05, max_attempts=2))
        await runner.start()
        conversation = await world.a_conversation()
        final = await world.ask(conversation, AUSTRIA)
        await runner.close(grace_s=0.5)

    assert (final.kind, json.loads(final.body)["code"]) == ("turn.failed", "gave_up")


async def test_a_turn_found_after_its_deadline_is_not_worked(tmp_path: Path) -> None:
    model = ScriptedChatModel([FOR_EVER])
    limits = RunnerLimits(deadline_s=0.3)
    async with a_world(a_release(tmp_path, model=model), start=False, limits=limits) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        await world.runner.close(grace_s=0)
        asked_before = len(model.requests)
        await asyncio.sleep(0.3)
        other = world.another_runner(owner="worker-2")
        await other.start()
        final = await world.finished(accepted)
        await other.close(grace_s=0.2)

    assert (final.kind, json.loads(final.body)["code"]) == ("turn.failed", "deadline_reached")
    assert len(model.requests) == asked_before


async def test_something_else_that_is_down_ends_the_turn_instead_of_leaving_it(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = a_release(tmp_path)

    async def is_down(*_: Any, **__: Any) -> None:
        raise UnavailableError("The embedder is down.")

    monkeypatch.setattr(type(release.router), "uncovered", is_down)
    async with a_world(release, url=url) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, "Do penguins like jazz music in Antarctica?")
        final = await world.finished(accepted)
        stored = await world.database.read(lambda stores: stores.turns.get(accepted.turn.turn_id))

    assert (final.kind, json.loads(final.body)["code"]) == ("turn.failed", "dependency_unavailable")
    assert stored is not None
    assert stored.fence == 1


async def test_a_conversation_that_has_too_many_answers_under_way_is_asked_to_wait(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel([FOR_EVER])
    async with a_world(a_release(tmp_path, model=model), url=url, start=False) as world:
        flooded, other = await world.a_conversation(), await world.a_conversation()
        sent = await asyncio.gather(
            *(world.send(flooded, AUSTRIA, key=f"key-{number}") for number in range(MAX_UNFINISHED + 3)),
            return_exceptions=True,
        )
        refused = [one for one in sent if isinstance(one, BaseException)]
        kept = await world.events(flooded)
        known = next(number for number, one in enumerate(sent) if not isinstance(one, BaseException))
        again = await world.send(flooded, AUSTRIA, key=f"key-{known}")
        await world.send(other, AUSTRIA)

    assert [type(error) for error in refused] == [OverloadedError] * 3
    assert sum(event.kind == "turn.accepted" for event in kept) == MAX_UNFINISHED
    assert again.turn.is_duplicate


async def test_where_a_person_is_awaited_the_past_is_not_read(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        conversation = await world.a_conversation()
        await world.ask(conversation, AUSTRIA)
        accepted = await world.send(conversation, "I want to talk to a person")
        await world.finished(accepted)
        waiting, _ = await world.database.read(lambda stores: load_context(stores, accepted.turn))
        await world.database.write(
            lambda stores: stores.conversations.set_status(conversation, ConversationStatus.ASSISTANT)
        )
        back, _ = await world.database.read(lambda stores: load_context(stores, accepted.turn))

    assert waiting.history == ()
    assert len(back.history) >= 2


async def test_a_turn_that_is_given_up_leaves_no_sentence_of_a_dead_worker_standing(tmp_path: Path, url: str) -> None:
    stuck = ScriptedChatModel([TRUTH, "And then ", Pause(seconds=float("inf"))])
    async with a_world(a_release(tmp_path, model=stuck), url=url, limits=SHORT_LEASE, start=False) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, AUSTRIA)
        await sentence_told(world, conversation)
        limits = RunnerLimits(lease_s=1.0, claim_every_s=0.1, max_attempts=1)
        other = world.another_runner(owner="worker-2", limits=limits)
        await other.start()
        final = await world.finished(accepted)
        await other.close(grace_s=0.2)
        kinds = [event.kind for event in await world.events(conversation)]

    assert (final.kind, json.loads(final.body)["code"]) == ("turn.failed", "gave_up")
    assert kinds.index("turn.reset") > kinds.index("answer.sentence")
