"""For staff: how the models stand, how busy this process is, and how fast turns were."""

from dataclasses import asdict

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.server.access import Access
from frontdesk.server.bodies import json_response
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.server.sums import Sums


class VendorOut(BaseModel):
    routes: list[str] = Field(description="Names of its rungs in models.yaml.")
    vendor: str
    model: str
    base_url: str = Field(description="Empty for the vendor's own address.")
    breaker: str = Field(
        description="`closed` while it is asked, `open` while it is left alone, `half_open` in between."
    )
    opened_by: str = Field(description="`limit`, `server`, `silence` or `broken`; empty while it is closed.")
    failures: int = Field(description="In a row, of the kind that failed most.")
    paused_s: float = Field(description="Seconds for which the vendor asked to be left alone.")
    in_flight: int
    max_concurrency: int = Field(description="0 where there is no bound.")
    attempts: int = Field(description="Since the process began.")
    first_byte_p50_ms: float | None
    first_byte_p95_ms: float | None = Field(description="To the first text, of the newest requests.")
    last_result: str | None
    reported_model: str = Field(description="As the vendor named it last.")


class VendorListing(BaseModel):
    items: list[VendorOut]


class LoadOut(BaseModel):
    running: int = Field(description="Turns this process works on.")
    hands: int = Field(description="Turns it can work on at once.")
    waiting: int = Field(description="Turns that wait, in all processes together.")
    kept: int = Field(description="Of messages kept for a quieter moment, in all processes together.")
    oldest_s: float = Field(description="How long the one that came first has waited.")
    refused: int = Field(description="Messages this process refused since it started.")


class PercentilesOut(BaseModel):
    p50: float
    p95: float
    p99: float


class PaceOut(BaseModel):
    turns: int = Field(description="Turns that ended in the last hour, in all processes together.")
    simulated: int = Field(description="How many of them were of simulated customers.")
    outcomes: dict[str, int]
    degraded: dict[str, int] = Field(description="Labels; a turn may have several.")
    total_ms: PercentilesOut | None = Field(description="From acceptance to the end, the wait included.")
    first_text_ms: PercentilesOut | None = Field(description="From the start of work to the first confirmed text.")
    is_cut_short: bool = Field(description="There were more turns; the newest are told of.")


async def list_vendors(request: Request) -> Response:
    """How each model stands in this process: its breaker, its speed, what is under way."""
    return json_response({"items": [asdict(state) for state in frontdesk_of(request).vendors.states()]})


async def read_load(request: Request) -> Response:
    """How many turns run, wait and are kept."""
    return json_response(asdict(frontdesk_of(request).runner.load()))


async def read_pace(request: Request) -> Response:
    """How fast the turns of the last hour were, and how they went."""
    sums: Sums = request.app.state.sums
    pace = await sums.pace.now()
    return json_response(
        {
            "turns": pace.turns,
            "simulated": pace.simulated,
            "outcomes": {outcome.value: count for outcome, count in pace.outcomes},
            "degraded": dict(pace.degraded),
            "total_ms": asdict(pace.total) if pace.total else None,
            "first_text_ms": asdict(pace.first_text) if pace.first_text else None,
            "is_cut_short": pace.is_cut_short,
        }
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/admin/pace",
        access=Access.STAFF,
        handler=read_pace,
        tag="Admin",
        gives={200: PaceOut},
        problems=(503,),
    ),
    Operation(
        method="GET",
        path="/v1/admin/vendors",
        access=Access.STAFF,
        handler=list_vendors,
        tag="Admin",
        gives={200: VendorListing},
    ),
    Operation(
        method="GET", path="/v1/admin/load", access=Access.STAFF, handler=read_load, tag="Admin", gives={200: LoadOut}
    ),
)
