"""Conversations: begin one, write to it, read it, ask for a person."""

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.conversation import (
    PUBLIC_ONLY,
    Conversation,
    ConversationStatus,
    InboundMessage,
    Message,
    Principal,
)
from frontdesk.domain.errors import DeadlineError, MalformedError, NotFoundError, UnauthenticatedError
from frontdesk.domain.events import StoredEvent, TurnFailed
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.domain.turn import OpenTurn
from frontdesk.ports.stores import Stores
from frontdesk.server.access import TOKEN_PREFIX, Access, hash_secret
from frontdesk.server.api.conversation_models import (
    ConversationOpened,
    ConversationOut,
    EscalationOut,
    EventPage,
    NewConversation,
    NewMessage,
    Nothing,
    Turn,
    TurnUnderWay,
)
from frontdesk.server.bodies import json_response, read_body
from frontdesk.server.routes import Operation, Parameter, conversation_of, frontdesk_of, visitor_of
from frontdesk.server.streams import EventStream, stream_conversation, stream_turn
from frontdesk.turn.delivery import final_event
from frontdesk.turn.handover import hand_over
from frontdesk.turn.intake import Accepted

GRACE_S = 5.0
"""A JSON reader waits for so long beyond the turn's deadline: a turn taken over in its last second ends within a lease."""
MAX_EVENTS = 500
_MAX_SEQ = 2**53
_JSON = "application/json"
_EVENTS = "text/event-stream"


async def open_conversation(request: Request) -> Response:
    """Begin a conversation.

    Gives its id, its token, and the notice that must be shown before the first answer. An identity token that
    does not hold is refused, and no conversation is made.
    """
    app = frontdesk_of(request)
    wanted = await read_body(request, NewConversation, is_optional=True)
    principal = verify_identity(request, wanted.identity_token)
    release = app.releases.serving()
    locale = wanted.locale or release.content.profile.default_language
    conversation = Conversation(
        conversation_id=ConversationId.mint(app.tokens.token()),
        channel=wanted.channel,
        locale=locale,
        status=ConversationStatus.ASSISTANT,
        principal=principal,
        last_seq=0,
        created_at=app.clock.now(),
    )
    token = TOKEN_PREFIX + app.tokens.secret()
    fresh = CustomerId.mint(app.tokens.token())
    await app.database.write(lambda stores: create_conversation(stores, conversation, hash_secret(token), fresh=fresh))
    profile, language = release.content.profile, locale.partition("-")[0].lower()
    opened = {
        "conversation_id": conversation.conversation_id,
        "token": token,
        "notice": release.say(profile.texts.notice, language),
        "greeting": release.say(profile.texts.greeting, language),
        "assistant": {"name": profile.name, "organisation": profile.organisation},
        "locale": locale,
        "is_verified": principal.is_verified,
        "status": conversation.status,
    }
    return json_response(opened, 201, {"Location": f"/v1/conversations/{conversation.conversation_id}"})


async def post_message(request: Request) -> Response:
    """Send a message and get the finished turn.

    With `Accept: text/event-stream` the turn's events come as they happen, from `turn.accepted` to the one that
    ends it. The same Idempotency-Key with the same text gives the same turn again; with another text it is a
    conflict. Hanging up does not stop the turn.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    key = request.headers.get("idempotency-key")
    if not key:
        raise MalformedError("Send a fresh Idempotency-Key with every message.", field="Idempotency-Key")
    message = await read_body(request, NewMessage)
    inbound = InboundMessage(
        conversation_id=conversation_id,
        text=message.text,
        idempotency_key=key,
        channel=visitor_of(request).channel,
    )
    accepted = await app.runner.accept(inbound)
    if wants_events(request):
        chunks = stream_turn(app, conversation_id, accepted.turn.turn_id, after=accepted.after_seq)
        return EventStream(app, request.app.state.closing, chunks)
    return await _finished_turn(request, accepted)


async def read_conversation(request: Request) -> Response:
    """The state of a conversation and what was said."""
    conversation_id = conversation_of(request)
    conversation, messages = await frontdesk_of(request).database.read(
        lambda stores: (
            stores.conversations.get(conversation_id),
            stores.messages.history(conversation_id, after=0, before=None),
        )
    )
    if conversation is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    return json_response({**describe(conversation), "messages": [_message_out(message) for message in messages]})


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


async def ask_for_person(request: Request) -> Response:
    """Ask for a person.

    At once, without the assistant: it is silent from then on, and what it was writing is not shown. Asking again
    changes nothing.
    """
    app = frontdesk_of(request)
    conversation_id = conversation_of(request)
    await read_body(request, Nothing, is_optional=True)
    handover = await hand_over(
        app.database,
        app.releases.serving(),
        conversation_id,
        clock=app.clock,
        tokens=app.tokens,
        telemetry=app.telemetry,
    )
    escalation = {
        "escalation_id": handover.escalation.escalation_id,
        "conversation_id": conversation_id,
        "status": handover.status,
        "text": handover.text,
        "opened_at": handover.escalation.opened_at.isoformat(),
    }
    return json_response(escalation)


def create_conversation(stores: Stores, conversation: Conversation, token_hash: str, *, fresh: CustomerId) -> None:
    """Store a conversation and, where its customer is proved, tie it to them. A unit of work."""
    principal = conversation.principal
    stores.conversations.create(conversation, token_hash=token_hash)
    if principal.subject is not None:
        customer_id = stores.customers.get_or_create(principal.subject, fresh=fresh, at=conversation.created_at)
        known = Principal(
            audiences=principal.audiences, subject=principal.subject, customer_id=customer_id, proof=principal.proof
        )
        stores.conversations.set_principal(conversation.conversation_id, known)


def verify_identity(request: Request, token: str | None, *, field: str = "identity_token") -> Principal:
    """The principal a signed token proves; the public where there is none.

    Args:
        field: where the token was sent, for the error.
    Raises:
        UnauthenticatedError: it does not hold, or this installation knows no key.
    """
    if token is None:
        return Principal(audiences=PUBLIC_ONLY)
    verifier = frontdesk_of(request).identity
    if verifier is None:
        raise UnauthenticatedError("This installation verifies no customers.", field=field)
    try:
        return verifier.verify(token)
    except UnauthenticatedError as error:
        raise UnauthenticatedError(error.public_message, **{**error.data, "field": field}) from error


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


def wants_events(request: Request) -> bool:
    return _EVENTS in request.headers.get("accept", "")


async def _finished_turn(request: Request, accepted: Accepted) -> Response:
    app, turn = frontdesk_of(request), accepted.turn
    timeout_s = app.settings.turn_deadline_s + GRACE_S
    try:
        last = await final_event(
            app.database,
            turn.conversation_id,
            turn.turn_id,
            after=accepted.after_seq + 1,
            timeout_s=timeout_s,
            ended=app.runner.ended(turn.turn_id),
        )
    except DeadlineError:
        return _under_way(accepted)
    return Response(turn_json(turn, last), media_type=_JSON)


def turn_json(turn: OpenTurn, last: StoredEvent) -> bytes:
    """The turn as JSON: the bytes of its last event, with the ids around them."""
    body = last.body
    if last.kind == TurnFailed.kind:
        body = json.dumps(
            {**json.loads(body), "citations": [], "confidence": "low", "degraded": []}, ensure_ascii=False
        )
    head = f'{{"conversation_id":"{turn.conversation_id}","message_id":"{turn.message_id}","seq":{last.seq},'
    return (head + body[1:]).encode("utf-8", "replace")


def _under_way(accepted: Accepted) -> Response:
    turn = accepted.turn
    events = f"/v1/conversations/{turn.conversation_id}/events?after={accepted.after_seq}"
    body = {
        "turn_id": turn.turn_id,
        "conversation_id": turn.conversation_id,
        "message_id": turn.message_id,
        "state": "running",
        "events": events,
    }
    return json_response(body, 202, {"Location": events})


def _number(text: str, field: str, *, most: int = _MAX_SEQ) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= most):
        raise MalformedError(f"{field} must be a whole number from 0 to {most}.", field=field)
    return int(text)


def _message_out(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "turn_id": message.turn_id,
        "position": message.position,
        "role": message.role,
        "text": message.text,
        "language": message.language,
        "at": message.at.isoformat(),
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
_KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    text="Fresh for each message, 1 to 200 printable characters; the same again when the message is sent again.",
    is_required=True,
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/conversations",
        access=Access.PUBLIC,
        handler=open_conversation,
        tag="Conversations",
        takes=NewConversation,
        gives={201: ConversationOpened},
        problems=(401, 503),
    ),
    Operation(
        method="GET",
        path="/v1/conversations/{conversation_id}",
        access=Access.CONVERSATION,
        handler=read_conversation,
        tag="Conversations",
        gives={200: ConversationOut},
    ),
    Operation(
        method="POST",
        path="/v1/conversations/{conversation_id}/messages",
        access=Access.CONVERSATION,
        handler=post_message,
        tag="Conversations",
        takes=NewMessage,
        gives={200: Turn, 202: TurnUnderWay},
        also_streams=True,
        parameters=(_KEY,),
        problems=(409, 503),
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
    Operation(
        method="POST",
        path="/v1/conversations/{conversation_id}/escalation",
        access=Access.CONVERSATION,
        handler=ask_for_person,
        tag="Conversations",
        takes=Nothing,
        gives={200: EscalationOut},
        problems=(409,),
    ),
)
