"""What an address asks of the list of conversations: the same parameters on the page and in the API."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from starlette.datastructures import QueryParams

from frontdesk.domain.conversation import ConversationStatus, Origin
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import ConversationId, EscalationId, Id, MessageId, TurnId
from frontdesk.domain.listing import MAX_WORDS, MIN_WORD_CHARS, ConversationFilter, ListPlace
from frontdesk.domain.turn import ConfidenceLevel, Outcome
from frontdesk.server.routes import Parameter

RATINGS = ("up", "down")
_MAX_CHARS = 200
_IDS: tuple[tuple[str, type[Id]], ...] = (
    ("conversation_id", ConversationId),
    ("turn_id", TurnId),
    ("message_id", MessageId),
    ("escalation_id", EscalationId),
)
_PLACE = re.compile(r"([0-9]{1,16})-(conv_[0-9a-z_-]{1,120})\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")
_LABEL = re.compile(r"[a-z0-9_]{1,60}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to the list, as far as it could be read."""

    filter: ConversationFilter
    before: ListPlace | None
    values: Mapping[str, str]
    """What was set, as it was written; a parameter left empty is not among them."""
    wrong: Mapping[str, str]
    """What cannot be read, and why; the filter is without it."""


def read_asked(query: QueryParams) -> Asked:
    values = {name: " ".join(query[name].split()) for name in _READERS if query.get(name, "").strip()}
    fields: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in values.items():
        try:
            fields |= _checked(name, value)
        except ValueError as error:
            wrong[name] = str(error)
    before = fields.pop("before", None)
    return Asked(filter=ConversationFilter(**fields), before=before, values=values, wrong=wrong)


def demand_asked(query: QueryParams) -> Asked:
    """Raises: MalformedError: `field` names the parameter."""
    asked = read_asked(query)
    for name, reason in asked.wrong.items():
        raise MalformedError(f"{name} {reason}.", field=name)
    return asked


def write_place(place: ListPlace) -> str:
    """A place as `before` has it."""
    return f"{(place.updated_at - _EPOCH) // timedelta(milliseconds=1)}-{place.conversation_id}"


def _checked(name: str, value: str) -> dict[str, Any]:
    if len(value) > _MAX_CHARS:
        raise ValueError(f"may have at most {_MAX_CHARS} characters")
    if not value.isprintable():
        raise ValueError("has characters that cannot be printed")
    return _READERS[name](value)


def _read_words(value: str) -> dict[str, Any]:
    """Words, or the id of something in the conversation."""
    for field, kind in _IDS:
        if value.startswith(f"{kind.prefix}_"):
            try:
                return {field: kind.parse(value, field="q")}
            except MalformedError:
                break
    words = tuple(dict.fromkeys(word for word in value.split() if len(word) >= MIN_WORD_CHARS))
    if not words:
        raise ValueError(f"must have a word of at least {MIN_WORD_CHARS} characters")
    if len(words) > MAX_WORDS:
        raise ValueError(f"may have at most {MAX_WORDS} words")
    return {"words": words}


def _read_outcomes(value: str) -> dict[str, Any]:
    return {"outcomes": frozenset(Outcome(_one_of(Outcome)(part.strip())) for part in value.split(","))}


def _one_of(choices: Any) -> Callable[[str], str]:
    def choose(value: str) -> str:
        if value not in tuple(choices):
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return choose


def _like(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.match(value):
            raise ValueError(f"must be {what}")
        return value

    return check


def _read_moment(value: str) -> tuple[datetime, bool]:
    """The moment, and whether it is a whole day."""
    try:
        if len(value) == len("2026-01-31"):
            day = date.fromisoformat(value)
            return datetime(day.year, day.month, day.day, tzinfo=UTC), True
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC), False
    except (ValueError, OverflowError):
        raise ValueError("must be a day such as 2026-01-31, or a moment such as 2026-01-31T12:00:00Z") from None


def _read_since(value: str) -> dict[str, Any]:
    return {"since": _read_moment(value)[0]}


def _read_until(value: str) -> dict[str, Any]:
    """A day counts to its end."""
    moment, is_day = _read_moment(value)
    try:
        return {"until": moment + _DAY if is_day else moment}
    except OverflowError:
        return {}


def _read_before(value: str) -> dict[str, Any]:
    match = _PLACE.match(value)
    if match is None:
        raise ValueError("must be `next` of an earlier page")
    try:
        updated_at = _EPOCH + timedelta(milliseconds=int(match[1]))
    except OverflowError:
        raise ValueError("must be `next` of an earlier page") from None
    return {"before": ListPlace(updated_at=updated_at, conversation_id=ConversationId(match[2]))}


def _field(name: str, read: Callable[[str], Any]) -> Callable[[str], dict[str, Any]]:
    return lambda value: {name: read(value)}


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "q": _read_words,
    "outcome": _read_outcomes,
    "status": _field("status", lambda value: ConversationStatus(_one_of(ConversationStatus)(value))),
    "confidence": _field("confidence", _one_of(get_args(ConfidenceLevel))),
    "degraded": _field("degraded", _like(_LABEL, "`any`, or a label such as lexical_only")),
    "rating": _field("rating", _one_of(RATINGS)),
    "customer": _field("customer", str),
    "language": _field("language", _like(_LANGUAGE, "a language code such as en")),
    "channel": _field("channel", str),
    "origin": _field("origin", _one_of(get_args(Origin))),
    "since": _read_since,
    "until": _read_until,
    "before": _read_before,
}

PARAMETERS = tuple(
    Parameter(name=name, where="query", text=text)
    for name, text in {
        "q": "Words that are anywhere in what was said, whatever their case; or the id of a conversation, turn, message "
        "or escalation.",
        "outcome": f"How a turn ended: {', '.join(Outcome)}; several with commas between them.",
        "status": f"Who owns the next word: {', '.join(ConversationStatus)}.",
        "confidence": f"Confidence of a turn: {', '.join(get_args(ConfidenceLevel))}.",
        "degraded": "`any`, or a label: what did not work as it should in a turn.",
        "rating": f"How the customer rated an answer: {', '.join(RATINGS)}.",
        "customer": "The verified customer's subject, or how it begins.",
        "language": "Language of a customer's message, ISO 639-1.",
        "channel": "Where the customer writes.",
        "origin": f"Who began the conversation: {', '.join(get_args(Origin))}.",
        "since": "Last active at or after this day or moment, ISO 8601; UTC unless it says otherwise.",
        "until": "Last active up to the end of this day, or before this moment.",
        "before": "`next` of the page before.",
    }.items()
)
"""For the reference. What is asked of a turn (`outcome`, `confidence`, `degraded`, `rating`, `language`) holds for one
and the same turn."""
