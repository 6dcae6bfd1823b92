"""What a run tells while it works and when it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from frontdesk.domain.knowledge import Quarantined, SnapshotManifest
from frontdesk.ingest.diff import SnapshotDiff
from frontdesk.ingest.validation import NearDuplicate

IngestStage = Literal["source", "preparing", "validation", "embedding", "snapshot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProgress:
    stage: IngestStage
    done: int
    total: int | None
    """None while it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """The outcome of one run. Either a manifest or a refusal, never both, never neither."""

    manifest: SnapshotManifest | None
    refused: str = ""
    """Why nothing was sealed; the previous snapshot stays the latest."""
    accepted: int
    """Documents that passed every check."""
    quarantined: tuple[Quarantined, ...]
    """By source and path; the work list of the owners."""
    near_duplicates: tuple[NearDuplicate, ...]
    diff: SnapshotDiff
    """Against the previous snapshot; of a refused run, what it would have changed."""
    chunks: int
    embedded: int
    """Distinct texts the embedder had to read."""
    cached: int
    """Distinct texts whose vector was known."""
    is_new: bool
    """False when the previous snapshot already is exactly this one."""
    notes: tuple[str, ...] = ()
    """What an operator should know besides, for example that the previous snapshot could not be read."""
    seconds: Mapping[IngestStage, float]
    """Wall time per stage."""

    @property
    def is_refused(self) -> bool:
        return bool(self.refused)
