"""For staff: what happened to the installation."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.domain.errors import MalformedError
from frontdesk.domain.occurrences import SEVERITIES, Occurrence, Severity
from frontdesk.server.access import Access
from frontdesk.server.bodies import json_response
from frontdesk.server.routes import Operation, Parameter, frontdesk_of

_MOST = 500


class OccurrenceOut(BaseModel):
    occurrence_id: int
    at: str = Field(description="When it was first noted.")
    last_at: str = Field(description="When it was noted last; the same again within some minutes is one occurrence.")
    times: int
    kind: str
    severity: str
    subject: str = Field(description="What it is about, such as a vendor and model.")
    detail: dict[str, str | int | float] = Field(description="As it was noted last.")


class OccurrenceListing(BaseModel):
    items: list[OccurrenceOut] = Field(description="Noted last first.")


async def list_occurrences(request: Request) -> Response:
    """What happened: breakers, budgets, load, changed folders.

    Every process of the installation writes to this list. It is kept for 90 days.
    """
    query = request.query_params
    severities, limit = _severities(query), _limit(query)
    found = await frontdesk_of(request).database.read(
        lambda stores: stores.occurrences.list_recent(limit=limit, severities=severities)
    )
    return json_response({"items": [_plain(one) for one in found]})


def _plain(one: Occurrence) -> dict[str, Any]:
    return {
        "occurrence_id": one.occurrence_id,
        "at": one.at.isoformat(),
        "last_at": one.last_at.isoformat(),
        "times": one.times,
        "kind": one.kind,
        "severity": one.severity,
        "subject": one.subject,
        "detail": dict(one.detail),
    }


def _severities(query: Mapping[str, str]) -> tuple[Severity, ...]:
    """Those at least as severe as what is asked for."""
    asked = query.get("severity") or SEVERITIES[0]
    for place, severity in enumerate(SEVERITIES):
        if severity == asked:
            return SEVERITIES[place:]
    raise MalformedError(f"severity must be one of {', '.join(SEVERITIES)}.", field="severity")


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST):
        raise MalformedError(f"limit must be a whole number from 1 to {_MOST}.", field="limit")
    return int(text)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/admin/occurrences",
        access=Access.STAFF,
        handler=list_occurrences,
        tag="Admin",
        gives={200: OccurrenceListing},
        parameters=(
            Parameter(name="severity", where="query", text="The least severe: info (all), warning or critical."),
            Parameter(name="limit", where="query", text=f"1 to {_MOST}; 100 by default."),
        ),
        problems=(400, 503),
    ),
)
