"""Turns, under leases, and what they cited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from frontdesk.domain.citing import CitedIn, TimesCited, TimesQuoted
from frontdesk.domain.ids import ConversationId, DocumentId, MessageId, ReleaseId, TurnId
from frontdesk.domain.listing import TurnSummary
from frontdesk.domain.speed import Pace
from frontdesk.domain.turn import Citation, Lane, Lease, Outcome, TurnRecord, TurnState
from frontdesk.domain.usage import VendorAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTurn:
    """A turn's row."""

    turn_id: TurnId
    conversation_id: ConversationId
    message_id: MessageId
    idempotency_key: str
    request_hash: str
    """sha256 of the message's text as received; the same key with another hash is a conflict."""
    state: TurnState
    outcome: Outcome | None
    release_id: ReleaseId
    language: str
    channel: str
    fence: int
    accepted_at: datetime
    deadline_at: datetime
    ended_at: datetime | None
    last_seq: int
    """Sequence number of the event that ended it; 0 while it runs."""
    lane: Lane = "normal"
    party: str = ""
    """Whom fairness counts it for; forgotten when it ends."""
    superseded_by: TurnId | None = None
    """The later turn that took its place."""
    passed_on: int = 0
    """How often a worker that was told to stop has passed it on; its fence rose for that too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedTurn:
    """A turn that has just been claimed, with its times as the database measures them."""

    turn: StoredTurn
    remaining_s: float
    """Until its deadline; below 0 beyond it."""
    waited_s: float
    """Since it was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who is being answered and who waits, in all processes together; per party, how many turns."""

    running: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    workers: int = 0
    """Processes that are answering somebody."""
    queued: int = 0
    """All that are queued, also behind an earlier turn of their own conversation; those are in none of the above."""
    oldest_s: float = 0.0
    """How long the one that came first has waited, of all."""
    longest_wait_s: float = 0.0
    """The same, of those that are not kept."""


class TurnStore(Protocol):
    def find_by_key(self, conversation_id: ConversationId, idempotency_key: str) -> StoredTurn | None: ...

    def get(self, turn_id: TurnId) -> StoredTurn | None: ...

    def open(self, turn: StoredTurn, *, owner: str, lease_s: float, must_wait: bool = False) -> TurnState:
        """Insert it as running under `owner` with fence 1, or as queued.

        It is queued behind the conversation's unfinished turn, and where it must wait for free hands. What lies
        between its `accepted_at` and `deadline_at` is the time it has from now on, by the database's clock.
        """
        ...

    def supersede(self, conversation_id: ConversationId, *, by: TurnId) -> tuple[StoredTurn, ...]:
        """Let a new turn take the place of all that are unfinished, which are returned, oldest first.

        What they had taken the place of passes on to the new one.
        """
        ...

    def replaced(self, conversation_id: ConversationId, *, by: TurnId) -> tuple[StoredTurn, ...]:
        """The turns whose place this one took, oldest first."""
        ...

    def announce(self) -> None:
        """Call every process on commit: a turn may be free, or superseded."""
        ...

    def assert_held(self, lease: Lease) -> None:
        """Guard of every commit made for a turn.

        Raises:
            LeaseLostError: another worker has it, or it has ended.
            SupersededError: a later message took its place.
            HandedOverError: the conversation no longer belongs to the assistant.
        """
        ...

    def heartbeat(self, leases: Sequence[Lease], *, lease_s: float) -> None:
        """Extend these leases; one that another worker has by now, or whose turn has ended, is left as it is."""
        ...

    def superseded_of(self, owner: str) -> tuple[TurnId, ...]:
        """Running turns of this owner whose place a later message took."""
        ...

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[ClaimedTurn, ...]:
        """Take over running turns whose lease has run out, then queued turns at the head of their conversation.

        Those that have nothing but their end before them come first, kept ones last, and the parties take turns: whose
        fewest are being answered comes next.
        """
        ...

    def crowd(self) -> Crowd:
        """Who is being answered and who waits, in all processes together."""
        ...

    def keep_late(self, *, after_s: float, time_s: float, limit: int) -> tuple[StoredTurn, ...]:
        """Turn what has waited for so long into kept turns, which have so much time since they came; those turns."""
        ...

    def release(self, lease: Lease) -> None:
        """Let this lease run out now, so that its turn is claimed again; nothing happens where it is not held."""
        ...

    def release_owner(self, owner: str) -> None:
        """Let every lease of this owner run out now, for an orderly shutdown."""
        ...

    def release_all(self) -> None:
        """Let every lease run out now, whoever holds it: for a process that is the only one and has just started."""
        ...

    def finish(self, record: TurnRecord, *, last_seq: int, at: datetime) -> None:
        """Write the record with all its rows and end the turn."""
        ...

    def add_attempts(self, turn_id: TurnId, attempts: Sequence[VendorAttempt]) -> None:
        """Add requests that were made for a turn after it had ended."""
        ...

    def record(self, turn_id: TurnId) -> dict[str, Any] | None:
        """What is known of a turn, JSON-ready, for its trace; None when there is no such turn."""
        ...

    def unfinished(self, conversation_id: ConversationId) -> int:
        """How many turns of this conversation are queued or running."""
        ...

    def list_of(self, conversation_id: ConversationId) -> Sequence[TurnSummary]:
        """Its turns, oldest first."""
        ...

    def newest_answered(self) -> StoredTurn | None:
        """The turn that was answered last, in any conversation."""
        ...


class CitationStore(Protocol):
    """Reads across turns: which documents answers rest on."""

    def times_cited(self, *, since: datetime) -> Mapping[DocumentId, TimesCited]:
        """Of every document that answers ended at or after `since` cite."""
        ...

    def quotes_of(self, document_id: DocumentId, *, since: datetime, limit: int) -> Sequence[TimesQuoted]:
        """What answers ended at or after `since` quote from the document, most often quoted first."""
        ...

    def of_turn(self, turn_id: TurnId) -> tuple[Citation, ...]:
        """What the answer of an ended turn cites, in the order of its markers."""
        ...

    def latest_of(self, document_id: DocumentId, *, limit: int) -> Sequence[CitedIn]:
        """The newest citations of the document, newest answer first."""
        ...


class PaceStore(Protocol):
    """Reads across turns."""

    def since(self, since: datetime, *, limit: int) -> Pace:
        """How the turns went that ended since then, the newest at most so many."""
        ...
