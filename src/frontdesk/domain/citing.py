"""Where documents were cited, as lists show it."""

from dataclasses import dataclass
from datetime import datetime

from frontdesk.domain.conversation import Origin
from frontdesk.domain.ids import ChunkId, ConversationId, DocumentId, SnapshotId, TurnId
from frontdesk.domain.turn import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesCited:
    """How often answers of a period cited a document."""

    document_id: DocumentId
    turns: int
    """Answers that cite it, each counted once."""
    last_at: datetime
    """When the newest of them ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesQuoted:
    """How often answers of a period quote the same words."""

    chunk_id: ChunkId
    """The chunk that the passage was found by; the words may stand in one that was joined to it."""
    quote: str
    turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedIn:
    """One citation, with the turn it belongs to."""

    turn_id: TurnId
    conversation_id: ConversationId
    at: datetime
    """When the turn ended."""
    outcome: Outcome
    origin: Origin
    question: str | None
    """What the customer had written; None once it is erased."""
    marker: str
    chunk_id: ChunkId
    quote: str
    snapshot_id: SnapshotId
    """What was searched then; the document may have changed since."""
