"""The list of conversations: searched, narrowed, and kept as it is at this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.listing import ConversationPage, ConversationSummary
from frontdesk.domain.localised import Channel
from frontdesk.domain.turn import Outcome
from frontdesk.server.access import Access
from frontdesk.server.activity import ActivityFeed
from frontdesk.server.api.conversations import wants_events
from frontdesk.server.bodies import json_response
from frontdesk.server.listing import Asked, read_asked, write_place
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import CONVERSATIONS, conversation_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.words import Badge
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.server.streams import EventStream

PER_PAGE = 30
_LIST = "section#list"
"""As htmx names the part of the page that it asks for."""
_LABELS: Mapping[str, str] = {
    "q": "said",
    "outcome": "outcome",
    "status": "status",
    "confidence": "confidence",
    "degraded": "degraded",
    "rating": "rating",
    "customer": "customer",
    "language": "language",
    "channel": "channel",
    "origin": "begun by",
    "since": "from",
    "until": "until",
}
_IN_THE_FOLD = ("customer", "language", "channel", "origin", "degraded", "rating", "since", "until")
_RATINGS = {"down": "unhelpful", "up": "helpful"}

Choice = tuple[str, str]
"""A value and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A conversation in the list."""

    conversation_id: str
    href: str
    preview: str
    is_erased: bool
    about: tuple[str, ...]
    """Who and where, in a few words."""
    turns: int
    badges: tuple[Badge, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter that is set, and the address without it."""

    label: str
    value: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields, as they were sent."""

    values: Mapping[str, str]
    """Every field; empty where nothing is asked."""
    wrong: Mapping[str, str]
    choices: Mapping[str, Sequence[Choice]]
    is_unfolded: bool
    """Something is set among the fields that are folded away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationsPage:
    """All that templates/console/conversations.html and conversation-list.html may use."""

    frame: Frame
    form: Form
    rows: Sequence[Row]
    chips: Sequence[Chip]
    address: str
    """Of this list without its place."""
    all: str
    """Address of the list without any filter."""
    older: str
    newest: str
    """Address of the first page; empty on the first page."""
    is_cut_short: bool
    searched_back_to: datetime | None
    """How far a search that was cut short has come."""
    live: str
    """Address of the stream that tells of changes."""


async def conversations_page(request: Request) -> Response:
    """The list of conversations; for htmx only the list itself."""
    app = frontdesk_of(request)
    asked = read_asked(request.query_params)
    feed: ActivityFeed = request.app.state.activity
    version = await feed.version()
    found = ConversationPage(items=(), next=None)
    if not asked.wrong:
        found = await app.database.read(
            lambda stores: stores.finder.find(asked.filter, before=asked.before, limit=PER_PAGE)
        )
    page = _page(
        await frame_for(request, active="desk", title="Conversations"),
        asked,
        found,
        languages=app.releases.serving().content.profile.languages,
        version=version,
        now=app.clock.now(),
    )
    if request.headers.get("hx-target") == _LIST:
        return html(request, "console/conversation-list.html", page, headers={"HX-Push-Url": page.address})
    return html(request, "console/conversations.html", page)


async def conversations_live(request: Request) -> Response:
    """Tells when something changed in any conversation; a program that takes no events gets the version alone."""
    feed: ActivityFeed = request.app.state.activity
    if not wants_events(request):
        return json_response({"version": await feed.version()})
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return EventStream(frontdesk_of(request), request.app.state.closing, feed.stream(since))


def address_of(values: Mapping[str, str]) -> str:
    """The list narrowed to this."""
    return f"{CONVERSATIONS}?{urlencode(values)}" if values else CONVERSATIONS


def _page(
    frame: Frame, asked: Asked, found: ConversationPage, *, languages: Sequence[str], version: str, now: datetime
) -> ConversationsPage:
    narrowed = {name: value for name, value in asked.values.items() if name != "before"}
    older = "" if found.next is None else address_of({**narrowed, "before": write_place(found.next)})
    return ConversationsPage(
        frame=frame,
        form=_form(asked, languages),
        rows=[_row(summary, now) for summary in found.items],
        chips=[
            Chip(label=_LABELS[name], value=_in_words(name, value), href=address_of(_without(narrowed, name)))
            for name, value in narrowed.items()
            if name not in asked.wrong
        ],
        address=address_of(narrowed),
        all=CONVERSATIONS,
        older=older,
        newest=address_of(narrowed) if asked.before is not None else "",
        is_cut_short=found.is_cut_short,
        searched_back_to=found.next.updated_at if found.next is not None and found.is_cut_short else None,
        live=f"{CONVERSATIONS}/live?since={version}",
    )


def _form(asked: Asked, languages: Sequence[str]) -> Form:
    values = {name: asked.values.get(name, "") for name in _LABELS}
    choices = {
        "outcome": [(outcome.value, words.OUTCOMES[outcome].text) for outcome in Outcome],
        "status": [(status.value, words.STATUSES[status]) for status in ConversationStatus],
        "confidence": [(level, level) for level in ("low", "medium", "high")],
        "degraded": [("any", "in any way"), *words.DEGRADED.items()],
        "rating": list(_RATINGS.items()),
        "language": [(language, language) for language in languages],
        "channel": [(channel, words.CHANNELS[channel]) for channel in get_args(Channel)],
        "origin": list(words.ORIGINS.items()),
    }
    return Form(
        values=values,
        wrong={name: f"{_LABELS.get(name, name).capitalize()}: it {reason}." for name, reason in asked.wrong.items()},
        choices={name: _with_any(offered, values[name]) for name, offered in choices.items()},
        is_unfolded=any(values[name] for name in _IN_THE_FOLD),
    )


def _with_any(offered: Sequence[Choice], value: str) -> Sequence[Choice]:
    """With one for nothing asked, and one for a value that only the address names."""
    unknown = [(value, value)] if value and value not in dict(offered) else []
    return [("", "any"), *offered, *unknown]


def _in_words(name: str, value: str) -> str:
    known: Mapping[str, Mapping[str, str]] = {
        "outcome": {outcome: badge.text for outcome, badge in words.OUTCOMES.items()},
        "status": words.STATUSES,
        "degraded": {**words.DEGRADED, "any": "in any way"},
        "rating": _RATINGS,
        "channel": words.CHANNELS,
        "origin": words.ORIGINS,
    }
    parts = [part.strip() for part in value.split(",")] if name == "outcome" else [value]
    return " or ".join(known.get(name, {}).get(part, part) for part in parts)


def _without(values: Mapping[str, str], name: str) -> Mapping[str, str]:
    return {key: value for key, value in values.items() if key != name}


def _row(summary: ConversationSummary, now: datetime) -> Row:
    return Row(
        conversation_id=summary.conversation_id,
        href=conversation_address(summary.conversation_id),
        preview=summary.preview,
        is_erased=summary.is_erased,
        about=(
            summary.subject or "anonymous",
            words.CHANNELS.get(summary.channel, summary.channel),
            summary.locale,
        ),
        turns=summary.turns,
        badges=(
            *words.waiting_badge(summary.status, summary.waiting_since, now),
            *_status_badge(summary),
            *_outcome_badge(summary),
            *words.confidence_badge(summary.confidence),
            *words.rating_badge(summary.rating),
            *words.degraded_badges(summary.degraded),
            *words.origin_badge(summary.origin),
            *((Badge(text="goes on from another"),) if summary.forked_from else ()),
        ),
        updated_at=summary.updated_at,
    )


def _outcome_badge(summary: ConversationSummary) -> tuple[Badge, ...]:
    """Of one that waits for a person, that it was handed over is said already; a fork may have no turn of its own."""
    is_waiting = summary.status is ConversationStatus.WAITING and summary.outcome is Outcome.ESCALATED
    is_said = is_waiting or (summary.forked_from is not None and summary.turns == 0)
    return () if is_said else (words.outcome_badge(summary.outcome, is_running=summary.is_running),)


def _status_badge(summary: ConversationSummary) -> tuple[Badge, ...]:
    is_plain = summary.status in (ConversationStatus.ASSISTANT, ConversationStatus.WAITING)
    return () if is_plain else (Badge(text=words.STATUSES[summary.status]),)


OPERATIONS = (
    Operation(
        method="GET",
        path=CONVERSATIONS,
        access=Access.CONSOLE,
        handler=conversations_page,
        tag="Console",
        is_listed=False,
    ),
    Operation(
        method="GET",
        path=f"{CONVERSATIONS}/live",
        access=Access.CONSOLE,
        handler=conversations_live,
        tag="Console",
        is_listed=False,
    ),
)
