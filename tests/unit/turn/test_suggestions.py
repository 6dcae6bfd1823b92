"""Which sections are offered after an answer, and under what name."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import a_release
from frontdesk.adapters.clock import SystemClock
from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences
from frontdesk.domain.ids import ChunkId, DocumentId, SnapshotId
from frontdesk.domain.knowledge import Chunk
from frontdesk.domain.turn import Citation
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.models import ChatTurn
from frontdesk.turn import suggestions
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.suggestions import BUDGET_S, Answered, candidates, offer, suggest

MEMBERS = Audiences(labels=frozenset({"public", "members"}))
ARTICLES: Mapping[str, str] = {
    "tents.md": """---
title: Tents
---

# Tents

Our tents are made for wind and rain and last for many years when they are looked after.

## Pitching

Pitch the tent on level ground and stake out the corners before you raise the poles.

## Drying a wet tent

Dry the tent for two days in a warm room before you pack it away for the winter.

## Repairing broken poles

We repair a broken pole for 15 EUR within ten working days of its arrival.

## Waterproof spray

Spray the fly sheet with silicone once a year so that the rain runs off.
""",
    "members.md": """---
title: Member workshops
audience: members
---

# Member workshops

## Repairing tents together

Members repair their tents together with our staff on the first Monday of each month.
""",
    "stoves.md": """---
title: Camping stoves
---

# Camping stoves

## Cleaning the burner

Clean the burner of the stove with a soft brush after every trip.
""",
}


@pytest.fixture
def index(tmp_path: Path) -> KnowledgeIndex:
    return a_release(tmp_path, articles=ARTICLES).retriever.index


def chunk_of(index: KnowledgeIndex, text: str) -> Chunk:
    rows = (row for document in index.documents() for row in index.rows_of(document.document_id))
    return next(chunk for chunk in map(index.chunk, rows) if text in chunk.text)


def cited(chunk: Chunk, quote: str = "") -> Citation:
    return Citation(
        marker="1",
        document_id=chunk.document_id,
        chunk_id=chunk.chunk_id,
        title=chunk.title,
        url="",
        quote=quote or chunk.text,
        snapshot_id=SnapshotId("snap_1"),
    )


def an_answer(*citations: Citation, asked: tuple[str, ...] = ("How do I pitch it?",), **changes: Any) -> Answered:
    answered = Answered(
        language="en",
        citations=citations,
        found=(),
        history=tuple(ChatTurn(role="customer", text=text) for text in asked),
    )
    return replace(answered, **changes)


def names(chunks: Any) -> list[str]:
    return [chunk.breadcrumb[-1] for chunk in chunks]


def test_offers_what_follows_the_cited_section_and_then_what_comes_before(
    index: KnowledgeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "PER_DOCUMENT", 9)
    answered = an_answer(cited(chunk_of(index, "We repair a broken pole")), asked=("What does a new pole cost?",))
    assert names(candidates(index, answered, audiences=PUBLIC_ONLY)) == [
        "Waterproof spray",
        "Pitching",
        "Drying a wet tent",
    ]


def test_one_document_does_not_take_every_place(index: KnowledgeIndex) -> None:
    stoves = chunk_of(index, "soft brush")
    answered = an_answer(cited(chunk_of(index, "level ground")), found=((stoves.chunk_id, 3.0),))
    assert names(candidates(index, answered, audiences=PUBLIC_ONLY)) == [
        "Drying a wet tent",
        "Repairing broken poles",
        "Cleaning the burner",
    ]


def test_offers_nothing_that_was_asked_before(index: KnowledgeIndex) -> None:
    asked = ("How do I pitch a tent?", "My poles are broken, can you do repairing?", "Drying a wet tent (Tents)")
    answered = an_answer(cited(chunk_of(index, "level ground")), asked=asked)
    assert names(candidates(index, answered, audiences=PUBLIC_ONLY)) == ["Waterproof spray"]


def test_a_section_is_cited_also_by_words_of_a_chunk_that_was_joined(index: KnowledgeIndex) -> None:
    pitching, drying = chunk_of(index, "level ground"), chunk_of(index, "warm room")
    answered = an_answer(cited(pitching, quote="Dry the tent for two days"))
    assert drying.breadcrumb[-1] not in names(candidates(index, answered, audiences=PUBLIC_ONLY))


def test_offers_nothing_that_the_customer_may_not_see(index: KnowledgeIndex) -> None:
    workshops = chunk_of(index, "first Monday")
    answered = an_answer(cited(chunk_of(index, "level ground")), found=((workshops.chunk_id, 3.0),))
    assert "Repairing tents together" not in names(candidates(index, answered, audiences=PUBLIC_ONLY))
    assert "Repairing tents together" in names(candidates(index, answered, audiences=MEMBERS))


@pytest.mark.parametrize(("score", "is_offered"), [(10.0, True), (7.0, True), (6.9, False), (-1.0, False)])
def test_what_was_found_far_behind_is_of_another_matter(index: KnowledgeIndex, score: float, is_offered: bool) -> None:
    pitching, stoves = chunk_of(index, "level ground"), chunk_of(index, "soft brush")
    found = ((pitching.chunk_id, 10.0), (stoves.chunk_id, score))
    chosen = names(candidates(index, an_answer(cited(pitching), found=found), audiences=PUBLIC_ONLY))
    assert ("Cleaning the burner" in chosen) is is_offered


def test_an_answer_of_another_language_gets_no_sections_of_this_one(index: KnowledgeIndex) -> None:
    answered = an_answer(cited(chunk_of(index, "level ground")), language="de")
    assert candidates(index, answered, audiences=PUBLIC_ONLY) == []


def test_what_is_gone_from_the_knowledge_is_not_missed(index: KnowledgeIndex) -> None:
    gone = replace(
        cited(chunk_of(index, "level ground")), document_id=DocumentId("doc_gone"), chunk_id=ChunkId("chunk_gone")
    )
    answered = an_answer(gone, found=((ChunkId("chunk_gone"), 3.0),))
    assert candidates(index, answered, audiences=PUBLIC_ONLY) == []


@pytest.mark.parametrize(
    ("breadcrumb", "label", "text"),
    [
        (("Tents", "Drying a wet tent"), "Drying a wet tent", "Drying a wet tent (Tents)"),
        (("Tents", "How it works"), "How it works (Tents)", "How it works (Tents)"),
        (("Tents",), "Tents", "Tents"),
    ],
)
def test_a_heading_that_says_little_has_its_document_beside_it(
    index: KnowledgeIndex, breadcrumb: tuple[str, ...], label: str, text: str
) -> None:
    suggestion = offer(replace(chunk_of(index, "level ground"), breadcrumb=breadcrumb))
    assert (suggestion.label, suggestion.text) == (label, text)


@pytest.mark.parametrize("heading", ["Size | Weight | Price", "x" * 61, ""])
def test_heads_of_tables_and_endless_headings_are_not_offered(index: KnowledgeIndex, heading: str) -> None:
    pitching = chunk_of(index, "level ground")

    class Renamed:
        """The index with another heading in one place."""

        def __getattr__(self, name: str) -> Any:
            return getattr(index, name)

        def chunk(self, row: int) -> Chunk:
            chunk = index.chunk(row)
            return (
                replace(chunk, breadcrumb=("Tents", heading)) if chunk.breadcrumb[-1] == "Waterproof spray" else chunk
            )

    answered = an_answer(cited(pitching), asked=("Drying a wet tent", "Repairing broken poles"))
    assert candidates(Renamed(), answered, audiences=PUBLIC_ONLY) == []


async def test_keeps_only_what_its_own_words_find_first(tmp_path: Path) -> None:
    twins = {
        **ARTICLES,
        "spray.md": "---\ntitle: Waterproof spray tents\n---\n\n# Waterproof spray\n\nWaterproof spray for tents, spray by spray.\n",
    }
    release = a_release(tmp_path, articles=twins)
    index = release.retriever.index
    answered = an_answer(cited(chunk_of(index, "level ground")), asked=("Pitching a tent", "Drying a wet tent"))
    made = await suggest(release.retriever, answered, audiences=PUBLIC_ONLY, answer_above=0.5, clock=SystemClock())
    assert [one.label for one in made.items] == ["Repairing broken poles"]
    nobody = await suggest(release.retriever, answered, audiences=PUBLIC_ONLY, answer_above=1.0, clock=SystemClock())
    assert nobody.items == ()


class SlowClock(SystemClock):
    """Every look at it takes a while."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        self.time += 0.75 * BUDGET_S
        return self.time


async def test_stops_searching_when_the_time_is_up_and_says_so(tmp_path: Path) -> None:
    release = a_release(tmp_path, articles=ARTICLES)
    answered = an_answer(cited(chunk_of(release.retriever.index, "level ground")))

    class Counting(Retriever):
        searches = 0

        async def search(self, *args: Any, **kwargs: Any) -> Any:
            Counting.searches += 1
            return await super().search(*args, **kwargs)

    retriever = Counting(release.retriever.index, None, release.content.retrieval)
    made = await suggest(retriever, answered, audiences=PUBLIC_ONLY, answer_above=0.5, clock=SlowClock())
    assert made.is_cut_short
    assert Counting.searches == 1


async def test_offers_nothing_of_a_withdrawn_document(tmp_path: Path) -> None:
    release = a_release(tmp_path, articles=ARTICLES)
    index = release.retriever.index
    answered = an_answer(cited(chunk_of(index, "level ground")))
    before = await suggest(release.retriever, answered, audiences=PUBLIC_ONLY, answer_above=0.0, clock=SystemClock())
    document_id = answered.citations[0].document_id
    assert [chunk for chunk in candidates(index, answered, audiences=PUBLIC_ONLY) if chunk.document_id == document_id]
    under = release.retriever.under([document_id])
    after = await suggest(under, answered, audiences=PUBLIC_ONLY, answer_above=0.0, clock=SystemClock())
    assert not [
        chunk for chunk in candidates(under.index, answered, audiences=PUBLIC_ONLY) if chunk.document_id == document_id
    ]
    assert before.items
    assert not {item.text for item in before.items} & {item.text for item in after.items}
