"""What a story is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from frontdesk.simulators.backoffice.seeding.book import Book, Row
from frontdesk.simulators.backoffice.seeding.shopping import Line, Times, add_order, add_parcel

BOOTS, SHELL, PACK, TENT = (
    Line(sku="BT-ELBE", size="42"),
    Line(sku="JK-RAIN", size="M"),
    Line(sku="BP-HUT3"),
    Line(sku="TN-DUO2"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How a customer's records are made."""

    name: str
    what: str
    build: Callable[[Book, Row], None]
    customer: Mapping[str, Any] = field(default_factory=dict)
    customer_id: str = ""
    """The next free one where it is empty."""


def delivered_order(book: Book, customer: Row, days: float, lines: Sequence[Line] = (BOOTS,), **extra: Any) -> Row:
    """An order that arrived so many days ago, with its parcel."""
    times = Times(placed=days + 3, packed=days + 2.6, shipped=days + 2.2, delivered=days)
    order = add_order(book, customer, lines, times, **extra)
    add_parcel(
        book,
        order,
        (
            (days + 2.5, "label_created"),
            (days + 2.2, "in_transit"),
            (days + 0.3, "out_for_delivery"),
            (days, "delivered"),
        ),
        expected_days_ago=days,
    )
    return order


def back(sent: float, arrived: float | None = None) -> tuple[tuple[float, str], ...]:
    """The events of a return's parcel."""
    steps = ((sent + 0.5, "label_created"), (sent, "in_transit"))
    return steps if arrived is None else (*steps, (arrived, "delivered"))
