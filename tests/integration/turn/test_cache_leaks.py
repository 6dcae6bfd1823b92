"""A thousand pairs of people who might be given each other's answer, and what happens where the cache's key is weaker."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from builders import DEMO, NOW, TestClock, a_release
from frontdesk.adapters.clock import SystemTokens
from frontdesk.adapters.models.scripted import ScriptedChatModel, Step, reply
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, Principal
from frontdesk.domain.ids import ConversationId, DocumentId, MessageId, TurnId
from frontdesk.domain.overlay import Overlay, Withdrawal
from frontdesk.domain.release import AnswerCacheSettings, ChannelSettings, RetrievalSettings
from frontdesk.domain.turn import Lease, OpenTurn, TurnContext, TurnRecord
from frontdesk.ingest.parsing.document import document_id
from frontdesk.ports.models import ChatRequest
from frontdesk.releases import read_assistant
from frontdesk.turn import keeping
from frontdesk.turn.cache import AnswerCache, AnswerKey, KeptAnswer
from frontdesk.turn.delivery import StageNotices, TurnVoice
from frontdesk.turn.generation import History
from frontdesk.turn.money.budget import NoLimits
from frontdesk.turn.pipeline import TurnRun
from frontdesk.turn.record import Ending
from frontdesk.turn.serving import ServedRelease

PAIRS = 1_000
CUSTOMERS = 4
"""Each has a document of their own."""
STRANGERS = ("zoe", "yan")
"""Proved customers of whom the knowledge says nothing."""
QUESTIONS = (
    "How long can I return unused items?",
    "How long can I return used items?",
    "What does standard shipping to Austria cost?",
    "What does standard shipping to Spain cost?",
    "What late return was agreed with me?",
    "what late return was agreed with me",
    "How long can Pine Club members return unused items?",
    "Up to which amount is goodwill given for late parcels?",
)


def public(days: int) -> Mapping[str, str]:
    """The articles; what differs between snapshots stands in the answers."""
    return {
        "returns.md": f"---\ntitle: Returns\n---\n\nYou can return unused items within {days} days of delivery.\n",
        "used.md": f"---\ntitle: Used items\n---\n\nYou can return used items within {days // 2} days of delivery.\n",
        "shipping.md": f"---\ntitle: Shipping\n---\n\nStandard shipping to Austria costs {days}.90 EUR. Standard shipping to "
        f"Spain costs {days + 1}.90 EUR.\n",
        "members.md": f"---\ntitle: Pine Club\naudience: members\n---\n\nPine Club members can return unused items within "
        f"{days * 2} days.\n",
        "staff.md": f"---\ntitle: Goodwill\naudience: staff\n---\n\nGoodwill for late parcels is given up to {days + 5} EUR.\n",
        **{
            f"customer-{number}.md": f"---\ntitle: Agreement\naudience: customer:c{number}\n---\n\nA late return was agreed "
            f"with you until {number + 2} March, code CANARY{number}.\n"
            for number in range(CUSTOMERS)
        },
    }


RETURNS = document_id("articles", "returns.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Everything about a question that may decide its answer."""

    release: str = "live"
    is_withdrawn: bool = False
    subject: str = ""
    segments: tuple[str, ...] = ()
    language: str = "en"
    channel: str = "web_chat"
    question: str = QUESTIONS[0]

    @property
    def labels(self) -> frozenset[str]:
        own = {f"customer:{self.subject}"} if self.subject else set()
        return frozenset({"public", *self.segments, *own})

    @property
    def is_personal(self) -> bool:
        """Whether a document is about this very customer."""
        return self.subject.startswith("c")

    @property
    def circumstances(self) -> tuple[Any, ...]:
        """What must agree where one answer serves two people; told here anew, without the cache's own words."""
        asked = " ".join(self.question.rstrip("?").split())
        asked = asked[0].lower() + asked[1:]
        return (self.release, self.is_withdrawn, frozenset(self.segments), self.language, self.channel, asked)


CHOICES: Mapping[str, Sequence[Any]] = {
    "release": ("live", "same snapshot, other words", "other snapshot"),
    "is_withdrawn": (False, True),
    "subject": ("", "", "", "", *STRANGERS, *(f"c{number}" for number in range(CUSTOMERS))),
    "segments": ((), ("members",), ("staff",), ("members", "staff")),
    "language": ("en", "de"),
    "channel": ("web_chat", "in_app"),
    "question": QUESTIONS,
}


def quoting(request: ChatRequest) -> Sequence[Step]:
    """A model that repeats whatever it was given first."""
    return reply(request.passages[0].text)


@dataclass(slots=True, kw_only=True)
class Shop:
    """Several releases that share one cache, which a running server would not even do."""

    releases: Mapping[tuple[str, bool], ServedRelease]
    clock: TestClock
    telemetry: PrometheusTelemetry
    asked: dict[TurnId, Asker]

    async def ask(self, asker: Asker) -> TurnRecord:
        release = self.releases[asker.release, asker.is_withdrawn]
        turn = a_turn(asker, release)
        principal = Principal(audiences=Audiences(labels=asker.labels), subject=asker.subject or None)
        conversation = a_conversation(asker, turn, principal)
        run = TurnRun(
            turn,
            TurnContext(conversation=conversation, principal=principal, history=()),
            release,
            history=History(),
            unanswered_before=0,
            clock=self.clock,
            tokens=SystemTokens(),
            telemetry=self.telemetry,
            voice=TurnVoice(StageNotices(), turn.conversation_id, after=0),
            purse=NoLimits(),
        )
        *_, ending = [step async for step in run.steps()]
        assert isinstance(ending, Ending)
        run.remember(ending.record)
        self.asked[turn.turn_id] = asker
        return ending.record

    def wrong(self, asker: Asker, record: TurnRecord) -> list[str]:
        """What this customer should never have been given."""
        found = [
            f"a document for {passage.audience}"
            for passage in (record.retrieval.passages if record.retrieval else ())
            if passage.audience not in asker.labels
        ]
        found += [
            f"the code of c{number}"
            for number in range(CUSTOMERS)
            if f"CANARY{number}" in record.answer.text and asker.subject != f"c{number}"
        ]
        if asker.is_withdrawn and RETURNS in {citation.document_id for citation in record.answer.citations}:
            found.append("a withdrawn document")
        if record.cached_from is not None:
            source = self.asked[record.cached_from]
            if asker.is_personal or source.is_personal:
                found.append("an answer around a personal document")
            if source.circumstances != asker.circumstances:
                found.append(f"the answer to {source}")
        return found


def a_turn(asker: Asker, release: ServedRelease) -> OpenTurn:
    turn_id = TurnId.mint(SystemTokens().token())
    return OpenTurn(
        turn_id=turn_id,
        conversation_id=ConversationId.mint(SystemTokens().token()),
        message_id=MessageId.mint(SystemTokens().token()),
        text=asker.question,
        language=asker.language,
        channel=asker.channel,
        release_id=release.manifest.release_id,
        accepted_at=NOW,
        deadline_at=NOW,
        lease=Lease(turn_id=turn_id, owner="test", fence=1),
    )


def a_conversation(asker: Asker, turn: OpenTurn, principal: Principal) -> Conversation:
    return Conversation(
        conversation_id=turn.conversation_id,
        channel=asker.channel,
        locale=asker.language,
        status=ConversationStatus.ASSISTANT,
        principal=principal,
        last_seq=1,
        created_at=NOW,
    )


def withdrawing(document: DocumentId) -> Overlay:
    change = Withdrawal(document_id=document, is_withdrawn=True, reason="Wrong.", by="ops", at=NOW)
    return Overlay(version=1, withdrawn={document: change})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, bool], ServedRelease]:
    profile = read_assistant(DEMO).profile
    change: dict[str, Any] = {
        "retrieval": RetrievalSettings(dense_weight={}, answer_above=0.05, high_above=0.1),
        "profile": replace(profile, channels={"in_app": ChannelSettings(streaming="provisional")}),
    }
    other = {**change, "profile": replace(change["profile"], voice="Terse.")}
    model = ScriptedChatModel(quoting)
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    releases = {
        "live": a_release(here, model=model, articles=public(30), change=change),
        "same snapshot, other words": a_release(here, model=model, articles=public(30), change=other),
        "other snapshot": a_release(there, model=model, articles=public(40), change=change),
    }
    overlay = withdrawing(RETURNS)
    return {
        (name, is_withdrawn): release.under(overlay) if is_withdrawn else release
        for name, release in releases.items()
        for is_withdrawn in (False, True)
    }


async def a_shop(opened: Mapping[tuple[str, bool], ServedRelease], cache: AnswerCache) -> Shop:
    releases = {name: replace(release, cache=cache) for name, release in opened.items()}
    return Shop(releases=releases, clock=TestClock(), telemetry=PrometheusTelemetry(), asked={})


def pairs(seed: int, count: int, *dimensions: str) -> list[tuple[Asker, Asker]]:
    """Somebody, and somebody who differs in nothing, in one thing, or in two."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        first = Asker(**{name: chance.choice(values) for name, values in CHOICES.items()})
        changed = chance.sample(list(dimensions or CHOICES), k=1 if dimensions else chance.choice((0, 1, 1, 2)))
        found.append((first, replace(first, **{name: chance.choice(CHOICES[name]) for name in changed})))
    return found


async def leaks(shop: Shop, cache_of_pair: Sequence[tuple[Asker, Asker]]) -> tuple[list[str], int]:
    """Everything wrong that was told, and how many answers were given again."""
    wrong: list[str] = []
    again = 0
    for first, second in cache_of_pair:
        for asker in (first, second):
            record = await shop.ask(asker)
            again += record.cached_from is not None
            wrong += shop.wrong(asker, record)
    return wrong, again


async def test_nobody_is_given_another_s_answer(opened: Mapping[tuple[str, bool], ServedRelease]) -> None:
    shop = await a_shop(opened, AnswerCache(AnswerCacheSettings(entries=100_000)))
    wrong, again = await leaks(shop, pairs(1, PAIRS))
    assert wrong == []
    assert again > PAIRS / 4  # else this would show nothing


class Forgetful(AnswerCache):
    """A cache whose key lacks a part."""

    def __init__(self, *missing: str) -> None:
        super().__init__(AnswerCacheSettings(entries=100_000))
        blank = AnswerKey(
            release_id=None,  # type: ignore[arg-type]
            snapshot_id=None,  # type: ignore[arg-type]
            overlay=0,
            guards="",
            audiences=(),
            language="",
            channel=ChannelSettings(),
            question="",
        )
        self._blank = {name: getattr(blank, name) for name in missing}

    def get(self, key: AnswerKey) -> KeptAnswer | None:
        return super().get(replace(key, **self._blank))

    def put(self, key: AnswerKey, kept: KeptAnswer) -> None:
        super().put(replace(key, **self._blank), kept)


@pytest.mark.parametrize(
    ("missing", "dimension"),
    [
        (("release_id", "snapshot_id", "guards"), "release"),
        (("overlay",), "is_withdrawn"),
        (("audiences",), "segments"),
        (("language",), "language"),
        (("channel",), "channel"),
        (("question",), "question"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else value,
)
async def test_a_key_that_lacks_a_part_is_found_out(
    opened: Mapping[tuple[str, bool], ServedRelease], missing: tuple[str, ...], dimension: str
) -> None:
    shop = await a_shop(opened, Forgetful(*missing))
    wrong, _ = await leaks(shop, pairs(2, 60, dimension))
    assert wrong


async def test_personal_answers_that_were_kept_would_be_found_out(
    opened: Mapping[tuple[str, bool], ServedRelease], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "shared_audiences", lambda principal, _: ("public",))
    shop = await a_shop(opened, AnswerCache(AnswerCacheSettings(entries=100_000)))
    wrong, _ = await leaks(shop, pairs(3, 150, "subject"))
    assert any("code of c" in one for one in wrong)


def test_every_part_of_the_key_is_put_to_the_test() -> None:
    tested = {"release_id", "snapshot_id", "guards", "overlay", "audiences", "language", "channel", "question"}
    assert {item.name for item in fields(AnswerKey)} == tested
