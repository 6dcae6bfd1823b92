"""What was paid for. Amounts are US dollars as exact decimals; the stores keep billionths."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from frontdesk.domain.ids import ConversationId, CustomerId, ReleaseId, TurnId
from frontdesk.domain.usage import Purpose, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One thing that was paid for, or a correction of what was thought to be."""

    at: datetime
    kind: Literal["usage", "adjustment"] = "usage"
    purpose: Purpose | Literal["embed"]
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
