"""A conversation that needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class Collected:
    """What a workflow had found out when a person took over; everything as it would be said, nothing private."""

    workflow: str
    version: int
    step: str
    """Where it stood."""
    why: str = ""
    """One sentence for whoever takes it."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """What the customer said."""
    readings: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    """What other systems said, by the result's name."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """By the operation: why there is nothing from it."""
    effects: Mapping[str, str] = field(default_factory=dict)
    """By the operation: what became of a change that was begun."""


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
    collected: Collected | None = None
    """None where no workflow was under way, or it was erased."""
