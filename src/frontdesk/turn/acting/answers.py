"""What a message means while a run waits for the customer's word."""

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
    Understood,
    WhichWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.turn.acting import signals
from frontdesk.turn.acting.entities import Doubtful, Told
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.slots import answer_to, volunteered
from frontdesk.turn.acting.triggers import Trigger


def read_answer(heard: Heard, workflow: Workflow, run: WorkflowRun, *, trigger: Trigger, now: datetime) -> Understood:
    """The commands for the open run, or the workflow that the customer turns to instead."""
    if heard.is_silent:
        return _signal("unclear", why="It has neither letters nor digits.")
    if (word := _word_for_the_run(heard)) is not None:
        return word
    step = workflow.steps.get(run.step)
    match step:
        case ConfirmStep():
            return _to_confirmation(heard, workflow, run, trigger, now)
        case AskStep():
            return _to_question(heard, workflow, workflow.slots[step.slot], run, trigger, now)
        case _:
            return _elsewhere(heard, workflow, run, trigger) or _signal("unclear", why="The run does not ask anything.")


def _word_for_the_run(heard: Heard) -> Understood | None:
    if signals.wants_person(heard):
        return _signal("person", why="It asks for a person.")
    if signals.wants_cancel(heard):
        return _signal("cancel", why="It calls off what is going on.")
    if signals.asks_why(heard):
        return _signal("why", why="It asks what the question is for.")
    if signals.wants_resume(heard):
        return _signal("resume", why="It goes back to what was going on.")
    return None


def _to_confirmation(heard: Heard, workflow: Workflow, run: WorkflowRun, trigger: Trigger, now: datetime) -> Understood:
    if signals.is_plain_yes(heard):
        return _signal("yes", why="A plain yes.")
    if signals.is_plain_no(heard) or signals.keeps_going(heard):
        return _signal("no", why="A plain no.")
    if corrections := volunteered(heard, workflow, run, now=now):
        return Understood(commands=tuple(corrections), why="It says something else than what was to be confirmed.")
    if (elsewhere := _elsewhere(heard, workflow, run, trigger)) is not None:
        return elsewhere
    if signals.begins_with_no(heard):
        return _signal("no", why="A no comes first.")
    return _signal("unclear", why="Neither a plain yes nor a plain no.")


def _to_question(
    heard: Heard, workflow: Workflow, slot: Slot, run: WorkflowRun, trigger: Trigger, now: datetime
) -> Understood:
    if signals.has_not(heard):
        return _signal("has_not", why="The customer does not have it.")
    told = answer_to(heard, slot, run, now=now)
    others = volunteered(heard, workflow, run, now=now, but=(slot.name,))
    frustrated = [Signal(kind="frustrated")] if signals.is_frustrated(heard) else []
    if isinstance(told, Told) and not (slot.type == "text" and heard.asks):
        commands: list[Command] = [SetSlot(slot=slot.name, value=told.value), *others, *frustrated]
        return Understood(commands=tuple(commands), why=f"It answers the question for '{slot.name}'.")
    if others:
        return Understood(commands=(*others, *frustrated), why="It says something that was not asked for.")
    if frustrated:
        return Understood(commands=tuple(frustrated), why="The customer is frustrated.")
    if (elsewhere := _elsewhere(heard, workflow, run, trigger)) is not None:
        return elsewhere
    if isinstance(told, Doubtful):
        return Understood(
            commands=(InvalidSlot(slot=slot.name, why=told.why, said=told.said),), why="Not a valid value."
        )
    if run.offer and signals.is_plain_yes(heard):
        return _signal("yes", why="It takes up the offer.")
    why = f"Nothing in it is a value for '{slot.name}'."
    return Understood(commands=(InvalidSlot(slot=slot.name, why="not_understood", said=heard.text[:200]),), why=why)


def _elsewhere(heard: Heard, workflow: Workflow, run: WorkflowRun, trigger: Trigger) -> Understood | None:
    """What the customer turns to: another workflow, or a question for the knowledge."""
    others = tuple(name for name in trigger.workflows if name != workflow.name)
    if len(others) == 1 and len(trigger.workflows) == 1:
        return Understood(commands=(StartWorkflow(workflow=others[0]),), why=f"Close to an example of '{others[0]}'.")
    if others and workflow.name not in trigger.workflows:
        return Understood(commands=(WhichWorkflow(workflows=others),), why="Close to examples of several workflows.")
    if trigger.stance == "general" or heard.asks:
        return _signal("question", why="A question for the knowledge.")
    return None


def _signal(kind: str, *, why: str) -> Understood:
    return Understood(commands=(Signal(kind=kind),), why=why)  # type: ignore[arg-type]
