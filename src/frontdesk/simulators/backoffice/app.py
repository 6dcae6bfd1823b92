"""The back office as a web application: eight systems behind a wall of faults, and a side that only tests look at."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

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
from frontdesk.simulators.backoffice.inside import inside_routes
from frontdesk.simulators.backoffice.office import open_office
from frontdesk.simulators.backoffice.refusals import Refused, answer_invalid, answer_refused

_DESCRIPTION = """Eight systems of an invented shop. Each has a path and a key of its own: `X-Api-Key: backoffice-orders`.
Paths that begin with an underscore belong to the simulation: `/_situations`, `/_faults`, `/_log`, `/_effects`, `/_codes`."""


def create_backoffice(behaviour: BackofficeBehaviour | None = None) -> FastAPI:
    """The back office as an ASGI application with its own state, `app.state.office`.

    Raises:
        ConfigError: its file cannot be used.
    """
    office = open_office(behaviour or BackofficeBehaviour())
    app = FastAPI(title="Harbor & Pine back office", version="1", description=_DESCRIPTION, redoc_url=None)
    app.state.office = office
    for system in (crm, orders, returns, payments, shipping, rules, tickets, appointments, it):
        app.include_router(system.router)
    app.router.routes.extend(inside_routes(office))
    app.add_exception_handler(Refused, answer_refused)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_middleware(FaultWall, office=office)
    return app
