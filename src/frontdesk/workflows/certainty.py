"""What is sure to be known at a step, whichever road led there.

Names are slots and results (`order`, `refund`) and single fields that a condition has made sure of (`refund.paid_on`). A
result that was called for and may have failed is noted with a question mark, so that `not failed(parcel)` makes it sure.
"""

import ast
from collections.abc import Callable, Mapping

from frontdesk.domain.workflow import AskStep, CallStep, ConfirmStep, DecideStep, Step, Workflow
from frontdesk.workflows.expressions import ExpressionError, parse_expression
from frontdesk.workflows.roads import Road, roads_from

Known = frozenset[str]


def known_at(workflow: Workflow) -> Mapping[str, Known]:
    """For each step that can be come to: what is known there on every road."""
    found: dict[str, Known] = {workflow.first: frozenset()}
    waiting = [workflow.first]
    while waiting:
        name = waiting.pop()
        step = workflow.steps.get(name)
        if step is None:
            continue
        for road in roads_from(step, workflow):
            after = _after(step, road, found[name])
            before = found.get(road.to)
            merged = after if before is None else before & after
            if merged != before:
                found[road.to] = merged
                waiting.append(road.to)
    return found


def _after(step: Step, road: Road, known: Known) -> Known:
    match step:
        case AskStep(slot=slot):
            without = _without(known, slot) if step.is_afresh or road.why == "missing" else known
            return without if road.why == "missing" else without | {slot}
        case CallStep(calls=calls):
            sure = {call.result for call in calls if not call.skip_if}
            known = _without(known, *(call.result for call in calls)) | {f"{name}?" for name in sure}
            return known if road.why == "failure" else known | sure
        case ConfirmStep(call=call):
            return known | {call.result} if road.why == "next" else known
        case DecideStep():
            return known | _after_deciding(step, road, known)
    return known


def _without(known: Known, *names: str) -> Known:
    return frozenset(one for one in known if one.rstrip("?").partition(".")[0] not in names)


def _after_deciding(step: DecideStep, road: Road, known: Known) -> Known:
    """What the case that was taken, and those that were not, make sure."""
    sure: Known = frozenset()
    for case in step.cases:
        if road.why == "case" and case.when == road.label and case.go == road.to:
            return sure | _sure(case.when, known, is_so=True)
        sure |= _sure(case.when, known, is_so=False)
    return sure


def _sure(text: str, known: Known, *, is_so: bool) -> Known:
    try:
        return _of(parse_expression(text).body, known, is_so)
    except ExpressionError:
        return frozenset()  # told by the checks


def _of(node: ast.expr, known: Known, is_so: bool) -> Known:
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _of(part, known, not is_so)
        case ast.BoolOp(op=op, values=parts):
            each = [_of(part, known, is_so) for part in parts]
            is_all = isinstance(op, ast.And) == is_so
            join: Callable[..., Known] = frozenset.union if is_all else frozenset.intersection
            return join(*each)
        case ast.Call(func=ast.Name(id="known"), args=[part]) if is_so:
            return _with_owner(part)
        case ast.Call(func=ast.Name(id="failed"), args=[ast.Name(id=name)]) if not is_so and f"{name}?" in known:
            return frozenset({name})
        case ast.Compare(ops=ops) if is_so and not any(isinstance(op, ast.NotEq | ast.NotIn) for op in ops):
            return frozenset().union(*(_leaves(part) for part in (node.left, *node.comparators)))
    return frozenset()


def _leaves(node: ast.expr) -> Known:
    """Values that have to be there for a comparison to be true."""
    if isinstance(node, ast.Name | ast.Attribute):
        return _with_owner(node)
    if isinstance(node, ast.BinOp):
        return _leaves(node.left) | _leaves(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("day", "lower"):
        return _leaves(node.args[0])
    return frozenset()


def _with_owner(node: ast.expr) -> Known:
    """A field that is known belongs to a result that is."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return frozenset({node.value.id, f"{node.value.id}.{node.attr}"})
    return frozenset({node.id}) if isinstance(node, ast.Name) else frozenset()
