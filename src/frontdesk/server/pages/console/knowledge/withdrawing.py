"""Documents that are withdrawn, and the two buttons that change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.overlay import Overlay, Withdrawal
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.server.access import Access
from frontdesk.server.api.withdrawals import decide
from frontdesk.server.bodies import read_form
from frontdesk.server.pages.console.addresses import KNOWLEDGE, document_address
from frontdesk.server.routes import Handler, Operation, frontdesk_of, visitor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnDocument:
    """A document that no answer rests on now."""

    title: str
    """Its id where the live snapshot does not have it."""
    language: str
    href: str
    """Empty where the live snapshot does not have it."""
    reason: str
    by: str
    at: datetime
    restore: str
    """Where the button that lets it in again leads."""


def withdrawn_documents(overlay: Overlay, index: KnowledgeIndex) -> Sequence[WithdrawnDocument]:
    """Withdrawn last first."""
    return [withdrawn_document(change, index) for change in overlay.withdrawn.values()]


def withdrawn_document(change: Withdrawal, index: KnowledgeIndex) -> WithdrawnDocument:
    document = index.document(change.document_id)
    address = document_address(change.document_id)
    return WithdrawnDocument(
        title=document.title if document else change.document_id,
        language=document.language if document else "",
        href=address if document else "",
        reason=change.reason,
        by=change.by,
        at=change.at,
        restore=f"{address}/restore",
    )


async def withdraw(request: Request) -> Response:
    """Take a document out of every answer, and show it again."""
    document_id = _document_id(request)
    reason = (await read_form(request)).get("reason", "")
    await decide(frontdesk_of(request), document_id, is_withdrawn=True, reason=reason, by=_by(request))
    return RedirectResponse(document_address(document_id), status_code=303)


async def restore(request: Request) -> Response:
    """Let a document in again, and show it, or the list where the live snapshot does not have it."""
    app, document_id = frontdesk_of(request), _document_id(request)
    await decide(app, document_id, is_withdrawn=False, reason="", by=_by(request))
    is_there = app.releases.serving().retriever.index.document(document_id) is not None
    return RedirectResponse(document_address(document_id) if is_there else KNOWLEDGE, status_code=303)


def _document_id(request: Request) -> DocumentId:
    try:
        return DocumentId.parse(request.path_params["document_id"], field="document_id")
    except MalformedError:
        raise NotFoundError("There is no such document.", field="document_id") from None


def _by(request: Request) -> str:
    return visitor_of(request).staff_name or ""


def _operation(name: str, handler: Handler) -> Operation:
    path = f"{KNOWLEDGE}/documents/{{document_id}}/{name}"
    return Operation(method="POST", path=path, access=Access.CONSOLE, handler=handler, tag="Console", is_listed=False)


OPERATIONS = (_operation("withdraw", withdraw), _operation("restore", restore))
