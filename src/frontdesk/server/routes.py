"""A route and everything that is declared about it; one that declares no access does not exist."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from frontdesk.bootstrap import App
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import ConversationId
from frontdesk.server.access import Access, Gate, Visitor

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A header or query parameter, for the reference."""

    name: str
    where: str
    text: str
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. The handler's docstring is its description."""

    method: str
    path: str
    access: Access
    handler: Handler
    tag: str
    takes: type[BaseModel] | None = None
    """Model of the body; the handler reads it."""
    takes_files: Sequence[str] = ()
    """Media types of a body that is a file."""
    gives: Mapping[int, type[BaseModel] | str] = field(default_factory=dict)
    """Model, or media type, per status of success."""
    also_streams: bool = False
    """Answers with events when asked for `text/event-stream`."""
    parameters: Sequence[Parameter] = ()
    problems: Sequence[int] = ()
    """Statuses of problems beyond those that its access and its body bring."""
    is_listed: bool = True
    """Whether the reference shows it."""


class GuardedRoute(APIRoute):
    """Admits the visitor, then calls the handler: nothing is parsed or serialised on the way."""

    operation: Operation

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            operation = self.operation
            gate: Gate = request.app.state.gate
            request.scope["visitor"] = await gate.admit(request, operation.access)
            return await operation.handler(request)

        return handle


def add_operation(app: FastAPI, operation: Operation) -> None:
    handler = operation.handler
    summary, _, description = (handler.__doc__ or "").strip().partition("\n")
    route = GuardedRoute(
        operation.path,
        handler,
        methods=[operation.method],
        name=handler.__name__,
        summary=summary.rstrip("."),
        description=description.strip(),
        tags=[operation.tag],
        include_in_schema=operation.is_listed,
        response_model=None,
    )
    route.operation = operation
    app.router.routes.append(route)


def frontdesk_of(request: Request) -> App:
    app: App = request.app.state.frontdesk
    return app


def visitor_of(request: Request) -> Visitor:
    visitor: Visitor = request.scope["visitor"]
    return visitor


def conversation_of(request: Request) -> ConversationId:
    """The conversation in the path, on routes of `Access.CONVERSATION`."""
    conversation_id = visitor_of(request).conversation_id
    if conversation_id is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    return conversation_id
