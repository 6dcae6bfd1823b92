"""Documents, chunks, snapshots, and the passages a search returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from frontdesk.domain.ids import ChunkId, DocumentId, SnapshotId

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """One file as a source handed it over."""

    source: str
    path: str
    """Relative to the source, with forward slashes; names the document across versions."""
    content: bytes
    fetched_at: datetime
    defaults: Mapping[str, str] = field(default_factory=dict)
    """What the source says where the front matter is silent: language, audience, owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed document: Markdown text with headings and links kept."""

    document_id: DocumentId
    source: str
    path: str
    title: str
    url: str
    """Where customers read it; empty when nowhere."""
    language: str
    audience: str
    owner: str
    reviewed: date | None
    text: str
    content_hash: str
    """sha256 over text and everything above that reaches a customer or a filter."""
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A document that was kept out, and why."""

    source: str
    path: str
    reason: str
    """empty | duplicate | encoding | format | too_big | front_matter | injection | unreadable"""
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of one document along its headings, small enough for the embedder's window."""

    chunk_id: ChunkId
    document_id: DocumentId
    position: int
    """0-based order within the document."""
    breadcrumb: tuple[str, ...]
    """Title and headings that lead to it, outermost first."""
    text: str
    start: int
    end: int
    """Offsets into the document's text: `document.text[start:end] == text`."""
    language: str
    audience: str
    title: str
    url: str
    content_hash: str
    """sha256 of what is embedded: breadcrumb and text."""

    @property
    def indexed_text(self) -> str:
        """What both indexes see: breadcrumb, then text."""
        return " › ".join(self.breadcrumb) + "\n" + self.text if self.breadcrumb else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedChunk:
    chunk: Chunk
    vector: "NDArray[np.float32] | None"
    """(dim,) float32 of unit length; None when there is no embedder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotManifest:
    """What a sealed snapshot says of itself."""

    snapshot_id: SnapshotId
    created_at: datetime
    embedder: str
    """Fingerprint: model, variant and instruction set; empty for a lexical-only snapshot."""
    dimension: int
    chunk_count: int
    document_count: int
    languages: Mapping[str, int]
    """Chunks per language."""
    audiences: Mapping[str, int]
    """Chunks per audience."""
    settings: Mapping[str, Any]
    files: Mapping[str, str]
    """sha256 per file of the folder."""
    parent: SnapshotId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One chunk found by one leg."""

    row: int
    """Row of the chunk in its snapshot."""
    score: float
    """On the leg's own scale; larger is better."""


Ranking = tuple[Hit, ...]
"""Best first, each row once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk, or neighbouring chunks joined, with the score that chose it."""

    chunk_id: ChunkId
    chunk_ids: tuple[ChunkId, ...]
    """Every chunk joined into it, in document order."""
    document_id: DocumentId
    title: str
    url: str
    breadcrumb: tuple[str, ...]
    language: str
    audience: str
    text: str
    start: int
    """Offset of `text` in the document's text."""
    score: float
    lexical_score: float | None
    """BM25; None when the lexical leg did not return it."""
    dense_score: float | None
    """Cosine; None when the dense leg did not return it."""
    lexical_rank: int | None = None
    """Place in that leg, from 1."""
    dense_rank: int | None = None
