"""A small sealed snapshot, and an embedder whose vectors are its words."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Document
from frontdesk.ingest.chunking import chunk_document
from frontdesk.ingest.embedding import embed_chunks
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.models import Embedder
from frontdesk.text.tokens import content_stems

MakeIndex = Callable[..., KnowledgeIndex]

ARTICLES = (
    ("returns", "en", "public", "# Returns\n\nYou can return unused items within 30 days of delivery."),
    (
        "shipping",
        "en",
        "public",
        """# Shipping

Shipping to Austria costs 6.90 EUR. Shipping to Spain costs 8.90 EUR.

## Express

Express parcels arrive the next working day.

## Islands

Parcels to islands take two days longer.""",
    ),
    ("boots", "en", "public", "# Boot sizes\n\nOur boots run small. Order half a size up."),
    ("gifts", "en", "public", "# Gift cards\n\nA gift card is good for three years and cannot be returned."),
    ("club", "en", "members", "# Members\n\nMembers can return unused items within 60 days of delivery."),
    ("till", "en", "staff", "# Till\n\nStaff may refund up to 80 EUR without asking anybody about returns."),
    ("versand", "de", "public", "# Versand\n\nDer Versand nach Spanien kostet 8,90 EUR."),
)


@dataclass(frozen=True, slots=True)
class WordEmbedder:
    """Each stem is one of 256 directions: texts are near as far as they share words."""

    fingerprint: str = "words"
    dimension: int = 256

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._vector(text) for text in texts])

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed_now(texts)

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.full(self.dimension, 1e-3, np.float32)
        for stem in content_stems(text, "en"):
            vector[hashlib.sha256(stem.encode()).digest()[0]] += 1.0
        unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
        return unit


@dataclass(frozen=True, slots=True)
class BrokenEmbedder(WordEmbedder):
    """Built the snapshot, and is down now."""

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise UnavailableError("The embedder is down.")


@pytest.fixture
def make_index(tmp_path: Path) -> MakeIndex:
    def make(
        articles: Sequence[tuple[str, str, str, str]] = ARTICLES,
        *,
        embedder: Embedder | None = WordEmbedder(),
        chunk_tokens: int = 60,
    ) -> KnowledgeIndex:
        documents = [a_document(*article) for article in articles]
        count = WordEmbedder().count_tokens
        chunks = [c for d in documents for c in chunk_document(d, max_tokens=chunk_tokens, count_tokens=count)]
        cache = SqliteEmbeddingCache(tmp_path / "embeddings.db")
        embedded = embed_chunks(chunks, embedder=embedder, cache=cache, progress=lambda _done, _total: None)
        store = FolderSnapshotStore(tmp_path / "snapshots")
        fingerprint = embedder.fingerprint if embedder else ""
        manifest = store.seal(documents, embedded.chunks, embedder=fingerprint, settings={}, parent=None)
        return store.open(manifest.snapshot_id)

    return make


def a_document(name: str, language: str, audience: str, text: str) -> Document:
    return Document(
        document_id=DocumentId(f"doc_{name}"),
        source="help",
        path=f"{name}.md",
        title="",
        url=f"https://help.example/{name}",
        language=language,
        audience=audience,
        owner="",
        reviewed=None,
        text=text,
        content_hash=name,
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def index(make_index: MakeIndex) -> KnowledgeIndex:
    return make_index()


@pytest.fixture
def words_only(make_index: MakeIndex) -> KnowledgeIndex:
    return make_index(embedder=None)


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def broken_embedder() -> BrokenEmbedder:
    return BrokenEmbedder()
