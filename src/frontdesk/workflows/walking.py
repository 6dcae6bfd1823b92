"""One advance of a run: where it stands, and what is said, asked, planned and wanted on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from frontdesk.domain.connector import FailureKind, Value
from frontdesk.domain.workflow import (
    AskStep,
    Call,
    ConfirmationWanted,
    ConfirmStep,
    Ends,
    Move,
    PlannedCall,
    Reading,
    Say,
    Slot,
    Step,
    Waits,
    Workflow,
    WorkflowRun,
)
from frontdesk.text.hashing import content_hash
from frontdesk.workflows.conditions import Facts, value_of
from frontdesk.workflows.dependencies import forget_what_rests_on
from frontdesk.workflows.formats import write_value
from frontdesk.workflows.templates import Filling, fill, label_of
from frontdesk.workflows.wording import Wording

MAX_OPTIONS = 8
"""Choices that a question names, and buttons below it; a guess."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """One advance of a run: where it stands, and what was said and wanted on the way."""

    workflow: Workflow
    wording: Wording
    at: datetime
    run: WorkflowRun
    fresh: dict[str, Reading] = field(default_factory=dict)
    """What the calls wanted last have returned."""
    approved: str = ""
    """Hash of the confirmation that was just said yes to."""
    told: frozenset[str] = frozenset()
    """Slots that the customer just told: asking again for another one isn't held against them."""
    moves: list[Move] = field(default_factory=list)

    @property
    def step(self) -> Step | None:
        """Where the run stands; a run that stands nowhere is handed over."""
        found = self.workflow.steps.get(self.run.step)
        if found is None:
            self.hand_over(f"The workflow has no step `{self.run.step}`.")
        return found

    def change(self, **changes: Any) -> None:
        self.run = replace(self.run, **changes)

    def say(self, text: str, *about: str) -> None:
        if text:
            self.moves.append(Say(text=text, about=about, step=self.run.step))

    def end(self, move: Ends) -> None:
        self.moves.append(move)
        self.change(status=move.status, is_waiting=False, offer="", shown="")

    def hand_over(self, why: str, *, queue: str = "", failure: FailureKind | None = None) -> None:
        ending = Ends(status="handed_over", outcome="escalated", queue=queue, why=why, failure=failure)
        self.end(ending)

    def offer_person(self) -> None:
        """Ask whether a person should take over; the workflow's own question rests meanwhile."""
        self.say(self.wording.say("offer_person"))
        self.change(offer="person", is_waiting=True)
        self.moves.append(Waits(options=(self.wording.say("yes"), self.wording.say("no"))))

    def facts(self) -> Facts:
        run = self.run
        return Facts(slots=run.slots, readings=run.readings, definitions=self.workflow.slots, at=self.at)

    def filled(self, text: str) -> str:
        return fill(text, self.filling())

    def filling(self) -> Filling:
        wording = self.wording
        unknown = wording.say("unknown")
        return Filling(
            facts=self.facts(), language=wording.language, default_language=wording.default_language, unknown=unknown
        )

    def set_slot(self, slot: str, value: Value) -> None:
        """The slot's value; what was read with the former one is forgotten."""
        self.run = forget_what_rests_on(self.workflow, self.run, slot)
        missing = tuple(name for name in self.run.missing if name != slot)
        self.change(slots={**self.run.slots, slot: value}, missing=missing)

    def move_to(self, step: str) -> bool:
        self.change(step=step, is_waiting=False)
        return True

    # -- asking ---------------------------------------------------------------------------------------

    def options(self, slot: Slot) -> tuple[str, ...]:
        """What can be chosen, in words."""
        if slot.choose_from:
            reading = self.run.readings.get(slot.choose_from)
            rows = reading.rows if reading else ()
            if not slot.label:
                return tuple(write_value(row.get(slot.choose_by), self.wording.language) for row in rows)
            return tuple(label_of(slot.label, row, self.filling()) for row in rows)
        if slot.type == "yes_no":
            return (self.wording.say("yes"), self.wording.say("no"))
        return tuple(self.wording.of(choice.label) or choice.value for choice in slot.choices)

    def ask(self, step: AskStep) -> None:
        slot = self.workflow.slots[step.slot]
        options = self.options(slot)
        more = ("…",) if len(options) > MAX_OPTIONS else ()
        values = self.wording.join((*options[:MAX_OPTIONS], *more))
        question = self.wording.of(slot.ask).replace("{values}", values)
        self.say(self.filled(question))
        self.change(is_waiting=True)
        self.moves.append(Waits(slot=slot.name, options=options if len(options) <= MAX_OPTIONS else ()))

    def count_ask(self, key: str) -> bool:
        """Whether it may be asked once more; after too many times a person takes over."""
        asked = self.run.asked.get(key, 0)
        if asked and self.told and key not in self.told:
            return True
        if asked >= self.workflow.max_asks:
            self.say(self.wording.say("giving_up"))
            self.hand_over(f"`{key}` was asked for {asked} times.")
            return False
        self.change(asked={**self.run.asked, key: asked + 1})
        return True

    # -- calling --------------------------------------------------------------------------------------

    def plan(self, call: Call) -> PlannedCall:
        """The call with its arguments; those without a value are left out."""
        facts = self.facts()
        computed: dict[str, Any] = {name: value_of(text, facts) for name, text in call.arguments.items()}
        known = {name: value for name, value in computed.items() if value is not None}
        return PlannedCall(result=call.result, connector=call.connector, operation=call.operation, arguments=known)

    def keep(self, result: str, reading: Reading) -> None:
        self.change(readings={**self.run.readings, result: reading})

    def show(self, step: ConfirmStep) -> None:
        """The confirmation, and the hash that a yes is bound to."""
        planned, text = self.plan(step.call), self.filled(self.wording.of(step.text))
        self.change(is_waiting=True, shown=hash_of(planned))
        self.moves.append(ConfirmationWanted(step=step.step, text=text, call=planned, expires_s=step.expires_s))

    def fail(self, failures: Mapping[Any, str], kind: FailureKind, what: str) -> bool:
        """Take the failure's road; without one, say so and hand over."""
        road = failures.get(kind) or failures.get("any")
        if road:
            return self.move_to(road)
        own = self.wording.of(self.workflow.silent)
        self.say(own or self.wording.say("silent"))
        self.hand_over(f"{what} failed ({kind}).", failure=kind)
        return False


def hash_of(planned: PlannedCall) -> str:
    """The same for the same effect with the same arguments."""
    parts = [f"{name}={value!r}" for name, value in sorted(planned.arguments.items())]
    return content_hash([planned.connector, planned.operation, *parts])
