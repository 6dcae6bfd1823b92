"""Texts with gaps for values: `Your refund of {refund.amount|money} was paid on {refund.paid_on|date}.`

    {order}                                    a slot, a field, or any other expression
    {refund.amount|money}                      in the currency of the record's field `currency`, or {…|money EUR}
    {parcel.carrier|else the carrier}          for a value that may be missing
    {reason|label}                             the customer's word for a choice
    {each orders: {number}, {placed_on|date}}  one piece for each record, joined as "A, B and C"
    {lines orders: {number}, {placed_on|date}} the same, each on a line of its own

What a system or a customer wrote goes in as plain text on one line and is never read again, so it can't become markup,
a gap or an instruction. {{ and }} stand for braces.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from frontdesk.domain.connector import Row
from frontdesk.domain.localised import localised
from frontdesk.workflows.evaluation import Facts, evaluate
from frontdesk.workflows.expressions import Expression, ExpressionError, parse_expression
from frontdesk.workflows.formats import (
    plain_text,
    write_date,
    write_list,
    write_money,
    write_time,
    write_value,
)

FILTERS = ("money", "date", "time", "label", "else")
MAX_LISTED = 10
"""Records that a text names; more are counted."""


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A value."""

    expression: Expression
    filters: tuple[Filter, ...]

    def filter(self, name: str) -> Filter | None:
        return next((one for one in self.filters if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Each:
    """A piece of text for each of some records."""

    records: Expression
    piece: "Template"
    joined: Literal["each", "lines"]


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was parsed."""

    text: str
    parts: tuple[str | Gap | Each, ...]

    def gaps(self) -> Iterator[Gap]:
        """Those outside of any repeated piece."""
        return (part for part in self.parts if isinstance(part, Gap))

    def repeated(self) -> Iterator[Each]:
        return (part for part in self.parts if isinstance(part, Each))

    def names(self) -> frozenset[str]:
        """Slots and results it uses; fields inside of repeated pieces may be among them."""
        outer = frozenset().union(*(gap.expression.names() | _of_money(gap) for gap in self.gaps()))
        inner = frozenset().union(*(each.records.names() | each.piece.names() for each in self.repeated()))
        return outer | inner


def _of_money(gap: Gap) -> frozenset[str]:
    money = gap.filter("money")
    return (
        parse_expression(money.argument).names()
        if money and not is_currency(money.argument) and money.argument
        else frozenset()
    )


def is_currency(text: str) -> bool:
    """Whether it is a code such as EUR."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Raises: ExpressionError: a brace that is not closed, an unknown filter, or what `parse_expression` says."""
    return Template(text, tuple(_parts(text)))


def _parts(text: str) -> Iterator[str | Gap | Each]:
    start = 0
    while start < len(text):
        opening = text.find("{", start)
        literal = text[start : opening if opening >= 0 else len(text)]
        if literal:
            yield literal.replace("}}", "}")
        if opening < 0:
            return
        if text.startswith("{{", opening):
            yield "{"
            start = opening + 2
            continue
        closing = _closing(text, opening)
        yield _part(text[opening + 1 : closing].strip())
        start = closing + 1


def _closing(text: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise ExpressionError(
        f"a brace is opened and not closed: `{text[opening : opening + 40]}`", "{{ stands for a brace."
    )


def _part(inside: str) -> Gap | Each:
    for joined in ("each", "lines"):
        if inside.startswith(f"{joined} "):
            records, colon, piece = inside.removeprefix(joined).partition(":")
            if not colon or not piece.strip():
                raise ExpressionError(
                    f"`{{{inside}}}` has no text to repeat", f"Write {{{joined} orders: {{number}}}}."
                )
            return Each(parse_expression(records.strip()), parse_template(piece.strip()), joined)
    expression, *filters = _split(inside)
    return Gap(parse_expression(expression), tuple(_filter(one) for one in filters))


def _split(inside: str) -> list[str]:
    """At the bars that stand outside of quotation marks."""
    pieces, quote = [""], ""
    for char in inside:
        if char in "\"'" and quote in ("", char):
            quote = "" if quote else char
        if char == "|" and not quote:
            pieces.append("")
        else:
            pieces[-1] += char
    return [piece.strip() for piece in pieces]


def _filter(text: str) -> Filter:
    name, _, argument = text.partition(" ")
    if name not in FILTERS:
        raise ExpressionError(f"`|{name}` is no way to write a value", f"There are {', '.join(FILTERS)}.")
    return Filter(name, argument.strip())


# -- filling in -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Everything a text is filled from."""

    facts: Facts
    language: str
    default_language: str
    unknown: str = "–"
    """Stands for a value that is not there and has no `else`."""
    row: Row | None = None
    """Of a repeated piece: the record it is about."""


def fill(text: str, filling: Filling) -> str:
    """The text with its values.

    Raises:
        ExpressionError: as `evaluate`.
    """
    return _filled(parse_template(text), filling)


def _filled(template: Template, filling: Filling) -> str:
    return "".join(part if isinstance(part, str) else _written(part, filling) for part in template.parts)


def _written(part: Gap | Each, filling: Filling) -> str:
    return _written_each(part, filling) if isinstance(part, Each) else _written_gap(part, filling)


def _written_each(each: Each, filling: Filling) -> str:
    rows = evaluate(each.records, filling.facts, filling.row) or ()
    pieces = [_filled(each.piece, _about(row, filling)) for row in list(rows)[:MAX_LISTED]]
    if (more := len(rows) - len(pieces)) > 0:
        pieces.append(f"+{more}")
    return (
        write_list(pieces, filling.language) if each.joined == "each" else "".join(f"\n- {piece}" for piece in pieces)
    )


def _about(row: Row, filling: Filling) -> Filling:
    return Filling(
        facts=filling.facts,
        language=filling.language,
        default_language=filling.default_language,
        unknown=filling.unknown,
        row=row,
    )


def _written_gap(gap: Gap, filling: Filling) -> str:
    value = evaluate(gap.expression, filling.facts, filling.row)
    if value is None or value == "":
        otherwise = gap.filter("else")
        return otherwise.argument if otherwise else filling.unknown
    written = (_formatted(value, one, gap, filling) for one in gap.filters)
    return next((text for text in written if text is not None), write_value(value, filling.language))


def _formatted(value: Any, one: Filter, gap: Gap, filling: Filling) -> str | None:
    """The value in a format; None where the format is not for such a value."""
    match one.name, value:
        case "money", int() | Decimal():
            return write_money(Decimal(value), _currency(one, gap, filling), filling.language)
        case "date", date():
            return write_date(value.date() if isinstance(value, datetime) else value, filling.language)
        case "time", datetime():
            return write_time(value, filling.language)
        case "label", _:
            return _label(value, gap, filling)
    return None


def _currency(one: Filter, gap: Gap, filling: Filling) -> str:
    if is_currency(one.argument):
        return one.argument
    source = one.argument or sibling(gap.expression.text, "currency")
    return str(evaluate(parse_expression(source), filling.facts, filling.row) or "")


def sibling(field: str, name: str) -> str:
    """Another field of the same record: `refund.amount` > `refund.currency`."""
    record, point, _ = field.strip().rpartition(".")
    return f"{record}{point}{name}"


def _label(value: Any, gap: Gap, filling: Filling) -> str | None:
    """The choice's own words; the record's, where the slot was chosen from records."""
    slot = filling.facts.definitions.get(gap.expression.text.strip())
    if slot is None:
        return None
    row = filling.facts.chosen(slot.name)
    if row is not None and slot.label:
        label = localised(slot.label, filling.language, filling.default_language)
        return _filled(parse_template(label), _about(row, filling))
    texts: Mapping[str, str] = next((choice.label for choice in slot.choices if choice.value == value), {})
    return plain_text(localised(texts, filling.language, filling.default_language)) or None


def label_of(slot_label: Mapping[str, str], row: Row, filling: Filling) -> str:
    """How a record is named on a button."""
    return fill_about(localised(slot_label, filling.language, filling.default_language), row, filling)


def fill_about(text: str, row: Row, filling: Filling) -> str:
    """A text about one record: its fields are names of their own."""
    return _filled(parse_template(text), _about(row, filling))
