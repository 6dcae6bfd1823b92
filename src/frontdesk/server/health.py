"""For those who operate it: is it alive, can it answer, what does it count."""

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from frontdesk.domain.errors import FrontdeskError
from frontdesk.server.access import Access
from frontdesk.server.bodies import json_response
from frontdesk.server.routes import Operation, frontdesk_of


class Alive(BaseModel):
    status: str


class Ready(BaseModel):
    status: str
    database: str
    release: str
    embedder: str
    config: str
    """`rejected` while a changed assistant folder has mistakes and the last good one serves, else `ok`."""


async def healthz(_: Request) -> Response:
    """The process is alive and answers requests."""
    return json_response({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether customers should be sent here: database, live release, embedder, and whether the process is stopping.

    Without an embedder search is by words only; that is degraded, and ready. One that stops says `draining` and
    still answers, until whoever sends customers has noticed.
    """
    app = frontdesk_of(request)
    try:
        await app.database.ping()
        database = "ok"
    except FrontdeskError:
        database = "unavailable"
    try:
        release: str = app.releases.serving().manifest.release_id
    except FrontdeskError:
        release = "none"
    is_draining = request.app.state.is_draining
    is_ready = database == "ok" and release != "none" and not is_draining
    body = {
        "status": "ready" if is_ready else "draining" if is_draining else "not ready",
        "database": database,
        "release": release,
        "embedder": "ok" if app.embedder is not None else "none",
        "config": "rejected" if app.reloader.state.is_rejected else "ok",
    }
    return json_response(body, 200 if is_ready else 503)


async def metrics(request: Request) -> Response:
    """Prometheus metrics of this process."""
    app = frontdesk_of(request)
    for state in app.vendors.states():
        app.telemetry.deployment(
            vendor=state.vendor, model=state.model, breaker=state.breaker, in_flight=state.in_flight
        )
    for system in app.connectors.live():
        app.telemetry.connector(name=system.name, breaker=system.gate.state)
    return Response(app.telemetry.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


OPERATIONS = (
    Operation(
        method="GET", path="/healthz", access=Access.PUBLIC, handler=healthz, tag="Operation", gives={200: Alive}
    ),
    Operation(
        method="GET",
        path="/readyz",
        access=Access.PUBLIC,
        handler=readyz,
        tag="Operation",
        gives={200: Ready, 503: Ready},
    ),
    Operation(
        method="GET", path="/metrics", access=Access.STAFF, handler=metrics, tag="Operation", gives={200: "text/plain"}
    ),
)
