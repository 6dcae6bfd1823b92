"""A workflow under examination: what its names stand for, where its steps are written, what is known at each."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from frontdesk.domain.connector import OperationSpec
from frontdesk.domain.workflow import Workflow
from frontdesk.releases.workflows_made import Location, Made
from frontdesk.workflows.expression_types import check_condition, shape_of
from frontdesk.workflows.expressions import ExpressionError, parse_expression
from frontdesk.workflows.shapes import Shape

Told = tuple[Location, str, str]
"""Where, what, and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A workflow with what its names stand for."""

    made: Made
    operations: Mapping[str, OperationSpec] | None
    scope: Mapping[str, Shape]
    known: Mapping[str, frozenset[str]]

    @property
    def workflow(self) -> Workflow:
        return self.made.workflow

    def place(self, step: str) -> Location:
        return self.made.places.get(step, ("steps",))


def near(name: str, known: Collection[str], otherwise: str = "") -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else otherwise


def check_expression(checked: Checked, place: Location, text: str, *, is_condition: bool) -> Iterator[Told]:
    try:
        check = check_condition if is_condition else shape_of
        check(parse_expression(text), checked.scope)
    except ExpressionError as error:
        yield place, f"`{text}`: {error.public_message}.", error.hint


def names_in(text: str) -> frozenset[str]:
    """Slots and results an expression uses; none where it can't be read, which is told elsewhere."""
    try:
        return parse_expression(text).names()
    except ExpressionError:
        return frozenset()
