"""What a turn used: tokens, money, vendor attempts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

AttemptResult = Literal[
    "ok", "429", "5xx", "timeout_fb", "timeout_idle", "cut", "garbage", "filter", "ctx", "auth", "refused", "cancelled"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorAttempt:
    """One request to one model, whatever came of it."""

    number: int
    """1-based within the turn."""
    purpose: Literal["answer", "rewrite", "summary"]
    vendor: str
    model: str
    """As pinned in the route."""
    reported_model: str
    """As the vendor named it; empty when it did not."""
    result: AttemptResult
    first_token_ms: float | None
    total_ms: float
    usage: Usage
    cost_usd: Decimal | None
    """None when the price is unknown."""

    @property
    def cost(self) -> "CostEntry":
        """What it adds to the ledger."""
        return CostEntry(vendor=self.vendor, model=self.model, feature=self.purpose, cost_usd=self.cost_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEntry:
    vendor: str
    model: str
    feature: Literal["answer", "rewrite", "summary", "embed"]
    cost_usd: Decimal | None
