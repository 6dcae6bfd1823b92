"""Public data sets as documents and questions with known answers, for calibration and for the fusion bench.

The folder holds one folder per data set, each with its licence in a README; the sets stay outside of the repository.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.domain.release import KnowledgeSettings, RetrievalSettings
from frontdesk.ports.models import Embedder
from frontdesk.scoring.retrieval import RetrievalScorer

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    name: str
    language: str
    documents: tuple[Row, ...]
    """As `frontdesk.scoring.retrieval` takes them; `group` names what answers the same questions."""
    questions: tuple[Row, ...]
    """With `gold`, the ids of the documents that answer, empty when none does, and their `group`."""
    cutoff: int = 1
    """Recall is measured among this many first documents."""


def load_corpora(folder: Path) -> dict[str, Corpus]:
    """Every set that is used, by name."""
    corpora = [_xquad(folder, language) for language in ("en", "es", "de")]
    corpora += [_tau(folder), _mtrag(folder), _halueval(folder), _dstc(folder)]
    return {corpus.name: corpus for corpus in corpora}


def without(corpus: Corpus, groups: set[str]) -> Corpus:
    """The corpus with the documents of these groups taken out; its questions are as before."""
    return replace(corpus, documents=tuple(item for item in corpus.documents if item["group"] not in groups))


def open_scorer(
    corpus: Corpus, *, embedder: Embedder, work: Path, settings: RetrievalSettings | None = None
) -> RetrievalScorer:
    """The product's own path over the corpus, with what it computed kept under `work`."""
    return RetrievalScorer.build(
        corpus.documents,
        embedder=embedder,
        cache=SqliteEmbeddingCache(work / "embeddings.sqlite"),
        snapshots=FolderSnapshotStore(work / "snapshots"),
        settings=settings or RetrievalSettings(),
        chunk_tokens=KnowledgeSettings(sources=()).chunk_tokens,
    )


def _xquad(folder: Path, language: str) -> Corpus:
    sentences = [row for row in _read(folder / "xquad_r/sentences.jsonl.gz") if row["lang"] == language]
    questions = [row for row in _read(folder / "xquad_r/queries.jsonl.gz") if row["lang"] == language]
    return Corpus(
        name=f"xquad_{language}",
        language=language,
        documents=tuple(
            {"id": row["id"], "text": row["text"], "language": language, "group": row["paragraph"]} for row in sentences
        ),
        questions=tuple(
            {
                "id": row["id"],
                "question": row["question"],
                "language": language,
                "gold": [row["gold"]],
                "group": row["gold_paragraph"],
            }
            for row in questions
        ),
    )


def _tau(folder: Path) -> Corpus:
    documents = _read(folder / "tau_knowledge/documents.jsonl.gz")
    return Corpus(
        name="tau_knowledge",
        language="en",
        documents=tuple({**row, "language": "en", "group": row["id"]} for row in documents),
        questions=tuple(
            {
                "id": row["id"],
                "question": row["query"],
                "language": "en",
                "gold": row["required_documents"],
                "group": "",
            }
            for row in _read(folder / "tau_knowledge/tasks.jsonl.gz")
        ),
        cutoff=10,
    )


def _mtrag(folder: Path) -> Corpus:
    """Only questions labelled answerable or unanswerable count for confidence: see `answerability`."""
    return Corpus(
        name="mtrag_un",
        language="en",
        documents=tuple(
            {"id": row["id"], "text": row["text"], "language": "en", "group": row["id"]}
            for row in _read(folder / "mtrag_un/passages.jsonl.gz")
        ),
        questions=tuple(
            {
                "id": row["id"],
                "question": row["question"],
                "history": row["history"],
                "language": "en",
                "gold": row["gold_passages"],
                "group": "",
                "answerability": row["answerability"],
            }
            for row in _read(folder / "mtrag_un/queries.jsonl.gz")
        ),
        cutoff=5,
    )


def _halueval(folder: Path) -> Corpus:
    contexts = {row["context"]: row["question"] for row in _read(folder / "halueval_qa/train.jsonl.gz")}
    numbered = list(enumerate(contexts.items()))
    return Corpus(
        name="halueval_qa",
        language="en",
        documents=tuple(
            {"id": f"h{n}", "text": context, "language": "en", "group": f"h{n}"} for n, (context, _) in numbered
        ),
        questions=tuple(
            {"id": f"q{n}", "question": question, "language": "en", "gold": [f"h{n}"], "group": f"h{n}"}
            for n, (_, question) in numbered
        ),
    )


def _dstc(folder: Path) -> Corpus:
    """Answers of an FAQ under the name of the house they are about; their questions name the house too."""
    snippets = _read(folder / "dstc9_faq/snippets.jsonl.gz")
    chosen = random.Random(3).sample(snippets, 1400)
    house = {row["id"]: str(row["entity"] or row["domain"]).title() for row in chosen}
    return Corpus(
        name="dstc9_faq",
        language="en",
        documents=tuple(
            {"id": row["id"], "title": house[row["id"]], "text": row["body"], "language": "en", "group": row["id"]}
            for row in chosen
        ),
        questions=tuple(
            {
                "id": f"q{row['id']}",
                "question": f"{row['title']} ({house[row['id']]})",
                "language": "en",
                "gold": [row["id"]],
                "group": row["id"],
            }
            for row in chosen
        ),
    )


def halves(corpus: Corpus) -> Iterator[tuple[Corpus, set[str]]]:
    """The corpus twice with half of its documents each, and the groups that are left in it."""
    groups = sorted({str(item["group"]) for item in corpus.documents})
    random.Random(7).shuffle(groups)
    middle = len(groups) // 2
    for kept in (set(groups[:middle]), set(groups[middle:])):
        yield without(corpus, set(groups) - kept), kept


def _read(path: Path) -> Sequence[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
