"""What was said in a conversation: its state, and its log as a page or as a stream."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.attachments import Attachment
from frontdesk.domain.conversation import Conversation, Message
from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.events import StoredEvent
from frontdesk.server.access import Access
from frontdesk.server.api.attachments import describe_attachment
from frontdesk.server.api.conversation_models import ConversationOut, EventPage
from frontdesk.server.bodies import json_response
from frontdesk.server.routes import Operation, Parameter, conversation_of, frontdesk_of
from frontdesk.server.streams import EventStream, stream_conversation

MAX_EVENTS = 500
MAX_MESSAGES = 500
"""Given with a conversation, the newest."""
_MAX_SEQ = 2**53
_JSON = "application/json"
_EVENTS = "text/event-stream"


async def read_conversation(request: Request) -> Response:
    """The state of a conversation and what was said.

    Of a long one the newest messages; its log, read from the start, holds them all.
    """
    conversation_id = conversation_of(request)
    conversation, messages, files = await frontdesk_of(request).database.read(
        lambda stores: (
            stores.conversations.get(conversation_id),
            stores.messages.newest(conversation_id, limit=MAX_MESSAGES + 1),
            stores.attachments.sent_in(conversation_id),
        )
    )
    if conversation is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    state = {
        **describe(conversation),
        "messages": [_message_out(message, files) for message in messages[-MAX_MESSAGES:]],
        "has_more": len(messages) > MAX_MESSAGES,
    }
    return json_response(state)


async def read_events(request: Request) -> Response:
    """Follow a conversation.

    Everything that happens in it, in order and numbered without gaps, as server-sent events; the stream stays open.
    After a break send the last id as `Last-Event-ID`. With `Accept: application/json`, one page of the log.
    """
    app = frontdesk_of(request)
    conversation_id = conversation_of(request)
    after = _number(request.headers.get("last-event-id") or request.query_params.get("after") or "0", "after")
    accept = request.headers.get("accept", "")
    if _JSON not in accept or _EVENTS in accept:
        chunks = stream_conversation(app, conversation_id, after=after)
        return EventStream(app, request.app.state.closing, chunks)
    limit = _number(request.query_params.get("limit") or "100", "limit", most=MAX_EVENTS)
    events = await app.database.read(lambda stores: stores.events.read(conversation_id, after=after, limit=limit + 1))
    page = {
        "events": [_event_out(event) for event in events[:limit]],
        "last_seq": events[:limit][-1].seq if events[:limit] else after,
        "has_more": len(events) > limit,
    }
    return json_response(page)


def describe(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation_id": conversation.conversation_id,
        "status": conversation.status,
        "channel": conversation.channel,
        "locale": conversation.locale,
        "is_verified": conversation.principal.is_verified,
        "last_seq": conversation.last_seq,
        "created_at": conversation.created_at.isoformat(),
    }


def _number(text: str, field: str, *, most: int = _MAX_SEQ) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= most):
        raise MalformedError(f"{field} must be a whole number from 0 to {most}.", field=field)
    return int(text)


def _message_out(message: Message, files: Sequence[Attachment]) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "turn_id": message.turn_id,
        "position": message.position,
        "role": message.role,
        "text": message.text,
        "language": message.language,
        "at": message.at.isoformat(),
        "attachments": [describe_attachment(file.ref) for file in files if file.message_id == message.message_id],
    }


def _event_out(event: StoredEvent) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "kind": event.kind,
        "turn_id": event.turn_id,
        "at": event.at.isoformat(),
        "data": json.loads(event.body),
    }


_AFTER = Parameter(name="after", where="query", text="Give what comes after this sequence number; 0 gives everything.")
_LAST_ID = Parameter(name="Last-Event-ID", where="header", text="As `after`; sent by clients that reconnect.")
_LIMIT = Parameter(name="limit", where="query", text=f"Events on one JSON page, 1 to {MAX_EVENTS}; 100 by default.")

OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/conversations/{conversation_id}",
        access=Access.CONVERSATION,
        handler=read_conversation,
        tag="Conversations",
        gives={200: ConversationOut},
    ),
    Operation(
        method="GET",
        path="/v1/conversations/{conversation_id}/events",
        access=Access.CONVERSATION,
        handler=read_events,
        tag="Conversations",
        gives={200: EventPage},
        also_streams=True,
        parameters=(_AFTER, _LAST_ID, _LIMIT),
        problems=(400,),
    ),
)
