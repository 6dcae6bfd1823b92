"""Retrieval without embedding: latency, recall against exact search, build, open and memory.

    python bench/retrieval.py [--chunks 10000 100000] [--json]

Vectors are clustered, texts are drawn from a Zipf vocabulary; relevance is not measured here. Every figure is taken
with the permission filter on: three audiences, of which the asking customer sees two.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.index import FolderSnapshotStore
from frontdesk.adapters.index.opened import FolderIndex
from frontdesk.domain.conversation import Audiences
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Chunk, Document, EmbeddedChunk, Hit

DIMENSION, CLUSTERS, WORDS, PER_DOCUMENT = 384, 400, 60, 8
QUESTIONS, QUESTION_WORDS, LIMIT, PASSAGES = 200, 7, 50, 5
SHARES = {"public": 0.7, "members": 0.2, "staff": 0.1}
CUSTOMER = Audiences(labels=frozenset({"public", "members"}))
SYLLABLES = ["ba", "cor", "den", "fil", "gra", "hon", "jul", "kep", "lan", "mor", "nis", "pol", "ran", "set", "tur"]

Question = tuple[NDArray[np.float32], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = [measure(count) for count in arguments.chunks]
    if arguments.json:
        json.dump(results, sys.stdout, indent=1)
        return
    for result in results:
        print("\n".join(f"{name:28} {value}" for name, value in result.items()), end="\n\n")


def measure(count: int) -> dict[str, Any]:
    random = np.random.default_rng(7)
    vectors = clustered(count, random)
    documents, chunks = corpus(count, vectors, random)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build_s = timed(lambda: seal(FolderSnapshotStore(root), documents, chunks))
        again_s = timed(lambda: seal(FolderSnapshotStore(root), documents, chunks))
        changed_s = timed(lambda: seal_with_one_change(FolderSnapshotStore(root), documents, chunks))
        before = resident_mb()
        store = FolderSnapshotStore(root)
        snapshot_id = store.latest()
        assert snapshot_id is not None
        started = time.perf_counter()
        index = store.open(snapshot_id)
        open_ms = (time.perf_counter() - started) * 1000
        size = sum(path.stat().st_size for path in (root / snapshot_id).iterdir()) / 1e6
        questions = list(zip(asked(vectors, random), asked_texts(chunks, random), strict=True))
        return {
            "chunks": count,
            "seal_s": round(build_s, 2),
            "seal_same_again_s": round(again_s, 2),
            "seal_one_chunk_changed_s": round(changed_s, 2),
            "disk_mb": round(size, 1),
            "open_verified_ms": round(open_ms, 1),
            **latencies(index, vectors, questions),
            "recall@10": recall(index, questions, 10),
            f"recall@{LIMIT}": recall(index, questions, LIMIT),
            "resident_added_mb": round(resident_mb() - before, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }


def latencies(
    index: FolderIndex, vectors: NDArray[np.float32], questions: Sequence[Question]
) -> dict[str, str | float]:
    dense = index.dense
    assert dense is not None
    exact = percentiles(questions, lambda vector, _: floor_scan(vectors, vector))
    legs = {
        "dense_ms": percentiles(questions, lambda vector, _: dense.search(vector, audiences=CUSTOMER, limit=LIMIT)),
        "lexical_ms": percentiles(questions, lambda _, text: lexical(index, text)),
        "lexical_one_typo_ms": percentiles(questions, lambda _, text: lexical(index, mistyped(text))),
        "hybrid_ms": percentiles(questions, lambda vector, text: hybrid(index, vector, text)),
    }
    shown: dict[str, str | float] = {name: f"p50 {p50:.2f}  p95 {p95:.2f}" for name, (p50, p95) in legs.items()}
    shown["numpy_exact_ms"] = f"p50 {exact[0]:.2f}  p95 {exact[1]:.2f}"
    shown["hybrid_to_numpy_exact"] = round(legs["hybrid_ms"][0] / exact[0], 2)
    return shown


def lexical(index: FolderIndex, text: str) -> tuple[Hit, ...]:
    return index.lexical.search(text, audiences=CUSTOMER, language="en", limit=LIMIT)


def hybrid(index: FolderIndex, vector: NDArray[np.float32], text: str) -> list[Chunk]:
    """Both legs, a weighted sum, and the rows of the best passages decoded."""
    assert index.dense is not None
    scores: dict[int, float] = {}
    for weight, hits in (
        (0.4, lexical(index, text)),
        (0.6, index.dense.search(vector, audiences=CUSTOMER, limit=LIMIT)),
    ):
        top = hits[0].score if hits else 1.0
        for hit in hits:
            scores[hit.row] = scores.get(hit.row, 0.0) + weight * hit.score / top
    chosen = sorted(scores, key=lambda row: (-scores[row], row))[:PASSAGES]
    return [index.chunk(row) for row in chosen]


def floor_scan(vectors: NDArray[np.float32], question: NDArray[np.float32]) -> NDArray[Any]:
    """The floor: one matrix product and a partition, no permission, no rows."""
    scores = vectors @ question
    return np.argpartition(scores, len(scores) - LIMIT)[-LIMIT:]


def recall(
    index: FolderIndex,
    questions: Sequence[Question],
    limit: int,
) -> float:
    """Share of the exact best permitted rows that the dense leg returns."""
    dense = index.dense
    assert dense is not None
    permitted = [row for row in range(index.manifest.chunk_count) if index.chunk(row).audience in CUSTOMER.labels]
    stored = np.stack([dense.vector(row) for row in permitted])
    found = 0
    for vector, _ in questions:
        wanted = {permitted[place] for place in np.argsort(-(stored @ vector))[:limit].tolist()}
        found += len(wanted & {hit.row for hit in dense.search(vector, audiences=CUSTOMER, limit=limit)})
    return round(found / (limit * len(questions)), 4)


def clustered(count: int, random: np.random.Generator) -> NDArray[np.float32]:
    """(count, 384) float32 of unit length around CLUSTERS centres, with cosines as sentence embeddings have them."""
    decay = (np.arange(1, DIMENSION + 1) ** -0.35).astype(np.float32)
    centres = random.standard_normal((CLUSTERS, DIMENSION)).astype(np.float32) * decay
    noise = random.standard_normal((count, DIMENSION)).astype(np.float32) * decay
    return unit(centres[random.integers(0, CLUSTERS, count)] + 0.9 * noise)


def asked(vectors: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    chosen = vectors[random.integers(0, len(vectors), QUESTIONS)]
    return unit(chosen + 0.6 * unit(random.standard_normal(chosen.shape).astype(np.float32)))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    shaped: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return shaped


def corpus(
    count: int, vectors: NDArray[np.float32], random: np.random.Generator
) -> tuple[list[Document], list[EmbeddedChunk]]:
    size = min(60_000, 4_000 + count // 2)
    places = np.arange(size)
    names = ["".join(SYLLABLES[place // 15**power % 15] for power in range(4)) for place in places]
    shares = 1 / np.arange(5, size + 5) ** 1.05
    drawn = random.choice(size, (count, WORDS), p=shares / shares.sum())
    audiences = random.choice(list(SHARES), count // PER_DOCUMENT + 1, p=list(SHARES.values()))
    documents, chunks = [], []
    for row in range(count):
        if row % PER_DOCUMENT == 0:
            documents.append(a_document(row // PER_DOCUMENT, str(audiences[row // PER_DOCUMENT])))
        text = " ".join([names[place] for place in drawn[row]])
        chunks.append(EmbeddedChunk(chunk=a_chunk(row, documents[-1], text), vector=vectors[row]))
    return documents, chunks


def a_document(number: int, audience: str) -> Document:
    return Document(
        document_id=DocumentId(f"doc_{number}"),
        source="bench",
        path=f"{number:06}.md",
        title=f"Article {number}",
        url=f"https://help.example/{number}",
        language="en",
        audience=audience,
        owner="",
        reviewed=None,
        text="",
        content_hash=str(number),
        fetched_at=datetime(2024, 1, 1, tzinfo=UTC),
    )


def a_chunk(row: int, document: Document, text: str) -> Chunk:
    return Chunk(
        chunk_id=ChunkId(f"chunk_{row}"),
        document_id=document.document_id,
        position=row % PER_DOCUMENT,
        breadcrumb=(document.title,),
        text=text,
        start=0,
        end=len(text),
        language="en",
        audience=document.audience,
        title=document.title,
        url=document.url,
        content_hash=str(row),
    )


def asked_texts(chunks: Sequence[EmbeddedChunk], random: np.random.Generator) -> list[str]:
    chosen = random.integers(0, len(chunks), QUESTIONS)
    return [" ".join(random.choice(chunks[place].chunk.text.split(), QUESTION_WORDS).tolist()) for place in chosen]


def mistyped(text: str) -> str:
    """The first word with two letters swapped."""
    return text[:2] + text[3] + text[2] + text[4:]


def seal(store: FolderSnapshotStore, documents: Sequence[Document], chunks: Sequence[EmbeddedChunk]) -> None:
    store.seal(documents, chunks, embedder="bench", settings={}, parent=None)


def seal_with_one_change(
    store: FolderSnapshotStore, documents: Sequence[Document], chunks: Sequence[EmbeddedChunk]
) -> None:
    """As a sync does after one chunk was edited: a store of its own, with the latest snapshot as parent."""
    edited = replace(chunks[0], chunk=replace(chunks[0].chunk, text=chunks[0].chunk.text + " edited"))
    store.seal(documents, [edited, *chunks[1:]], embedder="bench", settings={}, parent=store.latest())


def percentiles(
    questions: Sequence[Question], answer: Callable[[NDArray[np.float32], str], object]
) -> tuple[float, float]:
    """p50 and p95 in milliseconds, each question once after a few to warm up."""
    for vector, text in questions[:10]:
        answer(vector, text)
    times = []
    for vector, text in questions:
        started = time.perf_counter()
        answer(vector, text)
        times.append((time.perf_counter() - started) * 1000)
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
