"""Orders with what belongs to them: items, a payment, and parcels on their way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from frontdesk.simulators.backoffice.seeding.book import Book, Row, working_days_after
from frontdesk.simulators.backoffice.seeding.catalogue import BY_SKU
from frontdesk.simulators.backoffice.seeding.people import currency_of

_FEES = {"DE": (490, 6000), "AT": (690, 8000), "NL": (690, 8000), "BE": (690, 8000), "FR": (890, 10000)}
_FEES |= {"ES": (890, 10000), "IT": (990, 12000), "IE": (1190, 14000), "GB": (1290, 15000), "CH": (1490, 15000)}
_FEES |= {"SE": (990, 12000), "NO": (1690, 18000)}
"""Fee and the value from which it is free, as the article on delivery has them."""
_CARRIERS = {"DE": "Nordpaket", "AT": "Alpenpost", "GB": "Channel Parcels", "CH": "Alpenpost"}
AT_ORDER = frozenset({"paypal", "ideal", "bancontact", "gift_card"})
"""Charged when the order is placed; the others when the parcel leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is ordered."""

    sku: str
    quantity: int = 1
    size: str | None = None
    is_sale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Days ago of what happened to an order."""

    placed: float
    packed: float | None = None
    shipped: float | None = None
    delivered: float | None = None


def add_order(
    book: Book,
    customer: Row,
    lines: Sequence[Line],
    times: Times,
    *,
    order_id: str = "",
    method: str = "card",
    status: str = "",
    payment_status: str = "",
    delivery_method: str = "standard",
    **extra: Any,
) -> Row:
    """An order with its items and its payment.

    Args:
        status: as the times say, where it is empty.
        payment_status: as the method and the times say, where it is empty.
    """
    order_id = order_id or f"HP{book.number('order', 20_100_001)}"
    items = [_item(book, order_id, line) for line in lines]
    worth = sum(item["unit_price_minor"] * item["quantity"] for item in items)
    fee, free_from = _FEES[customer["country"]]
    fee = 1290 if delivery_method == "express" else 0 if worth >= free_from else fee
    address = {name: customer[name] for name in ("street", "postcode", "city", "country")}
    order = {
        "order_id": order_id,
        "customer_id": customer["customer_id"],
        "status": status or _status(times),
        "payment_method": method,
        "delivery_method": delivery_method,
        "currency": currency_of(customer["country"]),
        "items_minor": worth,
        "delivery_fee_minor": fee,
        "total_minor": worth + fee,
        "refund_state": "none",
        "refunded_minor": 0,
        **_times(book, times),
        "ship_name": customer["name"],
        **address,
        **extra,
    }
    book.add("orders", **order)
    _pay(book, order, times, payment_status)
    return book.rows["orders"][-1]


def _item(book: Book, order_id: str, line: Line) -> Row:
    product = BY_SKU[line.sku]
    price = product.price_minor * 7 // 10 if line.is_sale else product.price_minor
    size = line.size or (book.random.choice(product.sizes) if product.sizes else None)
    number = book.number(order_id, 1)
    return book.add(
        "order_items",
        line_id=f"{order_id}-{number}",
        order_id=order_id,
        sku=line.sku,
        title=product.title,
        size=size,
        quantity=line.quantity,
        unit_price_minor=price,
        is_sale=int(line.is_sale),
        is_returnable=int(product.is_returnable),
    )


def _status(times: Times) -> str:
    if times.delivered is not None:
        return "delivered"
    return "shipped" if times.shipped is not None else "packed" if times.packed is not None else "received"


def _times(book: Book, times: Times) -> dict[str, Any]:
    promised = working_days_after((book.now - timedelta(days=times.placed)).date(), 3)
    return {
        "placed_at": book.ago(times.placed),
        "packed_at": _at(book, times.packed),
        "shipped_at": _at(book, times.shipped),
        "delivered_at": _at(book, times.delivered),
        "cancelled_at": None,
        "promised_on": promised.isoformat(),
    }


def _at(book: Book, days: float | None) -> str | None:
    return None if days is None else book.ago(days)


def _pay(book: Book, order: Row, times: Times, status: str) -> None:
    method = order["payment_method"]
    captured = times.placed if method in AT_ORDER else times.shipped
    status = status or ("captured" if captured is not None else "authorised")
    declined = status == "declined"
    book.add(
        "payments",
        payment_id=f"pay_{book.number('payment', 700_001)}",
        order_id=order["order_id"],
        customer_id=order["customer_id"],
        status=status,
        method=method,
        card_last4=f"{book.random.randrange(10_000):04d}" if method == "card" else None,
        currency=order["currency"],
        amount_minor=order["total_minor"],
        refunded_minor=0,
        authorised_at=None if declined else order["placed_at"],
        captured_at=None if declined or status == "authorised" else _at(book, captured),
        declined_at=book.ago(times.placed, minutes=-1) if declined else None,
        disputed_at=book.ago(max(0.5, times.placed - 20)) if status == "disputed" else None,
        decline_reason="The bank did not confirm the payment." if declined else None,
    )


def payment_of(book: Book, order: Row) -> Row:
    return next(row for row in reversed(book.rows["payments"]) if row["order_id"] == order["order_id"])


def add_parcel(
    book: Book,
    order: Row,
    steps: Sequence[tuple[float, str]],
    *,
    direction: str = "outbound",
    expected_days_ago: float | None = None,
) -> Row:
    """A parcel with its events, given as days ago and status, oldest first."""
    number = book.number("shipment", 500_001)
    shipment_id = f"shp_{number}"
    last_days, last = steps[-1]
    home = order["city"] if direction == "outbound" else _HOME
    for days, status in steps:
        place, text = _EVENTS[status]
        book.add(
            "tracking_events", shipment_id=shipment_id, at=book.ago(days), status=status, place=place or home, text=text
        )
    return book.add(
        "shipments",
        shipment_id=shipment_id,
        order_id=order["order_id"],
        customer_id=order["customer_id"],
        direction=direction,
        carrier=_CARRIERS.get(order["country"], "Europarcel"),
        tracking_number=f"NP{number * 7919 % 10**9:09d}{order['country']}",
        status=last,
        created_at=book.ago(steps[0][0]),
        last_event_at=book.ago(last_days),
        expected_on=None if expected_days_ago is None else book.on(expected_days_ago),
        delivered_at=book.ago(last_days) if last == "delivered" else None,
        is_under_investigation=0,
    )


_HUB, _HOME, _PORT = "Hannover", "Bremen", "Hoek van Holland"
_EVENTS: dict[str, tuple[str, str]] = {
    "label_created": (_HOME, "The label was made; the carrier does not have the parcel yet."),
    "in_transit": (_HUB, "The parcel is on its way."),
    "waiting_at_port": (_PORT, "The ferry is late; the parcel waits at the port."),
    "in_customs": ("", "The parcel is being cleared by customs."),
    "out_for_delivery": ("", "The driver has the parcel today."),
    "at_pickup_point": ("", "The parcel is at the pick-up point."),
    "delivered": ("", "The parcel was delivered."),
    "exception": ("", "Delivery failed: nobody was at the address."),
    "lost": (_HUB, "The parcel is considered lost."),
    "returned_to_sender": (_HOME, "The parcel came back to the sender."),
}
"""Place and text by status; the place is where the parcel goes where none is named."""
