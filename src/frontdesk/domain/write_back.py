"""Write-back: how a conversation becomes a part of the customer's record in another system, and how far that has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from frontdesk.domain.connector import Value
from frontdesk.domain.conversation import Origin
from frontdesk.domain.ids import ConversationId

SOURCES: Mapping[str, str] = {
    "conversation.id": "the conversation's id, the same for every update",
    "conversation.link": "its page in the console",
    "conversation.channel": "web_chat, in_app, voice, email, api or openai",
    "conversation.status": "assistant, waiting, operator or closed",
    "conversation.started_at": "when it began",
    "conversation.ended_at": "when something was last said",
    "conversation.turns": "how many messages were answered",
    "conversation.languages": "languages the customer wrote in, in their order",
    "customer.subject": "the verified customer, as the company names them",
    "customer.id": "our own id of the customer",
    "outcome": "the most telling outcome of its turns: escalated, acted, answered, clarified, refused, failed",
    "outcomes": "the outcomes of its turns, each once, in their order",
    "topics": "topics of the assistant folder that it touched",
    "intents": "intents of the assistant folder that it touched",
    "workflows": "workflows that were run",
    "workflow.last": "the workflow that was run last",
    "workflow.status": "how that one ended: active, suspended, done, cancelled, handed_over, expired",
    "workflow.ends": "every run with its end, as in `refund: done`",
    "subjects": "workflows and topics, in this order",
    "question": "the customer's first message, masked",
    "answer": "the last answer, masked",
    "summary": "what was said before in short, then the newest words of both, masked",
    "transcript": "all that was said, masked",
    "escalation.reason": "asked, uncertain, policy, risk or failure",
    "escalation.queue": "the queue it waits in, or waited in",
    "escalation.at": "when it was handed over",
    "feedback.rating": "down when any answer was rated so, else up when any was, else none",
    "feedback.reasons": "what was said to be wrong",
    "feedback.comment": "the newest comment, masked",
    "record.version": "1 for the first time it is written, 2 for the first update, and so on",
    "record.reference": "the other system's own name for the record, once it has given one",
    "record.digest": "a hash of all other fields",
}
"""What a field can be filled from."""

WriteBackState = Literal["queued", "sending", "sent", "refused", "dead", "discarded"]
"""
queued     waits for its time, or to be tried again
sending    a process has it
sent       the other system has all of it
refused    a value is not allowed, here or there: a person has to mend it
dead       it was tried often enough
discarded  a person decided that it is not written
"""
STATES: tuple[WriteBackState, ...] = get_args(WriteBackState)
STUCK: tuple[WriteBackState, ...] = ("refused", "dead")
"""What waits for a person."""
Occasion = Literal["quiet", "handed_over", "closed"]
NEVER_S = 3_153_600_000.0
"""A hundred years: nothing is due by itself."""
MAX_REASON_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """How a field of the other system is filled, and what its value must be like."""

    source: str = ""
    """Where the value comes from; one of `SOURCES`."""
    text: str = ""
    """In place of a source: words, with sources in braces, as in `Chat about {topics}`."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Our name to theirs. A name that is not here is refused before anything is sent, unless `otherwise` says what
    stands for it."""
    otherwise: str = ""
    """Stands for what `values` does not name."""
    default: str = ""
    """In place of no value."""
    format: str = ""
    """Of times: `iso`, `date`, `seconds` or `milliseconds` (since 1970), or codes such as `%d/%m/%Y`. Of texts:
    `phone` (+ and digits) or `line` (in one line)."""
    time_zone: str = "UTC"
    """In which times and dates are written."""
    country: str = ""
    """Of `phone`: the calling code of numbers that begin with a zero, such as `44`."""
    case: Literal["", "upper", "lower", "title"] = ""
    """How its letters are written."""
    join: str = ", "
    """Between several values."""
    most: int = 0
    """Several values are cut to so many; 0 keeps all."""
    max_chars: int = 0
    """0 sets no bound but that of the operation."""
    when_longer: Literal["cut", "refuse"] = "cut"
    """What becomes of a longer value."""
    pattern: str = ""
    """A regular expression for the whole value."""
    minimum: Decimal | None = None
    """The smallest number."""
    maximum: Decimal | None = None
    """The largest number."""
    required: bool = False
    """Whether a record without it waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackTiming:
    quiet_minutes: float = 10.0
    """Without a word; a guess that few customers pause for longer."""
    occasions: tuple[Occasion, ...] = ("quiet", "handed_over", "closed")
    """What it is written after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBack:
    """write_back.yaml"""

    operation: str
    """The effect that writes a conversation, as `connector.operation`. Each of `fields` is one of its arguments."""
    fields: Mapping[str, FieldRule]
    update: str = ""
    """The effect for every later time; without it `operation` is used again, with the same id."""
    reference: str = ""
    """The field of what `operation` returns that names the record; kept as `record.reference`."""
    proof: str = ""
    """The field that holds `record.digest`, compared when an unclear end is looked up by another field than the key."""
    when: WriteBackTiming = field(default_factory=WriteBackTiming)
    """When a conversation is written."""
    customers: Literal["verified", "all"] = "verified"
    """Whose conversations are written."""
    origins: tuple[Origin, ...] = ("customer",)
    """Which conversations are written, by who began them."""
    console: str = ""
    """Address of this installation as staff reach it, for `conversation.link`."""
    first_pause_s: float = 2.0
    """After the first try that fails."""
    longest_pause_s: float = 300.0
    """Between two tries of a record: doubled each time up to this, all of it random. Both are guesses."""
    tries: int = 12
    """Replies that make no sense and silences after which a record waits for a person; a guess."""
    give_up_hours: float = 72.0
    """So long a record is tried while the system cannot be reached; a long weekend."""
    alert_after_minutes: float = 10.0
    """From then on that nothing gets through is an occurrence."""

    @property
    def connector(self) -> str:
        return self.operation.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """Why a value is not taken."""

    field: str
    """Of the other system; empty where it is about the record as a whole."""
    message: str
    value: str = ""
    """The value as it was to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A value that a person put in place of another."""

    value: str
    instead_of: str
    """Hash of what it replaced: it stands as long as that would be the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record as it is sent, kept until its end is known: only the very same may be sent under its id."""

    operation: str
    """Qualified."""
    values: Mapping[str, Value]
    digest: str
    effect_id: str
    """Conversation, version and digest: the idempotency key."""
    seq: int
    """The conversation's newest event that it knows of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWriteBack:
    """How far one conversation has come."""

    conversation_id: ConversationId
    state: WriteBackState
    wanted_seq: int
    """Events up to here are to be written."""
    sent_seq: int
    """Events up to here are."""
    sent_digest: str
    sent_at: datetime | None
    versions: int
    """How often it was written."""
    reference: str
    queued_at: datetime
    """Since when something waits to be written."""
    due_at: datetime
    attempts: int
    failures: int
    """Attempts that count: those during which the system could be reached."""
    first_failed_at: datetime | None
    error: str
    """What the last attempt ended with, in words; empty where none failed."""
    errors: tuple[FieldError, ...]
    outgoing: Outgoing | None
    is_unclear: bool
    """Whether `outgoing` may have arrived."""
    mended: Mapping[str, Mended]
    is_mended: bool
    """Whether a person changed values since `outgoing` was made."""
    decided_by: str
    decided_at: datetime | None
    reason: str
    """Why it was discarded."""
    fence: int
    """Rises whenever a process takes it; an older one changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackTally:
    """The state of all of it at one moment."""

    by_state: Mapping[WriteBackState, int]
    due: int
    """Those of the queue whose time has come."""
    sent_24h: int
    oldest_due_s: float
    """How long the first of those has been due."""
    last_sent_at: datetime | None
    failing_since: datetime | None
    """When nothing began to get through; None while something does, or nothing is tried."""
    last_error: str
