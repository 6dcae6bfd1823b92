"""For staff: what happened in a turn, who is waiting, what is live."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import TurnId
from frontdesk.server.access import Access
from frontdesk.server.api.admin_models import ConversationListing, Listing
from frontdesk.server.bodies import json_response
from frontdesk.server.listing import PARAMETERS, demand_asked, write_place
from frontdesk.server.routes import Operation, Parameter, frontdesk_of
from frontdesk.turn.diagnosis import explain

_MAX_LISTED = 200


async def read_turn(request: Request) -> Response:
    """Everything that is known of a turn.

    Question, verdicts, passages, prompt, claims, attempts, costs and timings, to explain and to replay it; and as
    `diagnosis` the stage that decided how it ended.
    """
    try:
        turn_id = TurnId.parse(request.path_params["turn_id"], field="turn_id")
    except MalformedError:
        raise _no_turn() from None
    record = await frontdesk_of(request).database.read(lambda stores: stores.turns.record(turn_id))
    if record is None:
        raise _no_turn()
    return json_response({**record, "diagnosis": to_plain(explain(record))})


async def list_conversations(request: Request) -> Response:
    """Conversations, newest activity first, narrowed by what they are like.

    What is asked of a turn (`outcome`, `confidence`, `degraded`, `rating`, `language`) holds for one and the same turn.
    Conversations in which nothing has happened yet are left out.
    """
    limit, asked = _limit(request), demand_asked(request.query_params)
    page = await frontdesk_of(request).database.read(
        lambda stores: stores.finder.find(asked.filter, before=asked.before, limit=limit)
    )
    items = [to_plain(summary) | {"is_verified": summary.subject is not None} for summary in page.items]
    place = None if page.next is None else write_place(page.next)
    return json_response({"items": items, "next": place, "is_cut_short": page.is_cut_short})


async def list_escalations(request: Request) -> Response:
    """Conversations that need a person, longest waiting first."""
    limit = _limit(request)
    found = await frontdesk_of(request).database.read(lambda stores: stores.escalations.list_open(limit=limit))
    return json_response({"items": [to_plain(escalation) for escalation in found]})


async def read_release(request: Request) -> Response:
    """The manifest of the release that is live: a digest of everything that can change an answer."""
    return json_response(to_plain(frontdesk_of(request).releases.serving().manifest))


async def read_knowledge(request: Request) -> Response:
    """The manifest of the snapshot that the live release answers from."""
    return json_response(to_plain(frontdesk_of(request).releases.serving().retriever.index.manifest))


def to_plain(value: Any) -> Any:
    """A value of the domain as JSON has it."""
    if is_dataclass(value):
        return {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "50")
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= _MAX_LISTED):
        raise MalformedError(f"limit must be a whole number from 1 to {_MAX_LISTED}.", field="limit")
    return int(text)


def _no_turn() -> NotFoundError:
    return NotFoundError("There is no such turn.", field="turn_id")


_LIMIT = Parameter(name="limit", where="query", text=f"1 to {_MAX_LISTED}; 50 by default.")

OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/admin/turns/{turn_id}",
        access=Access.STAFF,
        handler=read_turn,
        tag="Admin",
        gives={200: "application/json"},
        problems=(404,),
    ),
    Operation(
        method="GET",
        path="/v1/admin/conversations",
        access=Access.STAFF,
        handler=list_conversations,
        tag="Admin",
        gives={200: ConversationListing},
        parameters=(*PARAMETERS, _LIMIT),
        problems=(400,),
    ),
    Operation(
        method="GET",
        path="/v1/admin/escalations",
        access=Access.STAFF,
        handler=list_escalations,
        tag="Admin",
        gives={200: Listing},
        parameters=(_LIMIT,),
        problems=(400,),
    ),
    Operation(
        method="GET",
        path="/v1/admin/release",
        access=Access.STAFF,
        handler=read_release,
        tag="Admin",
        gives={200: "application/json"},
        problems=(503,),
    ),
    Operation(
        method="GET",
        path="/v1/admin/knowledge",
        access=Access.STAFF,
        handler=read_knowledge,
        tag="Admin",
        gives={200: "application/json"},
        problems=(503,),
    ),
)
