"""Whether the routes of models.yaml can do what they are there for; nobody is asked."""

from collections.abc import Iterator, Sequence

import httpx

from frontdesk.adapters.models.anthropic_chat import AnthropicChatModel
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.bootstrap.doctor.check import Check, to_check
from frontdesk.bootstrap.release import open_model
from frontdesk.domain.errors import ConfigError
from frontdesk.domain.release import AssistantContent, Capability, ModelRoute, ModelRoutes
from frontdesk.releases.places import Places
from frontdesk.settings import Settings

LADDERS = ("answer", "small_answer", "rewrite", "summary", "judge", "command")
VENDORS = frozenset({"openai", "anthropic"})
"""Adapters behind which somebody else's server stands."""
_WISHED: dict[str, tuple[Capability, str]] = {
    "answer": ("stream", "customers see nothing until its reply is whole"),
    "small_answer": ("stream", "customers see nothing until its reply is whole"),
    "judge": ("json", "it is passed over when a sentence is judged"),
    "command": ("json", "it is passed over when a message may be meant for a workflow"),
}
"""What a rung of a ladder should have, and what happens where it has not."""
_MARGIN_TOKENS = 300
"""Instructions and the question beside passages and history (a guess; the starter's take about 250)."""


def routes_of(models: ModelRoutes) -> dict[str, ModelRoute]:
    """Every route by its name, whichever ladders it stands in."""
    return {route.name: route for ladder in LADDERS for route in getattr(models, ladder)}


def vendor_of(route: ModelRoute) -> str:
    """Whom its price is asked of: a vendor's name, or the host of its API."""
    client = httpx.AsyncClient()
    return (AnthropicChatModel if route.adapter == "anthropic" else OpenAiChatModel)(client, route).vendor


def check_routes(settings: Settings, content: AssistantContent, places: Places) -> Iterator[Check]:
    yield from _check_opening(settings, content.models, places)
    yield from _check_capabilities(content.models, places)
    yield from _check_windows(content, places)


def _check_opening(settings: Settings, models: ModelRoutes, places: Places) -> Iterator[Check]:
    """Keys are set and functions can be imported; each route on its own, so that all mistakes are told at once."""
    client = httpx.AsyncClient()
    for name, route in routes_of(models).items():
        try:
            open_model(settings, route, None, client)
        except ConfigError as error:
            field = "api_key_env" if route.adapter in VENDORS else "model"
            for problem in error.problems:
                check = to_check("models", problem)
                remedy = check.remedy or "Set the variable where the server starts, or name another."
                yield Check(
                    name="models",
                    state="problem",
                    where=places.of_route(name, field),
                    detail=check.detail,
                    remedy=remedy,
                )


def _check_capabilities(models: ModelRoutes, places: Places) -> Iterator[Check]:
    for ladder, (capability, consequence) in _WISHED.items():
        for route in getattr(models, ladder):
            if route.adapter in VENDORS and capability not in route.capabilities:
                yield Check(
                    name="models",
                    state="warning",
                    where=places.of_route(route.name, "capabilities"),
                    detail=f"'{route.name}' of `{ladder}` has no `{capability}`: {consequence}.",
                    remedy=f"Add `{capability}` to its `capabilities` if the server can do it.",
                )


def _check_windows(content: AssistantContent, places: Places) -> Iterator[Check]:
    usual = content.retrieval.passage_tokens + content.models.history_tokens + _MARGIN_TOKENS
    routes: Sequence[ModelRoute] = (*content.models.answer, *content.models.small_answer)
    for route in {route.name: route for route in routes}.values():
        if 0 < route.context_tokens < usual + route.max_output_tokens:
            yield Check(
                name="models",
                state="problem" if route.context_tokens <= route.max_output_tokens + _MARGIN_TOKENS else "warning",
                where=places.of_route(route.name, "context_tokens"),
                detail=(
                    f"'{route.name}' takes {route.context_tokens} tokens, and a long conversation brings {usual} and a "
                    f"reply of {route.max_output_tokens}: passages and history are cut then."
                ),
                remedy="Lower `passage_tokens` of retrieval.yaml, `history_tokens` or `max_output_tokens`.",
            )
