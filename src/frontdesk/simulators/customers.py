"""Scripted people who write to the assistant, so that a demo has an hour behind it: the words of `customers.yaml`.

What they are answered is not written anywhere; they talk to the assistant as everybody does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from frontdesk.domain.conversation import PUBLIC, PUBLIC_ONLY, STAFF, Audiences, Principal
from frontdesk.domain.feedback import MAX_COMMENT_CHARS, FeedbackReason
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.localised import Channel
from frontdesk.text.hashing import content_hash
from frontdesk.text.normalise import MAX_CHARS

MAX_CUSTOMERS = 200
MAX_LINES = 20
"""Of one customer."""
MAX_PAUSE_S = 1800.0

HOUR = timedelta(hours=1)
_MARGIN = timedelta(seconds=30)
"""The hour's end is left free, so that the last answers lie before it too."""
_READING_S = 18.0
_TYPING_CHARS_A_SECOND = 4.0
"""Guesses; they only have to look like people."""
_RATING_S = 9.0
"""From the answer to its rating."""


def _as_line(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message, and what its customer thinks of the answer."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]
    """What is written."""
    after_s: Annotated[float, Field(ge=1, le=MAX_PAUSE_S)] | None = None
    """Seconds since the line before; without it, the time to read and to type."""
    feedback: Literal["up", "down"] | None = None
    """The thumb given to the answer."""
    reasons: tuple[FeedbackReason, ...] = ()
    """What was wrong with it."""
    comment: Annotated[str, Field(max_length=MAX_COMMENT_CHARS)] = ""
    """Words beside the thumb."""

    def __post_init__(self) -> None:
        if (self.reasons or self.comment) and self.feedback is None:
            raise ValueError("`reasons` and `comment` need a `feedback`, up or down")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCustomer:
    """One conversation of one person."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    """Names the conversation in this file; nobody else sees it."""
    language: str
    """ISO 639-1; one of the assistant's languages."""
    channel: Channel = "web_chat"
    """Where they write."""
    subject: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The company's own name for a customer who is signed in; anonymous without."""
    audiences: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ()
    """What a signed-in customer may see beside the public documents."""
    minute: Annotated[int, Field(ge=0, le=59)]
    """When they begin, in minutes of the hour before now."""
    lines: Annotated[tuple[Annotated[Line, BeforeValidator(_as_line)], ...], Field(min_length=1, max_length=MAX_LINES)]
    """What they write, each once the line before is answered: a text, or a mapping with `text`."""

    def __post_init__(self) -> None:
        if self.audiences and self.subject is None:
            raise ValueError("`audiences` need a `subject`: nobody has rights who is not signed in")
        if STAFF in self.audiences:
            raise ValueError("`audiences` of a customer cannot hold `staff`")

    @property
    def conversation_id(self) -> ConversationId:
        """Always the same for this name, so that a conversation that was played is known again."""
        return ConversationId.mint(content_hash(["simulated customer", self.name])[:26])

    @property
    def principal(self) -> Principal:
        if self.subject is None:
            return Principal(audiences=PUBLIC_ONLY)
        labels = frozenset({PUBLIC, f"customer:{self.subject}", *self.audiences})
        return Principal(audiences=Audiences(labels=labels), subject=self.subject, proof="signed_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersFile:
    """customers.yaml, beside an assistant folder's files and no part of a release."""

    customers: Annotated[tuple[SimulatedCustomer, ...], Field(max_length=MAX_CUSTOMERS)] = ()
    """In any order."""


_SCHEMAS: tuple[Any, ...] = (CustomersFile, SimulatedCustomer, Line)
for _schema in _SCHEMAS:  # a typing slip in a name must not be ignored
    _schema.__pydantic_config__ = ConfigDict(extra="forbid")

NAMES = frozenset(name for part in _SCHEMAS for name in part.__dataclass_fields__)
"""Every field of the file."""


def moments(customer: SimulatedCustomer, *, until: datetime) -> tuple[datetime, ...]:
    """When each line is sent, in the hour that ends at `until`; pauses shrink where they would not fit into it."""
    start = until - HOUR + timedelta(minutes=customer.minute, seconds=_second(customer))
    pauses = [_pause_s(line) for line in customer.lines[1:]]
    room_s = (until - _MARGIN - start).total_seconds()
    shrink = min(1.0, room_s / sum(pauses)) if pauses else 1.0
    sent = [start]
    for pause in pauses:
        sent.append(sent[-1] + timedelta(seconds=pause * shrink))
    return tuple(sent)


def rating_delay(*, until_next: timedelta) -> timedelta:
    """How long after a line its answer is rated; always before the next line."""
    return min(timedelta(seconds=_RATING_S), until_next / 2)


def _pause_s(line: Line) -> float:
    return line.after_s if line.after_s is not None else _READING_S + len(line.text) / _TYPING_CHARS_A_SECOND


def _second(customer: SimulatedCustomer) -> int:
    """From 8 to 28: people do not begin at full minutes, and the last minute has room for the margin."""
    return 8 + int(content_hash([customer.name])[:4], 16) % 21
