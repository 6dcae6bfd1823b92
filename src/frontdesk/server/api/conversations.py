"""Conversations: begin one, write to it, ask for a person."""

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.conversation import (
    PUBLIC_ONLY,
    Conversation,
    ConversationStatus,
    InboundMessage,
    Principal,
)
from frontdesk.domain.errors import DeadlineError, MalformedError, UnauthenticatedError
from frontdesk.domain.events import StoredEvent, TurnFailed
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.domain.turn import OpenTurn
from frontdesk.ports.stores import Stores
from frontdesk.server.access import TOKEN_PREFIX, Access, hash_secret
from frontdesk.server.addresses import sender_of
from frontdesk.server.api.conversation_models import (
    ConversationOpened,
    EscalationOut,
    NewConversation,
    NewMessage,
    Nothing,
    Turn,
    TurnUnderWay,
)
from frontdesk.server.api.paths import to_attachment_id
from frontdesk.server.bodies import json_response, read_body
from frontdesk.server.problems import InvalidFieldsError
from frontdesk.server.routes import Operation, Parameter, conversation_of, frontdesk_of, visitor_of
from frontdesk.server.senders import bound_of
from frontdesk.server.streams import EventStream, stream_turn
from frontdesk.turn.delivery import final_event
from frontdesk.turn.handover import hand_over
from frontdesk.turn.intake import Accepted
from frontdesk.turn.serving import ServedRelease

GRACE_S = 5.0
"""A JSON reader waits for so long beyond the turn's deadline: a turn taken over in its last second ends within a lease."""
_JSON = "application/json"
_EVENTS = "text/event-stream"


async def open_conversation(request: Request) -> Response:
    """Begin a conversation.

    Gives its id, its token, and the notice that must be shown before the first answer. An identity token that
    does not hold is refused, and no conversation is made. When more people come than can be answered the reply is 503:
    come again after Retry-After, or at once with `?to=person`.
    """
    app = frontdesk_of(request)
    bound_of(request, "conversations").count(request)
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
    app.runner.expect()
    opened = describe_opened(release, conversation, token)
    return json_response(opened, 201, {"Location": f"/v1/conversations/{conversation.conversation_id}"})


def describe_opened(release: ServedRelease, conversation: Conversation, token: str) -> dict[str, Any]:
    """What its customer is told of a conversation that begins."""
    profile, language = release.content.profile, conversation.locale.partition("-")[0].lower()
    return {
        "conversation_id": conversation.conversation_id,
        "token": token,
        "notice": release.say(profile.texts.notice, language),
        "greeting": release.say(profile.texts.greeting, language),
        "assistant": {"name": profile.name, "organisation": profile.organisation},
        "locale": conversation.locale,
        "is_verified": conversation.principal.is_verified,
        "status": conversation.status,
    }


async def post_message(request: Request) -> Response:
    """Send a message and get the finished turn.

    With `Accept: text/event-stream` the turn's events come as they happen, from `turn.accepted` to the one that
    ends it. The same Idempotency-Key with the same message gives the same turn again; with another one it is a
    conflict. Hanging up does not stop the turn. Files are sent by their ids, once each; the assistant does not read
    them, people do.

    In a rush the message is kept and the reply is 202 with the state `waiting` and a text for the customer; the answer
    appears in the conversation. When even that is too much nothing is kept and the reply is 503: send the same again,
    with the same key, after Retry-After.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    key = request.headers.get("idempotency-key")
    if not key:
        raise MalformedError("Send a fresh Idempotency-Key with every message.", field="Idempotency-Key")
    message = await read_body(request, NewMessage)
    if not (message.text or message.attachments):
        raise InvalidFieldsError([{"field": "text", "message": "A message needs words, or a file."}])
    inbound = InboundMessage(
        conversation_id=conversation_id,
        text=message.text,
        idempotency_key=key,
        channel=visitor_of(request).channel,
        attachments=tuple(to_attachment_id(one) for one in message.attachments),
        address=sender_of(request),
    )
    accepted = await app.runner.accept(inbound)
    if wants_events(request):
        chunks = stream_turn(app, conversation_id, accepted.turn.turn_id, after=accepted.after_seq)
        return EventStream(app, request.app.state.closing, chunks)
    return await _finished_turn(request, accepted)


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


def wants_events(request: Request) -> bool:
    return _EVENTS in request.headers.get("accept", "")


async def _finished_turn(request: Request, accepted: Accepted) -> Response:
    app, turn = frontdesk_of(request), accepted.turn
    if accepted.delayed:
        return _under_way(accepted)
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
        "state": "waiting" if accepted.delayed else "running",
        "text": accepted.delayed,
        "events": events,
    }
    return json_response(body, 202, {"Location": events})


_TO = Parameter(
    name="to",
    where="query",
    text="`person` for a conversation that is to be handed over at once; it is let in in any rush.",
)
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
        parameters=(_TO,),
        problems=(401, 429, 503),
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
