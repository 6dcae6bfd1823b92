"""One opened snapshot: everything a turn reads, in place."""

from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.index.codec import to_chunk, to_document
from frontdesk.adapters.index.dense import VECTORS, DenseIndex
from frontdesk.adapters.index.lexical import Bm25Index
from frontdesk.adapters.index.permission import Permission
from frontdesk.adapters.index.records import KeyFile, RecordFile, map_array
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Chunk, Document, SnapshotManifest

CACHED_CHUNKS, CACHED_DOCUMENTS = 4096, 256
"""Decoded records that are kept, about 2 kB a chunk and 10 kB a document."""


class FolderIndex:
    """Searches and rows of a snapshot folder; safe for many threads, holds no open file handles but maps."""

    def __init__(self, folder: Path, manifest: SnapshotManifest) -> None:
        self._manifest = manifest
        self._permission = permission = Permission(manifest.audiences)
        self._lexical = Bm25Index(
            folder, permission, chunk_count=manifest.chunk_count, languages=sorted(manifest.languages)
        )
        self._dense = DenseIndex(folder, permission) if VECTORS in manifest.files else None
        self._chunks = RecordFile(folder, "chunks")
        self._chunk_keys = KeyFile(folder, "chunks")
        self._documents = RecordFile(folder, "documents")
        self._document_keys = KeyFile(folder, "documents")
        self._row_ends = map_array(folder / "documents.row_ends.npy")
        self._rows = map_array(folder / "documents.rows.npy")
        self.chunk = lru_cache(maxsize=CACHED_CHUNKS)(self._read_chunk)
        self._document = lru_cache(maxsize=CACHED_DOCUMENTS)(self._read_document)

    @property
    def manifest(self) -> SnapshotManifest:
        return self._manifest

    @property
    def whole(self) -> "FolderIndex":
        return self

    def without(self, documents: Collection[DocumentId]) -> "FolderIndex | NarrowedIndex":
        hidden = frozenset(document_id for document_id in documents if self._number_of(document_id) is not None)
        return NarrowedIndex(self, hidden, self._permission) if hidden else self

    @property
    def lexical(self) -> Bm25Index:
        return self._lexical

    @property
    def dense(self) -> DenseIndex | None:
        return self._dense

    def vector(self, row: int) -> NDArray[np.float32] | None:
        return self._dense.vector(row) if self._dense else None

    def row_of(self, chunk_id: ChunkId) -> int | None:
        return next(
            (row for row in self._chunk_keys.candidates(chunk_id) if self.chunk(row).chunk_id == chunk_id), None
        )

    def rows_of(self, document_id: DocumentId) -> Sequence[int]:
        number = self._number_of(document_id)
        if number is None:
            return ()
        rows: list[int] = self._rows[int(self._row_ends[number]) : int(self._row_ends[number + 1])].tolist()
        return tuple(rows)

    def document(self, document_id: DocumentId) -> Document | None:
        number = self._number_of(document_id)
        return None if number is None else self._document(number)

    def documents(self) -> Sequence[Document]:
        return self._all_documents

    def inverse_frequency(self, stem: str) -> float:
        return self._lexical.inverse_frequency(stem)

    @cached_property
    def _all_documents(self) -> tuple[Document, ...]:
        return tuple(self._read_document(number) for number in range(len(self._documents)))

    def _number_of(self, document_id: DocumentId) -> int | None:
        found = self._document_keys.candidates(document_id)
        return next((number for number in found if self._document(number).document_id == document_id), None)

    def _read_chunk(self, row: int) -> Chunk:
        return to_chunk(self._chunks.read(row))

    def _read_document(self, number: int) -> Document:
        return to_document(self._documents.read(number))


class NarrowedIndex:
    """A snapshot of which some documents are gone: neither leg scores them, and nobody can read them."""

    def __init__(self, whole: FolderIndex, hidden: frozenset[DocumentId], permission: Permission) -> None:
        """`permission` is that of the whole snapshot."""
        self._whole = whole
        self._hidden = hidden
        seen = permission.without([row for document_id in hidden for row in whole.rows_of(document_id)])
        self._lexical = whole.lexical.under(seen)
        self._dense = whole.dense.under(seen) if whole.dense else None
        self.chunk = whole.chunk
        self.vector = whole.vector
        self.inverse_frequency = whole.inverse_frequency

    @property
    def manifest(self) -> SnapshotManifest:
        return self._whole.manifest

    @property
    def whole(self) -> FolderIndex:
        return self._whole

    def without(self, documents: Collection[DocumentId]) -> "FolderIndex | NarrowedIndex":
        return self._whole.without(documents)

    @property
    def lexical(self) -> Bm25Index:
        return self._lexical

    @property
    def dense(self) -> DenseIndex | None:
        return self._dense

    def row_of(self, chunk_id: ChunkId) -> int | None:
        row = self._whole.row_of(chunk_id)
        return None if row is None or self.chunk(row).document_id in self._hidden else row

    def rows_of(self, document_id: DocumentId) -> Sequence[int]:
        return () if document_id in self._hidden else self._whole.rows_of(document_id)

    def document(self, document_id: DocumentId) -> Document | None:
        return None if document_id in self._hidden else self._whole.document(document_id)

    def documents(self) -> Sequence[Document]:
        return self._remaining

    @cached_property
    def _remaining(self) -> tuple[Document, ...]:
        return tuple(one for one in self._whole.documents() if one.document_id not in self._hidden)
