"""What can be wrong in models.yaml though every value is of its kind."""

from collections.abc import Iterator
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from frontdesk.domain.errors import ConfigProblem
from frontdesk.domain.release import AnswerCacheSettings, Ceilings, ModelRoute, ModelRoutes, RoutePrice
from frontdesk.releases.yaml_files import YamlFile

_ABOVE_ZERO = ("first_byte_s", "idle_s", "total_s", "max_output_tokens")
_NOT_NEGATIVE = (
    "temperature",
    "context_tokens",
    "max_concurrency",
    "reserved_for_answers",
    "requests_per_minute",
    "tokens_per_minute",
)
_PRICES = ("input_usd_per_million", "output_usd_per_million", "cached_usd_per_million", "usd_per_hour")
_CEILINGS = ("per_turn_usd", "per_conversation_usd", "per_customer_day_usd", "per_day_usd", "per_month_usd")
_SHARES = ("small_from", "short_from", "extractive_from")


def check_rung(file: YamlFile, rung: ModelRoute, location: tuple[str | int, ...]) -> Iterator[ConfigProblem]:
    """One rung, by itself."""

    def problem(name: str, message: str, hint: str = "") -> ConfigProblem:
        return ConfigProblem(where=file.where(*location, name), message=f"`{rung.name}`: {message}", hint=hint)

    if not rung.name.strip():
        yield problem("name", "A rung needs a name.")
    for name in _ABOVE_ZERO:
        if not _is_number(getattr(rung, name)) or getattr(rung, name) <= 0:
            yield problem(name, f"`{name}` has to be above 0.")
    for name in _NOT_NEGATIVE:
        if not _is_number(getattr(rung, name)) or getattr(rung, name) < 0:
            yield problem(name, f"`{name}` cannot be negative.", "0 sets no bound." if "_" in name else "")
    yield from (problem(name, *texts) for name, *texts in _about_limits(rung))
    yield from (problem(name, *texts) for name, *texts in _about_the_server(rung))
    price: RoutePrice | None = rung.price
    for name in _PRICES if price else ():
        if (amount := getattr(price, name)) is not None and (not _is_number(amount) or amount < 0):
            where = file.where(*location, "price", name)
            yield ConfigProblem(where=where, message=f"`{rung.name}`: `price.{name}` cannot be negative.")


def _about_limits(rung: ModelRoute) -> Iterator[tuple[str, str, str]]:
    if rung.reserved_for_answers >= max(rung.max_concurrency, 1):
        hint = "Raise `max_concurrency`, or reserve fewer."
        yield "reserved_for_answers", "`reserved_for_answers` has to be below `max_concurrency`.", hint
    if 0 < rung.context_tokens <= rung.max_output_tokens:
        hint = "It holds the request and the answer together."
        yield "context_tokens", "`context_tokens` leaves no room beside `max_output_tokens`.", hint


def _about_the_server(rung: ModelRoute) -> Iterator[tuple[str, str, str]]:
    if rung.adapter == "extractive":
        return
    if not rung.model.strip():
        hint = "Write it as module:function." if rung.adapter == "python" else "Pin the version that was tested."
        yield "model", "`model` is missing.", hint
    if rung.base_url and not _is_address(rung.base_url):
        hint = "It begins with http:// or https://, such as `https://api.example.com/v1`."
        yield "base_url", f"`{rung.base_url}` is no address of a server.", hint


def check_routes(file: YamlFile, routes: ModelRoutes) -> Iterator[ConfigProblem]:
    """The ladders, and what stands beside them."""

    def problem(*location: str, message: str, hint: str = "") -> ConfigProblem:
        return ConfigProblem(where=file.where(*location), message=message, hint=hint)

    for name, ladder in (("judge", routes.judge), ("command", routes.command)):
        if ladder and not any("json" in rung.capabilities for rung in ladder):
            hint = "Add `json` to the capabilities of one that can."
            message = f"No rung of `{name}` can keep to a JSON schema, so none is ever asked."
            yield problem(name, message=message, hint=hint)
    if not 0 <= routes.hedge_share <= 1:
        hint = "0.05 is one answer in twenty."
        yield problem("hedge_share", message="`hedge_share` is a share between 0 and 1.", hint=hint)
    if routes.history_tokens < 1:
        yield problem("history_tokens", message="`history_tokens` has to be above 0.")
    for name, message in [*_about_ceilings(routes.budget), *_about_cache(routes.cache)]:
        yield problem(*name.split("."), message=message)


def _about_ceilings(budget: Ceilings) -> Iterator[tuple[str, str]]:
    for name in _CEILINGS:
        if (amount := getattr(budget, name)) is not None and (not _is_number(amount) or amount < 0):
            yield f"budget.{name}", f"`budget.{name}` cannot be negative."
    shares = [getattr(budget, name) for name in _SHARES]
    for name, share in zip(_SHARES, shares, strict=True):
        if not 0 <= share <= 1:
            yield f"budget.{name}", f"`budget.{name}` is a share between 0 and 1."
    if shares != sorted(shares):
        named = "`, `".join(_SHARES)
        yield "budget", f"`budget`: the shares `{named}` have to rise in this order."


def _about_cache(cache: AnswerCacheSettings) -> Iterator[tuple[str, str]]:
    if cache.entries < 0:
        yield "cache.entries", "`cache.entries` cannot be negative; 0 keeps none."
    if not _is_number(cache.keep_s) or cache.keep_s <= 0:
        yield "cache.keep_s", "`cache.keep_s` has to be above 0."


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and isfinite(value)
