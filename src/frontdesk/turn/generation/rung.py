"""A model on a ladder, and which requests it can take."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from frontdesk.domain.release import ModelRoute
from frontdesk.ports.models import ChatModel, ChatRequest

Deployment = tuple[str, str, str]
"""Vendor, model, and the address where it is asked: what breaks together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A model on the ladder, with its route's limits."""

    model: ChatModel
    route: ModelRoute

    @property
    def first_byte_s(self) -> float:
        """How long the first text may take. What returns a whole text has all its time for that."""
        is_whole = self.route.adapter == "python" or "stream" not in self.route.capabilities
        return self.route.total_s if is_whole else self.route.first_byte_s

    @property
    def is_built_in(self) -> bool:
        return self.route.adapter == "extractive"

    @property
    def deployment(self) -> Deployment:
        return self.model.vendor, self.model.model, self.route.base_url

    def can_take(self, request: ChatRequest) -> bool:
        """Whether the model has what the request needs; quoting takes nothing but passages."""
        if self.is_built_in:
            return request.json_schema is None
        needs = {"json"} if request.json_schema is not None else set()
        needs |= {"system"} if request.instructions else set()
        return needs <= set(self.route.capabilities)


def shortened(request: ChatRequest) -> ChatRequest:
    """The request with its last two turns and the better half of its passages; the instructions stay whole."""
    return replace(
        request,
        history=request.history[-2:],
        summary=request.summary[:1000],
        passages=request.passages[: -(-len(request.passages) // 2)],
    )


def fitted(request: ChatRequest, *, room: int, count: Callable[[ChatRequest], int]) -> ChatRequest | None:
    """The request within so many tokens: without its oldest turns, then without the summary, then with fewer passages.

    The instructions, the question and the best passage stay whole; None where these alone are too many.
    """
    while count(request) > room:
        if request.history:
            request = replace(request, history=request.history[1:])
        elif request.summary:
            request = replace(request, summary="")
        elif len(request.passages) > 1:
            request = replace(request, passages=request.passages[:-1])
        else:
            return None
    return request
