"""The trace of one turn: why it ended as it did, where its time went, and each stage with what it was given and gave."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.domain.listing import TurnSummary
from frontdesk.ports.stores import Stores
from frontdesk.server.access import Access
from frontdesk.server.api.admin import read_turn
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import TURNS, conversation_address, turn_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.said import Piece, Source, cited, read_source
from frontdesk.server.pages.console.trace import (
    Figure,
    Record,
    StageView,
    Waterfall,
    draw,
    read_stages,
    sum_up,
)
from frontdesk.server.pages.console.words import Badge, Tone
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.settings import Settings
from frontdesk.turn.diagnosis import Diagnosis, explain

_PART = "div#trace"
_TONES: Mapping[str, Tone] = {"fine": "good", "notice": "warn", "problem": "bad"}
_TITLE_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The diagnosis, in plain words."""

    tone: Tone
    stage: str
    """Empty while the turn runs: nothing is decided yet."""
    anchor: str
    headline: str
    detail: str
    remedy: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The turn's place in its conversation."""

    conversation: str
    """Address, at this turn."""
    number: int
    total: int
    before: str
    after: str
    """Addresses; empty at the ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    text: str
    note: str
    """What it does not repeat; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePage:
    """All that templates/console/trace.html and the parts it is made of may use."""

    frame: Frame
    turn_id: str
    title: str
    asked: str
    answer: Sequence[Piece]
    sources: Sequence[Source]
    is_erased: bool
    is_running: bool
    badges: Sequence[Badge]
    cause: Cause
    figures: Sequence[Figure]
    facts: Sequence[Figure]
    waterfall: Waterfall | None
    stages: Sequence[StageView]
    neighbours: Neighbours
    command: Command | None
    """None where the question is gone."""
    link: str
    """The page's own address, for good."""
    json: str
    live: str
    """Address of the stream that tells when the turn goes on; empty once it has ended."""


async def trace_page(request: Request) -> Response:
    """The trace of one turn; for htmx only what changes while it runs."""
    app = frontdesk_of(request)
    turn_id = _turn_in(request)
    found = await app.database.read(lambda stores: _read(stores, turn_id))
    record = Record(found.fields)
    title = _title(record)
    page = _page(
        await frame_for(request, active="desk", title=title),
        record,
        found,
        title=title,
        settings=app.settings,
        base_url=str(request.base_url).rstrip("/"),
    )
    template = "console/trace-parts.html" if request.headers.get("hx-target") == _PART else "console/trace.html"
    return html(request, template, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    fields: dict[str, Any]
    conversation: Conversation
    turns: Sequence[TurnSummary]


def _read(stores: Stores, turn_id: TurnId) -> _Found:
    fields = stores.turns.record(turn_id)
    if fields is None:
        raise _no_turn()
    conversation_id = ConversationId(fields["conversation_id"])
    conversation = stores.conversations.get(conversation_id)
    if conversation is None:
        raise _no_turn()
    return _Found(fields=fields, conversation=conversation, turns=stores.turns.list_of(conversation_id))


def _turn_in(request: Request) -> TurnId:
    try:
        return TurnId.parse(request.path_params["turn_id"], field="turn_id")
    except MalformedError:
        raise _no_turn() from None


def _no_turn() -> NotFoundError:
    return NotFoundError("There is no such turn.", field="turn_id")


def _title(record: Record) -> str:
    text = " ".join((record.question or "").split())
    if not text:
        return "A turn that was erased" if record.question is None else "A message without words"
    return text if len(text) <= _TITLE_CHARS else f"{text[: _TITLE_CHARS - 1].rstrip()}…"


def _page(frame: Frame, record: Record, found: _Found, *, title: str, settings: Settings, base_url: str) -> TracePage:
    turn_id = record.text("turn_id")
    sources = [read_source(citation, turn_id=record.text("turn_id")) for citation in record.rows("citations")]
    diagnosis = explain(record.fields)
    figures, facts = sum_up(record)
    conversation_id = found.conversation.conversation_id
    return TracePage(
        frame=frame,
        turn_id=turn_id,
        title=title,
        asked=record.question or "",
        answer=cited(record.answer_text, sources),
        sources=sources,
        is_erased=record.is_erased,
        is_running=not record.has_ended,
        badges=_badges(record),
        cause=_cause(diagnosis, has_ended=record.has_ended),
        figures=figures,
        facts=facts,
        waterfall=draw(record),
        stages=read_stages(record, found.conversation, cause=diagnosis.stage if record.has_ended else ""),
        neighbours=_neighbours(found, turn_id),
        command=_command(record, found.conversation, settings),
        link=f"{base_url}{turn_address(turn_id)}",
        json=f"{turn_address(turn_id)}/record.json",
        live=""
        if record.has_ended
        else f"{conversation_address(conversation_id)}/live?after={found.conversation.last_seq}",
    )


def _badges(record: Record) -> Sequence[Badge]:
    outcome = record.text("outcome") or None
    confidence: Any = record.fields.get("confidence")
    rating: Any = record.part("feedback").get("rating") or "none"
    return (
        words.outcome_badge(outcome, is_running=not record.has_ended),
        *words.confidence_badge(confidence),
        *words.degraded_badges(record.words("degraded"), most=9),
        *words.rating_badge(rating),
    )


def _cause(diagnosis: Diagnosis, *, has_ended: bool) -> Cause:
    return Cause(
        tone=_TONES[diagnosis.severity],
        stage=words.STAGES[diagnosis.stage] if has_ended else "",
        anchor=diagnosis.stage.value,
        headline=diagnosis.headline,
        detail=diagnosis.detail,
        remedy=diagnosis.remedy,
        also=diagnosis.also,
    )


def _neighbours(found: _Found, turn_id: str) -> Neighbours:
    ids = [turn.turn_id for turn in found.turns]
    place = ids.index(TurnId(turn_id)) if turn_id in ids else 0
    return Neighbours(
        conversation=f"{conversation_address(found.conversation.conversation_id)}#{turn_id}",
        number=place + 1,
        total=len(ids),
        before=turn_address(ids[place - 1]) if place > 0 else "",
        after=turn_address(ids[place + 1]) if place + 1 < len(ids) else "",
    )


def _command(record: Record, conversation: Conversation, settings: Settings) -> Command | None:
    """A line for a terminal beside this data folder that asks the same."""
    if not record.question:
        return None
    parts = ["frontdesk", "ask", "--locale", conversation.locale, "--assistant", str(settings.assistant_dir)]
    parts += ["--data-dir", str(settings.data_dir), "--", record.question]
    notes = []
    if int(record.fields.get("number") or 1) > 1:
        notes.append("It is asked without what was said before it.")
    if conversation.principal.is_verified:
        notes.append("It is asked as an anonymous customer; --identity-token asks as somebody else.")
    text = f"{shlex.join(parts)}  # answered by {record.text('release_id')}"
    return Command(text=text, note=" ".join(notes))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{TURNS}/{{turn_id}}",
        access=Access.CONSOLE,
        handler=trace_page,
        tag="Console",
        is_listed=False,
    ),
    Operation(
        method="GET",
        path=f"{TURNS}/{{turn_id}}/record.json",
        access=Access.CONSOLE,
        handler=read_turn,
        tag="Console",
        is_listed=False,
    ),
)
