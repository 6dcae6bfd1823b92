"""Conversations and turns as lists show them: what is asked for, and what is told of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from frontdesk.domain.conversation import ConversationStatus, Origin
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.feedback import FeedbackReason, Rating
from frontdesk.domain.ids import ConversationId, EscalationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import ConfidenceLevel, Outcome, TurnState

MIN_WORD_CHARS = 2
"""Shorter words are in nearly everything that was ever said."""
MAX_WORDS = 8
PREVIEW_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFilter:
    """What a listed conversation must be like; a field left empty asks for nothing.

    What is asked of a turn (`outcomes`, `confidence`, `degraded`, `language`, `rating`) holds for one and the same
    turn: `answered` with `low` finds answers that were given although the knowledge hardly carried them.
    """

    words: tuple[str, ...] = ()
    """Each somewhere in what was said, in any message, also as a part of a longer word, whatever its case; at most
    `MAX_WORDS`, of at least `MIN_WORD_CHARS` characters."""
    conversation_id: ConversationId | None = None
    turn_id: TurnId | None = None
    message_id: MessageId | None = None
    escalation_id: EscalationId | None = None
    """At most one of the four ids."""
    customer: str = ""
    """The verified customer's subject, or how it begins."""
    outcomes: frozenset[Outcome] = frozenset()
    """Any of them."""
    confidence: ConfidenceLevel | None = None
    degraded: str = ""
    """A label, or `any`."""
    rating: Rating | None = None
    language: str = ""
    """ISO 639-1 of what the customer wrote."""
    channel: str = ""
    origin: Origin | None = None
    status: ConversationStatus | None = None
    since: datetime | None = None
    """Last active at or after."""
    until: datetime | None = None
    """Last active before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """A conversation's place in the list; the list goes from the newest activity back, ties by id."""

    updated_at: datetime
    conversation_id: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """What a list tells of a conversation."""

    conversation_id: ConversationId
    created_at: datetime
    updated_at: datetime
    channel: str
    locale: str
    status: ConversationStatus
    origin: Origin
    forked_from: ConversationId | None
    """The conversation it goes on from; what was said there is not counted here."""
    subject: str | None
    """Of a verified customer."""
    last_seq: int
    turns: int
    is_running: bool
    """Whether a turn is queued or being worked on."""
    outcome: Outcome | None
    """Of the newest turn; None while it runs, and when there is none."""
    confidence: ConfidenceLevel | None
    """The lowest of any turn."""
    degraded: tuple[str, ...]
    """Labels of any turn, in alphabetical order."""
    rating: Rating
    """`down` when any answer was rated so, else `up` when any was, else `none`."""
    preview: str
    """How the customer's first words begin; empty when there are none, and when they were erased."""
    is_erased: bool
    """What was said is gone."""
    escalation_id: EscalationId | None
    """The open one."""
    waiting_since: datetime | None
    """When the open escalation was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    items: tuple[ConversationSummary, ...]
    next: ListPlace | None
    """Where to go on; None at the end of the list."""
    is_cut_short: bool = False
    """Whether `next` is how far was searched, and not the last of the items: there may be more within the period, and a
    page may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSummary:
    """What a conversation's page tells of a turn; what is not known before it has ended is empty until then."""

    turn_id: TurnId
    message_id: MessageId
    number: int
    """From 1 within the conversation."""
    state: TurnState
    outcome: Outcome | None
    confidence: ConfidenceLevel | None
    degraded: tuple[str, ...]
    timings_ms: Mapping[str, float]
    release_id: ReleaseId
    language: str
    accepted_at: datetime
    ended_at: datetime | None
    escalation_id: EscalationId | None
    escalation_reason: EscalationReason | None
    rating: Rating = "none"
    reasons: tuple[FeedbackReason, ...] = field(default=())
