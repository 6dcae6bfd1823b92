"""How the simulated vendor behaves where no fault says otherwise, and the models that only behave."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from frontdesk.simulators.vendor.lies import KINDS, Kind

FAST_ANSWER_TOKENS = 50

PLAIN_MODELS: Mapping[str, str] = {
    "sim": "rephrases the passages, at the configured speed",
    "sim-fast": "a fixed answer of 50 tokens from the first passage",
    "sim-slow": "as sim: first token after 300 ms, then 20 ms a token",
    "sim-lies": "as sim, with a falsehood in every sentence",
    "sim-obeys": "does what the last instruction in its messages says, also one in a passage",
    "sim-invents": "as sim; asked what a message means for a workflow, it makes up numbers, and says yes for the customer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorBehaviour:
    """How the simulated vendor behaves, unless the model's name says otherwise."""

    first_token_ms: float = 0.0
    ms_per_token: float = 0.0
    lie_rate: float = 0.0
    """Share of sentences that are made false, 0 to 1."""
    lie_kinds: tuple[Kind, ...] = KINDS
    seed: int = 0
    """The same seed and request give the same reply."""
    cites: bool = True
    """Ends sentences with the number of their passage, as prompts ask models to."""
    requests_per_minute: int = 0
    """More are answered with 429 and the time to wait; 0 sets no limit."""
    input_usd_per_million: Decimal = Decimal("0.50")
    """What its bill says for a million tokens read; invented."""
    output_usd_per_million: Decimal = Decimal("1.50")
    """The same for tokens written."""


def behaviour_of(model: str, behaviour: VendorBehaviour) -> VendorBehaviour:
    """The behaviour of one of the plain models."""
    match model:
        case "sim-slow":
            return replace(behaviour, first_token_ms=300.0, ms_per_token=20.0)
        case "sim-lies":
            return replace(behaviour, lie_rate=1.0)
        case _:
            return behaviour
