"""Whether the ceilings of models.yaml can hold, and whether one answer fits below them."""

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal

from frontdesk.adapters.models.prices import cost_usd
from frontdesk.bootstrap.doctor.check import Check
from frontdesk.bootstrap.doctor.routes import VENDORS, routes_of, vendor_of
from frontdesk.domain.release import AssistantContent, Ceilings, ModelRoute
from frontdesk.domain.usage import Usage
from frontdesk.releases.places import Places
from frontdesk.turn.money.budget import INPUT_MARGIN

_LONGEST_REQUEST_S = 20.0


def check_money(content: AssistantContent, places: Places) -> Iterator[Check]:
    ceilings = _set(content.models.budget)
    unpriced = [
        route
        for route in routes_of(content.models).values()
        if route.adapter in VENDORS and _dearest(route, content) is None
    ]
    yield from (_no_price(route, has_ceilings=bool(ceilings), places=places) for route in unpriced)
    yield from _check_room(content, ceilings, places)


def _no_price(route: ModelRoute, *, has_ceilings: bool, places: Places) -> Check:
    consequence = "no ceiling of `budget` can hold for it" if has_ceilings else "its cost is told as unknown"
    return Check(
        name="money",
        state="problem" if has_ceilings else "warning",
        where=places.of_route(route.name, "model"),
        detail=f"No price is known for `{route.model}` of '{route.name}': {consequence}.",
        remedy="Give it a `price` with `input_usd_per_million` and `output_usd_per_million`, or `usd_per_hour`.",
    )


def _check_room(content: AssistantContent, ceilings: dict[str, Decimal], places: Places) -> Iterator[Check]:
    """A ceiling below the most that the cheapest route may cost lets no vendor be asked, ever."""
    asked = (*content.models.answer, *content.models.small_answer)
    costs = [cost for route in asked if route.adapter in VENDORS and (cost := _dearest(route, content)) is not None]
    if not costs:
        return
    for name, usd in ceilings.items():
        if min(costs) > usd * Decimal(str(content.models.budget.extractive_from)):
            yield Check(
                name="money",
                state="problem",
                where=places.of("budget", name),
                detail=f"`{name}` is {usd} US dollars, and one answer may cost {min(costs):.6f}: only quotations are left.",
                remedy="Raise it, lower `max_output_tokens` or `passage_tokens`, or add a cheaper `small_answer`.",
            )


def _dearest(route: ModelRoute, content: AssistantContent) -> Decimal | None:
    """The most that one answer by this route may cost, as it is set aside; None where its price is not known."""
    read = content.retrieval.passage_tokens + content.models.history_tokens + len(content.prompts.answer) // 4
    usage = Usage(input_tokens=int(read * INPUT_MARGIN), output_tokens=route.max_output_tokens)
    return cost_usd(vendor_of(route), route.model, usage, route=route, seconds=_LONGEST_REQUEST_S)


def _set(budget: Ceilings) -> dict[str, Decimal]:
    named = {field.name: getattr(budget, field.name) for field in fields(budget) if field.name.startswith("per_")}
    return {name: Decimal(str(usd)) for name, usd in named.items() if usd is not None}
