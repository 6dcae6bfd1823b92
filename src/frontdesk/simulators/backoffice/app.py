"""The back office as a web application: eight systems behind a wall of faults, and a side that only tests look at."""

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.types import Receive, Scope, Send

from frontdesk.simulators.backoffice.api import (
    appointments,
    crm,
    it,
    orders,
    payments,
    returns,
    rules,
    shipping,
    tickets,
)
from frontdesk.simulators.backoffice.behaviour import BackofficeBehaviour
from frontdesk.simulators.backoffice.faults.wall import FaultWall
from frontdesk.simulators.backoffice.inside import INSIDE_ROUTES
from frontdesk.simulators.backoffice.office import SCOPE, Office, open_office
from frontdesk.simulators.backoffice.refusals import Refused, answer_invalid, answer_refused

_DESCRIPTION = """Eight systems of an invented shop. Each has a path and a key of its own: `X-Api-Key: backoffice-orders`.
Paths that begin with an underscore belong to the simulation: `/_situations`, `/_faults`, `/_log`, `/_effects`, `/_codes`."""


class BackofficeApp:
    """An ASGI application with one office."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._wall = FaultWall(_systems(), office)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._wall({**scope, SCOPE: self.office}, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, as /openapi.json has it."""
        return _systems().openapi()

    def close(self) -> None:
        self.office.storage.close()


def create_backoffice(behaviour: BackofficeBehaviour | None = None) -> BackofficeApp:
    """One with its own state.

    Raises:
        ConfigError: its file cannot be used.
    """
    return BackofficeApp(open_office(behaviour or BackofficeBehaviour()))


@cache
def _systems() -> FastAPI:
    """The routes, which hold no state and take a while to build."""
    app = FastAPI(title="Harbor & Pine back office", version="1", description=_DESCRIPTION, redoc_url=None)
    for system in (crm, orders, returns, payments, shipping, rules, tickets, appointments, it):
        app.include_router(system.router)
    app.router.routes.extend(INSIDE_ROUTES)
    app.add_exception_handler(Refused, answer_refused)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    return app
