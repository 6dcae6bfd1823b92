"""/orders: the shop's own order system. Amounts are decimal numbers, lists come in numbered pages."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import OfficeOf, OnceOf, Record, Wanted, amount, picked, system_router
from frontdesk.simulators.backoffice.behaviour import from_stamp
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("orders", "Orders")
PER_PAGE = 20
CHANGEABLE_MINUTES = {"standard": 60, "express": 15}
"""As the article on changing an order has it."""

OrderStatus = Literal["received", "on_hold", "packed", "shipped", "delivered", "cancelled"]
RefundState = Literal["none", "pending", "partly_refunded", "refunded"]
PaymentMethod = Literal[
    "card", "apple_pay", "google_pay", "paypal", "ideal", "bancontact", "invoice", "instalments", "gift_card"
]
Currency = Literal["EUR", "GBP", "CHF"]


class Address(Record):
    street: str
    postcode: str
    city: str
    country: str = Field(description="ISO 3166-1, two letters.")


class OrderItem(Record):
    line_id: str
    sku: str
    title: str
    size: str | None
    quantity: int
    unit_price: float
    is_sale: bool
    is_returnable: bool


class Order(Record):
    order_id: str = Field(description="HP and eight digits.")
    customer_id: str
    status: OrderStatus
    currency: Currency
    items_total: float
    delivery_fee: float
    total: float
    payment_method: PaymentMethod
    delivery_method: Literal["standard", "express"]
    refund_state: RefundState = Field(description="What the order system was told by the payment system.")
    refunded_total: float
    placed_at: str
    packed_at: str | None
    shipped_at: str | None
    delivered_at: str | None
    cancelled_at: str | None
    promised_on: str
    can_change_address: bool
    can_cancel: bool
    recipient: str
    address: Address
    summary: str = Field(description="What was ordered, in one line.")
    items: list[OrderItem]


class OrderPage(Record):
    orders: list[Order]
    page: int
    pages: int
    total: int


class Product(Record):
    sku: str
    title: str
    family: str
    price: float
    currency: Currency = "EUR"
    in_stock: bool
    is_returnable: bool
    is_repairable: bool
    warranty_years: int


class Cancelled(Wanted):
    reason: Literal["changed_mind", "wrong_item", "too_slow", "other"] = "changed_mind"


class NewAddress(Wanted):
    street: str = Field(min_length=3, max_length=100)
    postcode: str = Field(min_length=3, max_length=10)
    city: str = Field(min_length=2, max_length=60)
    country: str = Field(pattern="^[A-Z]{2}$")
    recipient: str = Field("", max_length=100)


def to_order(office: Office, row: Row) -> dict[str, Any]:
    """The record with its items."""
    items = office.storage.rows("SELECT * FROM order_items WHERE order_id = ? ORDER BY line_id", row["order_id"])
    minutes = (office.calendar.now() - from_stamp(row["placed_at"])) / timedelta(minutes=1)
    is_fresh = minutes <= CHANGEABLE_MINUTES[row["delivery_method"]]
    return {
        **picked(
            row, "order_id", "customer_id", "status", "currency", "payment_method", "delivery_method", "refund_state"
        ),
        **picked(row, "placed_at", "packed_at", "shipped_at", "delivered_at", "cancelled_at", "promised_on"),
        "items_total": amount(row["items_minor"]),
        "delivery_fee": amount(row["delivery_fee_minor"]),
        "total": amount(row["total_minor"]),
        "refunded_total": amount(row["refunded_minor"]),
        "can_change_address": row["status"] in ("received", "on_hold"),
        "can_cancel": row["status"] in ("received", "on_hold") and is_fresh,
        "recipient": row["ship_name"],
        "address": picked(row, "street", "postcode", "city", "country"),
        "summary": "; ".join(f"{item['quantity']} x {item['title']}" for item in items),
        "items": [_to_item(item) for item in items],
    }


def _to_item(row: Row) -> dict[str, Any]:
    return {
        **picked(row, "line_id", "sku", "title", "size", "quantity"),
        "unit_price": amount(row["unit_price_minor"]),
        "is_sale": bool(row["is_sale"]),
        "is_returnable": bool(row["is_returnable"]),
    }


def find_order(office: Office, order_id: str) -> Row:
    row = office.storage.row("SELECT * FROM orders WHERE order_id = ?", order_id.upper())
    if row is None:
        raise not_found("order")
    return row


@router.get("/orders")
async def list_orders(
    office: OfficeOf,
    customer_id: str,
    status: OrderStatus | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = PER_PAGE,
) -> OrderPage:
    """A customer's orders, newest first."""
    where, values = "customer_id = ?", [customer_id]
    if status:
        where, values = f"{where} AND status = ?", [customer_id, status]
    total = office.storage.scalar(f"SELECT count(*) FROM orders WHERE {where}", *values)  # noqa: S608
    rows = office.storage.rows(
        f"SELECT * FROM orders WHERE {where} ORDER BY placed_at DESC LIMIT ? OFFSET ?",  # noqa: S608
        *values,
        per_page,
        (page - 1) * per_page,
    )
    orders = [to_order(office, row) for row in rows]
    return OrderPage.model_validate(
        {"orders": orders, "page": page, "pages": max(1, -(-total // per_page)), "total": total}
    )


@router.get("/orders/{order_id}")
async def read_order(office: OfficeOf, order_id: str) -> Order:
    """One order, whoever's it is."""
    return Order.model_validate(to_order(office, find_order(office, order_id)))


@router.post("/orders/{order_id}/cancel", response_model=Order)
async def cancel_order(office: OfficeOf, change: OnceOf, order_id: str, wanted: Cancelled) -> JSONResponse:
    """Cancel an order within 60 minutes, an express one within 15."""

    def do() -> Effect:
        order = to_order(office, find_order(office, order_id))
        if not order["can_cancel"]:
            raise Refused(409, "too_late", "This order can no longer be cancelled.")
        at = office.calendar.stamp()
        office.storage.update("orders", {"order_id": order["order_id"]}, status="cancelled", cancelled_at=at)
        office.storage.update("payments", {"order_id": order["order_id"], "status": "authorised"}, status="voided")
        return _effect(office, "cancel_order", order["order_id"], f"cancelled: {wanted.reason}")

    return await change.once(do)


@router.put("/orders/{order_id}/address", response_model=Order)
async def change_address(office: OfficeOf, change: OnceOf, order_id: str, wanted: NewAddress) -> JSONResponse:
    """Change where an order goes, until it is packed; the country stays."""

    def do() -> Effect:
        row = find_order(office, order_id)
        if row["status"] not in ("received", "on_hold"):
            raise Refused(409, "too_late", "This order is packed; its address can no longer be changed.")
        if row["country"] != wanted.country:
            raise Refused(409, "other_country", "The country of an order cannot be changed.")
        address = wanted.model_dump(exclude={"recipient"})
        office.storage.update(
            "orders", {"order_id": row["order_id"]}, **address, ship_name=wanted.recipient or row["ship_name"]
        )
        what = f"address: {wanted.street}, {wanted.postcode} {wanted.city}"
        return _effect(office, "change_address", row["order_id"], what)

    return await change.once(do)


def _effect(office: Office, operation: str, order_id: str, what: str) -> Effect:
    order = to_order(office, find_order(office, order_id))
    return Effect(operation=operation, reference=order_id, customer_id=order["customer_id"], what=what, answer=order)


@router.get("/products")
async def list_products(office: OfficeOf, family: str | None = None) -> list[Product]:
    """What is sold."""
    rows = office.storage.rows("SELECT * FROM products ORDER BY sku")
    return [_to_product(row) for row in rows if not family or row["family"] == family]


@router.get("/products/{sku}")
async def read_product(office: OfficeOf, sku: str) -> Product:
    row = office.storage.row("SELECT * FROM products WHERE sku = ?", sku)
    if row is None:
        raise not_found("product")
    return _to_product(row)


def _to_product(row: Row) -> Product:
    return Product(
        sku=row["sku"],
        title=row["title"],
        family=row["family"],
        price=amount(row["price_minor"]),
        in_stock=row["stock"] > 0,
        is_returnable=bool(row["is_returnable"]),
        is_repairable=bool(row["is_repairable"]),
        warranty_years=row["warranty_years"],
    )
