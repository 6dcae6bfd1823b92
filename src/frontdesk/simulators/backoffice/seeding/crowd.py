"""Everybody else: customers with orders, returns and refunds as they come."""

from frontdesk.simulators.backoffice.seeding.book import Book, Row
from frontdesk.simulators.backoffice.seeding.cases import add_past_cases
from frontdesk.simulators.backoffice.seeding.catalogue import PRODUCTS
from frontdesk.simulators.backoffice.seeding.people import add_customer
from frontdesk.simulators.backoffice.seeding.returning import RefundDays, add_refund, add_return
from frontdesk.simulators.backoffice.seeding.shopping import Line, Times, add_order, add_parcel
from frontdesk.simulators.backoffice.seeding.story import back, delivered_order

CUSTOMERS = 200
ORDERS = 560
_METHODS = {
    "DE": ("card", "card", "paypal", "invoice", "instalments", "apple_pay", "google_pay"),
    "AT": ("card", "paypal", "invoice", "instalments"),
    "NL": ("ideal", "ideal", "card", "paypal"),
    "BE": ("bancontact", "card"),
    "CH": ("card", "invoice", "paypal"),
}
_AFTERWARDS = (
    ("kept", 72),
    ("paid", 10),
    ("processing", 3),
    ("approved", 2),
    ("requested", 5),
    ("declined", 3),
    ("failed", 2),
    ("cancelled", 3),
)


def add_crowd(book: Book) -> None:
    customers = [add_customer(book, f"cust-{1001 + number}") for number in _free(book)]
    for _ in range(ORDERS):
        _add_order(book, book.random.choice(customers))
    add_past_cases(book, customers)


def _free(book: Book) -> list[int]:
    taken = {row["customer_id"] for row in book.rows["customers"]}
    return [number for number in range(CUSTOMERS + 5) if f"cust-{1001 + number}" not in taken][:CUSTOMERS]


def _add_order(book: Book, customer: Row) -> None:
    random = book.random
    days = random.choice((random.uniform(0.1, 12), random.uniform(5, 60), random.uniform(60, 400)))
    method = random.choice(_METHODS.get(customer["country"], ("card", "card", "paypal")))
    lines = [_line(book) for _ in range(random.choices((1, 2, 3, 4), (55, 28, 12, 5))[0])]
    if random.random() < 0.04:
        order = add_order(
            book, customer, lines, Times(placed=days), method=method, status="cancelled", payment_status="voided"
        )
        order["cancelled_at"] = book.ago(days, minutes=-random.uniform(5, 55))
    elif days < 6:
        _under_way(book, customer, lines, days, method)
    else:
        _afterwards(book, delivered_order(book, customer, days - 3, lines, method=method), days - 3)


def _line(book: Book) -> Line:
    product = book.random.choice(PRODUCTS)
    quantity = 1 if book.random.random() < 0.9 else book.random.randrange(2, 5)
    return Line(sku=product.sku, quantity=quantity, is_sale=book.random.random() < 0.15)


def _under_way(book: Book, customer: Row, lines: list[Line], days: float, method: str) -> None:
    packed = days - 0.5 if days > 0.7 else None
    shipped = days - 0.9 if days > 1.2 else None
    order = add_order(book, customer, lines, Times(placed=days, packed=packed, shipped=shipped), method=method)
    if packed is not None and shipped is None:
        add_parcel(book, order, ((packed, "label_created"),), expected_days_ago=days - 3)
    elif shipped is not None:
        last = book.random.choice(("in_transit", "in_transit", "out_for_delivery", "at_pickup_point", "exception"))
        steps = ((shipped + 0.2, "label_created"), (shipped, "in_transit"), (min(shipped, 0.2), last))
        add_parcel(book, order, steps, expected_days_ago=days - 4)


def _afterwards(book: Book, order: Row, delivered: float) -> None:
    names, weights = zip(*_AFTERWARDS, strict=True)
    end = book.random.choices(names, weights)[0]
    if end == "kept" or delivered < 2:
        return
    asked = delivered * book.random.uniform(0.6, 0.95) if delivered > 20 else delivered - 1.5
    arrived, decided = asked * 0.75, asked * 0.6
    has_arrived = end in ("paid", "processing", "approved", "declined", "failed")
    state = {"declined": "rejected", "cancelled": "cancelled", "requested": "in_transit"}.get(end, "accepted")
    returned = add_return(
        book,
        order,
        state,
        created=asked,
        arrived=arrived if has_arrived else None,
        inspected=decided if has_arrived else None,
        parcel=() if end == "cancelled" else back(asked * 0.9, arrived if has_arrived else None),
        reason=book.random.choice(("does_not_fit", "does_not_please", "faulty", "wrong_item", "arrived_late")),
    )
    add_refund(book, order, end, _refund_days(end, asked, decided), returned=returned, why=_WHY.get(end))


_WHY = {
    "declined": "The item shows signs of use.",
    "failed": "The bank sent the money back.",
    "cancelled": "The customer kept the item.",
}


def _refund_days(end: str, asked: float, decided: float) -> RefundDays:
    reached = {"requested": 0, "approved": 1, "processing": 2, "failed": 2, "paid": 3}.get(end, 0)
    return RefundDays(
        requested=asked,
        approved=decided if reached >= 1 else None,
        processing=decided * 0.95 if reached >= 2 else None,
        paid=decided * 0.6 if reached >= 3 else None,
        ended=decided * 0.5 if end in _WHY else None,
    )
