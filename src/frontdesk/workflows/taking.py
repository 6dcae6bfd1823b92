"""From step to step, until the run needs somebody: the customer, another system, or a person.

One function for each kind of step; it gives True where the walk goes on.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from frontdesk.domain.connector import FailureKind, Row, Value
from frontdesk.domain.errors import StepLimitError
from frontdesk.domain.workflow import (
    AskStep,
    Call,
    CallStep,
    CallWanted,
    ConfirmStep,
    DecideStep,
    Ends,
    EndStep,
    HandOverStep,
    PlannedCall,
    Reading,
    SayStep,
    Slot,
    Workflow,
)
from frontdesk.text.hashing import content_hash
from frontdesk.workflows.conditions import holds
from frontdesk.workflows.dependencies import forget_what_rests_on
from frontdesk.workflows.roads import reachable
from frontdesk.workflows.slots import check_value
from frontdesk.workflows.walking import Walk, hash_of

MAX_STEPS = 50
"""Steps without a word or a call; a guess, several times what a readable workflow has."""
MOST_TELLING: tuple[FailureKind, ...] = (
    "not_yours",
    "denied",
    "limit",
    "rejected",
    "not_found",
    "malformed",
    "rate_limited",
    "unavailable",
    "silent",
)
"""Which of several failures decides: what says most about the customer's matter, and not about a system's health."""
MIN_DIGITS = 4
"""Digits from which a number without its letters names a record; a guess."""


def go(walk: Walk) -> None:
    """Walk on from where the run stands."""
    for _ in range(MAX_STEPS):
        step = walk.step
        if step is None or not _TAKES[type(step)](walk, step):
            return
    raise StepLimitError(f"The workflow `{walk.workflow.name}` goes round in circles at `{walk.run.step}`.")


def ask_again(walk: Walk) -> None:
    """The question that the run waits with, once more."""
    step = walk.step
    if isinstance(step, AskStep):
        walk.ask(step)
    elif isinstance(step, ConfirmStep):
        walk.show(step)
    elif step is not None:
        go(walk)


def _take_ask(walk: Walk, step: AskStep) -> bool:
    slot = walk.workflow.slots[step.slot]
    if step.is_afresh:
        _forget(walk, slot.name)
        _let_repeat(walk, step)
    elif _is_settled(walk, slot):
        return walk.move_to(step.next)
    elif _is_missing(walk, slot) and slot.if_missing:
        return walk.move_to(slot.if_missing)
    if walk.count_ask(slot.name):
        walk.ask(step)
    return False


def _forget(walk: Walk, slot: str) -> None:
    walk.run = forget_what_rests_on(walk.workflow, walk.run, slot)
    walk.change(slots={name: value for name, value in walk.run.slots.items() if name != slot})


def _let_repeat(walk: Walk, step: AskStep) -> None:
    """What another value leads to is said even where the same was said before."""
    again = reachable(walk.workflow, step.next)
    walk.change(said={name: mark for name, mark in walk.run.said.items() if name not in again})


def _is_settled(walk: Walk, slot: Slot) -> bool:
    """Whether it has a value that may stand; the only record there is to choose is chosen."""
    value, rows = walk.run.slots.get(slot.name), _rows(walk, slot)
    if value is None and rows is not None and len(rows) == 1:
        walk.set_slot(slot.name, rows[0].get(slot.choose_by))
        return walk.run.slots[slot.name] is not None
    if value is None:
        return False
    if rows and (named := _named(slot, value, rows)) is not None:
        if named != value:
            walk.set_slot(slot.name, named)
        return True
    if objection := check_value(slot, value, today=walk.at.date(), records=rows):
        walk.say(walk.wording.invalid(objection))
        _forget(walk, slot.name)
        return False
    return True


def _named(slot: Slot, value: Value, rows: Sequence[Row]) -> Value:
    """The choice that the value names by another field of its record, such as the order of a refund; None where it names
    none, or several."""
    said = str(value).casefold()
    found = [row for row in rows if any(_is_like(str(field).casefold(), said) for field in row.values())]
    return found[0].get(slot.choose_by) if len(found) == 1 else None


def _is_like(field: str, said: str) -> bool:
    """Whether it is the same but for signs, or the same number without the letters before it."""
    field, said = (re.sub(r"[\W_]", "", text) for text in (field, said))
    is_number = len(said) >= MIN_DIGITS and said.isdigit()
    return field == said or (is_number and re.fullmatch(rf"\D+{said}", field) is not None)


def _is_missing(walk: Walk, slot: Slot) -> bool:
    return slot.name in walk.run.missing or _rows(walk, slot) == ()


def _rows(walk: Walk, slot: Slot) -> Any:
    reading = walk.run.readings.get(slot.choose_from) if slot.choose_from else None
    return None if reading is None or reading.failure else reading.rows


def _take_call(walk: Walk, step: CallStep) -> bool:
    wanted = [planned for call in step.calls if (planned := _needed(walk, call))]
    if wanted:
        walk.moves.append(CallWanted(step=step.step, calls=tuple(wanted)))
        return False
    failures = [walk.run.readings[call.result].failure for call in step.calls]
    kinds = [kind for kind in MOST_TELLING if kind in failures]
    if not kinds:
        return walk.move_to(step.next)
    failed = next(call for call in step.calls if walk.run.readings[call.result].failure == kinds[0])
    return walk.fail(step.failures, kinds[0], f"{failed.connector}.{failed.operation}")


def _needed(walk: Walk, call: Call) -> PlannedCall | None:
    """The call, unless it is skipped, has just returned, or was made with the same arguments before."""
    operation = f"{call.connector}.{call.operation}"
    if call.skip_if and holds(call.skip_if, walk.facts()):
        walk.keep(call.result, Reading(operation=operation, read_at=walk.at))
        return None
    planned = walk.plan(call)
    if call.result in walk.fresh:
        walk.keep(call.result, replace(walk.fresh.pop(call.result), arguments=planned.arguments))
        return None
    known = walk.run.readings.get(call.result)
    is_good = known is not None and known.operation == operation and known.arguments == planned.arguments
    return None if known and is_good and (known.failure is None or known.read_at == walk.at) else planned


def _take_decide(walk: Walk, step: DecideStep) -> bool:
    facts = walk.facts()
    return walk.move_to(next((case.go for case in step.cases if holds(case.when, facts)), step.otherwise))


def _take_confirm(walk: Walk, step: ConfirmStep) -> bool:
    if step.step in walk.run.undone:
        walk.hand_over(f"`{step.step}` was carried out and undone before.")
        return False
    if step.step in walk.run.effects:
        return walk.move_to(step.next)
    if step.call.result in walk.fresh or _takes_back(walk):
        return _take_outcome(walk, step)
    before = walk.run.readings.get(step.call.result)
    if before and before.failure == "silent":
        walk.say(walk.wording.say("unsure_if_done"))
        walk.hand_over(f"Nobody knows whether `{step.step}` took place.", failure="silent")
        return False
    planned = walk.plan(step.call)
    if walk.approved and walk.approved == hash_of(planned):
        walk.approved = ""
        walk.change(is_waiting=False, shown="")
        walk.moves.append(CallWanted(step=step.step, calls=(planned,), is_effect=True))
    elif walk.count_ask(f"confirm {step.step}"):
        walk.show(step)
    return False


def _takes_back(walk: Walk) -> bool:
    return any(call.result in walk.fresh for call in walk.workflow.compensation.values())


def _take_outcome(walk: Walk, step: ConfirmStep) -> bool:
    """What came of the effect, or of taking earlier ones back."""
    if (reading := walk.fresh.pop(step.call.result, None)) is not None:
        walk.keep(step.call.result, replace(reading, arguments=walk.plan(step.call).arguments))
    failure = walk.run.readings[step.call.result].failure
    if failure is None:
        walk.change(effects=(*walk.run.effects, step.step))
        return walk.move_to(step.next)
    if failure == "silent":
        return _fail_unsure(walk, step)
    is_over = not _may_come_back(walk.workflow, step, failure)
    what = f"{step.call.connector}.{step.call.operation}"
    return (not is_over or _undo(walk)) and walk.fail(step.failures, failure, what)


def _may_come_back(workflow: Workflow, step: ConfirmStep, failure: FailureKind) -> bool:
    """Whether the road of a failure leads to another try, so that what was done before is still of use."""
    road = step.failures.get(failure) or step.failures.get("any")
    return road is not None and step.step in reachable(workflow, road)


def _fail_unsure(walk: Walk, step: ConfirmStep) -> bool:
    if "silent" in step.failures or "any" in step.failures:
        return walk.fail(step.failures, "silent", step.step)
    walk.say(walk.wording.say("unsure_if_done"))
    walk.hand_over(f"Nobody knows whether `{step.step}` took place.", failure="silent")
    return False


def _undo(walk: Walk) -> bool:
    """Take earlier effects back, the latest first; True when nothing is left to take back."""
    has_undone = False
    for effect in reversed([name for name in walk.run.effects if name not in walk.run.undone]):
        if (call := walk.workflow.compensation.get(effect)) is None:
            continue
        if (reading := walk.fresh.pop(call.result, None)) is None:
            wanted = CallWanted(step=walk.run.step, calls=(walk.plan(call),), is_effect=True, undoes=effect)
            walk.moves.append(wanted)
            return False
        walk.keep(call.result, reading)
        if reading.failure:
            walk.say(walk.wording.say("not_undone"))
            walk.hand_over(f"`{effect}` could not be undone.", failure=reading.failure)
            return False
        walk.change(undone=(*walk.run.undone, effect))
        has_undone = True
    if has_undone:
        walk.say(walk.wording.say("undone"))
    return True


def _take_say(walk: Walk, step: SayStep) -> bool:
    text = walk.filled(walk.wording.of(step.text))
    mark = content_hash([text])[:16]
    if walk.run.said.get(step.step) != mark:
        walk.say(text, *step.about)
        walk.change(said={**walk.run.said, step.step: mark})
    return walk.move_to(step.next)


def _take_hand_over(walk: Walk, step: HandOverStep) -> bool:
    walk.say(walk.filled(walk.wording.of(step.text)))
    walk.hand_over(step.why or f"The workflow `{walk.workflow.name}` asks for a person.", queue=step.queue)
    return False


def _take_end(walk: Walk, step: EndStep) -> bool:
    has_acted = any(effect not in walk.run.undone for effect in walk.run.effects)
    walk.end(Ends(status="done", outcome="acted" if has_acted and step.outcome == "answered" else step.outcome))
    return False


_TAKES: Mapping[type, Callable[[Walk, Any], bool]] = {
    AskStep: _take_ask,
    CallStep: _take_call,
    DecideStep: _take_decide,
    ConfirmStep: _take_confirm,
    SayStep: _take_say,
    HandOverStep: _take_hand_over,
    EndStep: _take_end,
}
