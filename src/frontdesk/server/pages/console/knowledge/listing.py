"""The live snapshot and the list of its documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.citing import TimesCited
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import SnapshotManifest
from frontdesk.domain.overlay import Overlay
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.server.access import Access
from frontdesk.server.pages.console.addresses import KNOWLEDGE, WORKFLOWS, document_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.knowledge.catalogue import (
    EVER,
    NEVER,
    SORTS,
    Catalogue,
    Listed,
    Narrowing,
    catalogue_of,
    list_documents,
)
from frontdesk.server.pages.console.knowledge.withdrawing import WithdrawnDocument, withdrawn_documents
from frontdesk.server.pages.help.popular import PERIOD, STAFF_S, Popular
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of

TRY = f"{KNOWLEDGE}/try"
PER_PAGE = 50
_MAX_CHARS = 200
"""Of a field."""
_LIST = "section#documents"
"""As htmx names the part of the page that it asks for."""
_COLUMNS: Sequence[tuple[str, str, bool]] = (
    ("title", "Document", False),
    ("language", "Language", False),
    ("audience", "For", False),
    ("owner", "Owner", False),
    ("reviewed", "Reviewed", False),
    ("chunks", "Chunks", True),
    ("cited", "Cited", True),
    ("last", "Last cited", True),
)
"""Order, heading, and whether it is a number."""

Choice = tuple[str, str]
"""A value and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    heading: str
    is_number: bool
    href: str
    """Sorts by it, or turns the order round."""
    order: str
    """ascending, descending, or empty when the list has another order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    href: str
    title: str
    is_withdrawn: bool
    where: str
    """Source and path."""
    language: str
    audience: str
    owner: str
    reviewed: date | None
    chunks: int
    cited: int
    last_cited: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgePage:
    """All that templates/console/knowledge.html and document-list.html may use."""

    frame: Frame
    snapshot: SnapshotManifest
    languages: str
    """Chunks of each, in words; so below."""
    audiences: str
    withdrawn: Sequence[WithdrawnDocument]
    documents: int
    never_cited: int
    days: int
    """Of the period in which citations are counted."""
    values: Mapping[str, str]
    """The fields, as they were sent."""
    choices: Mapping[str, Sequence[Choice]]
    columns: Sequence[Column]
    rows: Sequence[DocumentRow]
    found: int
    first: int
    """Number of the first row among those found."""
    is_narrowed: bool
    address: str
    all: str
    never: str
    """Address of those that were not cited."""
    previous: str
    next: str
    """Addresses of the pages before and after; empty where there is none."""
    try_it: str
    workflows: str


async def knowledge_page(request: Request) -> Response:
    """The live snapshot and its documents; for htmx only the list."""
    release = frontdesk_of(request).releases.serving()
    index = release.retriever.index.whole
    popular: Popular = request.app.state.popular
    times = await popular.times_cited(max_age_s=STAFF_S)
    catalogue = catalogue_of(index)
    values = _values(request.query_params)
    frame = await frame_for(request, active="knowledge", title="Knowledge")
    page = _page(frame, index, release.overlay, catalogue, times, values)
    if request.headers.get("hx-target") == _LIST:
        return html(request, "console/document-list.html", page, headers={"HX-Push-Url": page.address})
    return html(request, "console/knowledge.html", page)


def _page(
    frame: Frame,
    index: KnowledgeIndex,
    overlay: Overlay,
    catalogue: Catalogue,
    times: Mapping[DocumentId, TimesCited],
    values: Mapping[str, str],
) -> KnowledgePage:
    found = _found(catalogue, times, values)
    first = min((int(values["page"]) - 1) * PER_PAGE, max(0, (len(found) - 1) // PER_PAGE * PER_PAGE))
    number = first // PER_PAGE + 1
    is_last = first + PER_PAGE >= len(found)
    return KnowledgePage(
        frame=frame,
        snapshot=index.manifest,
        languages=_in_words(index.manifest.languages),
        audiences=_in_words(index.manifest.audiences),
        withdrawn=withdrawn_documents(overlay, index),
        documents=len(catalogue.entries),
        never_cited=sum(entry.document.document_id not in times for entry in catalogue.entries),
        days=PERIOD.days,
        values=values,
        choices=_choices(catalogue, values),
        columns=[_column(name, heading, is_number, values) for name, heading, is_number in _COLUMNS],
        rows=[_row(listed, overlay) for listed in found[first : first + PER_PAGE]],
        found=len(found),
        first=first + 1,
        is_narrowed=any(values[name] for name in ("q", "language", "audience", "owner", "cited")),
        address=_address(values),
        all=KNOWLEDGE,
        never=_address({"cited": NEVER}),
        previous=_address({**values, "page": str(number - 1)}) if number > 1 else "",
        next="" if is_last else _address({**values, "page": str(number + 1)}),
        try_it=TRY,
        workflows=WORKFLOWS,
    )


def _values(query: Mapping[str, str]) -> Mapping[str, str]:
    """Every field; what cannot be meant is left empty."""
    values = {name: query.get(name, "")[:_MAX_CHARS].strip() for name in ("q", "language", "audience", "owner")}
    cited, sort, page = query.get("cited", ""), query.get("sort", ""), query.get("page", "")
    return {
        **values,
        "cited": cited if cited in (NEVER, EVER) else "",
        "sort": sort if sort.removeprefix("-") in SORTS else "title",
        "page": page if page.isdecimal() and 0 < int(page[:6]) < 100_000 and len(page) <= 6 else "1",
    }


def _found(catalogue: Catalogue, times: Mapping[DocumentId, TimesCited], values: Mapping[str, str]) -> Sequence[Listed]:
    narrowing = Narrowing(
        words=values["q"],
        language=values["language"],
        audience=values["audience"],
        owner=values["owner"],
        cited=values["cited"],
    )
    sort = values["sort"]
    return list_documents(catalogue, times, narrowing, sort=sort.removeprefix("-"), is_reversed=sort.startswith("-"))


def _choices(catalogue: Catalogue, values: Mapping[str, str]) -> Mapping[str, Sequence[Choice]]:
    return {
        "language": _offered(catalogue.languages, values["language"]),
        "audience": _offered(catalogue.audiences, values["audience"]),
        "owner": _offered(catalogue.owners, values["owner"]),
        "cited": [("", "any"), (EVER, "at least once"), (NEVER, "never")],
    }


def _offered(counts: Mapping[str, int], value: str) -> Sequence[Choice]:
    """With one for nothing asked, and one for a value that only the address names."""
    unknown = [(value, value)] if value and value not in counts else []
    return [("", "any"), *((label, f"{label} ({count})") for label, count in counts.items()), *unknown]


def _column(name: str, heading: str, is_number: bool, values: Mapping[str, str]) -> Column:
    largest_first = SORTS[name][1]
    is_chosen, is_reversed = values["sort"].removeprefix("-") == name, values["sort"].startswith("-")
    turned = f"-{name}" if is_chosen and not is_reversed else name
    return Column(
        name=name,
        heading=heading,
        is_number=is_number,
        href=_address({**values, "sort": turned, "page": "1"}),
        order=("descending" if largest_first != is_reversed else "ascending") if is_chosen else "",
    )


def _row(listed: Listed, overlay: Overlay) -> DocumentRow:
    document = listed.entry.document
    return DocumentRow(
        href=document_address(document.document_id),
        title=document.title,
        is_withdrawn=overlay.hides(document.document_id),
        where=f"{document.source}/{document.path}",
        language=document.language,
        audience=document.audience,
        owner=document.owner,
        reviewed=document.reviewed,
        chunks=listed.entry.chunks,
        cited=listed.times.turns if listed.times else 0,
        last_cited=listed.times.last_at if listed.times else None,
    )


def _address(values: Mapping[str, str]) -> str:
    """The list like this, without what goes without saying."""
    plain = {"sort": "title", "page": "1"}
    said = {name: value for name, value in values.items() if value and plain.get(name) != value}
    return f"{KNOWLEDGE}?{urlencode(said)}" if said else KNOWLEDGE


def _in_words(counts: Mapping[str, int]) -> str:
    """Labels with the most chunks first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{label} {count}" for label, count in ordered)


OPERATIONS = (
    Operation(
        method="GET",
        path=KNOWLEDGE,
        access=Access.CONSOLE,
        handler=knowledge_page,
        tag="Console",
        is_listed=False,
    ),
)
