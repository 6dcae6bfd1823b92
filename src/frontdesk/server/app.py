"""The web application: every route with its access, and the layers around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI

from frontdesk import __version__
from frontdesk.bootstrap import App
from frontdesk.server import health, pages
from frontdesk.server.access import Gate
from frontdesk.server.activity import ActivityFeed
from frontdesk.server.api import (
    admin,
    assistant,
    attachments,
    citations,
    conversations,
    costs,
    feedback,
    forks,
    integrations,
    occurrences,
    openai,
    staff_keys,
    suggestions,
    transcripts,
    vendors,
    withdrawals,
)
from frontdesk.server.api.suggestions import SuggestionShelf
from frontdesk.server.edge import AllowedOrigins, BodyLimit, Door, SecurityHeaders
from frontdesk.server.openapi import build_openapi
from frontdesk.server.origins import embedding_origins
from frontdesk.server.pages.help import Popular
from frontdesk.server.pages.trouble import show_trouble
from frontdesk.server.problems import CatchErrors, install_problems
from frontdesk.server.routes import GuardedRoute, Operation, add_operation
from frontdesk.server.senders import SenderBound
from frontdesk.server.sums import Sums

OPERATIONS: tuple[Operation, ...] = (
    *assistant.OPERATIONS,
    *conversations.OPERATIONS,
    *transcripts.OPERATIONS,
    *attachments.OPERATIONS,
    *citations.OPERATIONS,
    *feedback.OPERATIONS,
    *forks.OPERATIONS,
    *suggestions.OPERATIONS,
    *openai.OPERATIONS,
    *admin.OPERATIONS,
    *staff_keys.OPERATIONS,
    *withdrawals.OPERATIONS,
    *costs.OPERATIONS,
    *vendors.OPERATIONS,
    *occurrences.OPERATIONS,
    *integrations.OPERATIONS,
    *health.OPERATIONS,
    *pages.OPERATIONS,
)
"""All there is; the reference, the access table and its test are made from it."""


def create_app(app: App) -> FastAPI:
    """The application that serves `app`; its lifespan starts and stops the workers."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with app:
            yield

    web = FastAPI(
        title="Frontdesk",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    web.state.frontdesk = app
    web.state.gate = Gate(app.database, app.clock)
    web.state.bounds = {
        "conversations": SenderBound(
            app.clock, what="conversations", per_minute=app.settings.new_conversations_per_minute
        ),
        "uploads": SenderBound(app.clock, what="uploads", per_minute=app.settings.uploads_per_minute),
    }
    web.state.closing = asyncio.Event()
    web.state.is_draining = False
    web.state.popular = Popular(app.database, app.clock)
    web.state.suggestions = SuggestionShelf()
    web.state.activity = ActivityFeed(app.database)
    web.state.sums = Sums(app.database, app.clock)
    for operation in OPERATIONS:
        add_operation(web, operation)
    refuse_undeclared(web)
    web.openapi = _document  # type: ignore[method-assign]
    install_problems(web, show=show_trouble)
    web.add_middleware(BodyLimit)
    web.add_middleware(Door, runner=app.runner)
    web.add_middleware(AllowedOrigins, origins=embedding_origins(app.settings))
    web.add_middleware(CatchErrors, tokens=app.tokens)
    web.add_middleware(SecurityHeaders)
    return web


@cache
def _document() -> dict[str, Any]:
    return build_openapi(OPERATIONS)


def refuse_undeclared(web: FastAPI) -> None:
    """Raises: ValueError: a route was added that declares no access."""
    for route in web.routes:
        if not isinstance(route, GuardedRoute) or getattr(route, "operation", None) is None:
            raise ValueError(f"{route} declares no access; add it as an Operation")


__all__ = ["OPERATIONS", "create_app", "refuse_undeclared"]
