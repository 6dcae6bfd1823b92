"""Customers with a story each, under fixed ids, so that workflows, tests and demos can count on it.

`GET /_situations` lists them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from frontdesk.simulators.backoffice.seeding.book import Book, Row
from frontdesk.simulators.backoffice.seeding.people import add_customer
from frontdesk.simulators.backoffice.seeding.stories_of_orders import ORDER_STORIES
from frontdesk.simulators.backoffice.seeding.stories_of_refunds import REFUND_STORIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A customer, and what is special about them."""

    customer_id: str
    name: str
    what: str
    build: Callable[[Book, Row], None]
    customer: Mapping[str, Any] = field(default_factory=dict)
    """What is chosen about them; the rest comes from the seed."""


def _situations() -> tuple[Situation, ...]:
    made = []
    for first, stories in ((5001, REFUND_STORIES), (5101, ORDER_STORIES)):
        for number, story in enumerate(stories, start=first):
            customer_id = story.customer_id or f"cust-{number}"
            made.append(
                Situation(
                    customer_id=customer_id,
                    name=story.name,
                    what=story.what,
                    build=story.build,
                    customer={"country": "DE", "language": "en", "segment": "standard", **story.customer},
                )
            )
    return tuple(made)


SITUATIONS = _situations()


def add_situations(book: Book) -> None:
    for situation in SITUATIONS:
        situation.build(book, add_customer(book, situation.customer_id, **situation.customer))
