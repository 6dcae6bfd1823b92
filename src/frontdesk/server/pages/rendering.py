"""A template and its one dataclass become a response."""

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from frontdesk.server.edge import page_policy
from frontdesk.server.origins import embedding_origins
from frontdesk.server.pages.statics import accepts_gzip, asset, has_asset
from frontdesk.server.routes import frontdesk_of

CONSOLE_PREFIX = "/console"
_COMPRESS_FROM = 2_048
"""Bytes; below that compressing costs more than it saves."""
_LEVEL = 4
"""100 kB of page in about a millisecond."""


@cache
def templates() -> Environment:
    """Escapes everything, and refuses names that a page does not have."""
    environment = Environment(
        loader=PackageLoader("frontdesk.server", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"asset": asset, "has_asset": has_asset}
    environment.filters["moment"] = _moment
    return environment


def html(
    request: Request, template: str, page: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The template with `page`, all that it may use, under the policy of our pages; a large one compressed."""
    content = templates().get_template(template).render(page=page).encode("utf-8", "replace")
    sent = {**_policies(request), **(headers or {})}
    if len(content) >= _COMPRESS_FROM:
        sent["Vary"] = "Accept-Encoding"
        if accepts_gzip(request):
            content = gzip.compress(content, _LEVEL, mtime=0)
            sent["Content-Encoding"] = "gzip"
    return Response(content, status, sent, media_type="text/html; charset=utf-8")


def _policies(request: Request) -> Mapping[str, str]:
    """The console is framed by nobody and kept nowhere: it shows what customers wrote."""
    if request.url.path.startswith(CONSOLE_PREFIX):
        return {"Content-Security-Policy": page_policy(()), "Cache-Control": "private, no-store"}
    origins = embedding_origins(frontdesk_of(request).settings).named
    return {"Content-Security-Policy": page_policy(origins), "Cache-Control": "no-cache"}


def _moment(at: datetime) -> str:
    """A time in full, for those whose browser does not put it into their own words."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M:%S} UTC"
