"""Workflows as values: what is asked, called, decided, confirmed and said, in which order, and how far a run has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from frontdesk.domain.connector import FailureKind, Need, Row, Value
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.localised import Channel, Localised

SlotType = Literal["text", "id", "email", "number", "money", "date", "time", "yes_no", "choice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the values of a slot."""

    value: str
    label: Localised
    """How it is said."""
    words: tuple[str, ...] = ()
    """Other words that customers use for it, in any language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Something the customer has to say."""

    name: str
    type: SlotType
    ask: Localised
    """The question. May use `{values}`."""
    why: Localised = field(default_factory=dict)
    """The answer to "why do you need that?"."""
    missing: Localised = field(default_factory=dict)
    """The answer to "I don't have that": where it is found, or what happens without it."""
    if_missing: str = ""
    """The step that goes on without it; where there is none, a person is offered."""
    pattern: str = ""
    """Of `text` and `id`: a regular expression for the whole value; matching is not case-sensitive."""
    choices: tuple[Choice, ...] = ()
    choose_from: str = ""
    """A result whose records are the choices, as in `orders`; the value is the record's field named `choose_by`."""
    choose_by: str = ""
    label: Localised = field(default_factory=dict)
    """How one of those records is named in the question and on its button; a template over the record's fields."""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    not_before_days: int | None = None
    """Of `date`: days from today."""
    not_after_days: int | None = None
    max_chars: int = 200
    examples: tuple[str, ...] = ()
    """Valid values, shown when one was not understood."""
    is_volunteered: bool = True
    """Whether it may be taken from a message that was not an answer to its question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a connector's operation."""

    result: str
    """The name under which conditions and texts find what returned."""
    connector: str
    operation: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    """By argument; expressions over slots and results. Arguments that are bound to the session are not named."""
    skip_if: str = ""
    """A condition under which it is not made; its result has no records then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStep:
    """Goes on at once where its slot is known already."""

    step: str
    slot: str
    next: str
    is_afresh: bool = False
    """Forgets what is known and asks again, for the road back from a value that led nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep:
    """Calls that don't depend on each other and run at the same time."""

    step: str
    calls: tuple[Call, ...]
    next: str
    failures: Mapping[FailureKind | Literal["any"], str] = field(default_factory=dict)
    """Where to go after a failure, by kind; the most telling kind decides where several calls failed. A failure without
    a road ends the run: the customer is told by `silent` and a person gets what was collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    when: str
    """A condition over slots, results and `today`."""
    go: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideStep:
    step: str
    cases: tuple[Case, ...]
    otherwise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmStep:
    """Shows the exact effect and waits for a yes, which counts once."""

    step: str
    text: Localised
    call: Call
    """The effect that is confirmed, made right after the yes with exactly the arguments that were shown."""
    next: str
    otherwise: str
    """After a no."""
    failures: Mapping[FailureKind | Literal["any"], str] = field(default_factory=dict)
    expires_s: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SayStep:
    step: str
    text: Localised
    about: tuple[str, ...] = ()
    """Results it rests on, which are cited. Every value in the text comes from a slot or one of them."""
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverStep:
    """A person takes over, with everything that was collected."""

    step: str
    text: Localised
    """Said before; the assistant's own words where it is empty."""
    queue: str = ""
    why: str = ""
    """One sentence for the person who takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStep:
    step: str
    outcome: Literal["answered", "acted", "refused"] = "answered"


Step = AskStep | CallStep | DecideStep | ConfirmStep | SayStep | HandOverStep | EndStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A file of the folder `workflows`."""

    name: str
    version: int
    owner: str
    """Who answers for its rules."""
    title: Localised
    """As customers read it when they are asked which of two things they mean."""
    examples: tuple[str, ...]
    """How customers begin it, in any of the assistant's languages."""
    steps: Mapping[str, Step]
    first: str
    slots: Mapping[str, Slot] = field(default_factory=dict)
    needs: Need = "verified"
    channels: Mapping[Channel, float] = field(default_factory=dict)
    """Share of conversations, 0 to 1, by channel, for which it is switched on; a channel that isn't named has `share`."""
    share: float = 1.0
    silent: Localised = field(default_factory=dict)
    """Said when a system does not answer and no step says what to do."""
    time_limit_s: float = 86_400.0
    """After so long without a word an open run is over."""
    compensation: Mapping[str, Call] = field(default_factory=dict)
    """By confirming step: the effect that undoes it, made when a later effect of the same run fails for good."""
    max_asks: int = 3
    """How often the same thing is asked before a person is brought in."""


RunStatus = Literal["active", "suspended", "done", "cancelled", "handed_over", "expired"]
"""`suspended`: another run, begun later, goes first; this one is offered again after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one call returned, as the run keeps it."""

    operation: str
    """Qualified."""
    rows: tuple[Row, ...] = ()
    read_at: datetime | None = None
    failure: FailureKind | None = None
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """What it was called with, set by the stepper: with other arguments it is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRun:
    """How far one customer has come in one workflow."""

    run_id: RunId
    conversation_id: ConversationId
    workflow: str
    version: int
    release_id: ReleaseId
    """The release whose definition it goes on with."""
    step: str
    """Where it stands: the step that waits for the customer, or is next."""
    status: RunStatus
    started_at: datetime
    updated_at: datetime
    slots: Mapping[str, Value] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """By the result's name."""
    asked: Mapping[str, int] = field(default_factory=dict)
    """How often each slot was asked for."""
    effects: tuple[str, ...] = ()
    """Confirming steps whose effect took place, in their order."""
    undone: tuple[str, ...] = ()
    """Those of `effects` that were undone again."""
    missing: tuple[str, ...] = ()
    """Slots that the customer does not have."""
    said: Mapping[str, str] = field(default_factory=dict)
    """By saying step, a hash of what was said, so that nothing is said twice after a correction."""
    shown: str = ""
    """Hash of the confirmation that was shown last: a yes counts for that one only."""
    offer: Literal["", "person"] = ""
    """What a bare yes takes up, besides the question that waits."""
    frustrated: int = 0
    """How often the customer was found to be frustrated."""
    is_waiting: bool = False
    """Whether its step has asked and waits for the customer's word."""
    revision: int = 0
    """Rises with every stored change; a change of an older one is refused."""


# -- what a message means for a run -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWorkflow:
    workflow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSlot:
    """The slot's value, or its new one. A correction to None takes the value back: it is asked for again."""

    slot: str
    value: Value
    is_correction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidSlot:
    """Something was said that is no value for it."""

    slot: str
    why: Literal["not_understood", "too_small", "too_large", "too_early", "too_late", "unknown_choice", "too_long"]
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A word that concerns the run as a whole."""

    kind: Literal["yes", "no", "cancel", "why", "has_not", "person", "frustrated", "resume", "question", "unclear"]
    """`question`: something for the knowledge; the run waits. `resume`: back to what was going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichWorkflow:
    """Two or more fit as well; the customer is asked."""

    workflows: tuple[str, ...]


Command = StartWorkflow | SetSlot | InvalidSlot | Signal | WhichWorkflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What a model proposed, and was not taken."""

    proposal: str
    """Its kind with the slot or workflow it names, if those exist; nothing that anybody wrote."""
    why: str
    is_outside_policy: bool
    """Whether it reached for something that no model may do, and is audited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a message was taken to mean."""

    commands: tuple[Command, ...]
    by: Literal["rules", "model"] = "rules"
    why: str = ""
    """One sentence for the trace."""
    dropped: tuple[Dropped, ...] = ()


# -- what a run wants done next ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Words for the customer, filled in."""

    text: str
    about: tuple[str, ...] = ()
    """Names of the readings they rest on."""
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call with its arguments computed; the bound ones are not among them."""

    result: str
    connector: str
    operation: str
    arguments: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWanted:
    """The run goes on with what these return."""

    step: str
    calls: tuple[PlannedCall, ...]
    is_effect: bool = False
    undoes: str = ""
    """The confirming step whose effect this takes back, because a later one failed; it needs no yes of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationWanted:
    """The run waits for a yes to exactly this."""

    step: str
    text: str
    call: PlannedCall
    expires_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """The run waits for the customer; what it asks was said before."""

    slot: str = ""
    options: tuple[str, ...] = ()
    """Labels to choose from, shown as buttons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    status: Literal["done", "cancelled", "handed_over"]
    outcome: Literal["answered", "acted", "refused", "clarified", "escalated"]
    queue: str = ""
    why: str = ""
    failure: FailureKind | None = None
    """The failure that ended it, where one did."""


Move = Say | CallWanted | ConfirmationWanted | Waits | Ends
