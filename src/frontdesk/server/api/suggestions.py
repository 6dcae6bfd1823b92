"""Questions that a customer may go on with."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.domain.ids import ChunkId, ConversationId, DocumentId, ReleaseId, TurnId
from frontdesk.domain.turn import Outcome
from frontdesk.ports.stores import Stores
from frontdesk.server.access import Access
from frontdesk.server.api.paths import to_turn_id
from frontdesk.server.bodies import json_response
from frontdesk.server.routes import Operation, conversation_of, frontdesk_of
from frontdesk.turn.said import find_turn
from frontdesk.turn.suggestions import MOST, Answered, Suggestion, suggest

_REMEMBERED = 1_000


class SuggestionOut(BaseModel):
    label: str = Field(description="What to show.")
    text: str = Field(description="What to send when it is chosen.")


class SuggestionsOut(BaseModel):
    items: list[SuggestionOut] = Field(description=f"At most {MOST}; none where the turn gave no answer.")


class SuggestionShelf:
    """Suggestions that were made, the latest thousand; a release that goes live makes its own."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[TurnId, ReleaseId, ConversationId], tuple[Suggestion, ...]] = OrderedDict()

    def get(self, key: tuple[TurnId, ReleaseId, ConversationId]) -> tuple[Suggestion, ...] | None:
        return self._made.get(key)

    def put(self, key: tuple[TurnId, ReleaseId, ConversationId], items: tuple[Suggestion, ...]) -> None:
        self._made[key] = items
        if len(self._made) > _REMEMBERED:
            self._made.popitem(last=False)


async def read_suggestions(request: Request) -> Response:
    """Questions to go on with after an answer.

    They come from the knowledge beside what was cited, and each is known to be answered with this customer's rights.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    turn_id = to_turn_id(request.path_params["turn_id"])
    release = app.releases.serving()
    shelf: SuggestionShelf = request.app.state.suggestions
    key = (turn_id, release.manifest.release_id, conversation_id)
    items = shelf.get(key)
    if items is None:
        record, conversation = await app.database.read(
            lambda stores: (_record_of(stores, conversation_id, turn_id), stores.conversations.get(conversation_id))
        )
        items = ()
        if conversation is not None and record.get("outcome") == Outcome.ANSWERED and record.get("citations"):
            answered, audiences = _answered(record), conversation.principal.audiences
            items = await suggest(release, answered, audiences=audiences, clock=app.clock)
        if record.get("outcome"):
            shelf.put(key, items)
    return json_response({"items": [{"label": item.label, "text": item.text} for item in items]})


def _record_of(stores: Stores, conversation_id: ConversationId, turn_id: TurnId) -> dict[str, Any]:
    """Raises: NotFoundError: this conversation knows no such turn."""
    return stores.turns.record(find_turn(stores, conversation_id, turn_id).turn_id) or {}


def _answered(record: Mapping[str, Any]) -> Answered:
    cited = dict.fromkeys(DocumentId(one["document_id"]) for one in record["citations"])
    passages = (record.get("retrieval") or {}).get("passages") or ()
    beside = dict.fromkeys(DocumentId(one["document_id"]) for one in passages)
    return Answered(
        question=record.get("question") or "",
        language=record["language"],
        cited=tuple(ChunkId(one["chunk_id"]) for one in record["citations"]),
        cited_documents=tuple(cited),
        other_documents=tuple(one for one in beside if one not in cited),
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
