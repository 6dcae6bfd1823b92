"""Whether an expression makes sense of its names, told before anybody meets it."""

import ast
import difflib
from collections.abc import Iterable, Mapping
from datetime import date

from frontdesk.workflows.expressions import Expression, ExpressionError
from frontdesk.workflows.shapes import DATE, NUMBER, SPAN, TEXT, TIME, UNKNOWN, YES_NO, Shape

Scope = Mapping[str, Shape]
"""Slots and results by name."""
_NUMBERS = ("number", "money")
_ORDERED = (*_NUMBERS, "date", "time", "span")
_AMONG_LISTS = ("count", "any", "all", "sum", "smallest", "largest", "first")
_GIVES: Mapping[str, tuple[tuple[str, ...], Shape]] = {
    "days": (("number",), SPAN),
    "hours": (("number",), SPAN),
    "minutes": (("number",), SPAN),
    "day": (("time", "date"), DATE),
    "lower": (("text", "choice"), TEXT),
}


def shape_of(expression: Expression, scope: Scope) -> Shape:
    """What it gives.

    Raises:
        ExpressionError: a name or a field that does not exist, or values that do not go together.
    """
    return _shape(expression.body, scope)


def check_condition(expression: Expression, scope: Scope) -> None:
    """Raises: ExpressionError: as `shape_of`, and where it is not a matter of yes or no."""
    if (shape := shape_of(expression, scope)).kind not in ("yes_no", "unknown"):
        raise ExpressionError(f"`{expression.text}` is {_named(shape)} and no condition", "Compare it with something.")


def _shape(node: ast.expr, scope: Scope) -> Shape:  # noqa: PLR0911  (one line for each kind of node)
    match node:
        case ast.Constant(value=value):
            return _of_constant(value)
        case ast.Name(id=name):
            return _of_name(name, scope)
        case ast.Attribute():
            return _of_field(node, scope)
        case ast.BoolOp(values=parts):
            return _all_yes_no(parts, scope)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _all_yes_no([part], scope)
        case ast.UnaryOp(operand=part):
            return _must_be(_shape(part, scope), (*_NUMBERS, "span"), part)
        case ast.BinOp():
            return _of_arithmetic(node, scope)
        case ast.Compare():
            return _of_comparison(node, scope)
        case ast.Call():
            return _of_call(node, scope)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return _of_values(parts, scope)
    raise ExpressionError(f"`{ast.unparse(node)}` can only stand inside of any(…), all(…), sum(…), first(…), count(…)")


def _of_constant(value: object) -> Shape:
    if isinstance(value, bool):
        return YES_NO
    return Shape(kind="text", choices=(value,)) if isinstance(value, str) else NUMBER


def _of_name(name: str, scope: Scope) -> Shape:
    if name in scope:
        return scope[name]
    if name in ("true", "false"):
        return YES_NO
    if name in ("today", "now"):
        return DATE if name == "today" else TIME
    hint = f'If it is a text, write "{name}" in quotation marks.'
    raise ExpressionError(f"`{name}` is neither a slot nor a result", _or_close(name, [*scope, "today", "now"], hint))


def _of_field(node: ast.Attribute, scope: Scope) -> Shape:
    whole = _shape(node.value, scope)
    if whole.kind == "unknown" or whole.is_open:
        return UNKNOWN
    of = ast.unparse(node.value)
    if whole.kind == "list":
        hint = f"Write first({of}).{node.attr}, or any(one.{node.attr} == … for one in {of})."
        raise ExpressionError(f"`{of}` holds any number of records", hint)
    if node.attr in whole.fields:
        return whole.fields[node.attr]
    known = f"There are {', '.join(whole.fields)}." if whole.fields else ""
    raise ExpressionError(f"`{of}` has no field `{node.attr}`", _or_close(node.attr, whole.fields, known))


def _or_close(name: str, known: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else otherwise


def _all_yes_no(parts: Iterable[ast.expr], scope: Scope) -> Shape:
    for part in parts:
        _must_be(_shape(part, scope), ("yes_no",), part)
    return YES_NO


def _must_be(shape: Shape, kinds: tuple[str, ...], node: ast.expr) -> Shape:
    if shape.kind in kinds or shape.kind == "unknown":
        return shape
    wanted = " or ".join(_KINDS_IN_WORDS[kind] for kind in kinds)
    raise ExpressionError(f"`{ast.unparse(node)}` is {_named(shape)}, where {wanted} is needed")


def _of_arithmetic(node: ast.BinOp, scope: Scope) -> Shape:
    left, right = _shape(node.left, scope), _shape(node.right, scope)
    if "unknown" in (left.kind, right.kind):
        return UNKNOWN
    found = _RESULTS.get((type(node.op), left.kind, right.kind))
    if found is None:
        hint = "Lengths of time are days(…), hours(…), minutes(…)." if "date" in (left.kind, right.kind) else ""
        raise ExpressionError(f"`{ast.unparse(node)}` mixes {_named(left)} and {_named(right)}", hint)
    return found


_MONEY = Shape(kind="money")
_RESULTS: Mapping[tuple[type, str, str], Shape] = {
    **{(op, "number", "number"): NUMBER for op in (ast.Add, ast.Sub, ast.Mult, ast.Div)},
    **{(op, "money", "money"): _MONEY for op in (ast.Add, ast.Sub)},
    **{(op, "money", "number"): _MONEY for op in (ast.Add, ast.Sub, ast.Mult, ast.Div)},
    (ast.Mult, "number", "money"): _MONEY,
    (ast.Div, "money", "money"): NUMBER,
    **{(op, kind, "span"): Shape(kind=kind) for op in (ast.Add, ast.Sub) for kind in ("date", "time", "span")},
    (ast.Sub, "date", "date"): SPAN,
    (ast.Sub, "time", "time"): SPAN,
}


def _of_comparison(node: ast.Compare, scope: Scope) -> Shape:
    parts = [node.left, *node.comparators]
    for op, first, second in zip(node.ops, parts, parts[1:], strict=False):
        left, right = _shape(first, scope), _shape(second, scope)
        if isinstance(op, ast.In | ast.NotIn):
            _check_membership(left, right, node)
        elif "unknown" not in (left.kind, right.kind):
            _check_pair(op, left, right, node)
    return YES_NO


def _check_membership(left: Shape, right: Shape, node: ast.Compare) -> None:
    if right.kind == "list" and right.item:
        texts = [Shape(kind="text", choices=(value,)) for value in right.item.choices]
        for one in texts or [right.item]:
            if "unknown" not in (left.kind, one.kind):
                _check_pair(ast.Eq(), left, one, node)
    elif right.kind not in ("text", "unknown"):
        raise ExpressionError(
            f"`{ast.unparse(node)}` looks inside {_named(right)}", 'Write status in ["paid", "open"].'
        )


def _check_pair(op: ast.cmpop, left: Shape, right: Shape, node: ast.Compare) -> None:
    if _family(left) != _family(right):
        hint = "Lengths of time are days(…), hours(…)." if "span" in (left.kind, right.kind) else ""
        raise ExpressionError(f"`{ast.unparse(node)}` compares {_named(left)} with {_named(right)}", hint)
    if not isinstance(op, ast.Eq | ast.NotEq) and left.kind not in _ORDERED:
        raise ExpressionError(f"`{ast.unparse(node)}`: {_named(left)} has no order", "Use == or !=.")
    for choice, text in ((left, right), (right, left)):
        if choice.kind == "choice" and text.kind == "text" and text.choices and text.choices[0] not in choice.choices:
            known = f"There are {', '.join(choice.choices)}."
            hint = _or_close(text.choices[0], choice.choices, known)
            raise ExpressionError(f'"{text.choices[0]}" is none of the values of `{ast.unparse(node.left)}`', hint)


def _family(shape: Shape) -> str:
    if shape.kind in _NUMBERS:
        return "number"
    return "text" if shape.kind in ("text", "choice") else shape.kind


def _of_call(node: ast.Call, scope: Scope) -> Shape:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "known":
        _shape(node.args[0], scope)
        return YES_NO
    if name == "failed":
        return _of_failed(node, scope)
    if name == "date":
        return _of_date(node.args[0])
    if name in _AMONG_LISTS:
        return _of_many(name, node.args[0], scope)
    kinds, gives = _GIVES[name]
    _must_be(_shape(node.args[0], scope), kinds, node.args[0])
    return gives


def _of_failed(node: ast.Call, scope: Scope) -> Shape:
    if not isinstance(node.args[0], ast.Name) or _shape(node.args[0], scope).kind not in ("record", "list", "unknown"):
        raise ExpressionError(f"`{ast.unparse(node)}` needs the name of a result")
    return YES_NO


def _of_date(node: ast.expr) -> Shape:
    try:
        date.fromisoformat(str(node.value) if isinstance(node, ast.Constant) else "")
    except ValueError:
        raise ExpressionError(f"`{ast.unparse(node)}` is no date", 'Write date("2026-12-31").') from None
    return DATE


def _of_many(name: str, node: ast.expr, scope: Scope) -> Shape:
    item = _of_items(node, scope)
    if name == "count":
        return NUMBER
    if name in ("any", "all"):
        _must_be(item, ("yes_no",), node)
        return YES_NO
    if name != "first":
        return _must_be(item, _NUMBERS if name == "sum" else _ORDERED, node)
    return Shape(kind=item.kind, choices=item.choices, fields=item.fields, is_certain=False)


def _of_items(node: ast.expr, scope: Scope) -> Shape:
    """The shape of each of the things that a function looks at."""
    if not isinstance(node, ast.GeneratorExp):
        whole = _shape(node, scope)
        return (_must_be(whole, ("list",), node).item or UNKNOWN) if whole.kind != "unknown" else UNKNOWN
    loop = node.generators[0]
    name = loop.target.id if isinstance(loop.target, ast.Name) else ""
    if name in scope:
        raise ExpressionError(f"`{name}` names something else already", "Call each record something else after `for`.")
    inner = {**scope, name: _of_items(loop.iter, scope)}
    for test in loop.ifs:
        _must_be(_shape(test, inner), ("yes_no",), test)
    return _shape(node.elt, inner)


def _of_values(parts: list[ast.expr], scope: Scope) -> Shape:
    shapes = [_shape(part, scope) for part in parts]
    if len({_family(shape) for shape in shapes}) > 1:
        raise ExpressionError("a list holds values of one kind")
    choices = tuple(choice for shape in shapes for choice in shape.choices)
    return Shape(kind="list", item=Shape(kind=shapes[0].kind, choices=choices) if shapes else UNKNOWN)


_KINDS_IN_WORDS: Mapping[str, str] = {
    "text": "a text",
    "number": "a number",
    "money": "an amount",
    "date": "a date",
    "time": "a time",
    "span": "a length of time",
    "yes_no": "a yes or no",
    "choice": "one of a few values",
    "record": "a whole record",
    "list": "a list",
    "unknown": "something",
}


def _named(shape: Shape) -> str:
    return _KINDS_IN_WORDS[shape.kind]
