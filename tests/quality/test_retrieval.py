"""Retrieval with the built-in embedder over public data sets, through the product's own path.

The folder of data sets is `QUALITY_DATA`, else `../shared/data`. Everything here is deterministic: each check
must pass 1 of 1. The floors lie a little below what was measured, see docs/models/confidence.md.
"""

import gzip
import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.release import KnowledgeSettings, RetrievalSettings
from frontdesk.scoring.retrieval import RetrievalScorer, score_retrieval

pytestmark = pytest.mark.quality
ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("QUALITY_DATA", ROOT.parent / "shared" / "data"))
MODELS = Path(
    os.environ.get("FRONTDESK_MODEL_DIR")
    or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "frontdesk" / "models"
)
Row = dict[str, Any]


@pytest.fixture(scope="session")
def embedder() -> MiniLmEmbedder:
    try:
        return MiniLmEmbedder.open(MODELS)
    except UnavailableError as error:
        pytest.skip(error.public_message)


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retrieval")


def read(name: str) -> list[Row]:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"NOT MEASURED: there is no data set {path}; set QUALITY_DATA.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


async def score(
    documents: Sequence[Row],
    rows: Sequence[Row],
    *,
    embedder: MiniLmEmbedder,
    work: Path,
    dense_weight: Mapping[str, float] | None = None,
) -> list[Row]:
    settings = RetrievalSettings() if dense_weight is None else RetrievalSettings(dense_weight=dense_weight)
    scorer = RetrievalScorer.build(
        documents,
        embedder=embedder,
        cache=SqliteEmbeddingCache(work / "embeddings.db"),
        snapshots=FolderSnapshotStore(work / "snapshots"),
        settings=settings,
        chunk_tokens=KnowledgeSettings(sources=()).chunk_tokens,
    )
    return [result async for result in score_retrieval(rows, scorer)]


def recall(rows: Sequence[Row], results: Sequence[Row], *, cutoff: int) -> float:
    """Mean share of a question's documents among the first `cutoff`, over questions that have any."""
    shares = [
        len(set(result["ranking"][:cutoff]) & set(row["gold"])) / len(row["gold"])
        for row, result in zip(rows, results, strict=True)
        if row["gold"]
    ]
    return sum(shares) / len(shares)


def auroc(answered: Sequence[float], unanswered: Sequence[float]) -> float:
    """Chance that an unanswered question has the higher abstain score; ties count half."""
    wins = sum((left > right) + 0.5 * (left == right) for left in unanswered for right in answered)
    return wins / (len(answered) * len(unanswered))


@cache
def xquad(language: str) -> tuple[list[Row], list[Row]]:
    documents = [
        {"id": row["id"], "text": row["text"], "language": language, "group": row["paragraph"]}
        for row in read("xquad_r/sentences.jsonl.gz")
        if row["lang"] == language
    ]
    rows = [
        {
            "id": row["id"],
            "question": row["question"],
            "language": language,
            "gold": [row["gold"]],
            "in": row["gold_paragraph"],
        }
        for row in read("xquad_r/queries.jsonl.gz")
        if row["lang"] == language
    ]
    return documents, rows


async def test_finds_the_sentence_that_answers_an_english_question(embedder: MiniLmEmbedder, work: Path) -> None:
    documents, rows = xquad("en")
    assert recall(rows, await score(documents, rows, embedder=embedder, work=work), cutoff=1) >= 0.77


@pytest.mark.parametrize("language", ["es", "de"])
async def test_other_languages_are_no_worse_than_by_words_alone(
    embedder: MiniLmEmbedder, work: Path, language: str
) -> None:
    documents, rows = xquad(language)
    words = await score(documents, rows, embedder=embedder, work=work, dense_weight={})
    both = await score(documents, rows, embedder=embedder, work=work)
    assert recall(rows, both, cutoff=1) >= recall(rows, words, cutoff=1) >= 0.69


async def test_finds_the_documents_a_customers_whole_story_needs(embedder: MiniLmEmbedder, work: Path) -> None:
    documents = [{**row, "language": "en"} for row in read("tau_knowledge/documents.jsonl.gz")]
    rows = [
        {"id": row["id"], "question": row["query"], "language": "en", "gold": row["required_documents"]}
        for row in read("tau_knowledge/tasks.jsonl.gz")
    ]
    assert recall(rows, await score(documents, rows, embedder=embedder, work=work), cutoff=10) >= 0.38


async def test_finds_passages_in_a_conversation_and_knows_when_there_are_none(
    embedder: MiniLmEmbedder, work: Path
) -> None:
    documents = [{**row, "language": "en"} for row in read("mtrag_un/passages.jsonl.gz")]
    rows = [{**row, "gold": row["gold_passages"], "language": "en"} for row in read("mtrag_un/queries.jsonl.gz")]
    results = await score(documents, rows, embedder=embedder, work=work)
    abstain = {
        kind: [r["abstain"] for row, r in zip(rows, results, strict=True) if row["answerability"] == kind]
        for kind in ("ANSWERABLE", "UNANSWERABLE")
    }
    assert recall(rows, results, cutoff=5) >= 0.86
    assert auroc(abstain["ANSWERABLE"], abstain["UNANSWERABLE"]) >= 0.9


@pytest.mark.parametrize(("language", "floor"), [("en", 0.93), ("es", 0.9), ("de", 0.9)])
async def test_is_less_sure_once_the_answering_paragraph_is_gone(
    embedder: MiniLmEmbedder, work: Path, language: str, floor: float
) -> None:
    documents, rows = xquad(language)
    paragraphs = sorted({row["group"] for row in documents})
    kept = set(paragraphs[::2])
    half = [row for row in documents if row["group"] in kept]
    results = await score(half, rows, embedder=embedder, work=work)
    answered = [r["abstain"] for row, r in zip(rows, results, strict=True) if row["in"] in kept]
    unanswered = [r["abstain"] for row, r in zip(rows, results, strict=True) if row["in"] not in kept]
    assert auroc(answered, unanswered) >= floor
