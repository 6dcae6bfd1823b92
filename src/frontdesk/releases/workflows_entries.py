"""A file of the folder `workflows` as it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from frontdesk.domain.connector import FailureKind, Need
from frontdesk.domain.localised import Channel, Localised
from frontdesk.domain.workflow import SlotType


def _text_or_texts(value: Any) -> str:
    return "<texts>" if isinstance(value, Mapping) else "<text>"


_PER_LANGUAGE = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "propertyNames": {"pattern": "^[a-z]{2}$"},
    "minProperties": 1,
}
Texts = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[Localised, Tag("<texts>"), WithJsonSchema(_PER_LANGUAGE)],
    Discriminator(_text_or_texts),
]
"""Per language; or one text, in the assistant's default language."""
Failures = Mapping[FailureKind | Literal["any"], str]
Argument = Annotated[str | bool | int | Decimal | date, Field(union_mode="left_to_right")]
"""An expression; a number, a date, true and false stand for themselves."""


def _choice_tag(value: Any) -> str:
    return "<choice>" if isinstance(value, Mapping) and value.keys() & {"label", "words"} else "<label>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceEntry:
    """One of the values of a slot."""

    label: Texts
    """How it is said."""
    words: tuple[str, ...] = ()
    """Other words that customers use for it, in any language."""


_Choice = Annotated[
    Annotated[ChoiceEntry, Tag("<choice>")] | Annotated[Texts, Tag("<label>")], Discriminator(_choice_tag)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotEntry:
    """Something the customer has to say."""

    type: SlotType
    """What it is."""
    ask: Texts
    """The question. `{values}` stands for what can be chosen."""
    why: Texts = field(default_factory=dict)
    """The answer to "why do you need that?"."""
    missing: Texts = field(default_factory=dict)
    """The answer to "I don't have that": where it is found, or what happens without it."""
    if_missing: str = ""
    """The step that goes on without it; where there is none, a person is offered."""
    pattern: str = ""
    """Of `text` and `id`: a regular expression for the whole value."""
    choices: Mapping[str, _Choice] = field(default_factory=dict)
    """Of `choice`: each value with how it is said, or with `label` and other `words` for it."""
    choose_from: str = ""
    """A result whose records are the choices."""
    choose_by: str = ""
    """The records' field that becomes the value."""
    label: Texts = field(default_factory=dict)
    """How one of those records is named, such as `{number} of {placed_on|date}`."""
    minimum: Decimal | None = None
    """The smallest number or amount."""
    maximum: Decimal | None = None
    """The largest number or amount."""
    not_before_days: int | None = None
    """The first possible date, in days from today."""
    not_after_days: int | None = None
    """The last possible date, in days from today."""
    max_chars: int = 200
    """The longest text."""
    examples: tuple[str, ...] = ()
    """Valid values, shown when one was not understood."""
    is_volunteered: bool = True
    """Whether it may be taken from a message that was not an answer to its question."""


With = Annotated[Mapping[str, Argument], Field(alias="with")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskEntry:
    """Asks for a slot, unless it is known already."""

    ask: str
    """The slot."""
    again: bool = False
    """Asks even where the slot is known, and forgets what was said: for the road back from a value that led nowhere."""
    id: str = ""
    """What other steps call it."""
    next: str = ""
    """The step after it; the next in the list where it is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCallEntry:
    """A call among several."""

    call: str
    """`connector.operation`"""
    with_: With = field(default_factory=dict)
    """Its arguments, but for those that come from the verified session."""
    skip_if: str = ""
    """A condition under which it is not made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """Reads from another system."""

    call: str
    """`connector.operation`"""
    with_: With = field(default_factory=dict)
    """Its arguments, but for those that come from the verified session."""
    as_: Annotated[str, Field(alias="as")] = ""
    """The result's name; the operation's where it is not written."""
    skip_if: str = ""
    """A condition under which it is not made."""
    failures: Failures = field(default_factory=dict)
    """Where to go when it fails, by kind; `any` is for all others."""
    id: str = ""
    """What other steps call it."""
    next: str = ""
    """The step after it; the next in the list where it is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsEntry:
    """Reads from several systems at the same time."""

    calls: Mapping[str, OneCallEntry]
    """Each under the name of its result."""
    failures: Failures = field(default_factory=dict)
    """Where to go when one fails, by kind; `any` is for all others."""
    id: str = ""
    """What other steps call it."""
    next: str = ""
    """The step after it; the next in the list where it is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEntry:
    """One way to go on."""

    when: str
    """A condition."""
    go: str
    """The step to go on with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideEntry:
    """Goes on with the first case that is so."""

    decide: tuple[CaseEntry, ...]
    """The cases, in their order."""
    otherwise: str = ""
    """Where to go when none is so; the next in the list where it is not written."""
    id: str = ""
    """What other steps call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmEntry:
    """Shows exactly what would be done, and does it after a yes."""

    confirm: Texts
    """The question. It shows every value that is sent."""
    does: str
    """`connector.operation`, which changes something."""
    with_: With = field(default_factory=dict)
    """Its arguments, but for those that come from the verified session."""
    as_: Annotated[str, Field(alias="as")] = ""
    """The result's name; the operation's where it is not written."""
    otherwise: str = "end"
    """Where to go after a no."""
    failures: Failures = field(default_factory=dict)
    """Where to go when it fails, by kind; `any` is for all others."""
    undo: OneCallEntry | None = None
    """What takes it back when a later effect of the same run fails."""
    expires_minutes: float = 15.0
    """For so long a yes counts."""
    id: str = ""
    """What other steps call it."""
    next: str = ""
    """The step after it; the next in the list where it is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SayEntry:
    """Says something."""

    say: Texts
    """The words."""
    about: tuple[str, ...] = ()
    """Results it rests on, which are cited; those whose values it names where it is not written."""
    id: str = ""
    """What other steps call it."""
    next: str = ""
    """The step after it; the next in the list where it is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverEntry:
    """Brings in a person, who sees everything that was collected."""

    hand_over: Texts | None
    """Said before; the assistant's own words where it is empty."""
    queue: str = ""
    """Where people take it from."""
    why: str = ""
    """One sentence for whoever takes it."""
    id: str = ""
    """What other steps call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEntry:
    """The end."""

    end: Literal["answered", "acted", "refused"] | None
    """What came of it; `acted` where an effect took place and nothing is written."""
    id: str = ""
    """What other steps call it."""


KINDS: Mapping[str, type] = {
    "ask": AskEntry,
    "call": CallEntry,
    "calls": CallsEntry,
    "decide": DecideEntry,
    "confirm": ConfirmEntry,
    "say": SayEntry,
    "hand_over": HandOverEntry,
    "end": EndEntry,
}


def _step_tag(value: Any) -> str:
    """Which kind of step was meant, so that a mistake in it is told of that kind only."""
    if isinstance(value, str):
        return "<word>"
    known = [kind for kind in KINDS if isinstance(value, Mapping) and kind in value]
    return f"<{known[0]}>" if known else "<unclear>"


def _refuse(_: Any) -> Any:
    raise ValueError(f"a step has one of {', '.join(f'`{kind}`' for kind in KINDS)}")


StepEntry = AskEntry | CallEntry | CallsEntry | DecideEntry | ConfirmEntry | SayEntry | HandOverEntry | EndEntry | str
_Step = Annotated[
    Annotated[AskEntry, Tag("<ask>")]
    | Annotated[CallEntry, Tag("<call>")]
    | Annotated[CallsEntry, Tag("<calls>")]
    | Annotated[DecideEntry, Tag("<decide>")]
    | Annotated[ConfirmEntry, Tag("<confirm>")]
    | Annotated[SayEntry, Tag("<say>")]
    | Annotated[HandOverEntry, Tag("<hand_over>")]
    | Annotated[EndEntry, Tag("<end>")]
    | Annotated[Literal["end", "hand_over"], Tag("<word>")]
    | Annotated[str, BeforeValidator(_refuse), Tag("<unclear>"), WithJsonSchema({"not": {}})],
    Discriminator(_step_tag),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFile:
    """workflows/NAME.yaml"""

    owner: str
    """Who answers for its rules."""
    title: Texts
    """As customers read it when they are asked which of two things they mean. Its languages are those of all its texts."""
    examples: tuple[str, ...]
    """How customers begin it, in any of the assistant's languages."""
    steps: tuple[_Step, ...]
    """What happens, in its order; the first step begins."""
    name: str = ""
    """The file's name, where it is written."""
    version: int = 1
    """Raised with every change that matters."""
    slots: Mapping[str, SlotEntry] = field(default_factory=dict)
    """What the customer has to say, by name."""
    needs: Need = "verified"
    """Who may begin it: anyone, verified customers, or those who have proved it again by a code."""
    channels: Mapping[Channel, float] = field(default_factory=dict)
    """Share of conversations, 0 to 1, for which it is switched on, by channel; others have `share`."""
    share: float = 1.0
    """Share of conversations, 0 to 1, for which it is switched on."""
    silent: Texts = field(default_factory=dict)
    """Said when a system does not answer and no step says what to do."""
    time_limit_hours: float = 24.0
    """After so long without a word it is over."""
    max_asks: int = 3
    """How often the same thing is asked before a person is brought in."""


SCHEMAS: tuple[Any, ...] = (WorkflowFile, SlotEntry, ChoiceEntry, OneCallEntry, CaseEntry, *KINDS.values())
for _schema in SCHEMAS:  # a typing slip in a name must not be ignored
    _schema.__pydantic_config__ = ConfigDict(extra="forbid")
KNOWN = frozenset(name.rstrip("_") for part in SCHEMAS for name in part.__dataclass_fields__)
