"""One conversation: everything that was said in it, in order, and who is behind it."""

import shlex
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.escalation import Collected, Escalation
from frontdesk.domain.events import StoredEvent
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Database, Stores
from frontdesk.server.access import Access
from frontdesk.server.api.attachments import file_response
from frontdesk.server.api.conversations import wants_events
from frontdesk.server.api.paths import no_attachment, to_attachment_id
from frontdesk.server.bodies import json_response
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import CONVERSATIONS, conversation_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.said import Said, read_said
from frontdesk.server.pages.console.words import Badge, Tone
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Handler, Operation, frontdesk_of
from frontdesk.server.streams import HEARTBEAT, HEARTBEAT_S, EventStream
from frontdesk.turn.delivery import read_log

SHOWN = 500
"""Events on one page; about eighty turns."""
_PART = "div#conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    subject: str
    """Empty where nobody proved who they are."""
    proof: str
    audiences: tuple[str, ...]
    others: str
    """Address of everything this customer wrote; empty for an anonymous one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something a workflow had found out, with the values in words."""

    label: str
    values: Sequence[str]
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The open escalation."""

    escalation_id: str
    why: str
    queue: str
    topic: str
    since: datetime
    workflow: str = ""
    """With where it stood; empty where none was under way."""
    reason: str = ""
    collected: Sequence[Found] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known beside what was said."""

    conversation_id: str
    customer: Customer
    waiting: Waiting | None
    badges: Sequence[Badge]
    channel: str
    locale: str
    origin: str
    created_at: datetime
    active_at: datetime
    forked_from: str
    """The conversation it goes on from; empty when it began anew."""
    forks: Sequence[str]
    """Conversations that go on from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Addresses; of more of the conversation, empty at its ends."""

    earlier: str
    later: str
    live: str
    list: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPage:
    """All that templates/console/conversation.html and conversation-log.html may use."""

    frame: Frame
    title: str
    """How the first words begin."""
    said: Sequence[Said]
    facts: Facts
    places: Places
    command: str
    """For a terminal."""
    link: str
    """The page's own address, for good."""


async def conversation_page(request: Request) -> Response:
    """One conversation; for htmx only what changes in it."""
    app = frontdesk_of(request)
    conversation_id = conversation_in(request)
    after = request.query_params.get("after", "")
    found = await app.database.read(lambda stores: _read(stores, conversation_id, after))
    said = read_said(found.events)
    title, base_url = _title(said), str(request.base_url).rstrip("/")
    page = ConversationPage(
        frame=await frame_for(request, active="desk", title=title),
        title=title,
        said=said,
        command=_command(conversation_id, base_url),
        link=f"{base_url}{conversation_address(conversation_id)}",
        facts=_facts(found),
        places=_places(found),
    )
    if request.headers.get("hx-target") == _PART:
        return html(request, "console/conversation-log.html", page)
    return html(request, "console/conversation.html", page)


async def conversation_live(request: Request) -> Response:
    """Tells when something happened in one conversation; a program that takes no events gets its newest number."""
    app = frontdesk_of(request)
    conversation_id = conversation_in(request)
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
    conversation = await app.database.read(lambda stores: stores.conversations.get(conversation_id))
    if conversation is None:
        raise no_conversation()
    if not wants_events(request):
        return json_response({"last_seq": conversation.last_seq})
    chunks = _changes(app.database, conversation_id, after=_seq(seen))
    return EventStream(app, request.app.state.closing, chunks)


async def conversation_file(request: Request) -> Response:
    """A file that was sent in a conversation."""
    conversation_id = conversation_in(request)
    attachment_id = to_attachment_id(request.path_params["attachment_id"])
    attachment, body = await frontdesk_of(request).database.read(
        lambda stores: (stores.attachments.get(attachment_id), stores.attachments.body(attachment_id))
    )
    if attachment is None or body is None or attachment.conversation_id != conversation_id:
        raise no_attachment()
    return file_response(attachment.ref, body)


def conversation_in(request: Request) -> ConversationId:
    """The conversation in the path. Raises: NotFoundError: it cannot be one."""
    try:
        return ConversationId.parse(request.path_params["conversation_id"], field="conversation_id")
    except MalformedError:
        raise no_conversation() from None


def no_conversation() -> NotFoundError:
    return NotFoundError("There is no such conversation.", field="conversation_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    conversation: Conversation
    events: Sequence[StoredEvent]
    after: int
    escalation: Escalation | None
    forks: Sequence[ConversationId]


def _read(stores: Stores, conversation_id: ConversationId, after: str) -> _Found:
    conversation = stores.conversations.get(conversation_id)
    if conversation is None:
        raise no_conversation()
    start = _seq(after) if after else max(0, conversation.last_seq - SHOWN)
    return _Found(
        conversation=conversation,
        events=stores.events.read(conversation_id, after=start, limit=SHOWN),
        after=start,
        escalation=stores.escalations.open_on(conversation_id),
        forks=stores.finder.forks_of(conversation_id),
    )


def _seq(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _title(said: Sequence[Said]) -> str:
    first = next((entry for entry in said if entry.speaker == "customer"), None)
    if first is None:
        return "Conversation"
    text = " ".join("".join(piece.text for piece in first.pieces).split())
    return (text if len(text) <= 80 else f"{text[:79].rstrip()}…") or "Conversation"


def _facts(found: _Found) -> Facts:
    conversation, escalation = found.conversation, found.escalation
    return Facts(
        conversation_id=conversation.conversation_id,
        customer=_customer(conversation),
        waiting=None if escalation is None else _waiting(escalation),
        badges=_badges(conversation, escalation),
        channel=words.CHANNELS.get(conversation.channel, conversation.channel),
        locale=conversation.locale,
        origin=words.ORIGINS[conversation.origin],
        created_at=conversation.created_at,
        active_at=found.events[-1].at if found.events else conversation.created_at,
        forked_from=conversation.forked_from or "",
        forks=found.forks,
    )


def _badges(conversation: Conversation, escalation: Escalation | None) -> tuple[Badge, ...]:
    return (
        *(() if escalation is not None else (Badge(text=words.STATUSES[conversation.status]),)),
        *words.origin_badge(conversation.origin),
    )


def _places(found: _Found) -> Places:
    address = conversation_address(found.conversation.conversation_id)
    last = found.events[-1].seq if found.events else found.after
    has_later = last < found.conversation.last_seq
    return Places(
        earlier=f"{address}?after={max(0, found.after - SHOWN)}" if found.after else "",
        later=f"{address}?after={last}" if has_later else "",
        live=f"{address}/live?after={found.conversation.last_seq}",
        list=CONVERSATIONS,
    )


def _customer(conversation: Conversation) -> Customer:
    principal = conversation.principal
    subject = principal.subject or ""
    return Customer(
        subject=subject,
        proof=words.PROOFS[principal.proof],
        audiences=tuple(principal.audiences),
        others=f"{CONVERSATIONS}?{urlencode({'customer': subject})}" if subject else "",
    )


def _waiting(escalation: Escalation) -> Waiting:
    return Waiting(
        escalation_id=escalation.escalation_id,
        why=words.ESCALATIONS.get(escalation.reason, words.say(escalation.reason)),
        queue=escalation.queue,
        topic=escalation.topic,
        since=escalation.opened_at,
        **({} if escalation.collected is None else _collected(escalation.collected)),
    )


def _collected(found: Collected) -> dict[str, Any]:
    """What the workflow that was under way had found out."""
    said = [Found(label=name, values=(value,)) for name, value in found.slots.items()]
    read = [
        Found(label=name, values=["; ".join(f"{key}: {value}" for key, value in row.items()) for row in rows])
        for name, rows in found.readings.items()
    ]
    failed = [Found(label=name, values=(words.say(kind),), tone="bad") for name, kind in found.failures.items()]
    done = [Found(label=name, values=(became,), tone="accent") for name, became in found.effects.items()]
    return {
        "workflow": f"{found.workflow}, at {found.step}",
        "reason": found.why,
        "collected": (*said, *read, *failed, *done),
    }


def _command(conversation_id: ConversationId, base_url: str) -> str:
    address = f"{base_url}/v1/conversations/{conversation_id}"
    return f'curl -s -H "Authorization: Bearer $STAFF_KEY" {shlex.quote(address)}'


async def _changes(database: Database, conversation_id: ConversationId, *, after: int) -> AsyncGenerator[bytes, None]:
    async with aclosing(read_log(database, conversation_id, after=after, idle_s=HEARTBEAT_S)) as batches:
        async for batch in batches:
            yield f"id: {batch[-1].seq}\nevent: changed\ndata: {{}}\n\n".encode() if batch else HEARTBEAT


def _operation(path: str, handler: Handler) -> Operation:
    return Operation(method="GET", path=path, access=Access.CONSOLE, handler=handler, tag="Console", is_listed=False)


OPERATIONS = (
    _operation(f"{CONVERSATIONS}/{{conversation_id}}", conversation_page),
    _operation(f"{CONVERSATIONS}/{{conversation_id}}/live", conversation_live),
    _operation(f"{CONVERSATIONS}/{{conversation_id}}/attachments/{{attachment_id}}", conversation_file),
)
