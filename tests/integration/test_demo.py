"""The demo shop over its real articles, with the parts that ship: what it answers, what it leaves, what it keeps.

The named questions must always come right. The others have floors at what is reached; every miss is printed
with the stage that missed, so that a better part shows at once.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from shop import DEMO, Reply, Shop, a_shop, tell

Entry = Mapping[str, Any]

NAMED = (
    "You approved my return, when will the money be on my credit card?",
    "I already lit the camping stove once, is it still possible to return it?",
    "do you guys deliver to the Canary Islands?",
    "last day to order for christmas with normal shipping within germany??",
    "There are bubbles in the membrane of my rain jacket after 4 years. Covered?",
    "Can my merino shirt go in the tumble dryer?",
    "my foot is 26.6 cm long, which EU shoe size do i need",
    "what's the deposit for borrowing an avalanche set",
    "Is the Amsterdam shop open on sundays?",
    "i typed my password wrong too often and now im locked out, for how long?",
)
UNANSWERED = (
    "How much is delivery to Japan?",
    "Can I pay with Bitcoin?",
    "What do you charge for sharpening crampons?",
    "Will it snow in Chamonix next weekend?",
    "Which mutual fund should I put my savings in?",
)
"""The first three stand next to an article that covers everything but them."""
ANSWERABLE_FLOOR = 45
FOLLOW_UP_FLOOR = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    entry: Entry
    reply: Reply

    @property
    def is_right(self) -> bool:
        """Answered with the fact, cited from its article or from another whose quoted words carry the fact too."""
        facts: list[str] = self.entry["must_contain"]
        document = Path(self.entry["document"]).name
        quotes = " ".join(str(citation["quote"]) for citation in self.reply.citations)
        is_cited = document in self.reply.documents or all(fact in quotes for fact in facts)
        return self.reply.outcome == "answered" and is_cited and all(fact in self.reply.text for fact in facts)

    @property
    def miss(self) -> str:
        """Question, stage that missed, and what was said."""
        asked = self.entry.get("question") or f"{self.entry['first']} > {self.entry['then']}"
        return f"{asked}\n    {self._cause()}\n    {self.reply.outcome}: {self.reply.text[:200]!r}"

    def _cause(self) -> str:
        retrieval = self.reply.record["retrieval"]
        route = self.reply.record["route"] or {}
        if retrieval is None:
            return f"routing: {route.get('why')}"
        document = Path(self.entry["document"]).name
        if document not in self.reply.found:
            return f"retrieval missed {document}, found {', '.join(self.reply.found)}"
        if retrieval["level"] == "low":
            return f"confidence {retrieval['confidence']:.2f} too low; the article is passage {self.reply.found.index(document) + 1}"
        if any(fact in held["text"] for held in self.reply.record["withheld"] for fact in self.entry["must_contain"]):
            return f"grounding withheld {self.reply.record['withheld']}"
        return f"another sentence was chosen ({retrieval['level']}), from {', '.join(self.reply.documents)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    answerable: tuple[Asked, ...]
    unanswerable: tuple[Asked, ...]
    follow_ups: tuple[Asked, ...]
    probes: tuple[Asked, ...]
    with_rights: tuple[Asked, ...]
    """The probes, asked by staff who are members too."""

    def asked(self, question: str) -> Asked:
        (found,) = [asked for asked in (*self.answerable, *self.unanswerable) if asked.entry["question"] == question]
        return found


@pytest.fixture(scope="module")
def rehearsal(demo_knowledge: Path) -> Rehearsal:
    """Every question of the demo, asked once; those with rights ask before those without."""
    return asyncio.run(_rehearse(demo_knowledge))


async def _rehearse(data_dir: Path) -> Rehearsal:
    entries = yaml.safe_load((DEMO / "questions.yaml").read_text(encoding="utf-8"))
    async with a_shop(data_dir) as shop:
        return Rehearsal(
            answerable=tuple([await _ask(shop, entry) for entry in entries["answerable"]]),
            unanswerable=tuple([await _ask(shop, entry) for entry in entries["unanswerable"]]),
            follow_ups=tuple([await _follow_up(shop, entry) for entry in entries["follow_ups"]]),
            with_rights=tuple([await _ask(shop, entry, "staff", "members") for entry in entries["audience_probes"]]),
            probes=tuple([await _ask(shop, entry) for entry in entries["audience_probes"]]),
        )


async def _ask(shop: Shop, entry: Entry, *audiences: str) -> Asked:
    conversation = await shop.conversation(*audiences, locale=entry.get("language", "en"))
    return Asked(entry=entry, reply=await shop.ask(conversation, entry["question"]))


async def _follow_up(shop: Shop, entry: Entry) -> Asked:
    conversation = await shop.conversation(entry["audience"])
    await shop.ask(conversation, entry["first"])
    return Asked(entry=entry, reply=await shop.ask(conversation, entry["then"]))


@pytest.mark.parametrize("question", NAMED)
def test_a_named_question_is_always_answered_from_its_article(rehearsal: Rehearsal, question: str) -> None:
    asked = rehearsal.asked(question)
    assert asked.is_right, asked.miss


@pytest.mark.parametrize("question", UNANSWERED)
def test_a_named_question_without_an_answer_is_never_answered(rehearsal: Rehearsal, question: str) -> None:
    asked = rehearsal.asked(question)
    assert asked.reply.outcome in ("refused", "escalated", "clarified"), asked.reply.text


def test_most_answerable_questions_are_answered(rehearsal: Rehearsal) -> None:
    misses = [asked.miss for asked in rehearsal.answerable if not asked.is_right]
    tell(f"{len(misses)} of {len(rehearsal.answerable)} missed", *misses)
    assert len(rehearsal.answerable) - len(misses) >= ANSWERABLE_FLOOR


def test_at_most_one_question_without_an_answer_is_answered(rehearsal: Rehearsal) -> None:
    said = [asked for asked in rehearsal.unanswerable if asked.reply.outcome == "answered"]
    told = "\n".join(f"{asked.entry['question']}: {asked.reply.text}" for asked in said)
    assert len(said) <= 1, told


def test_follow_ups_are_understood(rehearsal: Rehearsal) -> None:
    misses = [asked.miss for asked in rehearsal.follow_ups if not asked.is_right]
    tell(f"{len(misses)} of {len(rehearsal.follow_ups)} missed", *misses)
    assert len(rehearsal.follow_ups) - len(misses) >= FOLLOW_UP_FLOOR


def test_and_for_members_is_answered_by_what_each_may_see(rehearsal: Rehearsal) -> None:
    for_members = [asked for asked in rehearsal.follow_ups if asked.entry["then"] == "and for members?"]
    assert {asked.entry["audience"] for asked in for_members} == {"members", "public"}
    for asked in for_members:
        assert asked.is_right, asked.miss
    (public,) = [asked for asked in for_members if asked.entry["audience"] == "public"]
    assert "60 days" not in public.reply.everything


def test_nobody_learns_what_is_not_meant_for_them(rehearsal: Rehearsal) -> None:
    leaks = [
        (asked.entry["question"], secret)
        for asked in rehearsal.probes
        for secret in asked.entry["must_not_contain"]
        if _tells(asked.reply.everything, secret)
    ]
    assert leaks == []


def _tells(text: str, secret: str) -> bool:
    """Whether the secret stands in it for itself: four digits within an id, a digest or a fraction tell nothing."""
    return re.search(rf"(?<![\w.]){re.escape(secret)}(?!\w)", text) is not None


def test_the_secrets_of_the_probes_are_there_for_those_who_may_know(rehearsal: Rehearsal) -> None:
    """Else the probes above would prove nothing."""
    met = [
        any(_tells(asked.reply.everything, secret) for secret in asked.entry["must_not_contain"])
        for asked in rehearsal.with_rights
    ]
    assert sum(met) >= 10
