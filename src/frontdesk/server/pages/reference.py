"""The HTTP API's reference, from its own OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from frontdesk.server.access import Access
from frontdesk.server.bodies import json_response
from frontdesk.server.pages.rendering import html
from frontdesk.server.problems import PROBLEM_CODES
from frontdesk.server.routes import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage:
    """All that templates/reference.html may use."""

    title: str
    operations: Sequence[tuple[str, str, Mapping[str, Any]]]
    """Method, path and operation object, in the order of the routes."""
    schemas: Mapping[str, Any]
    problems: Mapping[str, int]


async def reference_page(request: Request) -> Response:
    """The API's reference."""
    document = request.app.openapi()
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    page = ReferencePage(
        title=document["info"]["title"],
        operations=operations,
        schemas=document["components"]["schemas"],
        problems=dict(sorted(PROBLEM_CODES.items())),
    )
    return html(request, "reference.html", page)


async def openapi_document(request: Request) -> Response:
    """The OpenAPI 3.1 document of this API."""
    return json_response(request.app.openapi())


OPERATIONS = (
    Operation(method="GET", path="/docs", access=Access.PUBLIC, handler=reference_page, tag="Pages", is_listed=False),
    Operation(
        method="GET", path="/openapi.json", access=Access.PUBLIC, handler=openapi_document, tag="Pages", is_listed=False
    ),
)
