"""A conversation that needs a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from frontdesk.domain.ids import ConversationId, EscalationId, TurnId


class EscalationReason(StrEnum):
    ASKED = "asked"
    UNCERTAIN = "uncertain"
    POLICY = "policy"
    RISK = "risk"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    escalation_id: EscalationId
    conversation_id: ConversationId
    turn_id: TurnId | None
    reason: EscalationReason
    queue: str
    topic: str
    """The uncovered topic or intent that led here; empty when none."""
    opened_at: datetime
    closed_at: datetime | None = None
