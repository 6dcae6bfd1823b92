"""A snapshot's content: its order, its identity, and its files."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.index.codec import dump, from_chunk, from_document
from frontdesk.adapters.index.dense import write_vectors
from frontdesk.adapters.index.postings import text_rules, write_postings
from frontdesk.adapters.index.records import KeyFile, RecordFile, save_array
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import SnapshotId
from frontdesk.domain.knowledge import Chunk, Document, EmbeddedChunk

FORMAT = 1
"""Rises when the files change, so that an old folder is never taken for a new one."""
UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotContent:
    """What is sealed, in the order it is stored: documents by path, chunks by audience."""

    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]
    records: tuple[bytes, ...]
    """The chunks as they are written and as they are hashed."""
    vectors: NDArray[np.float32] | None
    """(n_chunks, dim) float32, rows of unit length; None when lexical only."""
    embedder: str
    settings: Mapping[str, Any]

    @property
    def dimension(self) -> int:
        return 0 if self.vectors is None else self.vectors.shape[1]

    @property
    def languages(self) -> dict[str, int]:
        return dict(sorted(Counter(chunk.language for chunk in self.chunks).items()))

    @property
    def audiences(self) -> dict[str, int]:
        return dict(sorted(Counter(chunk.audience for chunk in self.chunks).items()))


def arrange(
    documents: Sequence[Document], chunks: Sequence[EmbeddedChunk], *, embedder: str, settings: Mapping[str, Any]
) -> SnapshotContent:
    """Check what was given and put it into stored order.

    Raises:
        MalformedError: an id is repeated, a chunk has no document, or vectors do not fit the embedder.
    """
    _check_ids(documents, chunks)
    by_path = tuple(sorted(documents, key=lambda document: (document.path, document.document_id)))
    place = {document.document_id: number for number, document in enumerate(by_path)}
    ordered = sorted(
        chunks,
        key=lambda item: (item.chunk.audience, place[item.chunk.document_id], item.chunk.position, item.chunk.chunk_id),
    )
    return SnapshotContent(
        documents=by_path,
        chunks=tuple(item.chunk for item in ordered),
        records=tuple(dump(from_chunk(item.chunk)) for item in ordered),
        vectors=_stacked(ordered) if embedder else None,
        embedder=embedder,
        settings=settings,
    )


def identify(content: SnapshotContent) -> SnapshotId:
    """The snapshot's id: the same for the same chunks, documents, embedder and settings, whenever they were fetched.

    Vectors follow from content hash and embedder. Audience, title and address of a chunk are part of it, because
    who may see a passage and what is cited must never come from an older snapshot.
    """
    digest = hashlib.sha256(dump([FORMAT, content.embedder, dict(content.settings)]) + text_rules())
    for record in sorted(content.records):
        digest.update(record + b"\n")
    for document in sorted(content.documents, key=lambda document: document.document_id):
        digest.update(dump({**from_document(document), "fetched_at": ""}) + b"\n")
    return SnapshotId.mint(digest.hexdigest()[:40])


def write_content(folder: Path, content: SnapshotContent, *, parent: Path | None) -> None:
    """Write every file but the manifest.

    Args:
        parent: a verified snapshot folder that work may be carried over from; the files are the same without it.
    """
    RecordFile.write(folder, "chunks", content.records)
    KeyFile.write(folder, "chunks", [chunk.chunk_id for chunk in content.chunks])
    RecordFile.write(folder, "documents", [dump(from_document(document)) for document in content.documents])
    KeyFile.write(folder, "documents", [document.document_id for document in content.documents])
    _write_document_rows(folder, content)
    write_postings(folder, content.chunks, parent=parent)
    if content.vectors is not None:
        write_vectors(folder, content.vectors)


def _check_ids(documents: Sequence[Document], chunks: Sequence[EmbeddedChunk]) -> None:
    known = {document.document_id for document in documents}
    if len(known) != len(documents):
        raise MalformedError("A document id is repeated.", field="documents")
    if len({item.chunk.chunk_id for item in chunks}) != len(chunks):
        raise MalformedError("A chunk id is repeated.", field="chunks")
    orphan = next((item.chunk for item in chunks if item.chunk.document_id not in known), None)
    if orphan is not None:
        raise MalformedError(f"The document of {orphan.chunk_id} is missing.", field="chunks")


def _stacked(chunks: Sequence[EmbeddedChunk]) -> NDArray[np.float32] | None:
    """(n, dim) float32; None when there is nothing to stack."""
    given = [item.vector for item in chunks if item.vector is not None]
    if len(given) != len(chunks):
        raise MalformedError("A chunk has no vector although an embedder is named.", field="chunks")
    if not given:
        return None
    if len({vector.shape for vector in given}) != 1:
        raise MalformedError("Vectors have different dimensions.", field="chunks")
    vectors = np.stack(given).astype(np.float32, copy=False)
    if not np.all(np.abs(np.einsum("ij,ij->i", vectors, vectors) - 1.0) < UNIT_TOLERANCE):
        raise MalformedError("A vector is not of unit length.", field="chunks")
    return vectors


def _write_document_rows(folder: Path, content: SnapshotContent) -> None:
    place = {document.document_id: number for number, document in enumerate(content.documents)}
    rows: list[list[int]] = [[] for _ in content.documents]
    for row, chunk in enumerate(content.chunks):
        rows[place[chunk.document_id]].append(row)
    for group in rows:
        group.sort(key=lambda row: content.chunks[row].position)
    save_array(folder / "documents.row_ends.npy", np.cumsum([0, *map(len, rows)], dtype=np.int64))
    save_array(folder / "documents.rows.npy", np.array([row for group in rows for row in group], np.int32))
