"""What a message means while a run waits for the customer's word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from frontdesk.domain.workflow import (
    AskStep,
    Command,
    ConfirmStep,
    InvalidSlot,
    SetSlot,
    Signal,
    Slot,
    StartWorkflow,
    WhichWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.turn.acting import signals
from frontdesk.turn.acting.entities import Doubtful, Told
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.slots import asked_slot, corrected_by_name, otherwise_wanted, read_as_asked, volunteered
from frontdesk.turn.acting.stance import is_question, merely_names
from frontdesk.turn.acting.triggers import Trigger

SENTENCE = 5
"""Words from which an answer in free words may name a day or a number by the way; a guess."""
CLEAR = 0.7
"""Similarity from which a message begins another workflow even where it holds a value that was asked for; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the rules make of a message."""

    commands: tuple[Command, ...]
    why: str
    is_certain: bool = True
    """Whether nobody else need be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A run that waits, and a message that may be for it."""

    heard: Heard
    workflows: Mapping[str, Workflow]
    workflow: Workflow
    """The run's."""
    run: WorkflowRun
    trigger: Trigger
    now: datetime

    def read(self) -> Taken:
        """The commands for the run, or the workflow that the customer turns to instead."""
        if self.heard.is_silent:
            return _signal("unclear", "It has neither letters nor digits.")
        for take in (self._word_for_the_run, self._taken_offer, self._begun):
            if (taken := take()) is not None:
                return taken
        step = self.workflow.steps.get(self.run.step)
        if isinstance(step, ConfirmStep):
            return self._to_confirmation()
        if isinstance(step, AskStep):
            return self._to_question(self.workflow.slots[asked_slot(self.workflow, self.run)])
        return self._elsewhere() or _signal("unclear", "Nothing was asked.", is_certain=False)

    # -- words that concern the run as a whole ---------------------------------------------------------

    def _word_for_the_run(self) -> Taken | None:
        heard = self.heard
        if signals.wants_person(heard):
            return _signal("person", "It asks for a person.")
        if signals.wants_cancel(heard):
            return _signal("cancel", "It calls off what is going on.")
        if signals.asks_why(heard):
            return _signal("why", "It asks what the question is for.")
        if signals.wants_resume(heard):
            return _signal("resume", "It goes back to what was going on.")
        return None

    def _taken_offer(self) -> Taken | None:
        if not self.run.offer:
            return None
        if signals.is_plain_yes(self.heard):
            return _signal("yes", "It takes up what was offered.")
        return _signal("no", "It declines what was offered.") if signals.is_plain_no(self.heard) else None

    def _begun(self) -> Taken | None:
        """Another workflow that the message clearly begins, whatever else it says."""
        is_clear = self.trigger.score >= CLEAR and not merely_names(self.heard)
        return self._elsewhere() if is_clear and self.trigger.workflows else None

    # -- a confirmation ---------------------------------------------------------------------------------

    def _to_confirmation(self) -> Taken:
        if signals.is_plain_yes(self.heard):
            return _signal("yes", "A plain yes.")
        if signals.is_plain_no(self.heard) or signals.keeps_going(self.heard):
            return _signal("no", "A plain no.")
        if corrections := self._others(but=()):
            return Taken(commands=corrections, why="It says something else than what was to be confirmed.")
        return self._elsewhere() or self._unclear(self.heard)

    def _unclear(self, heard: Heard) -> Taken:
        if signals.is_frustrated(heard):
            return _signal("frustrated", "The customer is frustrated.")
        if signals.begins_with_no(heard):
            return _signal("no", "A no comes first.")
        return _signal("unclear", "Neither a plain yes nor a plain no.", is_certain=False)

    # -- a question -------------------------------------------------------------------------------------

    def _to_question(self, slot: Slot) -> Taken:
        if signals.has_not(self.heard):
            return _signal("has_not", "The customer does not have it.")
        told = read_as_asked(self.heard, slot, self.run, now=self.now)
        others = self._others(but=(slot.name,))
        frustrated = (Signal(kind="frustrated"),) if signals.is_frustrated(self.heard) else ()
        if isinstance(told, Told) and not (slot.type == "text" and self._asks_back(others)):
            if slot.type == "text" and not slot.pattern and self._is_beside(others, frustrated):
                return Taken(commands=(*others, *frustrated), why="It is about something else.", is_certain=False)
            known = self.run.slots.get(slot.name)
            answer = SetSlot(slot=slot.name, value=told.value, is_correction=known not in (None, told.value))
            return Taken(commands=(answer, *others, *frustrated), why=f"It answers the question for '{slot.name}'.")
        if others or frustrated:
            return Taken(commands=(*others, *frustrated), why="It says something that was not asked for.")
        return self._elsewhere() or self._no_value(slot, told)

    def _is_beside(self, others: Sequence[Command], frustrated: Sequence[Command]) -> bool:
        """Whether words that could be any text are a correction of something else, or anger, and not the answer."""
        is_short = len(self.heard.words) < SENTENCE
        return bool(frustrated) or (bool(others) and (is_short or signals.corrects(self.heard)))

    def _asks_back(self, others: Sequence[Command]) -> bool:
        """Whether words that could be any text are a question, or begin another workflow."""
        return not others and not merely_names(self.heard) and self._elsewhere() is not None

    def _no_value(self, slot: Slot, told: Told | Doubtful | None) -> Taken:
        if isinstance(told, Doubtful):
            invalid = InvalidSlot(slot=slot.name, why=told.why, said=told.said)
            return Taken(commands=(invalid,), why="Its value cannot be taken.", is_certain=told.why != "not_understood")
        invalid = InvalidSlot(slot=slot.name, why="not_understood", said=self.heard.text[:200])
        return Taken(commands=(invalid,), why=f"Nothing in it is a value for '{slot.name}'.", is_certain=False)

    # -- anything else ----------------------------------------------------------------------------------

    def _others(self, *, but: Sequence[str]) -> tuple[Command, ...]:
        """Slots that the message fills or takes back without having been asked for them."""
        told = volunteered(self.heard, self.workflow, self.run, now=self.now, but=but)
        if told:
            return tuple(told)
        renamed = corrected_by_name(self.heard, self.workflow, self.run, now=self.now)
        if renamed and not self.heard.asks:
            return tuple(one for one in renamed if one.slot not in but)
        changed = otherwise_wanted(self.heard, self.workflow, self.run)
        return tuple(SetSlot(slot=name, value=None, is_correction=True) for name in changed if name not in but)

    def _elsewhere(self) -> Taken | None:
        """What the customer turns to: another workflow, or a question for the knowledge."""
        found = self.trigger.workflows
        if self.workflow.name not in found:
            if len(found) == 1:
                told = volunteered(self.heard, self.workflows[found[0]], None, now=self.now)
                why = f"Close to an example of '{found[0]}'."
                return Taken(commands=(StartWorkflow(workflow=found[0]), *told), why=why)
            if found:
                why = "Close to examples of several workflows."
                return Taken(commands=(WhichWorkflow(workflows=found),), why=why, is_certain=False)
        if self.trigger.stance == "general" and is_question(self.heard):
            return _signal("question", "A question for the knowledge.")
        return _signal("question", "It has a question mark.", is_certain=False) if self.heard.asks else None


def _signal(kind: str, why: str, *, is_certain: bool = True) -> Taken:
    return Taken(commands=(Signal(kind=kind),), why=why, is_certain=is_certain)  # type: ignore[arg-type]
