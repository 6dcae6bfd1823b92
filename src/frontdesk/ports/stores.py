"""Stored things: one store per noun, used inside a unit of work.

A unit of work is a function of `Stores`. It runs in one transaction; all of it is committed or none.
It must be repeatable: on a conflict, or when a group commit is replayed, it is called again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar

from frontdesk.domain.attachments import Attachment
from frontdesk.domain.citing import CitedIn, TimesCited, TimesQuoted
from frontdesk.domain.conversation import Conversation, ConversationStatus, Message, Principal
from frontdesk.domain.costs import CostBy, CostReport
from frontdesk.domain.escalation import Escalation
from frontdesk.domain.events import Event, StoredEvent
from frontdesk.domain.feedback import Feedback
from frontdesk.domain.ids import (
    AttachmentId,
    ConversationId,
    CustomerId,
    DocumentId,
    EscalationId,
    MessageId,
    ReleaseId,
    TurnId,
)
from frontdesk.domain.listing import ConversationFilter, ConversationPage, ListPlace, TurnSummary
from frontdesk.domain.money import Cap, LedgerEntry, Level, Reservation
from frontdesk.domain.occurrences import Occurrence, Severity
from frontdesk.domain.overlay import Overlay, Withdrawal
from frontdesk.domain.reconciliation import BookedLine
from frontdesk.domain.release import ReleaseManifest
from frontdesk.domain.speed import Pace
from frontdesk.domain.turn import Citation, Lane, Lease, Outcome, TurnRecord, TurnState
from frontdesk.domain.usage import VendorAttempt

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    entry_id: int
    topic: str
    key: str
    """Idempotency key for the receiver."""
    body: str
    attempts: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffKey:
    """A staff key as it is known afterwards: the key itself is kept nowhere."""

    name: str
    created_at: datetime


StaffSessionKind = Literal["session", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A browser that has signed in, or a link that signs one in."""

    name: str
    """Of the staff key behind it."""
    created_at: datetime
    expires_at: datetime


class CustomerStore(Protocol):
    def get_or_create(self, subject: str, *, fresh: CustomerId, at: datetime) -> CustomerId:
        """The customer with this signed subject; created under `fresh` when new."""
        ...


class ConversationStore(Protocol):
    def create(self, conversation: Conversation, *, token_hash: str) -> None: ...

    def get(self, conversation_id: ConversationId) -> Conversation | None: ...

    def token_hash(self, conversation_id: ConversationId) -> str | None: ...

    def set_principal(self, conversation_id: ConversationId, principal: Principal) -> None: ...

    def set_status(self, conversation_id: ConversationId, status: ConversationStatus) -> None: ...

    def set_locale(self, conversation_id: ConversationId, locale: str) -> None: ...

    def set_summary(self, conversation_id: ConversationId, summary: str, *, until: int) -> None: ...

    def unanswered_in_a_row(self, conversation_id: ConversationId) -> int:
        """How many of its latest ended turns were refused or clarified, counted back to the first that was not."""
        ...

    def list_recent(self, *, limit: int) -> Sequence[Conversation]: ...


class PayloadStore(Protocol):
    """What people wrote, apart from the log that refers to it."""

    def erase(self, customer_id: CustomerId, *, at: datetime) -> int:
        """Forget everything written in this customer's conversations; how many bodies that were."""
        ...


class MessageStore(Protocol):
    def add(self, message: Message) -> int:
        """Store it at the conversation's next position, which is returned; `message.position` is ignored."""
        ...

    def history(self, conversation_id: ConversationId, *, after: int, before: MessageId | None) -> tuple[Message, ...]:
        """Messages at positions above `after`, oldest first, up to but without `before`."""
        ...

    def newest(self, conversation_id: ConversationId, *, limit: int) -> tuple[Message, ...]:
        """The last messages of the conversation, oldest first."""
        ...

    def get(self, message_id: MessageId) -> Message | None: ...


class AttachmentStore(Protocol):
    def add(self, attachment: Attachment, body: bytes) -> None: ...

    def get(self, attachment_id: AttachmentId) -> Attachment | None:
        """What is known of it; None when it is not there, or erased."""
        ...

    def body(self, attachment_id: AttachmentId) -> bytes | None:
        """Its bytes; None when it is not there, or erased."""
        ...

    def sent_in(self, conversation_id: ConversationId) -> tuple[Attachment, ...]:
        """All that were sent with a message of the conversation and are not erased, oldest first."""
        ...

    def sent_with(self, conversation_id: ConversationId, message_id: MessageId) -> int:
        """How many were sent with this message, erased ones too."""
        ...

    def usage(self, conversation_id: ConversationId) -> tuple[int, int]:
        """How many a conversation has, and their bytes together."""
        ...

    def bind(self, attachment_id: AttachmentId, conversation_id: ConversationId, message_id: MessageId) -> bool:
        """Tie it to the message; False where it is not this conversation's, or was sent before."""
        ...

    def forget_unsent(self, *, before: datetime) -> int:
        """Delete those that were uploaded before a time and never sent; how many that were."""
        ...


class ForkStore(Protocol):
    def copy(self, source: ConversationId, fork: Conversation, *, until: int, mint: Callable[[], str]) -> int:
        """Copy the ended turns up to the event `until` into the stored conversation `fork`; how many events that were.

        Messages and files get new names from `mint`; what was erased stays erased.
        """
        ...


class EventLog(Protocol):
    def append(
        self, conversation_id: ConversationId, events: Sequence[Event], *, at: datetime
    ) -> tuple[StoredEvent, ...]:
        """Give the events the conversation's next sequence numbers, without gaps; readers are woken on commit."""
        ...

    def read(self, conversation_id: ConversationId, *, after: int, limit: int = 500) -> tuple[StoredEvent, ...]: ...

    def seq_of_acceptance(self, turn_id: TurnId) -> int:
        """Sequence number of the turn's `turn.accepted`; 0 when there is none."""
        ...

    def tells_of(self, conversation_id: ConversationId, turn_id: TurnId) -> bool:
        """Whether any event of the conversation names this turn."""
        ...


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


class FeedbackStore(Protocol):
    def put(self, given: Feedback, *, seq: int) -> None:
        """Keep it in place of the turn's earlier rating; its comment lies in the event at `seq`."""
        ...

    def get(self, turn_id: TurnId) -> Feedback | None:
        """The newest rating of the turn; its comment is empty once it is erased."""
        ...

    def times_given(self, turn_id: TurnId) -> int:
        """How often this turn was rated, every change counted."""
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


class LedgerStore(Protocol):
    """Everything that was paid for; nothing in it is ever changed."""

    def add(self, entries: Sequence[LedgerEntry]) -> None:
        """Write them, and count them for the budgets of their time and payer."""
        ...

    def has_note(self, note: str, *, at: datetime) -> bool:
        """Whether an entry of just that time has this note."""
        ...


class BudgetStore(Protocol):
    """What is spent and set aside in each span that a ceiling holds for."""

    def now(self) -> datetime:
        """The database's time: it says which day it is."""
        ...

    def levels(self, caps: Sequence[Cap]) -> Sequence[Level]:
        """How full the spans are, in the order of the caps; writes nothing."""
        ...

    def reserve(self, reservation: Reservation, caps: Sequence[Cap], *, expires_s: float) -> Sequence[Level]:
        """Set the money aside in each cap's span, and give how full they are with it.

        Where that is more than a cap allows, nothing is set aside; the levels are as they would have been.
        """
        ...

    def shrink(self, amounts: Mapping[str, Decimal]) -> None:
        """Keep of these reservations only as much as was spent; one that is gone stays so."""
        ...

    def of_turn(self, turn_id: TurnId) -> Sequence[Reservation]:
        """Everything that is set aside for the turn, by whichever worker; nobody else changes it until the commit."""
        ...

    def expired(self, *, limit: int) -> Sequence[Reservation]:
        """Reservations whose time is over and whose turn has ended: nobody will settle them."""
        ...

    def release(self, gone: Sequence[Reservation]) -> None:
        """Let go of what was set aside; what was spent of it is the ledger's."""
        ...

    def forget(self, *, kept: timedelta) -> int:
        """Drop the spans that nothing changed for so long; how many that were. They come back where needed."""
        ...


class PaceStore(Protocol):
    """Reads across turns."""

    def since(self, since: datetime, *, limit: int) -> Pace:
        """How the turns went that ended since then, the newest at most so many."""
        ...


class OccurrenceStore(Protocol):
    """What happened to the installation."""

    def add(
        self,
        kind: str,
        *,
        subject: str,
        severity: Severity,
        detail: Mapping[str, str | int | float],
        times: int,
        at: datetime,
        last_at: datetime,
        same_since: datetime,
    ) -> None:
        """Keep it, or count up the one that was noted at or after `same_since`."""
        ...

    def list_recent(self, *, limit: int, severities: Sequence[Severity] = ...) -> Sequence[Occurrence]:
        """Noted last first."""
        ...

    def newest_of(self, *kinds: str) -> Occurrence | None:
        """The one of these kinds that was noted last."""
        ...

    def forget(self, *, before: datetime) -> int:
        """Delete those that were noted last before a time; how many that were."""
        ...


class CostStore(Protocol):
    """Reads across the ledger."""

    def report(self, *, by: CostBy, since: datetime, until: datetime, now: datetime, limit: int) -> CostReport:
        """Everything that was spent from `since` up to but without `until`, in at most `limit` lines.

        The projection is of the month of `now`, whatever the time is that was asked for.
        """
        ...

    def days(self, *, since: datetime) -> Mapping[date, Decimal]:
        """US dollars per day (UTC) since then; a day without a request is missing."""
        ...

    def booked(self, *, since: datetime, until: datetime) -> Sequence[BookedLine]:
        """What the ledger has per day (UTC), vendor and model, corrections included."""
        ...


class EscalationStore(Protocol):
    def open(self, escalation: Escalation) -> Escalation:
        """Open it, or return the one already open on its conversation."""
        ...

    def get(self, escalation_id: EscalationId) -> Escalation | None: ...

    def open_on(self, conversation_id: ConversationId) -> Escalation | None: ...

    def list_open(self, *, limit: int) -> Sequence[Escalation]: ...


class ConversationFinder(Protocol):
    """Reads across conversations, for lists."""

    def find(self, wanted: ConversationFilter, *, before: ListPlace | None = None, limit: int) -> ConversationPage:
        """Conversations in which something happened, newest activity first, beyond `before`.

        One page looks at a bounded number of conversations; see `ConversationPage.is_cut_short`.
        """
        ...

    def activity(self, *, limit: int) -> Mapping[ConversationId, int]:
        """Sequence number of the newest event of the conversations that were active last."""
        ...

    def forks_of(self, conversation_id: ConversationId) -> Sequence[ConversationId]:
        """Conversations that go on from this one, newest first."""
        ...


class Outbox(Protocol):
    def put(self, topic: str, *, key: str, body: str, after_s: float = 0.0) -> None:
        """Due after so long; a key that this topic has seen before is not put again, even after it is done."""
        ...

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[OutboxEntry, ...]: ...

    def done(self, entry_id: int) -> None: ...

    def retry(self, entry_id: int, *, after_s: float, error: str) -> None:
        """Let it be due again after so long."""
        ...


class ReleaseStore(Protocol):
    def put(self, manifest: ReleaseManifest) -> None:
        """Store it unless it is already there."""
        ...

    def get(self, release_id: ReleaseId) -> ReleaseManifest | None: ...


class StaffKeyStore(Protocol):
    def add(self, name: str, *, key_hash: str, at: datetime) -> None: ...

    def find(self, key_hash: str) -> str | None:
        """The name the key was given; None when there is no such key."""
        ...

    def count(self) -> int: ...

    def list_all(self) -> Sequence[StaffKey]:
        """Oldest first."""
        ...

    def remove(self, name: str) -> bool:
        """Withdraw the key of this name; whether there was one."""
        ...


class StaffSessionStore(Protocol):
    """Browsers that have signed in, and links that sign one in. Kept as hashes, each with its end."""

    def add(self, token_hash: str, *, name: str, kind: StaffSessionKind, at: datetime, until: datetime) -> None: ...

    def find(self, token_hash: str, *, kind: StaffSessionKind) -> StaffSession | None:
        """The session or link, also one that has run out: that it has is for the caller to say."""
        ...

    def remove(self, token_hash: str) -> None:
        """Forget it; nothing happens where there is none."""
        ...

    def remove_of(self, name: str) -> int:
        """Forget every session and link of a staff key; how many that were."""
        ...

    def remove_ended(self, *, before: datetime) -> int:
        """Forget those that ended before a time; how many that were."""
        ...


class WithdrawalStore(Protocol):
    """Documents that were withdrawn and let in again."""

    def add(self, change: Withdrawal) -> None: ...

    def version(self) -> int:
        """How many changes there were; that of the newest overlay."""
        ...

    def overlay(self) -> Overlay:
        """What holds now; the newest withdrawal first."""
        ...

    def of(self, document_id: DocumentId, *, limit: int) -> Sequence[Withdrawal]:
        """The changes of one document, newest first."""
        ...


class Stores(Protocol):
    """Every store, bound to one transaction."""

    @property
    def customers(self) -> CustomerStore: ...
    @property
    def conversations(self) -> ConversationStore: ...
    @property
    def payloads(self) -> PayloadStore: ...
    @property
    def messages(self) -> MessageStore: ...
    @property
    def attachments(self) -> AttachmentStore: ...
    @property
    def forks(self) -> ForkStore: ...
    @property
    def events(self) -> EventLog: ...
    @property
    def turns(self) -> TurnStore: ...
    @property
    def feedback(self) -> FeedbackStore: ...
    @property
    def citations(self) -> CitationStore: ...
    @property
    def ledger(self) -> LedgerStore: ...
    @property
    def budgets(self) -> BudgetStore: ...
    @property
    def costs(self) -> CostStore: ...
    @property
    def paces(self) -> PaceStore: ...
    @property
    def occurrences(self) -> OccurrenceStore: ...
    @property
    def escalations(self) -> EscalationStore: ...
    @property
    def finder(self) -> ConversationFinder: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def releases(self) -> ReleaseStore: ...
    @property
    def staff_keys(self) -> StaffKeyStore: ...
    @property
    def staff_sessions(self) -> StaffSessionStore: ...
    @property
    def withdrawals(self) -> WithdrawalStore: ...


class Database(Protocol):
    async def write(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work and commit it durably before returning.

        Raises:
            StoreUnavailableError: the database cannot be reached.
            whatever `work` raises; nothing of it is kept then.
        """
        ...

    async def read(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work that writes nothing, on a snapshot of what is committed."""
        ...

    async def wait_for_events(self, conversation_id: ConversationId, *, after: int, timeout_s: float) -> None:
        """Return once the conversation may have events beyond `after`, or at the time-out; may return early."""
        ...

    async def wait_for_turns(self, *, timeout_s: float) -> None:
        """Return once another process may have left a turn to be claimed, or at the time-out; may return early."""
        ...

    async def ping(self) -> None:
        """Raises: StoreUnavailableError."""
        ...

    async def close(self) -> None: ...


__all__ = [
    "AttachmentStore",
    "BudgetStore",
    "CitationStore",
    "ClaimedTurn",
    "ConversationFinder",
    "ConversationStore",
    "CostStore",
    "Crowd",
    "CustomerStore",
    "Database",
    "EscalationStore",
    "EventLog",
    "FeedbackStore",
    "ForkStore",
    "LedgerStore",
    "MessageStore",
    "OccurrenceStore",
    "Outbox",
    "OutboxEntry",
    "PaceStore",
    "PayloadStore",
    "ReleaseStore",
    "StaffKey",
    "StaffKeyStore",
    "StaffSession",
    "StaffSessionKind",
    "StaffSessionStore",
    "StoredTurn",
    "Stores",
    "TurnStore",
    "WithdrawalStore",
]
