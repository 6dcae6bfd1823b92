"""What every console page has around it. Only what exists is shown: it is read from the application's routes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import Request

from frontdesk import __version__
from frontdesk.server.pages.console.tour import TourPanel, tour_of
from frontdesk.server.routes import frontdesk_of, visitor_of

AreaKey = Literal["desk", "knowledge", "releases", "quality", "monitor", "integrations", "govern", ""]

_AREAS: Sequence[tuple[AreaKey, str, str]] = (
    ("desk", "Desk", "/console/conversations"),
    ("knowledge", "Knowledge", "/console/knowledge"),
    ("releases", "Releases", "/console/releases"),
    ("quality", "Quality", "/console/quality"),
    ("monitor", "Monitor", "/console/monitor"),
    ("integrations", "Integrations", "/console/integrations"),
    ("govern", "Govern", "/console/govern"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the console in the navigation."""

    label: str
    href: str
    is_active: bool
    is_here: bool
    """The page itself, and not only one below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere to go from the palette."""

    label: str
    hint: str
    href: str
    also: str = ""
    """Other words that people look for it by."""
    prefix: str = ""
    """Offered for a pasted id that starts so; `href` then ends where the id begins. `*` takes whatever was typed."""


_PLACES: Sequence[tuple[str, Place]] = (
    (
        "/console/conversations",
        Place(label="Conversations", hint="Desk", href="/console/conversations", also="inbox list chats desk"),
    ),
    (
        "/console/knowledge",
        Place(label="Documents", hint="Knowledge", href="/console/knowledge", also="knowledge articles snapshot"),
    ),
    (
        "/console/knowledge/try",
        Place(
            label="Try a question", hint="Knowledge", href="/console/knowledge/try", also="search retrieval passages"
        ),
    ),
    (
        "/console/workflows",
        Place(
            label="Workflows",
            hint="What it does step by step",
            href="/console/workflows",
            also="procedures steps diagram owner refund order acting",
        ),
    ),
    (
        "/console/monitor",
        Place(
            label="Monitor",
            hint="How it is doing",
            href="/console/monitor",
            also="load vendors models breaker cost money budget spend occurrences alerts health",
        ),
    ),
    (
        "/console/integrations",
        Place(
            label="Integrations",
            hint="Other systems",
            href="/console/integrations",
            also="crm write-back records dead letters stuck connectors systems breaker resend",
        ),
    ),
    ("/", Place(label="Help page with the chat", hint="What customers see", href="/", also="site widget shop")),
    ("/chat", Place(label="Chat on a page of its own", hint="What customers see", href="/chat", also="widget")),
    ("/docs", Place(label="HTTP reference", hint="For programs", href="/docs", also="api openapi rest")),
    (
        "/console/conversations/{conversation_id}",
        Place(label="Open this conversation", hint="Desk", href="/console/conversations/", prefix="conv_"),
    ),
    ("/console/turns/{turn_id}", Place(label="Open this trace", hint="Desk", href="/console/turns/", prefix="turn_")),
    (
        "/console/knowledge/documents/{document_id}",
        Place(label="Open this document", hint="Knowledge", href="/console/knowledge/documents/", prefix="doc_"),
    ),
    (
        "/console/conversations",
        Place(label="Search the conversations for this", hint="Desk", href="/console/conversations?q=", prefix="*"),
    ),
)
"""Each with the route that must exist for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """All that templates/console/base.html may use, as `page.frame`."""

    title: str
    organisation: str
    staff_name: str
    version: str
    areas: Sequence[Area]
    places: Sequence[Place]
    tour: TourPanel | None


async def frame_for(request: Request, *, active: AreaKey, title: str) -> Frame:
    """The frame of a page in the area `active`; `?tour=` in its address opens the guided tour's step."""
    paths = frozenset(getattr(route, "path", "") for route in request.app.router.routes)
    return Frame(
        title=title,
        organisation=frontdesk_of(request).releases.serving().content.profile.organisation,
        staff_name=visitor_of(request).staff_name or "",
        version=__version__,
        areas=tuple(_areas(paths, active, here=request.url.path)),
        places=tuple(place for path, place in _PLACES if path in paths),
        tour=await tour_of(request),
    )


def _areas(paths: frozenset[str], active: AreaKey, *, here: str) -> Iterator[Area]:
    for key, label, href in _AREAS:
        if href in paths:
            yield Area(label=label, href=href, is_active=key == active, is_here=href == here)


__all__ = ["Area", "AreaKey", "Frame", "Place", "frame_for"]
