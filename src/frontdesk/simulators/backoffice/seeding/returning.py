"""Returns and refunds, in every state they can have."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from frontdesk.simulators.backoffice.seeding.book import Book, Row, working_days_after
from frontdesk.simulators.backoffice.seeding.shopping import add_parcel, payment_of

BOOKING_DAYS = {
    "card": (3, 5),
    "apple_pay": (3, 5),
    "google_pay": (3, 5),
    "paypal": (1, 1),
    "invoice": (2, 4),
    "ideal": (2, 4),
    "bancontact": (2, 4),
    "instalments": (5, 5),
    "gift_card": (0, 0),
}
"""Working days from the approval to the money, least and most, as the article on refunds has them."""
_ORDER = ("requested", "approved", "processing", "paid")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDays:
    """Days ago of what happened to a refund."""

    requested: float
    approved: float | None = None
    processing: float | None = None
    paid: float | None = None
    ended: float | None = None
    """When it failed, was declined or was cancelled."""


def add_return(
    book: Book,
    order: Row,
    status: str,
    *,
    created: float,
    arrived: float | None = None,
    inspected: float | None = None,
    parcel: tuple[tuple[float, str], ...] = (),
    reason: str = "does_not_fit",
    note: str = "",
) -> Row:
    """A return of the order's first item; its parcel is a shipment of its own."""
    return_id = f"RT{book.number('return', 880_001)}"
    shipment = add_parcel(book, order, parcel, direction="return") if parcel else None
    book.add("return_items", return_id=return_id, line_id=f"{order['order_id']}-1", quantity=1)
    return book.add(
        "returns",
        return_id=return_id,
        order_id=order["order_id"],
        customer_id=order["customer_id"],
        status=status,
        method="post",
        reason=reason,
        tracking_number=shipment["tracking_number"] if shipment else None,
        created_at=book.ago(created),
        label_valid_until=book.on(created - 14),
        arrived_at=None if arrived is None else book.ago(arrived),
        inspected_at=None if inspected is None else book.ago(inspected),
        note=note,
    )


def add_refund(
    book: Book,
    order: Row,
    status: str,
    days: RefundDays,
    *,
    amount_minor: int | None = None,
    reason: str = "return",
    why: str | None = None,
    returned: Row | None = None,
    tells_order: bool = True,
) -> Row:
    """A refund of the order's payment, for all of it where no amount is named.

    Args:
        tells_order: whether the order system was told of it; if not, the two contradict each other.
    """
    payment = payment_of(book, order)
    amount = order["total_minor"] if amount_minor is None else amount_minor
    refund: dict[str, Any] = {
        "refund_id": f"rf_{book.number('refund', 300_001)}",
        "payment_id": payment["payment_id"],
        "order_id": order["order_id"],
        "customer_id": order["customer_id"],
        "return_id": returned["return_id"] if returned else None,
        "status": status,
        "method": order["payment_method"],
        "card_last4": payment["card_last4"],
        "currency": order["currency"],
        "amount_minor": amount,
        "reason": reason,
        "why": why,
        "bank_reference": f"HPR{book.number('bank', 4_410_001)}" if status in ("processing", "paid") else None,
        "requested_at": book.ago(days.requested),
        **{f"{step}_at": _at(book, getattr(days, step)) for step in _ORDER[1:]},
        **{
            f"{end}_at": _at(book, days.ended) if status == end else None for end in ("failed", "declined", "cancelled")
        },
        "expected_on": _expected(book, order["payment_method"], days),
    }
    _tell(payment, order, status, amount, tells_order=tells_order)
    return book.add("refunds", **refund)


def _tell(payment: Row, order: Row, status: str, amount: int, *, tells_order: bool) -> None:
    if status == "paid":
        payment["refunded_minor"] += amount
        is_whole = payment["refunded_minor"] >= payment["amount_minor"]
        payment["status"] = "refunded" if is_whole else "partially_refunded"
    if not tells_order:
        return
    if status == "paid":
        order["refunded_minor"] += amount
        order["refund_state"] = "refunded" if order["refunded_minor"] >= order["total_minor"] else "partly_refunded"
    elif status in ("requested", "approved", "processing"):
        order["refund_state"] = "pending"


def _at(book: Book, days: float | None) -> str | None:
    return None if days is None else book.ago(days)


def _expected(book: Book, method: str, days: RefundDays) -> str | None:
    if days.approved is None:
        return None
    approved = (book.now - timedelta(days=days.approved)).date()
    return working_days_after(approved, BOOKING_DAYS[method][1]).isoformat()
