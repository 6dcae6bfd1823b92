"""What can be wrong in the calls of a workflow, held against what the systems are said to do."""

from collections.abc import Collection, Iterator, Mapping

from frontdesk.domain.connector import ArgumentSpec, OperationSpec
from frontdesk.domain.workflow import Call, CallStep, ConfirmStep, Step, Workflow
from frontdesk.releases.workflows_checked import Checked, Told, check_expression, names_in, near
from frontdesk.releases.workflows_made import Location
from frontdesk.workflows.expression_types import shape_of
from frontdesk.workflows.expressions import ExpressionError, parse_expression
from frontdesk.workflows.shapes import Shape
from frontdesk.workflows.templates import parse_template

_TEXTS = ("text", "choice")
_NUMBERS = ("number", "money")


def check_calls(checked: Checked) -> Iterator[Told]:
    for name, step in checked.workflow.steps.items():
        place = checked.place(name)
        if isinstance(step, CallStep):
            for call in step.calls:
                where = (*place, "calls", call.result) if len(step.calls) > 1 else place
                yield from _check_call(checked, step, call, where, "read")
        elif isinstance(step, ConfirmStep):
            yield from _check_call(checked, step, step.call, place, "effect")
            yield from _check_confirmation(step, place)
            if undo := checked.workflow.compensation.get(name):
                yield from _check_call(checked, step, undo, (*place, "undo"), "effect", is_later=True)


def _check_call(
    checked: Checked, step: Step, call: Call, place: Location, kind: str, *, is_later: bool = False
) -> Iterator[Told]:
    key = "does" if kind == "effect" and not is_later else "call"
    name = f"{call.connector}.{call.operation}"
    if not call.connector:
        yield (*place, key), f"`{call.operation}` names no system.", "Write connector.operation, as in payments.refund."
        return
    if call.skip_if:
        yield from check_expression(checked, (*place, "skip_if"), call.skip_if, is_condition=True)
    yield from _check_expressions(checked, call, place)
    if checked.operations is None:
        return
    spec = checked.operations.get(name)
    if spec is None:
        yield (*place, key), f"`{name}` is no operation of connectors.yaml.", _operation_hint(call, checked.operations)
        return
    yield from ((((*place, key)), *why) for why in _about_kinds(checked.workflow, spec, kind, is_later=is_later))
    known = checked.known.get(step.step, frozenset()) | (
        {step.call.result} if is_later and isinstance(step, ConfirmStep) else set()
    )
    yield from _check_arguments(checked, call, spec, place, known)


def _operation_hint(call: Call, operations: Mapping[str, OperationSpec]) -> str:
    name = f"{call.connector}.{call.operation}"
    own = [spec.qualified for spec in operations.values() if spec.connector == call.connector]
    return near(name, operations, f"There are {', '.join(own)}." if own else "Describe the system there first.")


def _about_kinds(workflow: Workflow, spec: OperationSpec, kind: str, *, is_later: bool) -> Iterator[tuple[str, str]]:
    if spec.kind == "effect" and kind == "read":
        yield f"`{spec.qualified}` changes something, and nothing is changed without a yes.", "Use a `confirm` step."
    if spec.kind == "read" and kind == "effect":
        hint = "Name an effect." if is_later else "Use a `call` step, or name an effect."
        yield f"`{spec.qualified}` only reads, so there is nothing to confirm.", hint
    if workflow.needs == "anyone" and spec.needs != "anyone":
        hint = f"Write `needs: {spec.needs}` in the workflow."
        yield f"`{spec.qualified}` needs a {spec.needs.replace('_', ' ')} customer, and anyone may begin this.", hint


def _check_expressions(checked: Checked, call: Call, place: Location) -> Iterator[Told]:
    for name, text in call.arguments.items():
        yield from check_expression(checked, (*place, "with", name), text, is_condition=False)


def _check_arguments(
    checked: Checked, call: Call, spec: OperationSpec, place: Location, known: Collection[str]
) -> Iterator[Told]:
    arguments = {argument.name: argument for argument in spec.arguments}
    for name, text in call.arguments.items():
        where = (*place, "with", name)
        argument = arguments.get(name)
        if argument is None:
            own = [one.name for one in spec.arguments if not one.bind]
            hint = near(name, own, f"It takes {', '.join(own)}." if own else "It takes none.")
            yield where, f"`{spec.qualified}` has no argument `{name}`.", hint
        elif argument.bind:
            message = f"`{name}` comes from the verified session and can't be set."
            yield where, message, "Leave it out."
        else:
            yield from ((where, *why) for why in _about_argument(checked, argument, text, known))
    for argument in spec.arguments:
        if argument.is_required and not argument.bind and argument.name not in call.arguments:
            yield place, f"`{spec.qualified}` needs the argument `{argument.name}`.", "Write it in `with`."


def _about_argument(
    checked: Checked, argument: ArgumentSpec, text: str, known: Collection[str]
) -> Iterator[tuple[str, str]]:
    try:
        shape = shape_of(parse_expression(text), checked.scope)
    except ExpressionError:
        return  # told before
    if not _fits(shape, argument):
        yield f"`{argument.name}` is a {argument.type}, and `{text}` is not.", ""
    odd = [value for value in shape.choices if argument.choices and value not in argument.choices]
    if odd:
        yield f"`{argument.name}` can't be `{odd[0]}`.", f"It is one of {', '.join(argument.choices)}."
    unsure = [name for name in parse_expression(text).names() if name not in known]
    if argument.is_required and unsure:
        hint = "Ask or read it before on every road."
        yield f"`{unsure[0]}` may not be known yet, and `{argument.name}` is needed.", hint


def _fits(shape: Shape, argument: ArgumentSpec) -> bool:
    if shape.kind == "unknown":
        return True
    if argument.type in ("text", "id", "email", "choice"):
        return shape.kind in _TEXTS
    return shape.kind in (_NUMBERS if argument.type in _NUMBERS else (argument.type,))


def _check_confirmation(step: ConfirmStep, place: Location) -> Iterator[Told]:
    """What is sent has to be seen by whoever says yes to it."""
    if step.expires_s <= 0:
        yield (*place, "expires_minutes"), "`expires_minutes` has to be above 0.", ""
    for language, text in step.text.items():
        try:
            shown = parse_template(text).names()
        except ExpressionError:
            continue  # told with the texts
        for name, argument in step.call.arguments.items():
            hidden = sorted(names_in(argument) - shown)
            if hidden:
                message = f"The confirmation in '{language}' does not show `{hidden[0]}`, which is sent as `{name}`."
                yield (*place, "confirm"), message, f"Write {{{hidden[0]}}} into it."
