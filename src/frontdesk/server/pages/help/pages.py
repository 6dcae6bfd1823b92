"""The help pages: all there is, what a search found, and one document. They know of nothing but public documents."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Document
from frontdesk.server.access import Access
from frontdesk.server.pages.help.popular import Popular
from frontdesk.server.pages.help.search import FoundPage, clean_question, find_pages
from frontdesk.server.pages.help.views import (
    AbsentPage,
    DocumentPage,
    FoundLink,
    HomePage,
    PageLink,
    SearchPage,
    Starter,
)
from frontdesk.server.pages.help.visit import HELP, Visit, visit_of
from frontdesk.server.pages.layout import contents, first_words, lay_out
from frontdesk.server.pages.rendering import html
from frontdesk.server.reading import find_quote, read_blocks, safe_href
from frontdesk.server.routes import Handler, Operation
from frontdesk.server.wording import WORDING

_MAX_QUOTE_CHARS = 2_000
_POPULAR = 6
_EXCERPT_CHARS = 150
_CONTENTS_FROM = 2
"""Headings from which a document gets a list of them."""
_STARTERS = 5


async def home_page(request: Request) -> Response:
    """The organisation's help page: a search, questions to begin with, and all public documents."""
    if "q" in request.query_params:
        return await search_page(request)
    visit = visit_of(request)
    language = visit.shelf.language_of(visit.language)
    frame = visit.frame()
    page = HomePage(
        frame=frame,
        greeting=visit.release.say(visit.release.content.profile.texts.greeting, visit.language),
        starters=_starters(visit, frame.demo.starters if frame.demo else ()),
        popular=await _popular(visit, language),
        index=visit.shelf.letters.get(language, ()),
        index_language=language,
        is_fallback=language not in ("", visit.language),
        hrefs={document_id: visit.link_to(document_id) for document_id in visit.shelf.documents},
    )
    return _html(request, "help/home.html", page)


async def search_page(request: Request) -> Response:
    """The public documents that answer a question best."""
    visit = visit_of(request)
    question = clean_question(request.query_params.get("q", ""))
    if not question:
        return RedirectResponse(visit.link("/"), status_code=303)
    found = await find_pages(visit.release, question, visit.language)
    page = SearchPage(
        frame=visit.frame(question, question),
        found=[_found(visit, one) for one in found.pages],
        is_sure=found.is_sure,
    )
    return _html(request, "help/found.html", page)


async def document_page(request: Request) -> Response:
    """One public document, with a passage marked where the address names one."""
    visit = visit_of(request)
    document = _document(visit, request.path_params["document_id"])
    if document is None:
        page = AbsentPage(frame=visit.frame(visit.say("help_absent")))
        return _html(request, "help/absent.html", page, status=404)
    quote = request.query_params.get("quote", "")[:_MAX_QUOTE_CHARS]
    marked = find_quote(document.text, quote)
    parts = lay_out(read_blocks(document.text, marked=marked), places=_places(visit))
    headings = contents(parts)
    return _html(
        request,
        "help/document.html",
        DocumentPage(
            frame=visit.frame(document.title),
            title=document.title,
            language=document.language,
            parts=parts,
            contents=headings if len(headings) >= _CONTENTS_FROM else (),
            reviewed=_reviewed(visit, document.reviewed),
            original=safe_href(document.url),
            is_quoted=marked is not None,
            is_quote_gone=bool(quote.strip()) and marked is None,
        ),
    )


def _document(visit: Visit, wanted: str) -> Document | None:
    """A public one; what is not for everybody is as absent as what is not there."""
    try:
        document_id = DocumentId.parse(wanted, field="document_id")
    except MalformedError:
        return None
    return visit.shelf.documents.get(document_id)


def _places(visit: Visit) -> Mapping[str, str]:
    """Where links between documents lead: to the same pages here."""
    return {address: visit.link_to(document_id) for address, document_id in visit.shelf.by_address.items()}


def _starters(visit: Visit, own: Sequence[str]) -> list[Starter]:
    """The visitor's own questions where they have some, else the assistant's."""
    profile = visit.release.content.profile
    questions = own or profile.starters.get(visit.language) or profile.starters.get(profile.default_language) or ()
    return [Starter(text=text, href=visit.link(HELP, q=text)) for text in questions[:_STARTERS]]


async def _popular(visit: Visit, language: str) -> list[PageLink]:
    """What answers cited most, of the documents in this language."""
    popular: Popular = visit.request.app.state.popular
    times = await popular.times_cited_lately()
    cited = [document for document in visit.shelf.by_language.get(language, ()) if document.document_id in times]
    cited.sort(key=lambda document: -times[document.document_id].turns)
    return [
        PageLink(
            href=visit.link_to(document.document_id),
            title=document.title,
            excerpt=first_words(read_blocks(document.text), _EXCERPT_CHARS),
        )
        for document in cited[:_POPULAR]
    ]


def _found(visit: Visit, page: FoundPage) -> FoundLink:
    is_own = page.language == visit.language
    name = WORDING[page.language]["language_name"] if page.language in WORDING else page.language
    return FoundLink(page=page, href=visit.link_to(page.document_id, page.quote), language_name="" if is_own else name)


def _reviewed(visit: Visit, day: date | None) -> str:
    if day is None:
        return ""
    month = WORDING[visit.language]["months"].split(",")[day.month - 1]
    return visit.say("help_reviewed", day=day.day, month=month, year=day.year)


def _html(request: Request, template: str, page: Any, status: int = 200) -> Response:
    response = html(request, template, page, status)
    response.headers.add_vary_header("Accept-Language")
    return response


def _operation(path: str, handler: Handler) -> Operation:
    return Operation(method="GET", path=path, access=Access.PUBLIC, handler=handler, tag="Pages", is_listed=False)


OPERATIONS = (
    _operation("/", home_page),
    _operation(HELP, search_page),
    _operation(f"{HELP}/{{document_id}}", document_page),
)
