"""A conversation that goes on from another, and the language it goes on in."""

from dataclasses import replace
from typing import Annotated

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.domain.conversation import Conversation, ConversationStatus
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Stores
from frontdesk.server.access import TOKEN_PREFIX, Access, hash_secret
from frontdesk.server.api.conversation_models import LOCALE, ConversationOpened
from frontdesk.server.api.conversations import describe_opened
from frontdesk.server.api.paths import to_turn_id
from frontdesk.server.bodies import Body, json_response, read_body
from frontdesk.server.routes import Operation, conversation_of, frontdesk_of, visitor_of
from frontdesk.server.senders import bound_of
from frontdesk.turn.fork import fork_conversation


class NewFork(Body):
    turn_id: Annotated[str, Field(min_length=1, max_length=128)] | None = Field(
        None, description="The last turn to take over; all that have ended where it is missing."
    )


class ForkOpened(ConversationOpened):
    forked_from: str = Field(description="The conversation that it goes on from.")


class NewLocale(Body):
    locale: str = Field(pattern=LOCALE, description="Language tag (BCP 47) of the customer's interface from now on.")


class LocaleSet(BaseModel):
    locale: str
    notice: str
    greeting: str


async def fork(request: Request) -> Response:
    """Go on from a conversation in another one.

    What was said up to the turn is copied, with its files; the assistant has the new conversation, also where a
    person has the old one or it has ended. Both go on independently. Ratings are given where the turn happened.
    """
    app, source = frontdesk_of(request), conversation_of(request)
    bound_of(request, "conversations").count(request)
    wanted = await read_body(request, NewFork, is_optional=True)
    turn_id = None if wanted.turn_id is None else to_turn_id(wanted.turn_id)
    fork_id, now = ConversationId.mint(app.tokens.token()), app.clock.now()
    token = TOKEN_PREFIX + app.tokens.secret()
    is_staff = visitor_of(request).staff_name is not None

    def work(stores: Stores) -> Conversation:
        earlier = _existing(stores, source)
        new = replace(
            earlier,
            conversation_id=fork_id,
            status=ConversationStatus.ASSISTANT,
            last_seq=0,
            created_at=now,
            summary="",
            summarised_until=0,
            origin="staff" if is_staff else earlier.origin,
            forked_from=source,
        )
        fork_conversation(stores, source, new, turn_id=turn_id, token_hash=hash_secret(token), mint=app.tokens.token)
        return new

    opened = describe_opened(app.releases.serving(), await app.database.write(work), token)
    return json_response({**opened, "forked_from": source}, 201, {"Location": f"/v1/conversations/{fork_id}"})


async def set_locale(request: Request) -> Response:
    """Change the language of a conversation.

    Gives the notice and the greeting in it. Messages are answered in the language they are written in, as before;
    this decides for those too short to tell.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    wanted = await read_body(request, NewLocale)
    await app.database.write(lambda stores: stores.conversations.set_locale(conversation_id, wanted.locale))
    release, language = app.releases.serving(), wanted.locale.partition("-")[0].lower()
    texts = release.content.profile.texts
    return json_response(
        {
            "locale": wanted.locale,
            "notice": release.say(texts.notice, language),
            "greeting": release.say(texts.greeting, language),
        }
    )


def _existing(stores: Stores, conversation_id: ConversationId) -> Conversation:
    conversation = stores.conversations.get(conversation_id)
    if conversation is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    return conversation


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/conversations/{conversation_id}/fork",
        access=Access.CONVERSATION,
        handler=fork,
        tag="Conversations",
        takes=NewFork,
        gives={201: ForkOpened},
        problems=(409,),
    ),
    Operation(
        method="POST",
        path="/v1/conversations/{conversation_id}/locale",
        access=Access.CONVERSATION,
        handler=set_locale,
        tag="Conversations",
        takes=NewLocale,
        gives={200: LocaleSet},
    ),
)
