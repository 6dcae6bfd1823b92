"""What was paid for, and what may be spent. Amounts are US dollars as exact decimals; the stores keep billionths."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from frontdesk.domain.ids import ConversationId, CustomerId, ReleaseId, TurnId
from frontdesk.domain.release import Ceilings
from frontdesk.domain.usage import Purpose, Usage

Spending = Purpose | Literal["embed", "correction"]
"""What money is spent on; a correction makes the ledger agree with a bill."""
Scope = Literal["turn", "conversation", "customer_day", "day", "month"]
"""What a ceiling holds for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One thing that was paid for, or a correction of what was thought to be."""

    at: datetime
    kind: Literal["usage", "adjustment"] = "usage"
    purpose: Spending
    vendor: str
    model: str
    usage: Usage
    cost_usd: Decimal | None
    """None where the price is not known; never zero for that reason."""
    is_estimated: bool = False
    """The tokens are counted by us, or the money was corrected afterwards."""
    turn_id: TurnId | None = None
    conversation_id: ConversationId | None = None
    customer_id: CustomerId | None = None
    channel: str = ""
    """Empty for work that no conversation asked for."""
    release_id: ReleaseId | Literal[""] = ""
    note: str = ""
    """Why it was corrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One thing that money is counted for: this turn, that day."""

    scope: Scope
    key: str
    """Names it: an id, a day as 2026-03-01, a month as 2026-03, or the two of a customer's day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """What may be spent in a span."""

    span: Span
    usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How full a span is."""

    cap: Cap
    spent_usd: Decimal
    reserved_usd: Decimal

    @property
    def share(self) -> float:
        """What is spent and set aside, of what may be; 1 is full."""
        taken = self.spent_usd + self.reserved_usd
        return float(taken / self.cap.usd) if self.cap.usd else 1.0

    @property
    def is_over(self) -> bool:
        return self.spent_usd + self.reserved_usd > self.cap.usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Money set aside before a vendor is asked: the most that the request can cost."""

    reservation_id: str
    turn_id: TurnId | None
    fence: int
    """Of the lease under which it is made."""
    amount_usd: Decimal
    vendor: str
    model: str
    purpose: Purpose
    spans: tuple[Span, ...] = ()
    """What it counts for."""
    created_at: datetime | None = None
    """By the database's clock; None until it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """For whom money is spent; nobody where the work was not asked for by a conversation."""

    turn_id: TurnId | None = None
    conversation_id: ConversationId | None = None
    customer_id: CustomerId | None = None


def spans_at(payer: Payer, at: datetime) -> tuple[Span, ...]:
    """Every span that money counts for which is spent at that time. Days are those of UTC."""
    day = f"{at:%Y-%m-%d}"
    subject = payer.customer_id or payer.conversation_id
    keys: dict[Scope, str | None] = {
        "turn": payer.turn_id,
        "conversation": payer.conversation_id,
        "customer_day": f"{subject} {day}" if subject else None,
        "day": day,
        "month": day[:7],
    }
    return tuple(Span(scope=scope, key=key) for scope, key in keys.items() if key)


def caps_at(ceilings: Ceilings, payer: Payer, at: datetime) -> tuple[Cap, ...]:
    """The ceilings that are set, each with its span."""
    bounds = _bounds(ceilings)
    spans = [(span, bounds[span.scope]) for span in spans_at(payer, at)]
    return tuple(Cap(span=span, usd=Decimal(str(usd))) for span, usd in spans if usd is not None)


def has_ceiling(ceilings: Ceilings) -> bool:
    """Whether anything bounds what is spent."""
    return any(usd is not None for usd in _bounds(ceilings).values())


def _bounds(ceilings: Ceilings) -> dict[Scope, float | None]:
    return {
        "turn": ceilings.per_turn_usd,
        "conversation": ceilings.per_conversation_usd,
        "customer_day": ceilings.per_customer_day_usd,
        "day": ceilings.per_day_usd,
        "month": ceilings.per_month_usd,
    }
