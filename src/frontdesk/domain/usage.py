"""What a turn used: tokens, money, vendor attempts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Purpose = Literal["answer", "rewrite", "summary", "judge", "command"]
"""What a model is asked for."""

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
    purpose: Purpose
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
    route: str = ""
    """Name of its rung in models.yaml."""
    is_hedge: bool = False
    """It was asked beside another one that was slow."""
    is_estimated: bool = False
    """The tokens are counted by us; the vendor did not say."""
