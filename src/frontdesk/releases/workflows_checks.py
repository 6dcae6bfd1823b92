"""What can be wrong in a workflow though every value is of its kind: its roads, its calls and its questions."""

import re
from collections.abc import Iterator, Mapping

from frontdesk.domain.connector import OperationSpec
from frontdesk.domain.errors import ConfigProblem
from frontdesk.domain.workflow import AskStep, Call, CallStep, ConfirmStep, DecideStep, Slot, Workflow
from frontdesk.releases.workflows_calls import check_calls
from frontdesk.releases.workflows_checked import Checked, Told, check_expression, names_in, near
from frontdesk.releases.workflows_made import Location, Made
from frontdesk.releases.workflows_texts import check_texts
from frontdesk.releases.yaml_files import YamlFile
from frontdesk.workflows.certainty import known_at
from frontdesk.workflows.dependencies import calls_of
from frontdesk.workflows.expressions import RESERVED, is_name
from frontdesk.workflows.roads import Road, circle_without_question, reachable, roads_from
from frontdesk.workflows.shapes import Shape, shape_of_result, shape_of_slot

MAX_STEPS = 100
MAX_EXAMPLES = 200
_NESTED = re.compile(r"\((?:[^()\\]|\\.)*(?:[+*]|\{\d*,\})(?:[^()\\]|\\.)*\)(?:[+*]|\{\d*,\d*\})")
"""A repeat of a repeat, such as `(a+)+`: the time it takes can double with each character of a customer's message."""
_STEP_ID = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_TEXTS = ("text", "choice")
_NUMBERS = ("number", "money")


def check_workflow(
    file: YamlFile, made: Made, operations: Mapping[str, OperationSpec] | None, default_language: str
) -> Iterator[ConfigProblem]:
    """Everything about one workflow."""
    checked = Checked(made=made, operations=operations, scope=_scope(made, operations), known=known_at(made.workflow))
    found = [
        *_check_whole(checked),
        *_check_names(checked),
        *_check_roads(checked),
        *_check_slots(checked),
        *check_calls(checked),
        *_check_decisions(checked),
        *check_texts(file.value, made, checked.scope, checked.known, default_language),
    ]
    for location, message, hint in dict.fromkeys(found):
        yield ConfigProblem(where=file.where(*location), message=message, hint=hint)


def _scope(made: Made, operations: Mapping[str, OperationSpec] | None) -> Mapping[str, Shape]:
    results = {
        call.result: shape_of_result((operations or {}).get(f"{call.connector}.{call.operation}"))
        for call in calls_of(made.workflow)
    }
    slots = {name: shape_of_slot(slot, results) for name, slot in made.workflow.slots.items()}
    return {**results, **slots}


# -- as a whole ---------------------------------------------------------------------------------------


def _check_whole(checked: Checked) -> Iterator[Told]:
    workflow = checked.workflow
    if not is_name(workflow.name):
        hint = "Use small letters, digits and underscores, such as refund_status.yaml."
        yield (), f"`{workflow.name}` cannot name a workflow.", hint
    if not workflow.owner.strip():
        yield ("owner",), "`owner` is empty.", "Name whoever answers for these rules."
    if not any(example.strip() for example in workflow.examples) or len(workflow.examples) > MAX_EXAMPLES:
        yield ("examples",), f"`examples` needs 1 to {MAX_EXAMPLES} sentences.", "Write what customers begin it with."
    if not 1 <= len(checked.made.places) <= MAX_STEPS:
        yield ("steps",), f"A workflow has 1 to {MAX_STEPS} steps.", ""
    if workflow.version < 1:
        yield ("version",), "`version` begins at 1.", ""
    if workflow.max_asks < 1 or workflow.time_limit_s <= 0:
        name = "max_asks" if workflow.max_asks < 1 else "time_limit_hours"
        yield (name,), f"`{name}` has to be above 0.", ""
    for name, share in {"share": workflow.share, **{f"channels.{k}": v for k, v in workflow.channels.items()}}.items():
        if not 0 <= share <= 1:
            yield tuple(name.split(".")), f"`{name}` is a share between 0 and 1.", "0.1 is one conversation in ten."


def _check_names(checked: Checked) -> Iterator[Told]:
    """Slots, results and steps are told apart, and can be written in conditions."""
    for location in checked.made.repeated:
        yield location, "Another step has this id already.", "Give each an id of its own."
    for step, place in checked.made.places.items():
        if not _STEP_ID.match(step):
            yield (*place, "id"), f"`{step}` can't be an id.", "Use small letters, digits and underscores."
    for slot in checked.workflow.slots:
        yield from ((("slots", slot), *why) for why in _objections_to(slot))
    seen: dict[str, str] = {}
    for step, call in _calls_with_steps(checked.workflow):
        place, operation = checked.place(step), f"{call.connector}.{call.operation}"
        yield from ((place, *why) for why in _objections_to(call.result))
        if call.result in checked.workflow.slots:
            yield place, f"`{call.result}` is a slot and a result.", "Give the result another name with `as`."
        if seen.setdefault(call.result, operation) != operation:
            message = f"`{call.result}` is the result of `{seen[call.result]}` already."
            yield place, message, "Give one of them another name with `as`."


def _objections_to(name: str) -> Iterator[tuple[str, str]]:
    if not is_name(name):
        why = "means something else in conditions" if name in RESERVED else "can't be used in conditions"
        yield f"`{name}` {why}.", "Use another name of letters, digits and underscores."


def _calls_with_steps(workflow: Workflow) -> Iterator[tuple[str, Call]]:
    for name, step in workflow.steps.items():
        if isinstance(step, CallStep):
            yield from ((name, call) for call in step.calls)
        elif isinstance(step, ConfirmStep):
            yield name, step.call


# -- roads --------------------------------------------------------------------------------------------


def _check_roads(checked: Checked) -> Iterator[Told]:
    workflow = checked.workflow
    found = {step: list(roads_from(workflow.steps[step], workflow)) for step in checked.made.places}
    for step, roads in found.items():
        yield from (told for road in roads for told in _check_road(checked, step, road))
    if any(road.to not in workflow.steps for roads in found.values() for road in roads):
        return  # what follows would only repeat it
    come_to = reachable(workflow)
    for step, place in checked.made.places.items():
        if step not in come_to:
            yield place, f"No road leads to `{step}`.", "Name it in another step's `next`, `go` or `otherwise`."
    if circle := circle_without_question(workflow):
        shown = " > ".join((*circle, circle[0]))
        hint = "Write `again: true` at an `ask` among them, which forgets the old value and asks for a new one."
        yield checked.place(circle[0]), f"These steps go round without anybody being asked: {shown}.", hint


def _check_road(checked: Checked, step: str, road: Road) -> Iterator[Told]:
    if not road.to:
        yield checked.place(step), f"`{step}` is the last step and leads nowhere.", "End with `- end`, or write `next`."
    elif road.to not in checked.workflow.steps:
        place = _place_of(checked, step, road)
        known = ", ".join(checked.workflow.steps)
        message = f"`{step}` leads to `{road.to}`, which is no step."
        yield place, message, near(road.to, checked.workflow.steps, f"There are {known}.")


def _place_of(checked: Checked, step: str, road: Road) -> Location:
    """Where a road is written."""
    found, place = checked.workflow.steps[step], checked.place(step)
    if isinstance(found, AskStep) and road.why == "missing":
        return ("slots", found.slot, "if_missing")
    if isinstance(found, DecideStep) and road.why == "case":
        number = next(
            number for number, case in enumerate(found.cases) if (case.when, case.go) == (road.label, road.to)
        )
        return (*place, "decide", number, "go")
    if road.why == "failure" and isinstance(found, CallStep | ConfirmStep):
        return (*place, "failures", next(kind for kind, to in found.failures.items() if to == road.to))
    return (*place, "next" if road.why == "next" else "otherwise")


# -- slots --------------------------------------------------------------------------------------------


def _check_slots(checked: Checked) -> Iterator[Told]:
    workflow = checked.workflow
    asked = {step.slot for step in workflow.steps.values() if isinstance(step, AskStep)}
    for name, step in workflow.steps.items():
        if isinstance(step, AskStep) and step.slot not in workflow.slots:
            message = f"`{step.slot}` is none of the `slots`."
            yield (*checked.place(name), "ask"), message, near(step.slot, workflow.slots, "Describe it there.")
        elif isinstance(step, AskStep) and step.is_afresh and step.slot not in checked.known.get(name, {step.slot}):
            hint = "Leave `again` out, or ask for it in another step first."
            yield (*checked.place(name), "again"), f"`{step.slot}` may not have been asked for before.", hint
    for name, slot in workflow.slots.items():
        place: Location = ("slots", name)
        if name not in asked and not _is_used(workflow, name):
            yield place, f"`{name}` is neither asked for nor used.", "Add a step `- ask:` for it, or leave it out."
        for key, message, hint in (*_about_kind(slot), *_about_records(checked, slot)):
            yield (*place, key), f"`{name}`: {message}", hint


def _is_used(workflow: Workflow, slot: str) -> bool:
    decisions = (step for step in workflow.steps.values() if isinstance(step, DecideStep))
    texts = [case.when for step in decisions for case in step.cases]
    texts += [text for call in calls_of(workflow) for text in (*call.arguments.values(), call.skip_if) if text]
    return any(slot in names_in(text) for text in texts)


def _about_kind(slot: Slot) -> Iterator[tuple[str, str, str]]:
    if slot.type == "choice" and not slot.choices and not slot.choose_from:
        yield "type", "a choice needs `choices` or `choose_from`.", "Write each value with how it is said."
    if slot.choices and (slot.type != "choice" or slot.choose_from):
        yield "choices", "`choices` belong to `type: choice` without `choose_from`.", ""
    if slot.pattern and slot.type not in ("text", "id"):
        yield "pattern", f"`pattern` is for text and id, not for {slot.type}.", ""
    if (slot.minimum is not None or slot.maximum is not None) and slot.type not in _NUMBERS:
        yield "type", f"`minimum` and `maximum` are for number and money, not for {slot.type}.", ""
    if slot.minimum is not None and slot.maximum is not None and slot.minimum > slot.maximum:
        yield "minimum", "`minimum` is above `maximum`.", ""
    if (slot.not_before_days is not None or slot.not_after_days is not None) and slot.type not in ("date", "time"):
        yield "type", f"`not_before_days` and `not_after_days` are for dates, not for {slot.type}.", ""
    if not 1 <= slot.max_chars <= 2000:
        yield "max_chars", "`max_chars` is between 1 and 2000.", ""
    yield from _about_pattern(slot)


def _about_pattern(slot: Slot) -> Iterator[tuple[str, str, str]]:
    try:
        pattern = re.compile(slot.pattern, re.IGNORECASE)
    except re.error as error:
        yield "pattern", f"`pattern` is no regular expression: {error}.", ""
        return
    if _NESTED.search(slot.pattern):
        hint = "Repeat with a bound, as in {1,20}, or take one of the repeats out."
        yield "pattern", "`pattern` repeats what is repeated already, which can take very long.", hint
    for example in slot.examples if slot.pattern else ():
        if not pattern.fullmatch(example):
            yield (
                "examples",
                f"the example `{example}` does not fit the `pattern`.",
                "The pattern is for the whole value.",
            )


def _about_records(checked: Checked, slot: Slot) -> Iterator[tuple[str, str, str]]:
    if not slot.choose_from:
        for key in ("choose_by", "label"):
            if getattr(slot, key):
                yield key, f"`{key}` needs `choose_from`.", ""
        return
    if not slot.choose_by:
        yield "choose_from", "`choose_from` needs `choose_by`.", "Name the records' field that becomes the value."
    if not slot.if_missing:
        hint = "Name the step that goes on where there is nothing to choose from."
        yield "choose_from", "`choose_from` needs `if_missing`.", hint
    shape = checked.scope.get(slot.choose_from) if slot.choose_from not in checked.workflow.slots else None
    if shape is None:
        results = {call.result for call in calls_of(checked.workflow)}
        yield "choose_from", f"`{slot.choose_from}` is no result.", near(slot.choose_from, results)
    elif shape.kind not in ("list", "unknown"):
        yield "choose_from", f"`{slot.choose_from}` is one record and no list.", ""
    elif shape.item and slot.choose_by not in shape.item.fields:
        known = f"There are {', '.join(shape.item.fields)}."
        yield "choose_by", f"`{slot.choose_from}` has no field `{slot.choose_by}`.", known
    for step in checked.workflow.steps.values():
        is_asked = isinstance(step, AskStep) and step.slot == slot.name
        if is_asked and slot.choose_from not in checked.known.get(step.step, frozenset({slot.choose_from})):
            message = f"`{slot.choose_from}` may not be read yet where it is asked for."
            yield "choose_from", message, "Put its `call` before the `ask` on every road."


def _check_decisions(checked: Checked) -> Iterator[Told]:
    for name, step in checked.workflow.steps.items():
        if isinstance(step, DecideStep):
            for number, case in enumerate(step.cases):
                place = (*checked.place(name), "decide", number, "when")
                yield from check_expression(checked, place, case.when, is_condition=True)
