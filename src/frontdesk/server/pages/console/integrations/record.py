"""One conversation's record: as it would be sent now, mended and sent again, or discarded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import MAX_REASON_CHARS, STUCK, FieldRule
from frontdesk.server.access import Access
from frontdesk.server.api.integrations import conversation_id_of, target_of
from frontdesk.server.bodies import read_form
from frontdesk.server.pages.console.addresses import INTEGRATIONS, conversation_address, record_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.integrations.views import said_of, state_badge
from frontdesk.server.pages.console.words import Badge
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Handler, Operation, frontdesk_of, visitor_of
from frontdesk.turn.write_back import Target
from frontdesk.turn.write_back.mending import Preview, discard, is_mendable, mend, preview

_PREFIX = "value."
"""Begins the names of the form's fields."""
_LONG = 90
"""Characters from which a value is mended in a text area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordField:
    """One of the other system's fields."""

    name: str
    input_name: str
    text: str
    """What is to be sent, or what was typed in its place."""
    comes_from: str
    is_mended: bool
    is_long: bool
    options: Sequence[tuple[str, str]]
    """Where only some values exist: all of them, as pairs of value and words."""
    wrong: str
    """Why it can't be sent so, or what the other system said of it; empty where nothing is wrong."""
    is_ours: bool
    """It is about the record itself and can't be mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """All that templates/console/record.html may use."""

    frame: Frame
    integrations: str
    conversation: str
    conversation_id: str
    operation: str
    badge: Badge
    is_stuck: bool
    is_discarded: bool
    is_new: bool
    """Whether anything of it is not there yet."""
    versions: int
    reference: str
    sent_at: datetime | None
    waits_since: datetime | None
    due_at: datetime | None
    attempts: int
    said: Sequence[tuple[str, str]]
    """What was said of no field that is shown."""
    reason: str
    decided_by: str
    decided_at: datetime | None
    fields: Sequence[RecordField]
    resend: str
    discard: str
    max_reason_chars: int
    wrong_reason: str


async def record_page(request: Request) -> Response:
    """A conversation's record as it would be sent now, and how far it has come."""
    return await _show(request)


async def resend(request: Request) -> Response:
    """Take the form's values in place of others and try the record again; shown again where one is not allowed."""
    app, conversation_id = frontdesk_of(request), conversation_id_of(request)
    form = await read_form(request)
    values = {name.removeprefix(_PREFIX): value for name, value in form.items() if name.startswith(_PREFIX)}
    by = visitor_of(request).staff_name or ""
    try:
        await mend(app.database, conversation_id, values, target_of(app), by=by, at=app.clock.now())
    except MalformedError as error:
        wrong = {str(error.data.get("field", "")): error.public_message.partition(": ")[2] or error.public_message}
        return await _show(request, typed=values, wrong=wrong, status=422)
    return RedirectResponse(record_address(conversation_id), status_code=303)


async def discard_record(request: Request) -> Response:
    """Never write it, and show it again."""
    app, conversation_id = frontdesk_of(request), conversation_id_of(request)
    reason = (await read_form(request)).get("reason", "")
    by = visitor_of(request).staff_name or ""
    try:
        await discard(app.database, conversation_id, reason=reason, by=by, at=app.clock.now())
    except MalformedError as error:
        return await _show(request, wrong_reason=error.public_message, status=422)
    return RedirectResponse(record_address(conversation_id), status_code=303)


async def _show(
    request: Request,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    wrong_reason: str = "",
    status: int = 200,
) -> Response:
    app, conversation_id = frontdesk_of(request), conversation_id_of(request)
    target = target_of(app)
    shown = await preview(app.database, conversation_id, target)
    frame = await frame_for(request, active="integrations", title=f"Record of {conversation_id}")
    page = _page(frame, conversation_id, shown, target, typed or {}, wrong or {}, wrong_reason)
    return html(request, "console/record.html", page, status)


def _page(
    frame: Frame,
    conversation_id: ConversationId,
    shown: Preview,
    target: Target,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    wrong_reason: str,
) -> RecordPage:
    held, address = shown.held, record_address(conversation_id)
    is_stuck = held is not None and held.state in STUCK
    said = said_of(held) if held and is_stuck else []
    fields = _fields(shown, target, dict(said), typed, wrong)
    names = {one.name for one in fields}
    return RecordPage(
        frame=frame,
        integrations=INTEGRATIONS,
        conversation=conversation_address(conversation_id),
        conversation_id=conversation_id,
        operation=target.rules.operation,
        badge=state_badge(held.state) if held else Badge(text="not to be written"),
        is_stuck=is_stuck,
        is_discarded=held is not None and held.state == "discarded",
        is_new=shown.is_new,
        versions=held.versions if held else 0,
        reference=held.reference if held else "",
        sent_at=held.sent_at if held else None,
        waits_since=held.queued_at if held and held.state != "sent" else None,
        due_at=held.due_at if held and held.state == "queued" and held.due_at.year < _FAR else None,
        attempts=held.attempts if held else 0,
        said=[(name, message) for name, message in said if name not in names],
        reason=held.reason if held else "",
        decided_by=held.decided_by if held else "",
        decided_at=held.decided_at if held else None,
        fields=fields,
        resend=f"{address}/resend",
        discard=f"{address}/discard",
        max_reason_chars=MAX_REASON_CHARS,
        wrong_reason=wrong_reason,
    )


_FAR = 2100
"""A record that is due then waits for an occasion, not for a time."""


def _fields(
    shown: Preview,
    target: Target,
    said: Mapping[str, str],
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
) -> Sequence[RecordField]:
    invalid = {error.field: error.message for error in shown.record.errors}
    choices = {one.name: one.choices for one in target.update.arguments} | {
        one.name: one.choices for one in target.create.arguments
    }
    fields = []
    for one in shown.record.fields:
        rule = target.rules.fields[one.name]
        text = typed.get(one.name, one.text)
        fields.append(
            RecordField(
                name=one.name,
                input_name=f"{_PREFIX}{one.name}",
                text=text,
                comes_from=one.comes_from,
                is_mended=one.is_mended,
                is_long=len(text) > _LONG or "\n" in text,
                options=_options(choices.get(one.name) or _theirs(rule), text),
                wrong=wrong.get(one.name) or invalid.get(one.name) or said.get(one.name, ""),
                is_ours=not is_mendable(rule),
            )
        )
    return fields


def _theirs(rule: FieldRule) -> Sequence[str]:
    """The values there are, where our names are put into the other system's and one is sent."""
    return list(dict.fromkeys(filter(None, (*rule.values.values(), rule.otherwise)))) if rule.most == 1 else []


def _options(choices: Sequence[str], text: str) -> Sequence[tuple[str, str]]:
    if not choices:
        return []
    kept = [] if text in choices else [(text, f"{text} (not known there)" if text else "–")]
    return [*kept, *((choice, choice) for choice in choices)]


def _operation(method: str, name: str, handler: Handler) -> Operation:
    path = f"{INTEGRATIONS}/records/{{conversation_id}}{name}"
    return Operation(method=method, path=path, access=Access.CONSOLE, handler=handler, tag="Console", is_listed=False)


OPERATIONS = (
    _operation("GET", "", record_page),
    _operation("POST", "/resend", resend),
    _operation("POST", "/discard", discard_record),
)
