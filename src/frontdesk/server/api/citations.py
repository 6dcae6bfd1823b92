"""What an answer was made of, for the customer it was given to."""

import asyncio
from typing import Any

import structlog
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.bootstrap import App
from frontdesk.domain.conversation import Audiences
from frontdesk.domain.errors import ChecksumError, NotFoundError
from frontdesk.domain.ids import SnapshotId
from frontdesk.domain.knowledge import Document
from frontdesk.domain.turn import Citation
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.stores import Stores
from frontdesk.server.access import Access
from frontdesk.server.api.paths import to_turn_id
from frontdesk.server.bodies import json_response
from frontdesk.server.reading import find_quote, read_blocks, safe_href, to_json
from frontdesk.server.routes import Operation, conversation_of, frontdesk_of
from frontdesk.turn.cited import CitedSource, find_citation, look_up

log = structlog.get_logger()


class RunOut(BaseModel):
    text: str
    is_marked: bool = Field(False, description="Whether the quote stands here; left out where false, as the next ones.")
    is_strong: bool = False
    is_emphasis: bool = False
    is_code: bool = False
    href: str = Field("", description="http, https or mailto; left out where empty.")


class BlockOut(BaseModel):
    kind: str = Field(description="heading, paragraph, item, row, code, quote or rule.")
    level: int = Field(description="Of a heading 1 to 6; of a row 0 in the head and 1 below; else how deep in lists.")
    marker: str = Field(description="Of a list item.")
    runs: list[RunOut]
    cells: list[list[RunOut]] = Field(description="Of a row.")


class DocumentOut(BaseModel):
    title: str
    language: str
    blocks: list[BlockOut]


class SourceOut(BaseModel):
    title: str
    url: str = Field(description="Where customers read the document; empty where nowhere.")
    breadcrumb: list[str] = Field(description="Headings that lead to the quote, outermost first.")
    quote: str
    snapshot_id: str
    is_current: bool = Field(description="Whether the document says the same today.")
    is_from_system: bool = Field(
        description="Whether another system said it, when it was asked for this customer; the quote is all there is then."
    )
    document: DocumentOut | None = Field(description="As it was when it was cited; null once it is withdrawn.")


async def read_citation(request: Request) -> Response:
    """The source behind a marker of an answer, with the quoted words marked in their document.

    Whether this customer may see it is asked again. Of a document that was withdrawn, and of what another system said,
    the words that were quoted.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    turn_id, marker = to_turn_id(request.path_params["turn_id"]), request.path_params["marker"]

    def find(stores: Stores) -> tuple[Citation, Audiences]:
        conversation = stores.conversations.get(conversation_id)
        if conversation is None:
            raise NotFoundError("There is no such conversation.", field="conversation_id")
        return find_citation(stores, conversation_id, turn_id, marker), conversation.principal.audiences

    citation, audiences = await app.database.read(find)
    if citation.is_of_system:
        source = CitedSource(citation=citation, document=None, chunk=None, is_current=True)
        return json_response(_describe(source))
    now = app.releases.serving().retriever.index
    source = look_up(citation, audiences, then=await _snapshot(app, citation.snapshot_id, now), now=now)
    return json_response(await asyncio.to_thread(_describe, source))


async def _snapshot(app: App, snapshot_id: SnapshotId, now: KnowledgeIndex) -> KnowledgeIndex | None:
    """The snapshot that was cited; None when it is gone."""
    if now.manifest.snapshot_id == snapshot_id:
        return now
    try:
        return await app.snapshots.open(snapshot_id)
    except (NotFoundError, ChecksumError):
        log.warning("cited_snapshot_gone", snapshot_id=snapshot_id)
        return None


def _describe(source: CitedSource) -> dict[str, Any]:
    citation, document = source.citation, source.document
    return {
        "title": citation.title,
        "url": safe_href(citation.url) if document else "",
        "breadcrumb": source.chunk.breadcrumb if source.chunk else [citation.title],
        "quote": citation.quote,
        "snapshot_id": citation.snapshot_id,
        "is_current": source.is_current,
        "is_from_system": citation.is_of_system,
        "document": _document(source, document) if document else None,
    }


def _document(source: CitedSource, document: Document) -> dict[str, Any]:
    blocks = read_blocks(document.text, marked=_place(source, document.text))
    return {"title": document.title, "language": document.language, "blocks": [to_json(block) for block in blocks]}


def _place(source: CitedSource, text: str) -> tuple[int, int] | None:
    """Where the quote stands: in the part that was found, else, where parts were joined, anywhere."""
    quote, chunk = source.citation.quote, source.chunk
    within = find_quote(text, quote, start=chunk.start, end=chunk.end) if chunk else None
    return within or find_quote(text, quote)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/conversations/{conversation_id}/citations/{turn_id}/{marker}",
        access=Access.CONVERSATION,
        handler=read_citation,
        tag="Conversations",
        gives={200: SourceOut},
        problems=(503,),
    ),
)
