"""What lies above every snapshot: documents that were withdrawn, whatever release or snapshot has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from frontdesk.domain.ids import DocumentId

MAX_REASON_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A document was taken out of every answer, or let in again."""

    document_id: DocumentId
    is_withdrawn: bool
    """False where it was let in again."""
    reason: str
    by: str
    """Who decided it."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """All withdrawals that hold at one moment."""

    version: int = 0
    """How many changes led to it; a later overlay has a higher one."""
    withdrawn: Mapping[DocumentId, Withdrawal] = field(default_factory=dict)

    @property
    def documents(self) -> frozenset[DocumentId]:
        """Those that are withdrawn."""
        return frozenset(self.withdrawn)

    def hides(self, document_id: DocumentId) -> bool:
        return document_id in self.withdrawn


NOTHING_WITHDRAWN = Overlay()
