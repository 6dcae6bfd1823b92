"""Orders on their way, to be changed, to be sent back, and gone wrong."""

from frontdesk.simulators.backoffice.seeding.book import Book, Row
from frontdesk.simulators.backoffice.seeding.shopping import Line, Times, add_order, add_parcel
from frontdesk.simulators.backoffice.seeding.story import BOOTS, PACK, SHELL, TENT, Story, delivered_order

_HOUR = 1 / 24


def _just_placed(book: Book, customer: Row) -> None:
    add_order(book, customer, (BOOTS, PACK), Times(placed=0.3 * _HOUR))


def _placed_yesterday(book: Book, customer: Row) -> None:
    add_order(book, customer, (SHELL,), Times(placed=0.6))


def _packed(book: Book, customer: Row) -> None:
    order = add_order(book, customer, (BOOTS,), Times(placed=1, packed=0.2))
    add_parcel(book, order, ((0.2, "label_created"),), expected_days_ago=-2)


def _in_transit(book: Book, customer: Row) -> None:
    order = add_order(book, customer, (TENT,), Times(placed=3, packed=2.5, shipped=2))
    add_parcel(book, order, ((2.2, "label_created"), (2, "in_transit")), expected_days_ago=-1)


def _out_today(book: Book, customer: Row) -> None:
    order = add_order(book, customer, (PACK,), Times(placed=4, packed=3.5, shipped=3))
    steps = ((3.2, "label_created"), (3.0, "in_transit"), (0.15, "out_for_delivery"))
    add_parcel(book, order, steps, expected_days_ago=0)


def _standing_still(book: Book, customer: Row) -> None:
    days = book.working_days_ago(7)
    order = add_order(book, customer, (SHELL,), Times(placed=days + 2, packed=days + 1.5, shipped=days + 1))
    add_parcel(book, order, ((days + 1.2, "label_created"), (days, "in_transit")), expected_days_ago=days - 2)


def _delivered(book: Book, customer: Row) -> None:
    delivered_order(book, customer, 5, (BOOTS, SHELL))


def _not_there(book: Book, customer: Row) -> None:
    delivered_order(book, customer, 2, (TENT,))


def _exception(book: Book, customer: Row) -> None:
    order = add_order(book, customer, (PACK,), Times(placed=5, packed=4.5, shipped=4))
    add_parcel(book, order, ((4.2, "label_created"), (4, "in_transit"), (0.8, "exception")), expected_days_ago=1)


def _split(book: Book, customer: Row) -> None:
    order = add_order(book, customer, (BOOTS, TENT), Times(placed=5, packed=4.5, shipped=4))
    add_parcel(book, order, ((4.2, "label_created"), (4, "in_transit"), (1.5, "delivered")), expected_days_ago=1)
    add_parcel(book, order, ((4.2, "label_created"), (3.5, "in_transit")), expected_days_ago=-1)


def _declined_card(book: Book, customer: Row) -> None:
    add_order(book, customer, (BOOTS,), Times(placed=0.4), status="on_hold", payment_status="declined")


def _cancelled(book: Book, customer: Row) -> None:
    order = add_order(book, customer, (PACK,), Times(placed=6), status="cancelled", payment_status="voided")
    order["cancelled_at"] = book.ago(6, minutes=-25)


def _window_closed(book: Book, customer: Row) -> None:
    delivered_order(book, customer, 120, (SHELL,))


def _sale(book: Book, customer: Row) -> None:
    delivered_order(book, customer, 20, (Line(sku="JK-SOFT", size="L", is_sale=True), BOOTS))


def _member(book: Book, customer: Row) -> None:
    delivered_order(book, customer, 45, (SHELL,))
    delivered_order(book, customer, 25, (Line(sku="WE-TROU", size="M", is_sale=True),))


def _never_returnable(book: Book, customer: Row) -> None:
    delivered_order(book, customer, 4, (Line(sku="ST-CART", quantity=2), Line(sku="GC-CARD")))


def _customs(book: Book, customer: Row) -> None:
    order = add_order(book, customer, (BOOTS,), Times(placed=6, packed=5.5, shipped=5))
    add_parcel(book, order, ((5.2, "label_created"), (5, "in_transit"), (1, "in_customs")), expected_days_ago=-1)


def _many(book: Book, customer: Row) -> None:
    for days in range(20, 500, 16):
        add_order(book, customer, (PACK,), Times(placed=days + 3, packed=days + 2, shipped=days + 2, delivered=days))


def _business(book: Book, customer: Row) -> None:
    delivered_order(book, customer, 35, (Line(sku="JK-PARK", size="L", quantity=12),), method="invoice")


ORDER_STORIES = (
    Story(name="just_placed", what="placed 18 minutes ago: can be cancelled and changed", build=_just_placed),
    Story(
        name="not_packed",
        what="placed 14 hours ago: only the address can be changed",
        build=_placed_yesterday,
        customer={"name": "Fleur Moreau"},
    ),
    Story(name="packed", what="packed: nothing can be changed", build=_packed),
    Story(name="in_transit", what="on its way, due tomorrow", build=_in_transit, customer_id="cust-1730"),
    Story(name="out_for_delivery", what="with the driver today", build=_out_today),
    Story(name="standing_still", what="no scan for 7 working days", build=_standing_still),
    Story(name="delivered", what="two items, delivered 5 days ago", build=_delivered, customer_id="cust-3312"),
    Story(name="not_there", what="marked as delivered 2 days ago", build=_not_there),
    Story(name="exception", what="delivery failed yesterday", build=_exception),
    Story(name="split", what="two parcels, one delivered", build=_split),
    Story(name="card_declined", what="on hold, the card was declined", build=_declined_card),
    Story(name="cancelled_order", what="cancelled within the hour", build=_cancelled),
    Story(
        name="window_closed",
        what="delivered 120 days ago: too late to return, whatever the season",
        build=_window_closed,
    ),
    Story(name="sale", what="delivered 20 days ago, one item from the sale", build=_sale),
    Story(
        name="member",
        what="a member: 45 days for a regular item, 25 for a sale item",
        build=_member,
        customer={"segment": "member"},
        customer_id="cust-2041",
    ),
    Story(name="never_returnable", what="gas cartridges and a gift card", build=_never_returnable),
    Story(name="customs", what="in customs", build=_customs, customer={"country": "CH"}),
    Story(name="many_orders", what="thirty orders: more than a page", build=_many),
    Story(name="business", what="a company", build=_business, customer={"segment": "business"}),
    Story(
        name="new_member",
        what="a member with one delivered order",
        build=_delivered,
        customer={"name": "Jonas Keller", "segment": "member"},
        customer_id="cust-2296",
    ),
)
