"""What a request cost: the route's own price, else the price tables that come with genai-prices, else unknown."""

import re
from decimal import Decimal
from functools import lru_cache

from frontdesk.domain.release import ModelRoute, RoutePrice
from frontdesk.domain.usage import Usage

OWN_VENDOR = "frontdesk"
_PROVIDERS = frozenset({"openai", "anthropic"})
_PUBLIC_HOST = re.compile(r"\.[a-z]{2,}\Z")
"""Servers with a bare name or an address are one's own."""
_MILLION = 1_000_000
_HOUR_S = 3600


def warm() -> None:
    """Read the tables now, off the message's path."""
    cost_usd("openai", "", Usage())


def cost_usd(
    vendor: str, model: str, usage: Usage, *, route: ModelRoute | None = None, seconds: float = 0.0
) -> Decimal | None:
    """US dollars for a request, or None where the price is unknown; what Frontdesk computes itself costs nothing.

    Args:
        vendor: a vendor's name, or the host of its API.
        route: a price it names goes before the tables.
        seconds: from the request to its end; counts where a server is paid by the hour.

    The tables take 0.2 s to import, so they are read at the first request that may have a price, or by `warm`;
    0.06 ms a call after that.
    """
    if vendor == OWN_VENDOR:
        return Decimal(0)
    if route is not None and route.price is not None:
        return _agreed(route.price, usage, seconds / max(1, route.max_concurrency))
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


def _agreed(price: RoutePrice, usage: Usage, share_s: float) -> Decimal:
    """By the route's own price. Cached tokens are among those that were read, and may be cheaper."""
    cached = min(usage.cached_tokens, usage.input_tokens)
    cached_price = price.input_usd_per_million if price.cached_usd_per_million is None else price.cached_usd_per_million
    tokens = (
        (usage.input_tokens - cached) * _exact(price.input_usd_per_million)
        + cached * _exact(cached_price)
        + usage.output_tokens * _exact(price.output_usd_per_million)
    )
    return tokens / _MILLION + _exact(price.usd_per_hour) * Decimal(share_s) / _HOUR_S


@lru_cache(maxsize=256)
def _exact(usd: float) -> Decimal:
    """The number as it was written, not its nearest binary fraction."""
    return Decimal(str(usd))
