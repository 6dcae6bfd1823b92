"""Questions that a customer may go on with."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.bootstrap import App
from frontdesk.domain.conversation import Message
from frontdesk.domain.ids import ChunkId, ConversationId, ReleaseId, TurnId
from frontdesk.domain.turn import Citation, Outcome
from frontdesk.ports.models import ChatTurn
from frontdesk.server.access import Access
from frontdesk.server.api.paths import to_turn_id
from frontdesk.server.bodies import json_response
from frontdesk.server.routes import Operation, conversation_of, frontdesk_of
from frontdesk.turn.context import as_let_in
from frontdesk.turn.said import find_turn
from frontdesk.turn.serving import ServedRelease
from frontdesk.turn.suggestions import MOST, Answered, Suggestion, Suggestions, suggest

_LOOKED_BACK = 50
"""Messages that are read for what was said before; a turn beyond them has nothing to go on from."""
_REMEMBERED = 1_000


class SuggestionOut(BaseModel):
    label: str = Field(description="What to show.")
    text: str = Field(description="What to send when it is chosen.")


class SuggestionsOut(BaseModel):
    items: list[SuggestionOut] = Field(
        description=f"At most {MOST} questions after an answer; the answers to choose from where a workflow asks."
    )
    are_answers: bool = Field(description="Whether they answer a question of the assistant's.")


Key = tuple[TurnId, ReleaseId, int, ConversationId]


class SuggestionShelf:
    """Suggestions that were made, the latest thousand; made anew for a release that goes live and after a withdrawal."""

    def __init__(self) -> None:
        self._made: OrderedDict[Key, Suggestions] = OrderedDict()

    def get(self, key: Key) -> Suggestions | None:
        return self._made.get(key)

    def put(self, key: Key, made: Suggestions) -> None:
        self._made[key] = made
        if len(self._made) > _REMEMBERED:
            self._made.popitem(last=False)


async def read_suggestions(request: Request) -> Response:
    """Questions to go on with after an answer, or the answers that a workflow waits for.

    They come from the knowledge beside what was cited, and each is known to be answered with this customer's rights.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    turn_id = to_turn_id(request.path_params["turn_id"])
    release = app.releases.serving()
    shelf: SuggestionShelf = request.app.state.suggestions
    key = (turn_id, release.manifest.release_id, release.overlay.version, conversation_id)
    made = shelf.get(key)
    if made is None:
        made = await _suggest(app, release, conversation_id, turn_id)
        if made is None:
            return json_response({"items": [], "are_answers": False})
        if not made.is_cut_short:
            shelf.put(key, made)
    items = [{"label": item.label, "text": item.text} for item in made.items]
    return json_response({"items": items, "are_answers": made.are_answers})


async def _suggest(
    app: App, release: ServedRelease, conversation_id: ConversationId, turn_id: TurnId
) -> Suggestions | None:
    """None while the turn runs.

    Raises:
        NotFoundError: this conversation knows no such turn.
    """
    record, messages, conversation = await app.database.read(
        lambda stores: (
            stores.turns.record(find_turn(stores, conversation_id, turn_id).turn_id) or {},
            stores.messages.newest(conversation_id, limit=_LOOKED_BACK),
            stores.conversations.get(conversation_id),
        )
    )
    if not record.get("outcome"):
        return None
    if options := (record.get("acting") or {}).get("options"):
        return Suggestions(items=tuple(Suggestion(label=option, text=option) for option in options), are_answers=True)
    if record["outcome"] != Outcome.ANSWERED or not record["citations"] or conversation is None:
        return Suggestions()
    end = max((message.position for message in messages if message.turn_id == turn_id), default=0)
    said = [as_let_in(release, message) for message in messages if message.position <= end]
    return await suggest(
        release.retriever,
        _answered(record, said),
        audiences=conversation.principal.audiences,
        answer_above=release.content.retrieval.answer_above,
        clock=app.clock,
    )


def _answered(record: Mapping[str, Any], said: Sequence[Message]) -> Answered:
    passages = (record.get("retrieval") or {}).get("passages") or ()
    names = [item.name for item in fields(Citation)]
    return Answered(
        language=record["language"],
        citations=tuple(Citation(**{name: one[name] for name in names}) for one in record["citations"]),
        found=tuple((ChunkId(one["chunk_id"]), one["score"]) for one in passages),
        history=tuple(ChatTurn(role=message.role, text=message.text) for message in said if message.text),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/conversations/{conversation_id}/turns/{turn_id}/suggestions",
        access=Access.CONVERSATION,
        handler=read_suggestions,
        tag="Conversations",
        gives={200: SuggestionsOut},
        problems=(503,),
    ),
)
