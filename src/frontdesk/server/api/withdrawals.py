"""For staff: documents that are withdrawn from every answer, and let in again."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.bootstrap import App
from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.overlay import MAX_REASON_CHARS, Withdrawal
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.server.access import Access
from frontdesk.server.bodies import Body, json_response, read_body
from frontdesk.server.routes import Operation, frontdesk_of, visitor_of
from frontdesk.turn.withdrawals import change_withdrawal, clean_reason, find_document

_PATH = "/v1/admin/knowledge/withdrawals"


class NewWithdrawal(Body):
    document: str = Field(description="Its id, its path with or without its source, or its address.")
    reason: str = Field(description=f"Why, for those who look later; at most {MAX_REASON_CHARS} characters.")


class WithdrawalOut(BaseModel):
    document_id: str
    title: str = Field(description="Empty where the live snapshot does not have it.")
    where: str = Field(description="Source and path; empty as above.")
    is_in_knowledge: bool = Field(description="Whether the live snapshot has it.")
    reason: str
    by: str
    at: str


class WithdrawalListing(BaseModel):
    version: int = Field(description="Rises with every change.")
    items: list[WithdrawalOut] = Field(description="Withdrawn last first.")


class WithdrawalChanged(BaseModel):
    document_id: str
    title: str
    is_withdrawn: bool
    is_changed: bool = Field(description="False where it stood so already.")


async def list_withdrawals(request: Request) -> Response:
    """Documents that no answer rests on and nobody can open, whatever snapshot has them."""
    app = frontdesk_of(request)
    overlay = await app.database.read(lambda stores: stores.withdrawals.overlay())
    index = _whole(app)
    items = [_describe(change, index) for change in overlay.withdrawn.values()]
    return json_response({"version": overlay.version, "items": items})


async def withdraw_document(request: Request) -> Response:
    """Withdraw a document.

    Within a second it is in no search, answer, suggestion or help page of any replica, and behind no citation; it
    stays so after restarts and with every release, until it is let in again.
    """
    app, wanted = frontdesk_of(request), await read_body(request, NewWithdrawal)
    document_id = find_document(_whole(app), wanted.document)
    by = visitor_of(request).staff_name or ""
    return json_response(await decide(app, document_id, is_withdrawn=True, reason=wanted.reason, by=by))


async def restore_document(request: Request) -> Response:
    """Let a withdrawn document in again."""
    try:
        document_id = DocumentId.parse(request.path_params["document_id"], field="document_id")
    except MalformedError:
        raise NotFoundError("There is no such document.", field="document_id") from None
    by = visitor_of(request).staff_name or ""
    return json_response(await decide(frontdesk_of(request), document_id, is_withdrawn=False, reason="", by=by))


async def decide(app: App, document_id: DocumentId, *, is_withdrawn: bool, reason: str, by: str) -> dict[str, Any]:
    """Write the decision down and follow it in this process at once.

    Raises:
        MalformedError: there is no reason, or it is too long.
        NotFoundError: nothing is known of such a document.
    """
    document = _whole(app).document(document_id)
    change = Withdrawal(
        document_id=document_id,
        is_withdrawn=is_withdrawn,
        reason=clean_reason(reason, is_needed=is_withdrawn),
        by=by,
        at=app.clock.now(),
    )
    is_changed = await change_withdrawal(app.database, change, is_in_knowledge=document is not None)
    await app.withdrawals.refresh()
    return {
        "document_id": document_id,
        "title": document.title if document else "",
        "is_withdrawn": is_withdrawn,
        "is_changed": is_changed,
    }


def _describe(change: Withdrawal, index: KnowledgeIndex) -> dict[str, Any]:
    document = index.document(change.document_id)
    return {
        "document_id": change.document_id,
        "title": document.title if document else "",
        "where": f"{document.source}/{document.path}" if document else "",
        "is_in_knowledge": document is not None,
        "reason": change.reason,
        "by": change.by,
        "at": change.at.isoformat(),
    }


def _whole(app: App) -> KnowledgeIndex:
    """The live snapshot with all that is withdrawn."""
    return app.releases.serving().retriever.index.whole


OPERATIONS = (
    Operation(
        method="GET",
        path=_PATH,
        access=Access.STAFF,
        handler=list_withdrawals,
        tag="Admin",
        gives={200: WithdrawalListing},
        problems=(503,),
    ),
    Operation(
        method="POST",
        path=_PATH,
        access=Access.STAFF,
        handler=withdraw_document,
        tag="Admin",
        takes=NewWithdrawal,
        gives={200: WithdrawalChanged},
        problems=(404, 409, 503),
    ),
    Operation(
        method="DELETE",
        path=f"{_PATH}/{{document_id}}",
        access=Access.STAFF,
        handler=restore_document,
        tag="Admin",
        gives={200: WithdrawalChanged},
        problems=(404, 503),
    ),
)
