"""What an expression gives for a run. A value that is not there makes every comparison with it untrue, and every sum
with it unknown; only `known` and `failed` ask about it."""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from frontdesk.domain.connector import Row, Value
from frontdesk.domain.workflow import Reading, Slot
from frontdesk.workflows.expressions import Expression, ExpressionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known in a run at one moment."""

    slots: Mapping[str, Value]
    readings: Mapping[str, Reading]
    definitions: Mapping[str, Slot]
    at: datetime
    """Aware; its date is `today`."""

    def chosen(self, slot: str) -> Row | None:
        """The record that a slot was chosen from."""
        spec = self.definitions.get(slot)
        reading = self.readings.get(spec.choose_from) if spec and spec.choose_from else None
        value = self.slots.get(slot)
        if spec is None or reading is None or value is None:
            return None
        return next((row for row in reading.rows if row.get(spec.choose_by) == value), None)


def evaluate(expression: Expression, facts: Facts, own: Mapping[str, Any] | None = None) -> Any:
    """Its value; None where something it needs is not known.

    Args:
        own: names beside slots and results, such as the fields of one record.
    Raises:
        ExpressionError: values that do not go together, which a checked workflow only meets where a system does not
            keep to its types.
    """
    try:
        return _value(expression.body, facts, dict(own or {}))
    except (TypeError, ArithmeticError, DecimalException, OverflowError, AttributeError, KeyError) as error:
        raise ExpressionError(f"`{expression.text}` can't be worked out: {type(error).__name__}") from error


def is_true(expression: Expression, facts: Facts) -> bool:
    return evaluate(expression, facts) is True


def _value(node: ast.expr, facts: Facts, own: dict[str, Any]) -> Any:  # noqa: PLR0911  (one line for each node)
    match node:
        case ast.Constant(value=value):
            return Decimal(str(value)) if isinstance(value, float) else value
        case ast.Name(id=name):
            return _of_name(name, facts, own)
        case ast.Attribute(value=whole, attr=name):
            return _of_field(whole, name, facts, own)
        case ast.BoolOp(op=op, values=parts):
            test = all if isinstance(op, ast.And) else any
            return test(_value(part, facts, own) is True for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _value(part, facts, own) is not True
        case ast.UnaryOp(operand=part):
            return None if (value := _value(part, facts, own)) is None else -value
        case ast.BinOp():
            return _of_arithmetic(node, facts, own)
        case ast.Compare():
            return _of_comparison(node, facts, own)
        case ast.Call(func=ast.Name(id=name)):
            return _of_call(name, node, facts, own)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [_value(part, facts, own) for part in parts]
    raise ExpressionError(f"`{ast.unparse(node)}` has no value of its own")


def _of_name(name: str, facts: Facts, own: Mapping[str, Any]) -> Any:
    if name in own:
        return own[name]
    if name in ("true", "false"):
        return name == "true"
    if name in ("today", "now"):
        return facts.at.date() if name == "today" else facts.at
    if name in facts.definitions:
        return facts.slots.get(name)
    reading = facts.readings.get(name)
    return None if reading is None or reading.failure else reading.rows


def _of_field(whole: ast.expr, name: str, facts: Facts, own: dict[str, Any]) -> Any:
    if isinstance(whole, ast.Name) and whole.id not in own and whole.id in facts.definitions:
        row: Any = facts.chosen(whole.id)
    else:
        row = _value(whole, facts, own)
        row = row[0] if isinstance(row, tuple) and row else row
    return row.get(name) if isinstance(row, Mapping) else None


_ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _of_arithmetic(node: ast.BinOp, facts: Facts, own: dict[str, Any]) -> Any:
    left, right = _value(node.left, facts, own), _value(node.right, facts, own)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.Div) and isinstance(left, int | Decimal):
        return None if right == 0 else (Decimal(left) / Decimal(right)).normalize()
    return _ARITHMETIC[type(node.op)](left, right)


_ORDER: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _of_comparison(node: ast.Compare, facts: Facts, own: dict[str, Any]) -> bool:
    values = [_value(part, facts, own) for part in (node.left, *node.comparators)]
    return all(_holds(op, left, right) for op, left, right in zip(node.ops, values, values[1:], strict=False))


def _holds(op: ast.cmpop, left: Any, right: Any) -> bool:
    match op:
        case ast.Eq():
            return left is not None and bool(left == right)
        case ast.NotEq():
            return left is None or bool(left != right)
        case ast.In():
            return left is not None and right is not None and left in right
        case ast.NotIn():
            return left is None or right is None or left not in right
    return left is not None and right is not None and _ORDER[type(op)](left, right)


def _of_call(name: str, node: ast.Call, facts: Facts, own: dict[str, Any]) -> Any:
    if name == "failed":
        return _has_failed(node, facts)
    if name in _OF_MANY:
        return _OF_MANY[name](list(_items(node.args[0], facts, own)))
    value = _value(node.args[0], facts, own)
    if name == "known":
        return value is not None and value != ()
    return None if value is None else _OF_ONE[name](value)


def _has_failed(node: ast.Call, facts: Facts) -> bool:
    name = node.args[0].id if isinstance(node.args[0], ast.Name) else ""
    reading = facts.readings.get(name)
    if reading is None or reading.failure is None:
        return False
    wanted = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else reading.failure
    return reading.failure == wanted


def _items(node: ast.expr, facts: Facts, own: dict[str, Any]) -> Iterator[Any]:
    if not isinstance(node, ast.GeneratorExp):
        yield from _value(node, facts, own) or ()
        return
    loop = node.generators[0]
    name = loop.target.id if isinstance(loop.target, ast.Name) else ""
    for item in _value(loop.iter, facts, own) or ():
        inner = {**own, name: item}
        if all(_value(test, facts, inner) is True for test in loop.ifs):
            yield _value(node.elt, facts, inner)


def _present(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None]


_OF_MANY: Mapping[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "any": lambda values: any(value is True for value in values),
    "all": lambda values: all(value is True for value in values),
    "sum": lambda values: None if None in values else sum(values, Decimal(0)),
    "smallest": lambda values: min(_present(values), default=None),
    "largest": lambda values: max(_present(values), default=None),
    "first": lambda values: values[0] if values else None,
}


def _span(unit: str) -> Callable[[Any], timedelta]:
    return lambda value: timedelta(**{unit: float(value)})


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


_OF_ONE: Mapping[str, Callable[[Any], Any]] = {
    "days": _span("days"),
    "hours": _span("hours"),
    "minutes": _span("minutes"),
    "day": _day,
    "date": date.fromisoformat,
    "lower": str.lower,
}
