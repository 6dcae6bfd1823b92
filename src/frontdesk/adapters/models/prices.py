"""What a request cost, from the price tables that come with genai-prices."""

import re
from decimal import Decimal

from frontdesk.domain.usage import Usage

OWN_VENDOR = "frontdesk"
_PROVIDERS = frozenset({"openai", "anthropic"})
_PUBLIC_HOST = re.compile(r"\.[a-z]{2,}\Z")
"""Servers with a bare name or an address are one's own."""


def warm() -> None:
    """Read the tables now, off the message's path."""
    cost_usd("openai", "", Usage())


def cost_usd(vendor: str, model: str, usage: Usage) -> Decimal | None:
    """US dollars for a request, or None where the price is unknown; what Frontdesk computes itself costs nothing.

    Args:
        vendor: a vendor's name, or the host of its API.

    The tables take 0.2 s to import, so they are read at the first request that may have a price, or by `warm`;
    0.06 ms a call after that.
    """
    if vendor == OWN_VENDOR:
        return Decimal(0)
    if vendor not in _PROVIDERS and not _PUBLIC_HOST.search(vendor):
        return None
    from genai_prices import Usage as PricedUsage  # noqa: PLC0415
    from genai_prices import calc_price  # noqa: PLC0415

    priced = PricedUsage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.cached_tokens or None,
        output_tokens=usage.output_tokens,
    )
    try:
        if vendor in _PROVIDERS:
            return calc_price(priced, model_ref=model, provider_id=vendor).total_price
        return calc_price(priced, model_ref=model, provider_api_url=f"https://{vendor}").total_price
    except LookupError:
        return None
