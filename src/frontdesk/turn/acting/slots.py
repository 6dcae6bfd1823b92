"""Which slots of a workflow a message fills."""

from collections.abc import Sequence
from datetime import datetime

from frontdesk.domain.workflow import InvalidSlot, SetSlot, Slot, Workflow, WorkflowRun
from frontdesk.turn.acting.choices import options_of
from frontdesk.turn.acting.entities import Doubtful, Question, Told, read_slot
from frontdesk.turn.acting.heard import Heard


def answer_to(heard: Heard, slot: Slot, run: WorkflowRun, *, now: datetime) -> Told | Doubtful | None:
    """What the message says of the slot that was asked for."""
    return read_slot(heard, _question(slot, run, now, is_asked=True))


def volunteered(
    heard: Heard, workflow: Workflow, run: WorkflowRun | None, *, now: datetime, but: Sequence[str] = ()
) -> list[SetSlot | InvalidSlot]:
    """What the message says of slots that were not asked for. Words serve one slot only, in the workflow's order."""
    found: list[SetSlot | InvalidSlot] = []
    taken: set[tuple[str, str]] = set()
    for slot in workflow.slots.values():
        if not slot.is_volunteered or slot.name in but:
            continue
        told = read_slot(heard, _question(slot, run, now, is_asked=False))
        if not isinstance(told, Told) or (slot.type, told.said) in taken:
            continue
        taken.add((slot.type, told.said))
        known = run.slots.get(slot.name) if run is not None else None
        if known != told.value:
            found.append(SetSlot(slot=slot.name, value=told.value, is_correction=known is not None))
    return found


def _question(slot: Slot, run: WorkflowRun | None, now: datetime, *, is_asked: bool) -> Question:
    current = run.slots.get(slot.name) if run is not None else None
    return Question(slot=slot, now=now, options=options_of(slot, run), current=current, is_asked=is_asked)
