"""Chunks, documents and manifests as JSON and back."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from frontdesk.domain.ids import ChunkId, DocumentId, SnapshotId
from frontdesk.domain.knowledge import Chunk, Document, SnapshotManifest

_READABLE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_ESCAPED = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def dump(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8 with lone surrogates kept as escapes.

    Raises:
        TypeError: the value holds something JSON has no word for.
    """
    try:
        return _READABLE.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        return _ESCAPED.encode(value).encode("ascii")


def from_chunk(chunk: Chunk) -> dict[str, Any]:
    return {
        "chunk_id": chunk.chunk_id,
        "document_id": chunk.document_id,
        "position": chunk.position,
        "breadcrumb": list(chunk.breadcrumb),
        "text": chunk.text,
        "start": chunk.start,
        "end": chunk.end,
        "language": chunk.language,
        "audience": chunk.audience,
        "title": chunk.title,
        "url": chunk.url,
        "content_hash": chunk.content_hash,
    }


def to_chunk(record: Mapping[str, Any]) -> Chunk:
    return Chunk(
        **{
            **record,
            "chunk_id": ChunkId(record["chunk_id"]),
            "document_id": DocumentId(record["document_id"]),
            "breadcrumb": tuple(record["breadcrumb"]),
        }
    )


def from_document(document: Document) -> dict[str, Any]:
    return {
        "document_id": document.document_id,
        "source": document.source,
        "path": document.path,
        "title": document.title,
        "url": document.url,
        "language": document.language,
        "audience": document.audience,
        "owner": document.owner,
        "reviewed": document.reviewed.isoformat() if document.reviewed else None,
        "text": document.text,
        "content_hash": document.content_hash,
        "fetched_at": document.fetched_at.isoformat(),
    }


def to_document(record: Mapping[str, Any]) -> Document:
    return Document(
        **{
            **record,
            "document_id": DocumentId(record["document_id"]),
            "reviewed": date.fromisoformat(record["reviewed"]) if record["reviewed"] else None,
            "fetched_at": datetime.fromisoformat(record["fetched_at"]),
        }
    )


def from_manifest(manifest: SnapshotManifest) -> bytes:
    """The manifest as stored: readable, and sealed by a digest of itself."""
    record = {
        "snapshot_id": manifest.snapshot_id,
        "created_at": manifest.created_at.isoformat(),
        "embedder": manifest.embedder,
        "dimension": manifest.dimension,
        "chunk_count": manifest.chunk_count,
        "document_count": manifest.document_count,
        "languages": dict(manifest.languages),
        "audiences": dict(manifest.audiences),
        "settings": dict(manifest.settings),
        "files": dict(manifest.files),
        "parent": manifest.parent,
    }
    record["seal"] = hashlib.sha256(dump(record)).hexdigest()
    return json.dumps(record, sort_keys=True, indent=1, ensure_ascii=False).encode("utf-8")


def to_manifest(data: bytes) -> SnapshotManifest:
    """Raises: ValueError, KeyError or TypeError when the bytes are not a manifest that is whole."""
    record = json.loads(data)
    seal = record.pop("seal")
    if hashlib.sha256(dump(record)).hexdigest() != seal:
        raise ValueError("the manifest does not match its own digest")
    return SnapshotManifest(
        **{
            **record,
            "snapshot_id": SnapshotId(record["snapshot_id"]),
            "created_at": datetime.fromisoformat(record["created_at"]),
            "parent": SnapshotId(record["parent"]) if record["parent"] else None,
        }
    )
