"""What a model may propose for a message, and what of it is taken.

A proposal points at the customer's words; the value is read from them by the same rules as everything else. What a
model says of its own is worth nothing: not an order's number, not an address, and never a yes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from frontdesk.domain.connector import Value
from frontdesk.domain.workflow import (
    Command,
    ConfirmStep,
    Dropped,
    SetSlot,
    Signal,
    Slot,
    StartWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.text.surface import matching_surface
from frontdesk.turn.acting.entities import Told
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.slots import asked_slot, read_as_asked

SignalKind = Literal["no", "cancel", "why", "has_not", "person", "resume", "question"]
MAX_PROPOSALS = 6
_SIGNALS: tuple[SignalKind, ...] = get_args(SignalKind)
SCHEMA: Mapping[str, Any] = {
    "title": "commands",
    "type": "object",
    "properties": {
        "commands": {
            "type": "array",
            "maxItems": MAX_PROPOSALS,
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "maxLength": 40},
                    "name": {"type": "string", "maxLength": 100},
                    "said": {"type": "string", "maxLength": 500},
                },
                "required": ["kind", "name", "said"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["commands"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One thing that the model makes of a message."""

    kind: str
    name: str
    """The workflow or slot it concerns; may be empty."""
    said: str
    """The customer's words for the value."""


def read_proposals(value: Mapping[str, Any]) -> tuple[Proposal, ...]:
    """The proposals of a reply that keeps to the schema."""
    return tuple(Proposal(kind=item["kind"], name=item["name"], said=item["said"]) for item in value["commands"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a model may propose at this point of a conversation."""

    workflows: Sequence[str]
    """Those that may be begun."""
    workflow: Workflow | None
    """Of the open run."""
    run: WorkflowRun | None
    now: datetime
    language: str
    spoken: Sequence[str]
    """Everything the customer has said in this conversation, this message last."""

    def hold(self, proposals: Sequence[Proposal]) -> tuple[tuple[Command, ...], tuple[Dropped, ...]]:
        """The proposals as commands, and those that are dropped."""
        commands: list[Command] = []
        dropped: list[Dropped] = []
        for proposal in proposals:
            held = self._held(proposal)
            if isinstance(held, Dropped):
                dropped.append(held)
            elif held not in commands:
                commands.append(held)
        return tuple(commands), tuple(dropped)

    def _held(self, proposal: Proposal) -> Command | Dropped:
        match proposal.kind:
            case "start":
                return self._start(proposal)
            case "set":
                return self._set(proposal)
            case "yes":
                return _dropped("yes", "A model cannot confirm.", is_outside_policy=True)
            case kind if kind in _SIGNALS:
                return self._signal(kind)
            case _:
                return _dropped("unknown", "There is no such kind of proposal.", is_outside_policy=True)

    def _start(self, proposal: Proposal) -> Command | Dropped:
        if proposal.name not in self.workflows:
            why = "It is none of the workflows that are switched on here."
            return _dropped("start", why, is_outside_policy=True)
        if self.workflow is not None and proposal.name == self.workflow.name:
            return _dropped(f"start {proposal.name}", "It is open already.")
        return StartWorkflow(workflow=proposal.name)

    def _signal(self, kind: SignalKind) -> Command | Dropped:
        if self.workflow is None or self.run is None:
            return _dropped(kind, "No workflow is open.")
        if kind == "no" and not isinstance(self.workflow.steps.get(self.run.step), ConfirmStep):
            return _dropped(kind, "Nothing is to be confirmed.")
        return Signal(kind=kind)

    def _set(self, proposal: Proposal) -> Command | Dropped:
        slot = self.workflow.slots.get(proposal.name) if self.workflow is not None else None
        if slot is None or self.run is None or self.workflow is None:
            return _dropped("set", "It is no slot of an open workflow.", is_outside_policy=True)
        is_asked = asked_slot(self.workflow, self.run) == slot.name
        if not is_asked and not slot.is_volunteered:
            why = "It may be answered only when it is asked for."
            return _dropped(f"set {slot.name}", why, is_outside_policy=True)
        if (value := self._value(slot, proposal.said, is_asked=is_asked)) is None:
            why = "Its value is not in the customer's words, or is none that the slot takes."
            return _dropped(f"set {slot.name}", why, is_outside_policy=not self._was_said(proposal.said))
        known = self.run.slots.get(slot.name)
        return SetSlot(slot=slot.name, value=value, is_correction=known is not None and known != value)

    def _value(self, slot: Slot, said: str, *, is_asked: bool) -> Value:
        if slot.type == "choice" and said in (choice.value for choice in slot.choices):
            return said
        if slot.type == "yes_no":
            return {"yes": True, "no": False}.get(said.strip().lower()) if is_asked else None
        if self.run is None or not self._was_said(said):
            return None
        told = read_as_asked(Heard(said, self.language), slot, self.run, now=self.now)
        return told.value if isinstance(told, Told) else None

    def _was_said(self, said: str) -> bool:
        wanted = _plain(said)
        return bool(wanted) and any(f" {wanted} " in f" {_plain(text)} " for text in self.spoken)


def _plain(text: str) -> str:
    """For comparing words: without case, accents and punctuation around words."""
    parts = (part.strip(".,;:!?\"'()") for part in matching_surface(text).text.split())
    return " ".join(part for part in parts if part)


def _dropped(proposal: str, why: str, *, is_outside_policy: bool = False) -> Dropped:
    return Dropped(proposal=proposal, why=why, is_outside_policy=is_outside_policy)
