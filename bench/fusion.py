"""The retrieve stage: quality over public data sets per setting, and what it costs beyond its index legs.

    python -m bench.fusion [--data FOLDER] [--models FOLDER] [--chunks 10000]

Quality needs the folder of data sets (default `../shared/data`); each figure is recall among the first documents: hit@1
for xquad_*, recall@5 for mtrag_un, recall@10 for tau_knowledge. The sets are for development: one setting for all of
them is chosen, and no figure here is a promise for another set.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from bench.retrieval import CUSTOMER, asked, asked_texts, clustered, corpus
from bench.retrieval_data import Corpus, load_corpora, open_scorer
from frontdesk.adapters.index import FolderSnapshotStore
from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.domain.release import RetrievalSettings
from frontdesk.ports.models import Embedder
from frontdesk.turn.retrieval import Retriever, legs, retriever, rewrite

SETS = ("xquad_en", "xquad_es", "xquad_de", "tau_knowledge", "mtrag_un")
DENSE_WEIGHTS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
CONSTANTS: Mapping[str, tuple[ModuleType, tuple[float, ...]]] = {
    "COVERAGE_WEIGHT": (retriever, (0.0, 1.0, 2.0, 3.0, 4.0, 6.0)),
    "PAIRS_WEIGHT": (retriever, (0.0, 1.0, 2.0)),
    "FUNCTION_WORDS_WEIGHT": (retriever, (0.0, 0.5, 1.0)),
    "RESCORED": (retriever, (5, 12, 20, 40)),
    "LONG_WORDS": (legs, (60, 100, 10_000)),
    "SENTENCES_HEARD": (legs, (1, 3, 5)),
    "SHORT": (rewrite, (-1, 2, 3, 4, 5)),
    "TURNS_BACK": (rewrite, (1, 2, 3, 5)),
}
"""Swept one at a time around what the product uses."""


@dataclass(slots=True)
class KnownVectors:
    """An embedder that reads each text once, so that a sweep measures settings and not the model."""

    inner: Embedder
    known: dict[str, NDArray[np.float32]]

    @property
    def fingerprint(self) -> str:
        return self.inner.fingerprint

    @property
    def dimension(self) -> int:
        return self.inner.dimension

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known |= dict(zip(missing, self.inner.embed_now(missing), strict=True)) if missing else {}
        return np.stack([self.known[text] for text in texts])

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed_now(texts)

    def count_tokens(self, text: str) -> int:
        return self.inner.count_tokens(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--models", type=Path, default=Path.home() / ".cache/frontdesk/models")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache/frontdesk/calibration")
    parser.add_argument("--chunks", type=int, default=10_000)
    arguments = parser.parse_args()
    asyncio.run(overhead(arguments.chunks))
    if not arguments.data.is_dir():
        print(f"No quality figures: there is no folder {arguments.data}.")
        return
    embedder = KnownVectors(MiniLmEmbedder.open(arguments.models), {})
    corpora = load_corpora(arguments.data)
    asyncio.run(sweep([corpora[name] for name in SETS], embedder, arguments.work))


async def sweep(corpora: list[Corpus], embedder: Embedder, work: Path) -> None:
    print(f"{'setting':26}", *(f"{corpus.name:>14}" for corpus in corpora))
    for weight in DENSE_WEIGHTS:
        settings = RetrievalSettings(dense_weight={"en": weight, "es": weight, "de": weight})
        await _line(f"dense_weight {weight}", corpora, embedder, work, settings)
    await _line("as shipped", corpora, embedder, work, RetrievalSettings())
    for name, (module, values) in CONSTANTS.items():
        for value in values:
            with constant(module, name, value):
                await _line(f"{name} {value}", corpora, embedder, work, RetrievalSettings())


async def _line(label: str, corpora: list[Corpus], embedder: Embedder, work: Path, settings: RetrievalSettings) -> None:
    figures = [await quality(corpus, embedder, work, settings) for corpus in corpora]
    print(f"{label:26}", *(f"{figure:14.4f}" for figure in figures), flush=True)


async def quality(corpus: Corpus, embedder: Embedder, work: Path, settings: RetrievalSettings) -> float:
    """Mean share of a question's documents among the first ones, over the questions that have any."""
    scorer = open_scorer(corpus, embedder=embedder, work=work, settings=settings)
    shares: list[float] = []
    for row in corpus.questions:
        if row["gold"]:
            ranking = (await scorer.score(row, limit=corpus.cutoff))["ranking"]
            shares.append(len(set(ranking) & set(row["gold"])) / len(row["gold"]))
    return sum(shares) / len(shares)


@contextmanager
def constant(module: ModuleType, name: str, value: float) -> Iterator[None]:
    """Another value for a module's constant while a line is measured."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


@dataclass(frozen=True, slots=True)
class Fixed:
    """An embedder whose vectors were made before, so that its time is left out."""

    vectors: dict[str, NDArray[np.float32]]
    fingerprint: str = "bench"
    dimension: int = 384

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self.vectors[text] for text in texts])

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed_now(texts)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


async def overhead(count: int) -> None:
    """Milliseconds of the whole stage without embedding, and of its sub-steps, for questions that stand alone."""
    noise = np.random.default_rng(0)
    vectors = clustered(count, noise)
    documents, chunks = corpus(count, vectors, noise)
    with TemporaryDirectory() as folder:
        store = FolderSnapshotStore(Path(folder))
        manifest = store.seal(documents, chunks, embedder="bench", settings={}, parent=None)
        texts = asked_texts(chunks, noise)
        known = dict(zip(texts, asked(vectors, noise), strict=True))
        stage = Retriever(store.open(manifest.snapshot_id), Fixed(known), RetrievalSettings())
        for label in ("first time", "warm"):
            steps: dict[str, list[float]] = {}
            for text in texts:
                began = time.perf_counter()
                found = await stage.retrieve(text, language="en", history=(), audiences=CUSTOMER)
                steps.setdefault("whole", []).append((time.perf_counter() - began) * 1000)
                for step, took in found.timings_ms.items():
                    steps.setdefault(step, []).append(took)
            shown = "  ".join(
                f"{step} {_percentile(times, 0.5):.2f}/{_percentile(times, 0.95):.2f}" for step, times in steps.items()
            )
            print(f"{count} chunks, {label}, ms p50/p95: {shown}")


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


if __name__ == "__main__":
    main()
