"""Effects on other systems: what was approved, begun, and what became of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from frontdesk.domain.connector import Row, Value
from frontdesk.domain.ids import ConversationId, RunId, TurnId

EffectStatus = Literal["begun", "done", "failed", "unknown"]
"""`begun`: the call may be under way, or its worker is dead. `unknown`: no answer came, and nothing can be read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A customer's yes that was asked for: to exactly one call, for a while, once."""

    approval_id: str
    run_id: RunId
    conversation_id: ConversationId
    step: str
    operation: str
    """Qualified."""
    arguments: Mapping[str, Value]
    """As they were shown; the bound ones are not among them."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One change in another system, by the key under which it is made."""

    key: str
    """Idempotency key; the same call has the same key whoever makes it."""
    run_id: RunId
    conversation_id: ConversationId
    turn_id: TurnId
    """The turn that began it."""
    step: str
    operation: str
    """Qualified."""
    subject: str
    """The customer it is made for, as the company names them; empty where it is made for nobody."""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    amount: Decimal | None = None
    """The largest amount among its arguments."""
    status: EffectStatus = "begun"
    rows: tuple[Row, ...] = ()
    """What came back."""
    why: str = ""
    """Why it failed: a kind of failure."""
    begun_at: datetime
    ended_at: datetime | None = None
    is_taken_in: bool = False
    """Whether its run has gone on with what became of it; one that isn't belongs to a turn that didn't come to its end."""


def effect_key(run_id: RunId, step: str, approval_id: str, arguments: Mapping[str, Value]) -> str:
    """Idempotency key of an effect: what is run, confirmed and sent decides it, and not who sends it."""
    return hashlib.sha256(f"{run_id}\n{step}\n{approval_id}\n{arguments_hash(arguments)}".encode()).hexdigest()[:48]


def arguments_hash(arguments: Mapping[str, Value]) -> str:
    """The same for the same arguments, whatever their order."""
    said = sorted((name, type(value).__name__, _text(value)) for name, value in arguments.items())
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _text(value: Value) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
