"""The last stage: compared with the previous snapshot, refused or sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.domain.errors import NotFoundError, StoredDataError
from frontdesk.domain.ids import SnapshotId
from frontdesk.domain.knowledge import EmbeddedChunk
from frontdesk.ports.index import KnowledgeIndex, SnapshotStore

MAX_DROP = 0.2
"""Most of the previous snapshot's documents that may be missing from a new one."""
MAX_QUARANTINED = 0.5
"""Most of the fetched documents that may be quarantined. Above it the source is broken, not the documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The snapshot that is the latest now, opened."""

    snapshot_id: SnapshotId | None = None
    index: KnowledgeIndex | None = None
    note: str = ""

    @property
    def document_count(self) -> int:
        return self.index.manifest.document_count if self.index else 0


def open_previous(snapshots: SnapshotStore) -> Previous:
    """A damaged previous snapshot is noted and not built upon: the new one replaces it."""
    try:
        snapshot_id = snapshots.latest()
        return Previous(snapshot_id=snapshot_id, index=snapshots.open(snapshot_id) if snapshot_id else None)
    except (NotFoundError, StoredDataError) as error:
        return Previous(note=f"The previous snapshot could not be read: {error.public_message}")


def find_refusal(*, accepted: int, quarantined: int, previous_count: int) -> str:
    """Why nothing may be sealed; empty when it may."""
    if accepted == 0:
        return "No document was accepted."
    if quarantined > MAX_QUARANTINED * (accepted + quarantined):
        return f"{quarantined} of {accepted + quarantined} documents were quarantined, more than half."
    if accepted < (1 - MAX_DROP) * previous_count:
        return f"Only {accepted} of the previous {previous_count} documents are left, a drop of more than 20 %."
    return ""


def is_already_sealed(
    previous: Previous, chunks: Sequence[EmbeddedChunk], *, embedder: str, settings: Mapping[str, Any]
) -> bool:
    """Whether the previous snapshot holds exactly these chunks, made with the same embedder and settings."""
    if previous.index is None:
        return False
    manifest, row_of = previous.index.manifest, previous.index.row_of
    is_same_make = manifest.embedder == embedder and dict(manifest.settings) == dict(settings)
    return (
        is_same_make
        and manifest.chunk_count == len(chunks)
        and all(row_of(item.chunk.chunk_id) is not None for item in chunks)
    )
