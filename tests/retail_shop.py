"""A small shop of our own for the retail measurement: one customer with a few orders, and another one."""

from collections.abc import Mapping
from decimal import Decimal

from bench.retail.records import Address, Customer, Item, Method, Order, Payment, Records

LENA, OTTO = "lena_9001", "otto_9002"
PAID_BY_CARD = "card_1"


def a_mug(item_id: str, colour: str, size: str, price: str, *, is_available: bool = True) -> Item:
    return Item(
        item_id=item_id,
        product_id="7000000001",
        name="Travel Mug",
        options={"color": colour, "size": size},
        price=Decimal(price),
        is_available=is_available,
    )


MUGS = (
    a_mug("1000000001", "red", "350ml", "10.00"),
    a_mug("1000000002", "blue", "350ml", "12.50"),
    a_mug("1000000003", "red", "500ml", "14.00"),
    a_mug("1000000004", "green", "500ml", "9.00", is_available=False),
)
TENT = Item(
    item_id="2000000001",
    product_id="7000000002",
    name="Dome Tent",
    options={"size": "8", "waterproof": "yes"},
    price=Decimal("200.00"),
)
HOME = Address(address1="1 Harbour Lane", address2="", city="Boston", state="MA", zip="02110")
CABIN = Address(address1="7 Pine Road", address2="Suite 2", city="Denver", state="CO", zip="80202")


def an_order(order_id: str, status: str, *items: Item, user_id: str = LENA, address: Address = HOME) -> Order:
    total = sum((item.price for item in items), Decimal(0))
    paid = Payment(kind="payment", amount=total, method_id=PAID_BY_CARD)
    return Order(order_id=order_id, user_id=user_id, address=address, items=items, status=status, payments=(paid,))


def a_customer(user_id: str, name: str, orders: tuple[str, ...], methods: Mapping[str, Method]) -> Customer:
    return Customer(
        user_id=user_id,
        first_name=name,
        last_name="Berg",
        email=f"{name.lower()}@example.com",
        address=HOME,
        methods=methods,
        orders=orders,
    )


def a_shop_with_records() -> Records:
    card = Method(method_id=PAID_BY_CARD, kind="credit_card", brand="visa", last_four="1111")
    gift = Method(method_id="gift_1", kind="gift_card", balance=Decimal("3.00"))
    paypal = Method(method_id="paypal_1", kind="paypal")
    orders = (
        an_order("#W1000001", "delivered", MUGS[0], TENT),
        an_order("#W1000002", "pending", MUGS[0], MUGS[1], address=CABIN),
        an_order("#W1000003", "delivered", TENT, user_id=OTTO),
        an_order("#W1000004", "cancelled", TENT),
    )
    lena = a_customer(
        LENA, "Lena", ("#W1000001", "#W1000002", "#W1000004"), {m.method_id: m for m in (card, gift, paypal)}
    )
    otto = a_customer(OTTO, "Otto", ("#W1000003",), {card.method_id: card})
    products = {"7000000001": MUGS, "7000000002": (TENT,)}
    return Records({LENA: lena, OTTO: otto}, {order.order_id: order for order in orders}, products)
