"""The little language of conditions and arguments: parsed once, and made of nothing but what is listed here.

    refund.status == "settled" and refund.amount <= 200
    today - order.delivered_on <= days(30)
    any(parcel.status == "lost" for parcel in parcels)
    first(item.price for item in items if item.number == wanted)

Names are slots, results, `today` and `now`. A name followed by a point and a field is that field: of the one record of a
result, or of the record that a slot was chosen from. Nothing is ever run: the text becomes a tree of permitted nodes,
which `evaluation` walks.
"""

import ast
import keyword
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from frontdesk.domain.errors import MalformedError

MAX_CHARS = 1000
MAX_NODES = 200
FUNCTIONS = {
    "known": "whether there is a value, or a record",
    "failed": "whether a result could not be read",
    "count": "how many records or values",
    "any": "whether one of them is so",
    "all": "whether all of them are so",
    "sum": "all of them together",
    "smallest": "the smallest, the earliest",
    "largest": "the largest, the latest",
    "first": "the first of them",
    "days": "a length of time",
    "hours": "a length of time",
    "minutes": "a length of time",
    "day": "the date of a time",
    "date": 'a date, written as "2026-12-31"',
    "lower": "a text in small letters",
}
RESERVED = frozenset({*FUNCTIONS, "today", "now", "true", "false"})
_NODES = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Call),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
    *(ast.Tuple, ast.List, ast.GeneratorExp, ast.comprehension),
)


class ExpressionError(MalformedError):
    """A condition or an argument that cannot be read, or makes no sense of its names."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, field="expression")
        self.hint = hint


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A text that was parsed."""

    text: str
    body: ast.expr

    def names(self) -> frozenset[str]:
        """Slots and results it uses."""
        own = {node.id for node in ast.walk(self.body) if isinstance(node, ast.Name) and _is_bound(node)}
        used = {node.id for node in ast.walk(self.body) if isinstance(node, ast.Name)}
        return frozenset(used - own - RESERVED)


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Expression:
    """Raises: ExpressionError: it has anything that is not listed above, with what to write in its place."""
    if len(text) > MAX_CHARS:
        raise ExpressionError(f"it is longer than {MAX_CHARS} characters", "Split it into several cases.")
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError("it is not a condition that can be read", _remedy(text, error)) from None
    nodes = list(ast.walk(body))
    if len(nodes) > MAX_NODES:
        raise ExpressionError("it has too many parts", "Split it into several cases.")
    for node in nodes:
        for message, hint in _objections(node):
            raise ExpressionError(message, hint)
    return Expression(text, body)


def is_name(text: str) -> bool:
    """Whether it can name a slot or a result."""
    return text.isidentifier() and text.isascii() and not keyword.iskeyword(text) and text not in RESERVED


def _is_bound(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _remedy(text: str, error: BaseException) -> str:
    words = text.split()
    if any(word == "=" for word in words):
        return 'Write == for "is equal to".'
    if any(keyword.iskeyword(word.split(".")[0]) for word in words if "." in word):
        return "One of its names means something else here; give the result another name."
    column = getattr(error, "offset", None)
    return f'It goes wrong at character {column}. Texts stand in quotation marks, as in status == "paid".'


def _objections(node: ast.AST) -> Iterator[tuple[str, str]]:
    if not isinstance(node, _NODES):
        yield f"`{_shown(node)}` is not part of what a condition may use", "See the list of operators and functions."
    elif isinstance(node, ast.Call):
        yield from _objections_to_call(node)
    elif isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float | bool):
        yield f"`{_shown(node)}` is no value here", "Use known(name) to ask whether there is one."
    elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        yield f"`{node.attr}` is no field", ""
    elif isinstance(node, ast.GeneratorExp) and (len(node.generators) > 1 or _is_nested(node)):
        yield "one `for` is as much as a condition may have", ""


def _objections_to_call(node: ast.Call) -> Iterator[tuple[str, str]]:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        yield f"`{_shown(node.func)}` is no function here", f"There are {', '.join(FUNCTIONS)}."
    elif node.keywords or not 1 <= len(node.args) <= (2 if node.func.id == "failed" else 1):
        yield f"`{node.func.id}` takes one thing", ""


def _is_nested(node: ast.GeneratorExp) -> bool:
    inner = (child for child in ast.walk(node) if child is not node)
    is_plain = isinstance(node.generators[0].target, ast.Name) and not node.generators[0].is_async
    return not is_plain or any(isinstance(child, ast.GeneratorExp) for child in inner)


def _shown(node: ast.AST) -> str:
    return ast.unparse(node)[:60] if isinstance(node, ast.expr) else type(node).__name__.lower()
