"""For staff: how conversations get into the customer's record, what is stuck on the way, and the systems themselves."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.bootstrap import App
from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.localised import localised
from frontdesk.domain.write_back import (
    MAX_REASON_CHARS,
    STATES,
    STUCK,
    StoredWriteBack,
    WriteBackState,
    WriteBackTally,
)
from frontdesk.server.access import Access
from frontdesk.server.bodies import Body, json_response, read_body
from frontdesk.server.routes import Handler, Operation, Parameter, frontdesk_of, visitor_of
from frontdesk.turn.write_back import Target
from frontdesk.turn.write_back.mending import Preview, discard, mend, preview, resend_all

_PATH = "/v1/admin/integrations"
_RECORDS = f"{_PATH}/write-backs"
MOST_LISTED = 100


class ConnectorOut(BaseModel):
    name: str
    title: str
    operations: list[str]
    breaker: str = Field(
        description="`closed` as usual, `half_open` where one request probes, `open` where none is made."
    )
    under_way: int = Field(description="Calls at this moment, in this process.")


class WriteBackStateOut(BaseModel):
    is_on: bool = Field(description="Whether the live release writes conversations back.")
    operation: str
    by_state: dict[str, int]
    due: int = Field(description="Those whose time has come.")
    sent_24h: int
    oldest_due_s: float
    last_sent_at: str | None
    failing_since: str | None = Field(description="When nothing began to get through; empty while something does.")
    last_error: str


class IntegrationsOut(BaseModel):
    write_back: WriteBackStateOut
    connectors: list[ConnectorOut]


class FieldErrorOut(BaseModel):
    field: str
    message: str
    value: str


class WriteBackOut(BaseModel):
    conversation_id: str
    state: str
    versions: int = Field(description="How often it was written.")
    reference: str = Field(description="The other system's own name for the record.")
    attempts: int
    queued_at: str
    due_at: str
    sent_at: str | None
    first_failed_at: str | None
    error: str
    errors: list[FieldErrorOut]
    mended: dict[str, str] = Field(description="Values that people put in place of others, by field.")
    decided_by: str
    decided_at: str | None
    reason: str


class WriteBackListing(BaseModel):
    items: list[WriteBackOut] = Field(description="Changed last first.")


class FieldOut(BaseModel):
    name: str
    text: str
    comes_from: str
    is_mended: bool


class PreviewOut(BaseModel):
    conversation_id: str
    is_new: bool = Field(description="Whether anything of it is not there yet.")
    fields: list[FieldOut]
    errors: list[FieldErrorOut] = Field(description="What keeps it from being sent.")


class Resend(Body):
    values: dict[str, str] = Field({}, description="Values in place of others, by field.")


class Discard(Body):
    reason: str = Field(description=f"Why, for those who look later; at most {MAX_REASON_CHARS} characters.")


class ResentAll(BaseModel):
    resent: int


async def integrations(request: Request) -> Response:
    """How the write-back is doing, and every system with its breaker."""
    app = frontdesk_of(request)
    tally = await app.database.read(lambda stores: stores.write_backs.tally())
    return json_response({"write_back": state_of(app, tally), "connectors": connectors_of(app)})


async def list_write_backs(request: Request) -> Response:
    """Conversations in a state of the write-back; those that wait for a person where none is named."""
    states = _states(request.query_params.get("state", "stuck"))
    found = await frontdesk_of(request).database.read(
        lambda stores: stores.write_backs.list_in(states, limit=MOST_LISTED)
    )
    return json_response({"items": [to_json(one) for one in found]})


async def show_write_back(request: Request) -> Response:
    """How far one conversation has come."""
    conversation_id = conversation_id_of(request)
    found = await frontdesk_of(request).database.read(lambda stores: stores.write_backs.get(conversation_id))
    if found is None:
        raise no_record()
    return json_response(to_json(found))


async def preview_write_back(request: Request) -> Response:
    """A conversation's record as it would be sent now, whether or not it is to be."""
    app, conversation_id = frontdesk_of(request), conversation_id_of(request)
    shown = await preview(app.database, conversation_id, target_of(app))
    return json_response(_preview_json(conversation_id, shown))


async def resend_write_back(request: Request) -> Response:
    """Try a stuck or discarded one again at once, with other values where some are given.

    Values are checked by the same rules as the mapping's own; one that is not allowed changes nothing.
    """
    app, conversation_id = frontdesk_of(request), conversation_id_of(request)
    wanted = await read_body(request, Resend, is_optional=True)
    by = visitor_of(request).staff_name or ""
    await mend(app.database, conversation_id, wanted.values, target_of(app), by=by, at=app.clock.now())
    return await show_write_back(request)


async def resend_all_write_backs(request: Request) -> Response:
    """Try everything that waits for a person again at once, such as after a mapping was corrected."""
    app = frontdesk_of(request)
    count = await resend_all(app.database, by=visitor_of(request).staff_name or "", at=app.clock.now())
    return json_response({"resent": count})


async def discard_write_back(request: Request) -> Response:
    """Never write a conversation, whatever is said in it later; resending takes it back."""
    app, conversation_id = frontdesk_of(request), conversation_id_of(request)
    wanted = await read_body(request, Discard)
    by = visitor_of(request).staff_name or ""
    await discard(app.database, conversation_id, reason=wanted.reason, by=by, at=app.clock.now())
    return await show_write_back(request)


# -- shared with the page ------------------------------------------------------------------------


def target_of(app: App) -> Target:
    """
    Raises:
        NotFoundError: the live release writes nothing back.
    """
    target = app.write_back.target()
    if target is None:
        raise NotFoundError("Nothing is written back: the assistant folder has no write_back.yaml.", field="write_back")
    return target


def conversation_id_of(request: Request) -> ConversationId:
    """Raises: NotFoundError."""
    try:
        return ConversationId.parse(request.path_params["conversation_id"], field="conversation_id")
    except MalformedError:
        raise no_record() from None


def no_record() -> NotFoundError:
    return NotFoundError("There is no such record.", field="conversation_id")


def state_of(app: App, tally: WriteBackTally) -> dict[str, Any]:
    target = app.write_back.target()
    return {
        "is_on": target is not None,
        "operation": target.rules.operation if target else "",
        "by_state": dict(tally.by_state),
        "due": tally.due,
        "sent_24h": tally.sent_24h,
        "oldest_due_s": round(tally.oldest_due_s, 1),
        "last_sent_at": _moment(tally.last_sent_at),
        "failing_since": _moment(tally.failing_since),
        "last_error": tally.last_error,
    }


def connectors_of(app: App) -> list[dict[str, Any]]:
    content = app.releases.serving().content
    language = content.profile.default_language
    titles = {source.name: localised(source.title, "en", language) for source in content.connectors}
    return [
        {
            "name": system.name,
            "title": titles.get(system.name, ""),
            "operations": sorted(system.operations),
            "breaker": system.gate.state,
            "under_way": system.gate.under_way,
        }
        for system in sorted(app.connectors.live(), key=lambda one: one.name)
    ]


def to_json(one: StoredWriteBack) -> dict[str, Any]:
    return {
        "conversation_id": one.conversation_id,
        "state": one.state,
        "versions": one.versions,
        "reference": one.reference,
        "attempts": one.attempts,
        "queued_at": one.queued_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "sent_at": _moment(one.sent_at),
        "first_failed_at": _moment(one.first_failed_at),
        "error": one.error,
        "errors": [asdict(error) for error in one.errors],
        "mended": {name: mended.value for name, mended in one.mended.items()},
        "decided_by": one.decided_by,
        "decided_at": _moment(one.decided_at),
        "reason": one.reason,
    }


def _preview_json(conversation_id: ConversationId, shown: Preview) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "is_new": shown.is_new,
        "fields": [
            {"name": one.name, "text": one.text, "comes_from": one.comes_from, "is_mended": one.is_mended}
            for one in shown.record.fields
        ],
        "errors": [asdict(error) for error in shown.record.errors],
    }


def _states(asked: str) -> Sequence[WriteBackState]:
    if asked == "stuck":
        return STUCK
    found = [state for state in STATES if state == asked]
    if not found:
        raise MalformedError(f"`state` is `stuck` or one of {', '.join(STATES)}.", field="state")
    return found


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _operation(
    method: str, path: str, handler: Handler, gives: type[BaseModel], *, takes: type[BaseModel] | None = None
) -> Operation:
    is_one = "{" in path
    return Operation(
        method=method,
        path=path,
        access=Access.STAFF,
        handler=handler,
        tag="Admin",
        takes=takes,
        gives={200: gives},
        problems=(404, 409, 503) if is_one else (503,),
    )


_ONE = f"{_RECORDS}/{{conversation_id}}"
OPERATIONS = (
    _operation("GET", _PATH, integrations, IntegrationsOut),
    Operation(
        method="GET",
        path=_RECORDS,
        access=Access.STAFF,
        handler=list_write_backs,
        tag="Admin",
        gives={200: WriteBackListing},
        parameters=[
            Parameter(name="state", where="query", text=f"`stuck` (the default), or one of {', '.join(STATES)}.")
        ],
        problems=(400, 503),
    ),
    _operation("POST", f"{_RECORDS}/resend", resend_all_write_backs, ResentAll),
    _operation("GET", _ONE, show_write_back, WriteBackOut),
    _operation("GET", f"{_ONE}/preview", preview_write_back, PreviewOut),
    _operation("POST", f"{_ONE}/resend", resend_write_back, WriteBackOut, takes=Resend),
    _operation("POST", f"{_ONE}/discard", discard_write_back, WriteBackOut, takes=Discard),
)
