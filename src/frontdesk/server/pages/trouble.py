"""A problem as a person sees it: a page, a notice on the page they are on, or the way to sign in.

Programs are answered with problem details; only requests of a browser for a page come here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from frontdesk.domain.errors import FrontdeskError
from frontdesk.server.pages.console.signing_in import HOME, sign_in_address
from frontdesk.server.pages.rendering import CONSOLE_PREFIX, html
from frontdesk.server.problems import SignedOutError
from frontdesk.server.routes import frontdesk_of

_FOR_PROGRAMS = ("/v1/", "/openai/", "/static/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/widget.js")
_TITLES: Mapping[int, str] = {
    403: "This is not allowed",
    404: "Not found",
    405: "This page cannot be used that way",
    429: "Too many attempts",
    503: "Not available at this moment",
}
_WHAT_TO_DO: Mapping[int, str] = {
    404: "The address may be mistyped, or what it led to is gone.",
    429: "Wait a little, then try again.",
    500: "Try again. If it happens again, give the reference below to whoever runs this site.",
    503: "This passes by itself in most cases. Try again in a moment.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TroublePage:
    """All that templates/console/trouble.html may use."""

    organisation: str
    home: str
    home_label: str
    status: int
    title: str
    detail: str
    what_to_do: str
    reference: str
    """Names this one request in the log; empty where nobody would look it up."""


def show_trouble(request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response | None:
    """The answer for a person, or None where a program asked."""
    if request.url.path.startswith(_FOR_PROGRAMS):
        return None
    is_fragment = "hx-request" in request.headers
    if problem["code"] == SignedOutError.code:
        return _to_sign_in(request, has_ended=problem["has_ended"], is_fragment=is_fragment)
    if is_fragment:
        notice = json.dumps({"toast": {"text": problem["detail"], "tone": "bad"}})
        return Response(problem["detail"], problem["status"], {**headers, "HX-Trigger": notice}, "text/plain")
    return _page(request, problem, headers) if _wants_page(request) else None


def _to_sign_in(request: Request, *, has_ended: bool, is_fragment: bool) -> Response | None:
    address = sign_in_address(_page_of(request), has_ended=has_ended)
    if is_fragment:
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303) if _wants_page(request) else None


def _page(request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    is_console = request.url.path.startswith(CONSOLE_PREFIX)
    status = problem["status"]
    page = TroublePage(
        organisation=_organisation(request),
        home=HOME if is_console else "/",
        home_label="To the console" if is_console else "To the first page",
        status=status,
        title=_TITLES.get(status, problem["title"]),
        detail=problem["detail"],
        what_to_do=_WHAT_TO_DO.get(status, ""),
        reference=problem["instance"] if status >= 500 else "",
    )
    return html(request, "console/trouble.html", page, status, headers)


def _page_of(request: Request) -> str:
    """The page that somebody was on: for a fragment or a form it is not the address that was asked for."""
    asked = str(request.url) if request.method == "GET" else request.headers.get("referer", "")
    parts = urlsplit(request.headers.get("hx-current-url", asked))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _organisation(request: Request) -> str:
    try:
        return str(frontdesk_of(request).releases.serving().content.profile.organisation)
    except FrontdeskError:
        return ""


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
