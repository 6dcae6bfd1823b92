"""One document of the live snapshot: as it reads, where it is cut for the search, and where it was cited."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.citing import CitedIn, TimesQuoted
from frontdesk.domain.conversation import PUBLIC
from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Chunk, Document
from frontdesk.domain.overlay import MAX_REASON_CHARS, Withdrawal
from frontdesk.ingest.chunking import approximate_tokens
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.server.access import Access
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import DOCUMENTS, KNOWLEDGE, document_address, turn_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.knowledge.withdrawing import WithdrawnDocument, withdrawn_document
from frontdesk.server.pages.console.words import Badge
from frontdesk.server.pages.help.popular import PERIOD
from frontdesk.server.pages.layout import Part, lay_out_sections
from frontdesk.server.pages.rendering import html
from frontdesk.server.reading import Block, find_quote, in_one_line, read_blocks, safe_href
from frontdesk.server.routes import Operation, frontdesk_of

_MAX_QUOTE_CHARS = 4_000
_QUOTES = 500
"""Different quotes that are counted, those quoted most."""
_CITATIONS = 200
"""Citations that are looked at; those of one answer are shown together."""
_ANSWERS = 20
_CHANGES = 10
"""Withdrawals and what took them back, the newest."""

Range = tuple[int, int]
"""Offsets into the document's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutDocument:
    """A document with its chunks in order, which are numbered from 1."""

    document: Document
    chunks: tuple[Chunk, ...]

    def number_of(self, chunk_id: str) -> int:
        """0 when it has no such chunk."""
        return next((number for number, chunk in enumerate(self.chunks, start=1) if chunk.chunk_id == chunk_id), 0)

    def number_at(self, place: Range | None) -> int:
        """The chunk that ends behind the beginning of the place; 0 for no place."""
        if place is None or not self.chunks:
            return 0
        return min(bisect_right(self.chunks, place[0], key=lambda chunk: chunk.end) + 1, len(self.chunks))

    def find(self, quote: str, number: int) -> Range | None:
        """Where the quote stands: in the chunk with this number, else anywhere."""
        text = self.document.text
        chunk = self.chunks[number - 1] if number else None
        within = find_quote(text, quote, start=chunk.start, end=chunk.end) if chunk else None
        return within or find_quote(text, quote)


class _Located(NamedTuple):
    citation: CitedIn
    number: int
    """Of the chunk that its words stand in; 0 when they are not in the document any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkView:
    """A chunk, at the place where it begins."""

    chunk_id: str
    number: int
    """From 1."""
    anchor: str
    section: str
    """The headings that lead to it, without the title; empty above the first one."""
    characters: int
    tokens: int
    """Of what is searched: breadcrumb and text."""
    quoted: int
    """How often answers of the period quote from it."""
    href: str
    """The document with this chunk chosen."""
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a chunk holds, with the headings above it; nothing where it goes on within a block of the chunk before."""

    chunk: ChunkView
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedQuote:
    quote: str
    chunk: int
    """Number of the chunk; 0 when the document has none like it any more."""
    href: str
    """The document with the quote marked; empty when it is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitingAnswer:
    """An answer that rests on the document."""

    href: str
    question: str | None
    """None once it is erased."""
    at: datetime
    badges: Sequence[Badge]
    quotes: Sequence[CitedQuote]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the document says of itself."""

    document_id: str
    title: str
    where: str
    """Source and path."""
    language: str
    audience: str
    is_public: bool
    owner: str
    reviewed: date | None
    fetched_at: datetime
    original: str
    help_page: str
    """As customers read it; empty where they may not."""
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """All that templates/console/document.html may use."""

    frame: Frame
    knowledge: str
    about: About
    changes: Sequence[Withdrawal]
    """When it was withdrawn and let in again, newest first."""
    withdrawn: WithdrawnDocument | None
    """None while answers may rest on it."""
    withdraw: str
    """Where the form that withdraws it leads."""
    max_reason_chars: int
    is_estimate: bool
    """Tokens are estimated: there is no embedder to count them."""
    days: int
    """Of the period in which citations are counted."""
    sections: Sequence[Section]
    chosen: ChunkView | None
    quote: str
    """The words that were asked for; empty when none were."""
    is_quote_found: bool
    answers: Sequence[CitingAnswer]
    has_more_answers: bool
    plain: str
    """This page with nothing chosen."""


async def document_page(request: Request) -> Response:
    """One document of the live snapshot, with the words or the chunk that the address names."""
    app = frontdesk_of(request)
    release = app.releases.serving()
    index = release.retriever.index.whole
    cut = _document(index, request.path_params["document_id"])
    document_id, since = cut.document.document_id, app.clock.now() - PERIOD
    quotes, citations, changes = await app.database.read(
        lambda stores: (
            stores.citations.quotes_of(document_id, since=since, limit=_QUOTES),
            stores.citations.latest_of(document_id, limit=_CITATIONS),
            stores.withdrawals.of(document_id, limit=_CHANGES),
        )
    )
    change = release.overlay.withdrawn.get(document_id)
    chosen = cut.number_of(request.query_params.get("chunk", ""))
    quote = request.query_params.get("quote", "")[:_MAX_QUOTE_CHARS].strip()
    marked = cut.find(quote, chosen)
    count = app.embedder.count_tokens if app.embedder else approximate_tokens
    views = _views(cut, quotes, chosen, count)
    answers = _answers(cut, citations, chosen)
    page = DocumentPage(
        frame=await frame_for(request, active="knowledge", title=cut.document.title),
        knowledge=KNOWLEDGE,
        about=_about(cut.document, is_withdrawn=change is not None),
        changes=changes,
        withdrawn=withdrawn_document(change, index) if change else None,
        withdraw=f"{document_address(document_id)}/withdraw",
        max_reason_chars=MAX_REASON_CHARS,
        is_estimate=app.embedder is None,
        days=PERIOD.days,
        sections=_sections(cut, views, marked),
        chosen=views[chosen - 1] if chosen else None,
        quote=quote,
        is_quote_found=marked is not None,
        answers=[_answer(cut, together) for together in answers[:_ANSWERS]],
        has_more_answers=len(answers) > _ANSWERS or len(citations) == _CITATIONS,
        plain=document_address(document_id),
    )
    return html(request, "console/document.html", page)


def _document(index: KnowledgeIndex, wanted: str) -> CutDocument:
    """Raises: NotFoundError."""
    try:
        document = index.document(DocumentId.parse(wanted, field="document_id"))
    except MalformedError:
        document = None
    if document is None:
        raise NotFoundError("There is no such document in the live snapshot.", field="document_id")
    chunks = tuple(index.chunk(row) for row in index.rows_of(document.document_id))
    return CutDocument(document=document, chunks=chunks)


def _about(document: Document, *, is_withdrawn: bool) -> About:
    is_public = document.audience == PUBLIC
    return About(
        document_id=document.document_id,
        title=document.title,
        where=f"{document.source}/{document.path}",
        language=document.language,
        audience=document.audience,
        is_public=is_public,
        owner=document.owner,
        reviewed=document.reviewed,
        fetched_at=document.fetched_at,
        original=safe_href(document.url),
        help_page=f"/help/{document.document_id}" if is_public and not is_withdrawn else "",
        characters=len(document.text),
    )


def _views(
    cut: CutDocument, quotes: Sequence[TimesQuoted], chosen: int, count: Callable[[str], int]
) -> Sequence[ChunkView]:
    quoted: Counter[int] = Counter()
    for one in quotes:
        quoted[cut.number_at(cut.find(one.quote, cut.number_of(one.chunk_id)))] += one.turns
    return [
        _view(chunk, number, quoted[number], number == chosen, count)
        for number, chunk in enumerate(cut.chunks, start=1)
    ]


def _view(chunk: Chunk, number: int, quoted: int, is_chosen: bool, count: Callable[[str], int]) -> ChunkView:
    crumbs = chunk.breadcrumb[1:] if chunk.breadcrumb[:1] == (chunk.title,) else chunk.breadcrumb
    return ChunkView(
        chunk_id=chunk.chunk_id,
        number=number,
        anchor="chunk" if is_chosen else f"chunk-{number}",
        section=" › ".join(crumbs),
        characters=len(chunk.text),
        tokens=count(chunk.indexed_text),
        quoted=quoted,
        href=document_address(chunk.document_id, chunk_id=chunk.chunk_id),
        is_chosen=is_chosen,
    )


def _sections(cut: CutDocument, views: Sequence[ChunkView], marked: Range | None) -> Sequence[Section]:
    """The document cut where its chunks begin; headings go with what stands below them."""
    if not views:
        return []
    held: list[list[Block]] = [[] for _ in views]
    for block in read_blocks(cut.document.text, marked=marked):
        held[cut.number_at((block.start, block.start)) - 1].append(block)
    return [Section(chunk=view, parts=parts) for view, parts in zip(views, lay_out_sections(held), strict=True)]


def _answers(cut: CutDocument, citations: Sequence[CitedIn], chosen: int) -> list[list[_Located]]:
    """What one answer cites together, newest first; only of the chosen chunk where one is chosen."""
    by_turn: dict[str, list[_Located]] = {}
    for citation in citations:
        place = cut.find(citation.quote, cut.number_of(citation.chunk_id))
        located = _Located(citation, cut.number_at(place))
        if chosen in (0, located.number):
            by_turn.setdefault(citation.turn_id, []).append(located)
    return list(by_turn.values())


def _answer(cut: CutDocument, together: Sequence[_Located]) -> CitingAnswer:
    citation = together[0].citation
    outcome = words.outcome_badge(citation.outcome, is_running=False)
    return CitingAnswer(
        href=turn_address(citation.turn_id),
        question=citation.question,
        at=citation.at,
        badges=(*((outcome,) if outcome.tone != "good" else ()), *words.origin_badge(citation.origin)),
        quotes=[_quote(cut, located) for located in together],
    )


def _quote(cut: CutDocument, located: _Located) -> CitedQuote:
    quote, number = located.citation.quote, located.number
    chunk_id = cut.chunks[number - 1].chunk_id if number else ""
    href = document_address(cut.document.document_id, chunk_id=chunk_id, said=quote) if number else ""
    return CitedQuote(quote=in_one_line(quote), chunk=number, href=href)


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{DOCUMENTS}/{{document_id}}",
        access=Access.CONSOLE,
        handler=document_page,
        tag="Console",
        is_listed=False,
    ),
)
