"""Snapshots: sealed by ingest, searched by turns."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.ids import ChunkId, DocumentId, SnapshotId
from frontdesk.domain.knowledge import Chunk, Document, EmbeddedChunk, Ranking, SnapshotManifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


class LexicalIndex(Protocol):
    def search(
        self, text: str, *, audiences: Audiences, language: str, limit: int, also: Sequence[str] = ()
    ) -> Ranking:
        """BM25 with stemming by the query's language and typo tolerance, over permitted chunks only.

        Args:
            also: words and phrases that mean what a part of the text means; they count a little less.
        """
        ...

    def corrections(self, word: str, *, audiences: Audiences, language: str) -> Sequence[str]:
        """Words that the permitted chunks have and that one slip of the fingers makes into this one.

        The most frequent first, one per stem. None for a word that the snapshot has, and for one too short to tell.
        """
        ...


class VectorIndex(Protocol):
    def search(self, vector: "NDArray[np.float32]", *, audiences: Audiences, limit: int) -> Ranking:
        """Cosine over permitted chunks only; a row that is not permitted is never scored."""
        ...


class KnowledgeIndex(Protocol):
    """One opened snapshot."""

    @property
    def manifest(self) -> SnapshotManifest: ...

    @property
    def whole(self) -> "KnowledgeIndex":
        """The snapshot before any document was taken out."""
        ...

    def without(self, documents: Collection[DocumentId]) -> "KnowledgeIndex":
        """The whole snapshot but for these documents: nothing of them is scored, listed or read.

        The manifest, frequencies, and `chunk` and `vector` of a row stay those of the whole.
        """
        ...

    @property
    def lexical(self) -> LexicalIndex: ...

    @property
    def dense(self) -> VectorIndex | None:
        """None for a lexical-only snapshot."""
        ...

    def chunk(self, row: int) -> Chunk: ...

    def vector(self, row: int) -> "NDArray[np.float32] | None":
        """(dim,) float32 of unit length."""
        ...

    def row_of(self, chunk_id: ChunkId) -> int | None: ...

    def rows_of(self, document_id: DocumentId) -> Sequence[int]:
        """Rows of one document's chunks, in document order."""
        ...

    def document(self, document_id: DocumentId) -> Document | None: ...

    def documents(self) -> Sequence[Document]:
        """All documents, by path."""
        ...

    def inverse_frequency(self, stem: str) -> float:
        """BM25's idf of a stem over the whole snapshot: ln(1 + (n - df + 0.5) / (df + 0.5))."""
        ...


class SnapshotStore(Protocol):
    def seal(
        self,
        documents: Sequence[Document],
        chunks: Sequence[EmbeddedChunk],
        *,
        embedder: str,
        settings: "Mapping[str, Any]",
        parent: SnapshotId | None,
    ) -> SnapshotManifest:
        """Write a snapshot that is complete or not there at all. The same content gives the same id."""
        ...

    def open(self, snapshot_id: SnapshotId) -> KnowledgeIndex:
        """Raises: NotFoundError; ChecksumError when a file does not match its manifest."""
        ...

    def latest(self) -> SnapshotId | None:
        """The snapshot that was sealed or made latest last."""
        ...


class EmbeddingCache(Protocol):
    def get_many(self, fingerprint: str, hashes: Sequence[str]) -> "dict[str, NDArray[np.float32]]": ...

    def put_many(self, fingerprint: str, vectors: "Mapping[str, NDArray[np.float32]]") -> None: ...
