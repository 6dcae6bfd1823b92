"""Everything that can happen in a conversation, one type per kind.

A stored event gets the next `seq` of its conversation. What people wrote (`personal` fields) is kept
in a payload row that can be erased; the rest stays in the log for good. `to_wire` is the only place
that decides what clients see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Literal

from frontdesk.domain.attachments import AttachmentRef
from frontdesk.domain.feedback import FeedbackReason, Rating
from frontdesk.domain.ids import ConversationId, EscalationId, MessageId, ReleaseId, TurnId
from frontdesk.domain.turn import Citation, ConfidenceLevel, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    kind: ClassVar[str]
    is_stored: ClassVar[bool] = True
    personal: ClassVar[frozenset[str]] = frozenset()

    @property
    def personal_fields(self) -> frozenset[str]:
        """The names of what can be erased of it."""
        return self.personal


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnAccepted(Event):
    """The message is kept, and its turn will end."""

    kind = "turn.accepted"
    personal = frozenset({"text", "attachments"})
    turn_id: TurnId
    message_id: MessageId
    text: str
    """What the customer wrote, after repair."""
    attachments: tuple[AttachmentRef, ...] = ()
    """Files sent with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnDelayed(Event):
    """Too many people write at once: the message is kept, and answered when nobody else waits."""

    kind = "turn.delayed"
    turn_id: TurnId
    text: str
    """That it is so, in the conversation's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStage(Event):
    """What the assistant is doing right now; a courtesy, never stored."""

    kind = "turn.stage"
    is_stored = False
    turn_id: TurnId
    stage: str
    """`retrieve` or `generate`."""
    label: str
    """For people, in the conversation's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerProvisional(Event):
    """Guarded text that is not confirmed yet, in channels that show it; never stored."""

    kind = "answer.provisional"
    is_stored = False
    turn_id: TurnId
    text: str
    """All that is unconfirmed now, in place of what was told before; empty when nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWithdrawn(Event):
    """Provisional text that did not stand; never stored."""

    kind = "answer.withdrawn"
    is_stored = False
    turn_id: TurnId
    stage: Literal["ground", "guard_out"]
    """What it failed at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSentence(Event):
    """Confirmed text; appended to the sentences before it, joined by `separator`."""

    kind = "answer.sentence"
    personal = frozenset({"text"})
    turn_id: TurnId
    index: int
    """Order within the attempt, from 0."""
    separator: str
    """What stands between it and the text before it."""
    text: str
    citations: tuple[Citation, ...]
    """The sources of this sentence; empty for the assistant's own prepared words."""

    @property
    def personal_fields(self) -> frozenset[str]:
        return _with_citations(self.personal, self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReset(Event):
    """The earlier sentences of this turn are void; another attempt starts from nothing."""

    kind = "turn.reset"
    turn_id: TurnId
    reason: Literal["taken_over", "vendor_failed", "withdrawn", "superseded"]
    """Another worker took the turn over, a model broke off and the next one begins anew, the answer does not stand, or
    a later message took this one's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCompleted(Event):
    """The turn has ended; `text` and `citations` are the whole answer."""

    kind = "answer.completed"
    personal = frozenset({"text"})
    turn_id: TurnId
    outcome: Outcome
    text: str
    citations: tuple[Citation, ...]
    confidence: ConfidenceLevel
    degraded: tuple[str, ...]
    """What did not work as it should; empty when all did."""
    release_id: ReleaseId
    timings_ms: Mapping[str, float]
    """Milliseconds per stage, in `total`, and until the first confirmed text."""

    @property
    def personal_fields(self) -> frozenset[str]:
        return _with_citations(self.personal, self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFailed(Event):
    """An honest end without an answer; a case is open."""

    kind = "turn.failed"
    turn_id: TurnId
    outcome: Outcome
    text: str
    """The assistant's apology."""
    code: str
    """Why, as a code of an error, `gave_up` or `unexpected`."""
    release_id: ReleaseId
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationOpened(Event):
    """The conversation waits for a person, and the assistant is silent."""

    kind = "escalation.opened"
    escalation_id: EscalationId
    turn_id: TurnId | None
    reason: str
    text: str
    """What happens next, in the conversation's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(Event):
    """The customer rated an answer, changed the rating or took it back; the newest counts."""

    kind = "feedback.given"
    personal = frozenset({"comment"})
    turn_id: TurnId
    rating: Rating
    reasons: tuple[FeedbackReason, ...] = ()
    comment: str = ""


FINAL_KINDS = frozenset({AnswerCompleted.kind, TurnFailed.kind})
"""Exactly one event of these kinds ends a turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as the log holds it."""

    conversation_id: ConversationId
    seq: int
    kind: str
    turn_id: TurnId | None
    at: datetime
    body: str
    """The JSON that every reader sends, byte for byte."""


def _with_citations(personal: frozenset[str], citations: tuple[Citation, ...]) -> frozenset[str]:
    """Documents are the company's own words; what another system said is the customer's."""
    return personal | {"citations"} if any(citation.is_of_system for citation in citations) else personal


def to_wire(event: Event) -> dict[str, Any]:
    """The event's fields as JSON-ready values, in the order of the class."""
    return {item.name: _plain(getattr(event, item.name)) for item in fields(event)}


def _plain(value: Any) -> Any:
    if isinstance(value, Citation | AttachmentRef):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return round(value, 2)
    return str(value) if isinstance(value, str) else value
