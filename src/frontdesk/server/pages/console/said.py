"""A conversation's log as people read it: what was said, and what happened in between."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from frontdesk.domain.attachments import IMAGE_TYPES
from frontdesk.domain.events import (
    AnswerCompleted,
    AnswerSentence,
    EscalationOpened,
    FeedbackGiven,
    StoredEvent,
    TurnAccepted,
    TurnDelayed,
    TurnFailed,
    TurnReset,
)
from frontdesk.domain.turn import SYSTEM_PREFIX, Outcome
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import attachment_address, document_address, turn_address
from frontdesk.server.pages.console.words import Badge

Speaker = Literal["customer", "assistant", "operator"]
_MARKER = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of text, or the marker of a source that leads to it."""

    text: str
    href: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document that an answer cites."""

    marker: str
    title: str
    quote: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment."""

    name: str
    about: str
    """Its kind and size."""
    href: str
    is_image: bool
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    badge: Badge
    reasons: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Somebody's words, or a note that nobody said."""

    anchor: str
    speaker: Speaker | Literal["note"]
    at: datetime
    pieces: tuple[Piece, ...]
    is_erased: bool = False
    is_unfinished: bool = False
    """The answer is being written."""
    badges: tuple[Badge, ...] = ()
    took: str = ""
    trace: str = ""
    """Address of the turn's trace; empty where there is none to show."""
    turn_id: str = ""
    sources: tuple[Source, ...] = ()
    files: tuple[File, ...] = ()
    rating: Rating | None = None


@dataclass(slots=True)
class _Answer:
    """A turn's confirmed sentences, until it has ended."""

    at: datetime
    texts: list[str] = field(default_factory=list)
    is_erased: bool = False


def read_said(events: Iterable[StoredEvent]) -> tuple[Said, ...]:
    """Everything in order; kinds of events that this version does not know are told by their name."""
    reader = _Reader()
    for event in events:
        reader.read(event, json.loads(event.body))
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self._entries: list[Said] = []
        self._running: dict[str, _Answer] = {}
        self._ratings: dict[str, Rating | None] = {}

    def read(self, event: StoredEvent, data: Mapping[str, Any]) -> None:
        match event.kind:
            case TurnAccepted.kind:
                self._entries.append(_asked(event, data))
                self._running[data["turn_id"]] = _Answer(at=event.at)
            case AnswerSentence.kind:
                self._continue(event, data)
            case TurnReset.kind:
                self._running[data["turn_id"]] = _Answer(at=event.at)
            case AnswerCompleted.kind | TurnFailed.kind:
                self._running.pop(data["turn_id"], None)
                self._entries.append(_answered(event, data))
            case FeedbackGiven.kind:
                self._ratings[data["turn_id"]] = _rating(data)
            case EscalationOpened.kind:
                self._entries.append(_escalated(event, data))
            case TurnDelayed.kind:
                self._entries.append(_delayed(event, data))
            case _:
                self._entries.append(_other(event, data))

    def finish(self) -> tuple[Said, ...]:
        unfinished = [_unfinished(turn_id, answer) for turn_id, answer in self._running.items()]
        return tuple(self._with_rating(entry) for entry in (*self._entries, *unfinished))

    def _continue(self, event: StoredEvent, data: Mapping[str, Any]) -> None:
        answer = self._running.setdefault(data["turn_id"], _Answer(at=event.at))
        if data["text"] is None:
            answer.is_erased = True
        else:
            answer.texts += [data["separator"], data["text"]]

    def _with_rating(self, entry: Said) -> Said:
        rating = self._ratings.get(entry.turn_id) if entry.speaker in ("assistant", "note") else None
        return entry if rating is None else replace(entry, rating=rating)


def _asked(event: StoredEvent, data: Mapping[str, Any]) -> Said:
    text = data["text"]
    return Said(
        anchor=data["message_id"],
        speaker="customer",
        at=event.at,
        pieces=_plain(text),
        is_erased=text is None,
        files=tuple(_file(event.conversation_id, one) for one in data.get("attachments") or ()),
        turn_id=data["turn_id"],
    )


def _answered(event: StoredEvent, data: Mapping[str, Any]) -> Said:
    text, outcome = data["text"], data["outcome"]
    sources = tuple(read_source(citation, turn_id=event.turn_id or "") for citation in data.get("citations") or ())
    is_silent = text == ""
    return Said(
        anchor=data["turn_id"],
        speaker="note" if is_silent else "assistant",
        at=event.at,
        pieces=_plain(_why_silent(data)) if is_silent else cited(text, sources),
        is_erased=text is None,
        badges=_badges(data, outcome),
        took=words.say_ms(data["timings_ms"].get("total")),
        trace=turn_address(data["turn_id"]),
        turn_id=data["turn_id"],
        sources=sources,
    )


def _why_silent(data: Mapping[str, Any]) -> str:
    if "superseded" in (data.get("degraded") or ()):
        return "The assistant did not answer this by itself: the next message took its place."
    return "The assistant said nothing: a person has the conversation."


def _badges(data: Mapping[str, Any], outcome: str) -> tuple[Badge, ...]:
    failure = (Badge(text=words.say(data["code"]), tone="bad"),) if outcome == Outcome.FAILED else ()
    return (
        words.outcome_badge(outcome, is_running=False),
        *failure,
        *words.confidence_badge(data.get("confidence")),
        *words.degraded_badges(data.get("degraded") or (), most=4),
    )


def _unfinished(turn_id: str, answer: _Answer) -> Said:
    text = "".join(answer.texts).lstrip()
    return Said(
        anchor=turn_id,
        speaker="assistant",
        at=answer.at,
        pieces=_plain(text),
        is_erased=answer.is_erased,
        is_unfinished=True,
        trace=turn_address(turn_id),
        turn_id=turn_id,
    )


def _escalated(event: StoredEvent, data: Mapping[str, Any]) -> Said:
    why = words.ESCALATIONS.get(data["reason"], words.say(data["reason"]))
    return Said(
        anchor=data["escalation_id"],
        speaker="note",
        at=event.at,
        pieces=_plain(f"Handed over to people: {why}."),
        turn_id="",
    )


def _delayed(event: StoredEvent, data: Mapping[str, Any]) -> Said:
    text = f"Too many people wrote at once; the customer was told: {data['text']}"
    return Said(anchor=f"event-{event.seq}", speaker="note", at=event.at, pieces=_plain(text))


def _other(event: StoredEvent, data: Mapping[str, Any]) -> Said:
    """Such as an operator's message, told as far as it can be."""
    is_message = event.kind == "operator.message"
    text = data.get("text") if isinstance(data.get("text"), str) else None
    return Said(
        anchor=f"event-{event.seq}",
        speaker="operator" if is_message else "note",
        at=event.at,
        pieces=_plain(text if is_message or text else words.say(event.kind.replace(".", " "))),
        is_erased=is_message and text is None,
    )


def cited(text: str | None, sources: Sequence[Source]) -> tuple[Piece, ...]:
    """The text with its markers as links to their sources."""
    known = {source.marker: source for source in sources}
    pieces: list[Piece] = []
    end = 0
    for match in _MARKER.finditer(text or ""):
        source = known.get(match[1])
        if source is None or text is None:
            continue
        pieces += [*_plain(text[end : match.start()]), Piece(text=match[1], href=source.href, title=source.title)]
        end = match.end()
    return (*pieces, *_plain((text or "")[end:]))


def _plain(text: str | None) -> tuple[Piece, ...]:
    return (Piece(text=text),) if text else ()


def read_source(citation: Mapping[str, Any], *, turn_id: str = "") -> Source:
    """A source of an answer; what another system said is shown in the trace of the turn."""
    if str(citation["document_id"]).startswith(SYSTEM_PREFIX):
        href = f"{turn_address(turn_id)}#act" if turn_id else ""
        return Source(marker=citation["marker"], title=citation["title"], quote=citation["quote"], href=href)
    return Source(
        marker=citation["marker"],
        title=citation["title"],
        quote=citation["quote"],
        href=document_address(citation["document_id"], chunk_id=citation["chunk_id"], said=citation["quote"]),
    )


def _file(conversation_id: str, ref: Mapping[str, Any]) -> File:
    return File(
        name=ref["name"],
        about=f"{words.say_media(ref['media_type'])}, {words.say_bytes(ref['bytes'])}",
        href=attachment_address(conversation_id, ref["attachment_id"]),
        is_image=ref["media_type"] in IMAGE_TYPES,
        width=ref["width"],
        height=ref["height"],
    )


def _rating(data: Mapping[str, Any]) -> Rating | None:
    badges = words.rating_badge(data["rating"])
    if not badges:
        return None
    return Rating(
        badge=badges[0],
        reasons=tuple(words.REASONS.get(reason, words.say(reason)) for reason in data["reasons"]),
        comment=data["comment"] or "",
    )
