"""Conditions and arguments: compiled when a file is read, worked out when a run comes to them."""

from frontdesk.workflows.evaluation import Facts, evaluate, is_true
from frontdesk.workflows.expression_types import Scope, check_condition, shape_of
from frontdesk.workflows.expressions import Expression, ExpressionError, parse_expression

__all__ = [
    "Expression",
    "ExpressionError",
    "Facts",
    "Scope",
    "compile_argument",
    "compile_condition",
    "evaluate",
    "holds",
    "value_of",
]


def compile_condition(text: str, names: Scope) -> Expression:
    """Raises: ExpressionError: it can't be read, or makes no sense of the names."""
    expression = parse_expression(text)
    check_condition(expression, names)
    return expression


def compile_argument(text: str, names: Scope) -> Expression:
    """Raises: ExpressionError: as `compile_condition`."""
    expression = parse_expression(text)
    shape_of(expression, names)
    return expression


def holds(text: str, facts: Facts) -> bool:
    """Whether a condition is so; a value that is not there makes it untrue."""
    return is_true(parse_expression(text), facts)


def value_of(text: str, facts: Facts) -> object:
    return evaluate(parse_expression(text), facts)
