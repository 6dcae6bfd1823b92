"""What a customer's words change in a run, before it walks on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from frontdesk.domain.connector import Value
from frontdesk.domain.workflow import (
    AskStep,
    Command,
    ConfirmStep,
    Ends,
    EndStep,
    InvalidSlot,
    SetSlot,
    Signal,
    Slot,
)
from frontdesk.workflows.dependencies import effects_on, results_of_effects
from frontdesk.workflows.slots import Objection, check_value
from frontdesk.workflows.taking import ask_again, go
from frontdesk.workflows.walking import Walk

STALE_S = 600.0
"""After so long a system is read again before anything is said or done from it; a guess."""
_NOTHING_NEW = frozenset({""})
"""Stands in for what was told where a question is only repeated."""
MAX_FRUSTRATED = 2
"""The second angry word brings a person in."""


def hear(walk: Walk, commands: Sequence[Command]) -> None:
    """Take the commands in, and walk on or answer them; afterwards the last move says what the run waits for."""
    kinds: set[str] = {command.kind for command in commands if isinstance(command, Signal)}
    for kind, answer in _AT_ONCE.items():
        if kind in kinds and answer(walk):
            return
    was_offered = walk.run.offer
    walk.change(offer="")
    if was_offered and "yes" in kinds:
        walk.hand_over("The customer took the offer of a person.")
        return
    step, old = walk.step, walk.run
    if step is None:
        return
    sets, invalid = _sort_values(walk, commands, kinds, is_offer=bool(was_offered))
    refused = _apply(walk, sets)
    if refused:
        return
    is_changed = walk.run.slots != old.slots
    if "frustrated" in kinds:
        walk.say(walk.wording.say("frustrated"))
    if "why" in kinds:
        walk.say(_why(walk))
    if is_changed:
        _go_after_change(walk, old.slots, sets)
    elif invalid is not None:
        _object(walk, invalid)
    else:
        _answer_signals(walk, kinds, is_offer=bool(was_offered))


# -- words that stop everything ----------------------------------------------------------------------


def _person(walk: Walk) -> bool:
    walk.hand_over("The customer asked for a person.")
    return True


def _cancel(walk: Walk) -> bool:
    has_acted = any(effect not in walk.run.undone for effect in walk.run.effects)
    walk.say(walk.wording.say("cancelled_after" if has_acted else "cancelled"))
    walk.end(Ends(status="cancelled", outcome="acted" if has_acted else "answered", why="The customer called it off."))
    return True


def _frustrated(walk: Walk) -> bool:
    walk.change(frustrated=walk.run.frustrated + 1)
    if walk.run.frustrated >= MAX_FRUSTRATED:
        walk.say(walk.wording.say("frustrated"))
        walk.hand_over("The customer is frustrated.")
        return True
    return False


_AT_ONCE: Mapping[str, Callable[[Walk], bool]] = {"person": _person, "cancel": _cancel, "frustrated": _frustrated}


# -- values -------------------------------------------------------------------------------------------


def _sort_values(
    walk: Walk, commands: Sequence[Command], kinds: set[str], *, is_offer: bool
) -> tuple[list[SetSlot], InvalidSlot | None]:
    """Values that may be taken, and the first one that may not."""
    sets: list[SetSlot] = []
    invalid: InvalidSlot | None = None
    for command in (*commands, *_as_answer(walk, kinds, is_offer=is_offer)):
        if isinstance(command, InvalidSlot):
            invalid = invalid or command
        elif isinstance(command, SetSlot) and _may_be_told(walk, command):
            why = _objection(walk, command)
            if why is None:
                sets.append(command)
            else:
                invalid = invalid or InvalidSlot(slot=command.slot, why=why, said=str(command.value))
    return sets, invalid


def _objection(walk: Walk, command: SetSlot) -> Objection | None:
    """What is wrong with a value; a correction to nothing takes the old one back."""
    if command.value is None and command.is_correction:
        return None
    slot = walk.workflow.slots[command.slot]
    return check_value(slot, command.value, today=walk.at.date(), records=_records(walk, slot))


def _records(walk: Walk, slot: Slot) -> Sequence[Mapping[str, Value]] | None:
    reading = walk.run.readings.get(slot.choose_from) if slot.choose_from else None
    return None if reading is None or reading.failure else reading.rows


def _as_answer(walk: Walk, kinds: set[str], *, is_offer: bool) -> list[SetSlot]:
    """A bare yes or no, where that is what was asked for."""
    slot = _waiting_slot(walk)
    if slot is None or slot.type != "yes_no" or is_offer or not kinds & {"yes", "no"}:
        return []
    return [SetSlot(slot=slot.name, value="yes" in kinds)]


def _may_be_told(walk: Walk, command: SetSlot) -> bool:
    """Whether a slot exists and may be filled now: some are taken as an answer to their question only."""
    slot, waiting = walk.workflow.slots.get(command.slot), _waiting_slot(walk)
    if slot is None:
        return False
    is_known = walk.run.slots.get(slot.name) is not None
    return slot.is_volunteered or is_known or (waiting is not None and waiting.name == slot.name)


def _waiting_slot(walk: Walk) -> Slot | None:
    step = walk.workflow.steps.get(walk.run.step)
    return walk.workflow.slots[step.slot] if isinstance(step, AskStep) and walk.run.is_waiting else None


def _apply(walk: Walk, sets: Sequence[SetSlot]) -> bool:
    """Set the slots; True where one of them is past changing, which the customer was told."""
    for command in sets:
        before = walk.run.slots.get(command.slot)
        if before == command.value:
            continue
        if before is not None and effects_on(walk.workflow, walk.run, command.slot):
            walk.say(walk.wording.say("already_done"))
            walk.offer_person()
            return True
        walk.set_slot(command.slot, command.value)
    return False


def _go_after_change(walk: Walk, before: Mapping[str, Value], sets: Sequence[SetSlot]) -> None:
    """On from the answered question; after anything else the road is walked again from its beginning."""
    waiting, step = _waiting_slot(walk), walk.workflow.steps[walk.run.step]
    told = frozenset(command.slot for command in sets)
    walk.told = told
    now = {name: walk.run.slots.get(name) for name in told}
    if any(value is not None and before.get(name) not in (None, value) for name, value in now.items()):
        walk.say(walk.wording.say("corrected"))
    if (
        isinstance(step, AskStep)
        and waiting is not None
        and told == {waiting.name}
        and now[waiting.name] is not None
        and not _drop_stale(walk)
    ):
        walk.move_to(step.next)
    else:
        _drop_stale(walk)
        walk.move_to(walk.workflow.first)
    go(walk)


def _drop_stale(walk: Walk) -> bool:
    """Forget what was read too long ago; True where something was."""
    kept = results_of_effects(walk.workflow)
    oldest = walk.at - timedelta(seconds=STALE_S)
    fresh = {
        name: reading
        for name, reading in walk.run.readings.items()
        if name in kept or reading.read_at is None or reading.read_at >= oldest
    }
    is_less = len(fresh) < len(walk.run.readings)
    walk.change(readings=fresh)
    return is_less


def _object(walk: Walk, invalid: InvalidSlot) -> None:
    """Say what is wrong with a value, and ask again."""
    slot = walk.workflow.slots.get(invalid.slot)
    if slot is None:
        _not_understood(walk)
        return
    walk.say(walk.wording.invalid(invalid.why))
    waiting = _waiting_slot(walk)
    if waiting is not None and waiting.name == slot.name:
        _count_and_ask(walk, slot)
    else:
        walk.say(walk.wording.examples(slot.examples))
        ask_again(walk)


def _count_and_ask(walk: Walk, slot: Slot) -> None:
    if walk.count_ask(slot.name):
        walk.say(walk.wording.examples(slot.examples))
        ask_again(walk)


# -- everything else ----------------------------------------------------------------------------------


def _answer_signals(walk: Walk, kinds: set[str], *, is_offer: bool) -> None:
    step = walk.workflow.steps[walk.run.step]
    if kinds & {"resume", "question"}:
        _come_back(walk)
    elif not walk.run.is_waiting:
        go(walk)
    elif "why" in kinds or (is_offer and "no" in kinds):
        ask_again(walk)
    elif "frustrated" in kinds:
        walk.offer_person()
    elif "has_not" in kinds and isinstance(step, AskStep):
        _has_not(walk, walk.workflow.slots[step.slot])
    elif isinstance(step, ConfirmStep):
        _answer_confirmation(walk, step, kinds)
    else:
        _not_understood(walk)


def _come_back(walk: Walk) -> None:
    """Back after something else; systems are read again where it took long."""
    walk.say(walk.wording.back_to(walk.wording.of(walk.workflow.title)))
    walk.told = _NOTHING_NEW
    if _drop_stale(walk) or not walk.run.is_waiting:
        walk.move_to(walk.workflow.first)
        go(walk)
    else:
        ask_again(walk)


def _why(walk: Walk) -> str:
    slot = _waiting_slot(walk)
    if slot is None:
        is_confirm = isinstance(walk.workflow.steps.get(walk.run.step), ConfirmStep)
        return walk.wording.say("why_confirm" if is_confirm else "why")
    return walk.wording.of(slot.why) or walk.wording.say("why")


def _has_not(walk: Walk, slot: Slot) -> None:
    walk.say(walk.wording.of(slot.missing))
    if slot.if_missing:
        walk.change(missing=(*walk.run.missing, slot.name))
        walk.move_to(slot.if_missing)
        go(walk)
        return
    if not slot.missing:
        walk.say(walk.wording.say("missing"))
    walk.offer_person()


def _answer_confirmation(walk: Walk, step: ConfirmStep, kinds: set[str]) -> None:
    if "no" in kinds:
        target = walk.workflow.steps.get(step.otherwise)
        walk.say(walk.wording.say("declined") if isinstance(target, EndStep) else "")
        walk.change(shown="")
        walk.move_to(step.otherwise)
        go(walk)
    elif "yes" in kinds:
        _accept(walk, step)
    else:
        walk.say(walk.wording.say("yes_or_no"))
        if walk.count_ask(f"confirm {step.step}"):
            walk.show(step)


def _accept(walk: Walk, step: ConfirmStep) -> None:
    """A yes counts for what was shown, and for as long as it was to."""
    if walk.at - walk.run.updated_at > timedelta(seconds=step.expires_s):
        walk.say(walk.wording.say("looked_again"))
        _drop_stale(walk)
        walk.told = _NOTHING_NEW
        walk.move_to(walk.workflow.first)
    else:
        walk.approved = walk.run.shown
        walk.move_to(step.step)
    go(walk)


def _not_understood(walk: Walk) -> None:
    slot = _waiting_slot(walk)
    walk.say(walk.wording.say("not_understood"))
    if slot is not None:
        _count_and_ask(walk, slot)
    else:
        ask_again(walk)
