"""`score retrieval` over a handful of documents."""

from pathlib import Path
from typing import Any

import pytest

from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.release import RetrievalSettings
from frontdesk.scoring.retrieval import RetrievalScorer, score_retrieval

DOCUMENTS = [
    {"id": "returns", "title": "Returns", "text": "You can return unused items within 30 days of delivery."},
    {"id": "shipping", "title": "Shipping", "text": "Shipping to Austria costs 6.90 EUR and takes three days."},
    {"id": "boots", "text": "# Boots\n\nOur boots run small. Order half a size up.", "language": "en"},
]


def build(folder: Path, documents: list[dict[str, Any]]) -> RetrievalScorer:
    return RetrievalScorer.build(
        documents,
        embedder=None,
        cache=SqliteEmbeddingCache(folder / "embeddings.db"),
        snapshots=FolderSnapshotStore(folder / "snapshots"),
        settings=RetrievalSettings(),
        chunk_tokens=220,
    )


async def test_ranks_documents_and_says_how_likely_none_answers(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "question": "What does shipping to Austria cost?", "language": "en"},
        {"id": "2", "question": "What does shipping to Iceland by balloon cost?", "language": "en"},
    ]
    covered, uncovered = [row async for row in score_retrieval(rows, build(tmp_path, DOCUMENTS))]
    assert (covered["id"], covered["ranking"][0]) == ("1", "shipping")
    assert 0.0 <= covered["abstain"] < uncovered["abstain"] <= 1.0


async def test_a_question_is_read_with_its_history_and_its_own_echo_is_left_out(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "question": "and how long?",
        "history": [
            {"speaker": "user", "text": "Do you do shipping to Austria?"},
            {"speaker": "agent", "text": "Yes."},
            {"speaker": "user", "text": "and how long?"},
        ],
        "language": "en",
    }
    assert (await build(tmp_path, DOCUMENTS).score(row, limit=1))["ranking"] == ["shipping"]


async def test_the_best_chunk_of_a_long_document_counts_and_it_is_named_once(tmp_path: Path) -> None:
    filler = "\n\n".join(f"## Part {n}\n\n" + "Nothing of interest stands here. " * 40 for n in range(12))
    long = {"id": "long", "text": filler + "\n\n## Balloons\n\nBalloon rides start at noon.", "language": "en"}
    scored = await build(tmp_path, [*DOCUMENTS, long]).score(
        {"id": "1", "question": "When do balloon rides start?"}, limit=20
    )
    assert scored["ranking"].count("long") == 1
    assert scored["ranking"][0] == "long"


@pytest.mark.parametrize("documents", [[], [DOCUMENTS[0], DOCUMENTS[0]], [{"id": "x"}], [{"text": "x"}]])
def test_refuses_documents_it_cannot_name(tmp_path: Path, documents: list[dict[str, Any]]) -> None:
    with pytest.raises(MalformedError):
        build(tmp_path, documents)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1"},
        {"question": "What?"},
        {"id": "1", "question": "What?", "history": "none"},
        {"id": "1", "question": "What?", "history": [{"speaker": "ghost", "text": "boo"}]},
        {"id": "1", "question": "What?", "history": [{"speaker": "user"}]},
    ],
)
async def test_refuses_rows_it_cannot_read(tmp_path: Path, row: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        await build(tmp_path, DOCUMENTS).score(row, limit=5)


async def test_a_stray_detected_language_is_not_believed(tmp_path: Path) -> None:
    texts = [f"The order number {n} was delivered to the customer within three working days." for n in range(40)]
    documents = [{"id": str(n), "text": text} for n, text in enumerate(texts)] + [
        {"id": "x", "text": "Arrivederci Roma bella"}
    ]
    scorer = build(tmp_path, documents)
    assert set(scorer.index.manifest.languages) == {"en"}
