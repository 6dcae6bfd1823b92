"""What kind of value a name of a workflow stands for, as far as it is known when the file is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.connector import FieldSpec, OperationSpec
from frontdesk.domain.workflow import Slot

Kind = Literal["text", "number", "money", "date", "time", "span", "yes_no", "choice", "record", "list", "unknown"]
"""`span` is a length of time; `list` a number of values of one shape; `unknown` is never complained about."""
_TEXTS = ("text", "id", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The kind of a value, and what is inside."""

    kind: Kind
    choices: tuple[str, ...] = ()
    """Of `choice`: every value there is. Of a text that stands in an expression: the text itself."""
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    """Of a record; and of a slot that was chosen from records, those of the record."""
    item: "Shape | None" = None
    """Of a list."""
    is_certain: bool = True
    """Whether there always is a value; a field that isn't required may have none."""
    is_open: bool = False
    """Whether it may have fields that nobody has described."""
    is_private: bool = False
    """Never said."""


UNKNOWN = Shape(kind="unknown")
YES_NO = Shape(kind="yes_no")
TEXT = Shape(kind="text")
NUMBER = Shape(kind="number")
SPAN = Shape(kind="span")
DATE = Shape(kind="date")
TIME = Shape(kind="time")


def shape_of_result(spec: OperationSpec | None) -> Shape:
    """What an operation returns."""
    if spec is None:
        return UNKNOWN
    record = Shape(kind="record", fields={item.name: _shape_of_field(item) for item in spec.fields})
    return Shape(kind="list", item=record) if spec.is_list else record


def shape_of_slot(slot: Slot, results: Mapping[str, Shape]) -> Shape:
    """What a customer says for it; with the record's fields, where it is chosen from records."""
    source = results.get(slot.choose_from)
    is_open = source is not None and source.kind == "unknown"
    fields = source.item.fields if source and source.item else {}
    if slot.type == "choice" and not slot.choose_from:
        return Shape(kind="choice", choices=tuple(choice.value for choice in slot.choices))
    return Shape(kind=_kind_of(slot.type) if slot.type != "choice" else "text", fields=fields, is_open=is_open)


def _shape_of_field(item: FieldSpec) -> Shape:
    return Shape(
        kind=_kind_of(item.type), choices=item.choices, is_certain=item.is_required, is_private=item.is_private
    )


def _kind_of(written: str) -> Kind:
    return "text" if written in _TEXTS else written  # type: ignore[return-value]  # the others have the same names
