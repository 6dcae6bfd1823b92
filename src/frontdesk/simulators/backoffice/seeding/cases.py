"""Past tickets and escalations."""

from collections.abc import Sequence

from frontdesk.simulators.backoffice.seeding.book import Book, Row

_RESOLUTIONS = {
    "refund": ("The bank confirmed the refund.", "The refund was sent again.", "Goodwill was granted."),
    "delivery": ("The parcel was found.", "A replacement was sent.", "The neighbour had it."),
    "return": ("The label was sent again.", "The return was accepted."),
    "repair": ("The repair was done under warranty.", "The quote was declined."),
    "account": ("The address was corrected.", "The account was unlocked."),
}
TOPICS = tuple(_RESOLUTIONS)
_SUBJECTS = {
    "refund": "Refund has not arrived",
    "delivery": "Parcel is late",
    "return": "Question about a return",
    "repair": "Repair takes long",
    "account": "Cannot sign in",
}
_OWNERS = ("First line", "Returns team", "Shipping team", "Payments team")


def add_ticket(
    book: Book,
    customer: Row,
    kind: str,
    topic: str,
    subject: str = "",
    *,
    opened: float,
    is_open: bool = False,
    order_id: str | None = None,
) -> Row:
    """A case of a customer. An escalation is one that a person had to take over from the assistant or the first line."""
    ticket = book.add(
        "tickets",
        ticket_id=f"TK{book.number('ticket', 60_001)}",
        customer_id=customer["customer_id"],
        order_id=order_id,
        kind=kind,
        topic=topic,
        status="open" if is_open else "closed",
        priority="high" if kind == "escalation" else "normal",
        subject=subject or _SUBJECTS[topic],
        owner=book.random.choice(_OWNERS),
        opened_at=book.ago(opened),
        closed_at=None if is_open else book.ago(max(0.1, opened - 2)),
        resolution=None if is_open else book.random.choice(_RESOLUTIONS[topic]),
    )
    book.add(
        "ticket_comments",
        ticket_id=ticket["ticket_id"],
        at=ticket["opened_at"],
        author="customer",
        text=f"{ticket['subject']}. Please check.",
    )
    return ticket


def add_past_cases(book: Book, customers: Sequence[Row]) -> None:
    """One customer in four wrote before; one case in three was escalated."""
    for customer in customers:
        while book.random.random() < 0.25:
            kind = book.random.choices(("ticket", "escalation"), (2, 1))[0]
            topic = book.random.choice(TOPICS)
            add_ticket(book, customer, kind, topic, opened=book.random.uniform(4, 300))
