"""Twins of the ports that ingestion meets, and builders of its nouns."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from frontdesk.domain.errors import ChecksumError
from frontdesk.domain.ids import ChunkId, DocumentId, SnapshotId
from frontdesk.domain.knowledge import (
    Document,
    EmbeddedChunk,
    Quarantined,
    RawDocument,
    SnapshotManifest,
)
from frontdesk.domain.release import KnowledgeSettings
from frontdesk.ingest import IngestProgress, IngestReport, build_snapshot
from frontdesk.text.hashing import content_hash

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


class ListSource:
    """A source that hands over what it was given; text becomes bytes."""

    def __init__(self, files: Mapping[str, str | bytes], name: str = "help", **defaults: str) -> None:
        self.files = dict(files)
        self.defaults = {"language": "en", "audience": "public", "owner": "", **defaults}
        self.name = name

    def fetch(self) -> Iterator[RawDocument | Quarantined]:
        for path, content in sorted(self.files.items()):
            data = content.encode() if isinstance(content, str) else content
            yield RawDocument(source=self.name, path=path, content=data, fetched_at=NOW, defaults=self.defaults)


class CountingEmbedder:
    """Unit vectors from the hash of a text; a token is a word. Remembers what it was asked."""

    dimension = 8

    def __init__(self, fingerprint: str = "counting/1") -> None:
        self.fingerprint = fingerprint
        self.read: list[str] = []

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += texts
        rows = [np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], np.uint8) for text in texts]
        vectors = np.stack(rows).astype(np.float32) + 1
        unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed_now(texts)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


class MemoryEmbeddingCache:
    def __init__(self) -> None:
        self.vectors: dict[tuple[str, str], NDArray[np.float32]] = {}

    def get_many(self, fingerprint: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return {key: self.vectors[fingerprint, key] for key in hashes if (fingerprint, key) in self.vectors}

    def put_many(self, fingerprint: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        self.vectors |= {(fingerprint, key): vector for key, vector in vectors.items()}


class MemoryPreparedCache:
    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.stored = 0

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        return {key: self.entries[key] for key in keys if key in self.entries}

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        self.entries |= entries
        self.stored += len(entries)


@dataclass(frozen=True)
class MemoryIndex:
    """What ingestion asks of an opened snapshot; it never searches."""

    manifest: SnapshotManifest
    stored: tuple[Document, ...]
    chunks: tuple[EmbeddedChunk, ...]

    def documents(self) -> Sequence[Document]:
        return self.stored

    def row_of(self, chunk_id: ChunkId) -> int | None:
        return next((row for row, item in enumerate(self.chunks) if item.chunk.chunk_id == chunk_id), None)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"ingestion does not ask a snapshot for {name}")


@dataclass
class MemorySnapshots:
    sealed: dict[SnapshotId, MemoryIndex] = field(default_factory=dict)
    latest_id: SnapshotId | None = None
    is_damaged: bool = False
    seals: int = 0

    def seal(
        self,
        documents: Sequence[Document],
        chunks: Sequence[EmbeddedChunk],
        *,
        embedder: str,
        settings: Mapping[str, Any],
        parent: SnapshotId | None,
    ) -> SnapshotManifest:
        self.seals += 1
        parts = [*(document.content_hash for document in documents), *(item.chunk.chunk_id for item in chunks)]
        manifest = SnapshotManifest(
            snapshot_id=SnapshotId.mint(content_hash([embedder, *sorted(parts)])[:32]),
            created_at=NOW,
            embedder=embedder,
            dimension=8,
            chunk_count=len(chunks),
            document_count=len(documents),
            languages={},
            audiences={},
            settings=settings,
            files={},
            parent=parent,
        )
        self.latest_id = manifest.snapshot_id
        self.sealed[manifest.snapshot_id] = MemoryIndex(manifest, tuple(documents), tuple(chunks))
        return manifest

    def open(self, snapshot_id: SnapshotId) -> MemoryIndex:
        if self.is_damaged:
            raise ChecksumError("vectors.npy is damaged.")
        return self.sealed[snapshot_id]

    def latest(self) -> SnapshotId | None:
        return self.latest_id

    @property
    def newest(self) -> MemoryIndex:
        assert self.latest_id is not None
        return self.sealed[self.latest_id]


@dataclass
class Desk:
    """Everything one run needs, kept between runs."""

    snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    cache: MemoryEmbeddingCache = field(default_factory=MemoryEmbeddingCache)
    prepared: MemoryPreparedCache = field(default_factory=MemoryPreparedCache)
    embedder: CountingEmbedder | None = field(default_factory=CountingEmbedder)
    progress: list[IngestProgress] = field(default_factory=list)

    def build(self, files: Mapping[str, str | bytes] | ListSource, **options: Any) -> IngestReport:
        source = files if isinstance(files, ListSource) else ListSource(files)
        return build_snapshot(
            [source],
            settings=KnowledgeSettings(sources=(), chunk_tokens=options.pop("chunk_tokens", 60)),
            embedder=self.embedder,
            cache=self.cache,
            snapshots=self.snapshots,
            progress=self.progress.append,
            prepared=self.prepared,
            **options,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="session")
def list_source() -> type[ListSource]:
    return ListSource


@pytest.fixture(scope="session")
def a_raw_document() -> Callable[..., RawDocument]:
    def build(content: str | bytes, path: str = "help.md", **defaults: str) -> RawDocument:
        data = content.encode() if isinstance(content, str) else content
        facts = {"language": "en", "audience": "public", "owner": "", **defaults}
        return RawDocument(source="help", path=path, content=data, fetched_at=NOW, defaults=facts)

    return build


@pytest.fixture(scope="session")
def a_document() -> Callable[..., Document]:
    def build(text: str, **changes: Any) -> Document:
        facts: dict[str, Any] = {
            "document_id": DocumentId("doc_1"),
            "source": "help",
            "path": "help.md",
            "title": "Help",
            "url": "",
            "language": "en",
            "audience": "public",
            "owner": "",
            "reviewed": None,
            "content_hash": content_hash([text]),
            "fetched_at": NOW,
        }
        return Document(text=text, **{**facts, **changes})

    return build
