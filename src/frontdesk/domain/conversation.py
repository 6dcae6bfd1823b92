"""Customers, principals, conversations and their messages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from frontdesk.domain.ids import AttachmentId, ConversationId, CustomerId, MessageId, TurnId

PUBLIC = "public"
STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audiences:
    """What a principal may see: a never-empty set of audience labels.

    Labels are `public`, a customer segment such as `members`, `customer:<subject>`, or `staff`.
    """

    labels: frozenset[str]

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError("a principal sees at least one audience")

    def may_see(self, audience: str) -> bool:
        return audience in self.labels

    def __iter__(self) -> Iterator[str]:  # sorted, so that queries and cache keys are stable
        return iter(sorted(self.labels))


PUBLIC_ONLY = Audiences(labels=frozenset({PUBLIC}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking, how that was proved, and what they may see."""

    audiences: Audiences = PUBLIC_ONLY
    subject: str | None = None
    """The company's own name for the customer (`sub` of the signed token); None when anonymous."""
    customer_id: CustomerId | None = None
    proof: Literal["none", "signed_token", "staff_key"] = "none"

    @property
    def is_verified(self) -> bool:
        return self.proof != "none"


class ConversationStatus(StrEnum):
    """Who owns the next word."""

    ASSISTANT = "assistant"
    WAITING = "waiting"
    """Handed over; no operator has taken it yet. The assistant is silent."""
    OPERATOR = "operator"
    CLOSED = "closed"


Origin = Literal["customer", "simulated", "staff"]
"""Who began a conversation: a customer, a simulated one, or staff trying something out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    conversation_id: ConversationId
    channel: str
    locale: str
    """BCP 47 tag of the customer's interface."""
    status: ConversationStatus
    principal: Principal
    last_seq: int
    """Sequence number of its newest event; 0 when it has none."""
    created_at: datetime
    summary: str = ""
    """What earlier messages said, once they no longer fit the token budget; facts and promises stay verbatim."""
    summarised_until: int = 0
    """Messages up to this position are in the summary."""
    origin: Origin = "customer"
    forked_from: ConversationId | None = None
    """The conversation it goes on from; None when it began anew."""


Role = Literal["customer", "assistant", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that was said; positions count from 1 within a conversation."""

    message_id: MessageId
    conversation_id: ConversationId
    turn_id: TurnId | None
    position: int
    role: Role
    text: str
    language: str
    at: datetime
    cleaning: Mapping[str, int] | None = None
    """What intake changed in a customer's words, as a count per kind; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """What a channel received, before anything was done to it."""

    conversation_id: ConversationId
    text: str
    idempotency_key: str
    channel: str = "web_chat"
    attachments: tuple[AttachmentId, ...] = ()
    """Files to be sent with it; the text may be empty then."""
    address: str = ""
    """Where it came from on the network, as far as that tells senders apart; empty where it does not."""
    may_be_kept: bool = True
    """Whether its sender can hear of the answer long after; else it is refused in a rush."""
