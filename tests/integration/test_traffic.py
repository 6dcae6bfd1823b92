"""The simulated customers of the demo: real turns in the hour before now, marked, silent to the outside, and only once."""

import asyncio
import json
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from frontdesk.bootstrap import App, open_traffic, read_customers
from frontdesk.bootstrap.traffic import UNFINISHED_FILE, asks_others
from frontdesk.domain.conversation import Conversation
from frontdesk.domain.events import FINAL_KINDS, StoredEvent
from frontdesk.domain.release import ModelRoute, ModelRoutes
from frontdesk.drills.stage import SETTINGS, environ, frontdesk
from frontdesk.ports.stores import Stores
from shop import DEMO, Shop, a_shop

CUSTOMERS = read_customers(DEMO, ("en", "es", "de"))
HOUR = timedelta(hours=1)
PATIENCE_S = 60.0
OUTBOX = "SELECT count(*) FROM outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation and all that happened in it."""

    conversation: Conversation
    events: Sequence[StoredEvent]
    records: Sequence[dict[str, Any]]
    """Of its turns, in order."""

    @property
    def outcomes(self) -> list[str]:
        return [json.loads(event.body)["outcome"] for event in self.events if event.kind in FINAL_KINDS]

    @property
    def finals(self) -> list[dict[str, Any]]:
        return [json.loads(event.body) for event in self.events if event.kind in FINAL_KINDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What an hour of traffic left."""

    began: datetime
    ended: datetime
    talks: Sequence[Talk]
    notices: int
    """Ever put into the outbox."""
    metrics: str
    came_again: bool

    def talk_of(self, name: str) -> Talk:
        (customer,) = [customer for customer in CUSTOMERS if customer.name == name]
        (talk,) = [talk for talk in self.talks if talk.conversation.conversation_id == customer.conversation_id]
        return talk


@pytest.fixture(scope="module")
def played(demo_knowledge: Path) -> Played:
    """The demo's hour, with everything that ships."""
    return asyncio.run(_play(demo_knowledge))


async def _play(data_dir: Path) -> Played:
    async with a_shop(data_dir) as shop:
        app, began = shop.app, shop.app.clock.now()
        await _let_all_write(app)
        return Played(
            began=began,
            ended=app.clock.now(),
            talks=await app.database.read(_read_talks),
            notices=_count(data_dir, OUTBOX),
            metrics=app.telemetry.render().decode(),
            came_again=await open_traffic(app) is not None,
        )


async def _let_all_write(app: App) -> None:
    traffic = await open_traffic(app)
    assert traffic is not None
    assert await traffic.wait(PATIENCE_S)


def _read_talks(stores: Stores) -> Sequence[Talk]:
    found = [stores.conversations.get(customer.conversation_id) for customer in CUSTOMERS]
    return [_read_talk(stores, conversation) for conversation in found if conversation is not None]


def _read_talk(stores: Stores, conversation: Conversation) -> Talk:
    events = stores.events.read(conversation.conversation_id, after=0)
    turns = [event.turn_id for event in events if event.kind in FINAL_KINDS and event.turn_id]
    return Talk(
        conversation=conversation, events=events, records=[stores.turns.record(turn_id) or {} for turn_id in turns]
    )


def test_everybody_came_and_every_line_has_its_end(played: Played) -> None:
    assert len(played.talks) == len(CUSTOMERS) >= 45
    assert [len(talk.outcomes) for talk in played.talks] == [len(customer.lines) for customer in CUSTOMERS]


def test_no_page_is_empty_every_outcome_and_every_confidence_is_there(played: Played) -> None:
    finals = [final for talk in played.talks for final in talk.finals]
    outcomes = Counter(final["outcome"] for final in finals)
    assert outcomes["answered"] >= 65
    assert outcomes["refused"] >= 15
    assert outcomes["escalated"] >= 10
    assert outcomes["clarified"] >= 3
    assert outcomes["failed"] == 0
    assert {final["confidence"] for final in finals} == {"high", "medium", "low"}
    assert {"rights_narrowed", "claims_withheld"} <= {label for final in finals for label in final["degraded"]}
    assert {talk.conversation.locale for talk in played.talks} == {"en", "es", "de"}


def test_answers_are_real_with_sources_timings_and_a_release(played: Played) -> None:
    for talk in played.talks:
        for final, record in zip(talk.finals, talk.records, strict=True):
            assert final["release_id"].startswith("rel_")
            assert final["timings_ms"]["total"] >= 0
            if final["outcome"] == "answered" and record["retrieval"]:
                assert final["citations"], final["text"]


def test_what_is_written_lies_in_the_hour_before_and_in_order(played: Played) -> None:
    for talk in played.talks:
        times = [talk.conversation.created_at, *(event.at for event in talk.events)]
        assert times == sorted(times)
        assert times[0] >= played.began - HOUR
        assert times[-1] <= played.ended
    begins = sorted(talk.conversation.created_at for talk in played.talks)
    assert begins[0] < played.began - timedelta(minutes=55)
    assert begins[-1] > played.began - timedelta(minutes=8)


def test_all_of_it_is_marked_as_simulated(played: Played) -> None:
    assert {talk.conversation.origin for talk in played.talks} == {"simulated"}


def test_members_are_answered_by_what_members_may_see_and_others_are_not(played: Played) -> None:
    member, other = played.talk_of("member at the lounge"), played.talk_of("not a member yet")
    assert "LARCH-4482" in member.finals[0]["text"]
    assert member.conversation.principal.customer_id is not None
    assert "60 days" not in str(other.records)


def test_what_people_should_not_type_is_masked_in_what_was_searched(played: Played) -> None:
    (record, _) = played.talk_of("card number").records
    assert "4111" not in record["verdict_in"]["text"]
    assert [finding["rule"] for finding in record["verdict_in"]["findings"]] == ["payment_card"]


def test_thumbs_stand_beside_the_answers_they_are_about(played: Played) -> None:
    rated = 0
    for talk, customer in zip(played.talks, CUSTOMERS, strict=True):
        turns = [event.turn_id for event in talk.events if event.kind in FINAL_KINDS]
        given = [event for event in talk.events if event.kind == "feedback.given"]
        wanted = [
            (turns[number], line.feedback, line.comment)
            for number, line in enumerate(customer.lines)
            if line.feedback is not None
        ]
        told = [json.loads(event.body) for event in given]
        assert [(one["turn_id"], one["rating"], one["comment"]) for one in told] == wanted
        rated += len(given)
    assert rated >= 25


def test_nobody_outside_is_told_and_no_metric_counts_them(played: Played) -> None:
    assert any("escalated" in talk.outcomes for talk in played.talks)
    assert played.notices == 0
    assert "frontdesk_turns_total{" not in played.metrics
    assert "frontdesk_turn_accepted_total{" not in played.metrics
    assert "frontdesk_feedback_total{" not in played.metrics


def test_they_come_only_once(played: Played) -> None:
    assert played.came_again is False


async def test_nobody_comes_where_a_customer_has_written(demo_words: Path) -> None:
    async with a_shop(demo_words, embedder="none") as shop:
        await shop.conversation()
        assert await open_traffic(shop.app) is None


async def test_a_customer_who_waits_for_a_person_is_still_told_of(demo_words: Path) -> None:
    async with a_shop(demo_words, embedder="none") as shop:
        await _let_all_write(shop.app)
        await shop.ask(await shop.conversation(), "I want to talk to a person")
        assert _count(demo_words, OUTBOX) == 1


async def test_nobody_comes_where_answers_may_cost_money() -> None:
    quotes = ModelRoute(name="quotes", adapter="extractive")
    vendor = ModelRoute(name="vendor", adapter="openai", model="m", base_url="https://models.example/v1")
    assert not asks_others(ModelRoutes(answer=(quotes,)))
    assert asks_others(ModelRoutes(answer=(vendor, quotes)))
    assert asks_others(ModelRoutes(answer=(quotes,), summary=(vendor,)))


@pytest.fixture
async def shop_of_two(demo_words: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with a customer whose line is no message, and one who asks something."""
    assistant = tmp_path / "assistant"
    shutil.copytree(DEMO, assistant)
    (assistant / "customers.yaml").write_text(
        "customers:\n"
        '  - {name: nothing, language: en, minute: 1, lines: ["\\u200b"]}\n'
        '  - {name: something, language: en, minute: 2, lines: ["When is the Hamburg store open on Saturdays?"]}\n',
        encoding="utf-8",
    )
    async with a_shop(demo_words, assistant=assistant, embedder="none") as shop:
        yield shop


async def test_a_line_that_cannot_be_sent_keeps_nobody_else_out(shop_of_two: Shop) -> None:
    app = shop_of_two.app
    await _let_all_write(app)

    (something, nothing) = await app.database.read(lambda stores: stores.conversations.list_recent(limit=9))
    assert [something.last_seq > 0, nothing.last_seq] == [True, 0]
    assert not (app.settings.data_dir / UNFINISHED_FILE).exists()


async def test_a_stop_in_the_middle_sends_them_home_and_the_next_start_lets_the_others_in(demo_words: Path) -> None:
    async with a_shop(demo_words, embedder="none") as shop:
        traffic = await open_traffic(shop.app)
        assert traffic is not None
        while not traffic.played:
            await asyncio.sleep(0.005)
    assert traffic.played < traffic.conversations
    async with a_shop(demo_words, embedder="none") as shop:
        await _let_all_write(shop.app)
        talks = await shop.app.database.read(_read_talks)
        assert len(talks) == len(CUSTOMERS)
        assert await open_traffic(shop.app) is None


async def test_a_kill_in_the_middle_leaves_no_turn_open(demo_words: Path) -> None:
    """The database is looked at from outside, as the next process finds it."""
    process = await _launch(demo_words)
    while _count(demo_words, "SELECT count(*) FROM turns WHERE state = 'ended'") < 10:
        await asyncio.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert (demo_words / UNFINISHED_FILE).exists()

    process = await _launch(demo_words)
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert json.loads(await process.stdout.readline())["staff_link"]
        while (demo_words / UNFINISHED_FILE).exists() or _count(
            demo_words, "SELECT count(*) FROM turns WHERE state != 'ended'"
        ):
            await asyncio.sleep(0.05)
    process.terminate()
    await process.wait()

    assert _count(demo_words, "SELECT count(*) FROM conversations") == len(CUSTOMERS)
    assert _count(demo_words, "SELECT count(*) FROM turns WHERE outcome = 'failed'") == 0
    assert _count(demo_words, OUTBOX) == 0


async def _launch(data_dir: Path) -> asyncio.subprocess.Process:
    command = frontdesk("up", "--assistant", str(DEMO), "--data-dir", str(data_dir), "--port", "0", "--json")
    return await asyncio.create_subprocess_exec(*command, env=environ(SETTINGS), stdout=asyncio.subprocess.PIPE)


def _count(data_dir: Path, query: str) -> int:
    """Of the database file, 0 where it is not there yet."""
    path = data_dir / "frontdesk.db"
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (count,) = connection.execute(query).fetchone()
        return int(count)
    except sqlite3.OperationalError:  # its tables are being made
        return 0
    finally:
        connection.close()
