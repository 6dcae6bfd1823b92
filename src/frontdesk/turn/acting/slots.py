"""Which slots of a workflow a message fills."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from frontdesk.domain.connector import Value
from frontdesk.domain.workflow import AskStep, InvalidSlot, SetSlot, Slot, Workflow, WorkflowRun
from frontdesk.text.tokens import content_stems
from frontdesk.turn.acting.choices import named, options_of
from frontdesk.turn.acting.entities import Doubtful, Question, Told, read_slot
from frontdesk.turn.acting.heard import LANGUAGES, Heard


def asked_slot(workflow: Workflow, run: WorkflowRun) -> str:
    """The slot whose question waits for an answer; empty where none does."""
    step = workflow.steps.get(run.step)
    return step.slot if isinstance(step, AskStep) and step.slot in workflow.slots else ""


def read_as_asked(heard: Heard, slot: Slot, run: WorkflowRun, *, now: datetime) -> Told | Doubtful | None:
    """What a message says of a slot, taken for the answer to its question."""
    return read_slot(heard, _question(slot, run, now, is_asked=True))


def named_at_once(heard: Heard, slot: Slot, run: WorkflowRun, *, begun_by: Sequence[str], now: datetime) -> Value:
    """The record that an earlier message names, by its key or another of its fields; None where that is none or several.

    Args:
        begun_by: examples of the workflow. Their words name no record: an order that "should be cancelled" is not the one
            whose status reads so.
    """
    begins = _stems(begun_by)
    options = [
        replace(option, names=(*option.names[:1], *(name for name in option.names[1:] if not _stems([name]) <= begins)))
        for option in options_of(slot, run, now)
    ]
    found = named(heard, options)
    return found[0].value if len(found) == 1 else None


def _stems(texts: Sequence[str]) -> set[str]:
    return {other for text in texts for language in LANGUAGES for other in content_stems(text, language)}


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


_IS = re.compile(
    r"(?:\b(?:is|was|should be|must be|to|ist|lautet|war|es|era|debe ser)\b|:)\s+(?P<value>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)


def corrected_by_name(heard: Heard, workflow: Workflow, run: WorkflowRun, *, now: datetime) -> list[SetSlot]:
    """A new value for a slot that is called by its name: "no, the postcode is 10117"."""
    match = _IS.search(heard.text)
    if match is None:
        return []
    before, value = heard.text[: match.start()], Heard(match["value"], heard.language)
    said = {other for language in LANGUAGES for other in content_stems(before, language)}
    found = []
    for slot in workflow.slots.values():
        known = run.slots.get(slot.name)
        if known is None or said.isdisjoint(_words_of(slot)):
            continue
        told = read_as_asked(value, slot, run, now=now)
        if isinstance(told, Told) and told.value != known:
            found.append(SetSlot(slot=slot.name, value=told.value, is_correction=True))
    return found if len(found) == 1 else []


_OTHER = re.compile(
    r"(?<!\w)(?:(?:to |for |with )?(?:an? |the )?(?:other|another|different|wrong|new)|change|andere[nrsm]?|fae?lsche[nrsm]?|neue[nrsm]?"
    r"|ae?ndern?|otr[oa]|distint[oa]|equivocad[oa]|nuev[oa]|cambiar|cambia|instead|statt)(?!\w)"
)


def otherwise_wanted(heard: Heard, workflow: Workflow, run: WorkflowRun) -> list[str]:
    """Slots with a value that the customer wants another one for, without saying which: "but to another address"."""
    if not _OTHER.search(heard.folded):
        return []
    said = {other for language in LANGUAGES for other in content_stems(heard.text, language)}
    known = [slot for slot in workflow.slots.values() if run.slots.get(slot.name) is not None]
    return [slot.name for slot in known if not said.isdisjoint(_words_of(slot))]


def _words_of(slot: Slot) -> set[str]:
    """Stems of what the slot is called, in its name and in its question."""
    return _stems([slot.name.replace("_", " "), *slot.ask.values()])


def _question(slot: Slot, run: WorkflowRun | None, now: datetime, *, is_asked: bool) -> Question:
    current = run.slots.get(slot.name) if run is not None else None
    return Question(slot=slot, now=now, options=options_of(slot, run, now), current=current, is_asked=is_asked)
