"""A shop's customers, orders and products in memory, with the checks that the shop itself makes before it changes one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

PaymentKind = Literal["gift_card", "paypal", "credit_card"]
REASONS = ("no longer needed", "ordered by mistake")
"""The only ones for which an order is cancelled."""


class RefusedError(Exception):
    """The shop won't do it; the text says why."""


class UnknownError(Exception):
    """There is no such record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    address1: str
    address2: str
    city: str
    state: str
    zip: str
    country: str = "USA"

    def __str__(self) -> str:
        street = ", ".join(part for part in (self.address1, self.address2, self.city) if part)
        return f"{street}, {self.state} {self.zip}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way to pay."""

    method_id: str
    kind: PaymentKind
    brand: str = ""
    last_four: str = ""
    balance: Decimal = Decimal(0)
    """Of a gift card."""

    def __str__(self) -> str:
        if self.kind == "credit_card":
            return f"{self.brand} credit card ending in {self.last_four}"
        return {"gift_card": "gift card", "paypal": "PayPal account"}[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A thing with its options, as it is sold or was bought."""

    item_id: str
    product_id: str
    name: str
    options: Mapping[str, str]
    price: Decimal
    is_available: bool = True

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(f'{name} {value}' for name, value in self.options.items())})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    kind: Literal["payment", "refund"]
    amount: Decimal
    method_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    user_id: str
    first_name: str
    last_name: str
    email: str
    address: Address
    methods: Mapping[str, Method]
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    order_id: str
    user_id: str
    address: Address
    items: tuple[Item, ...]
    status: str
    tracking: tuple[str, ...] = ()
    payments: tuple[Payment, ...] = ()
    cancel_reason: str = ""
    returned: tuple[str, ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()
    """Old and new item of an exchange."""
    settled_with: str = ""
    """The payment method of a return or an exchange."""

    @property
    def total(self) -> Decimal:
        return sum((item.price for item in self.items), Decimal(0))

    @property
    def paid_with(self) -> str:
        """The original payment method."""
        return self.payments[0].method_id if self.payments else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that was done to a record."""

    name: str
    user_id: str
    arguments: Mapping[str, str]
    money_back: Decimal = Decimal(0)
    """What the customer gets for it; below zero what they pay."""


@dataclass(slots=True)
class Records:
    """Everything the shop keeps. Values are replaced, never changed, so that two states can be compared."""

    customers: dict[str, Customer]
    orders: dict[str, Order]
    products: dict[str, tuple[Item, ...]]
    """Every variant, by product id."""
    actions: list[Action] = field(default_factory=list)

    def copy(self) -> "Records":
        """The same state, to which nothing was done yet."""
        return Records(dict(self.customers), dict(self.orders), self.products)

    # -- who is asking --------------------------------------------------------------------------------

    def customer_by_email(self, email: str) -> Customer | None:
        return next((one for one in self.customers.values() if one.email.lower() == email.strip().lower()), None)

    def customer_by_name(self, first_name: str, last_name: str, zip_code: str) -> Customer | None:
        wanted = (first_name.lower(), last_name.lower(), zip_code)
        for one in self.customers.values():
            if (one.first_name.lower(), one.last_name.lower(), one.address.zip) == wanted:
                return one
        return None

    # -- reading --------------------------------------------------------------------------------------

    def customer(self, user_id: str) -> Customer:
        if user_id not in self.customers:
            raise UnknownError(f"There is no customer {user_id}.")
        return self.customers[user_id]

    def order(self, order_id: str) -> Order:
        if order_id not in self.orders:
            raise UnknownError(f"There is no order {order_id}.")
        return self.orders[order_id]

    def orders_of(self, user_id: str) -> list[Order]:
        return [self.order(order_id) for order_id in self.customer(user_id).orders]

    def item(self, item_id: str) -> Item:
        for variants in self.products.values():
            for variant in variants:
                if variant.item_id == item_id:
                    return variant
        raise UnknownError(f"There is no item {item_id}.")

    # -- changing -------------------------------------------------------------------------------------

    def cancel(self, user_id: str, order_id: str, reason: str) -> Order:
        order = self._order_that_is(user_id, order_id, "pending")
        if reason not in REASONS:
            raise RefusedError(f"An order is cancelled only when it is {' or '.join(REASONS)}.")
        refunds = tuple(replace(paid, kind="refund") for paid in order.payments)
        for refund in refunds:
            self._give(user_id, refund.method_id, refund.amount)
        cancelled = replace(order, status="cancelled", cancel_reason=reason, payments=order.payments + refunds)
        back = sum((refund.amount for refund in refunds), Decimal(0))
        return self._keep("cancel", cancelled, money_back=back, reason=reason)

    def give_back(self, user_id: str, order_id: str, item_ids: Sequence[str], method_id: str) -> Order:
        """Take back delivered items; the money goes to the original payment method or a gift card."""
        order = self._order_that_is(user_id, order_id, "delivered")
        items = items_in(order, item_ids)
        method = self._method(user_id, method_id)
        if method.kind != "gift_card" and method_id != order.paid_with:
            raise RefusedError("The refund goes to the original payment method or a gift card.")
        returned = replace(
            order, status="return requested", returned=tuple(sorted(item_ids)), settled_with=method.method_id
        )
        back = sum((item.price for item in items), Decimal(0))
        return self._keep("return", returned, money_back=back, items=",".join(item_ids), method=method_id)

    def exchange(self, user_id: str, order_id: str, swaps: Sequence[tuple[str, str]], method_id: str) -> Order:
        """Swap delivered items for other variants of the same products."""
        order = self._order_that_is(user_id, order_id, "delivered")
        difference = self._difference(user_id, order, swaps, method_id)
        exchanged = replace(order, status="exchange requested", swapped=tuple(sorted(swaps)), settled_with=method_id)
        return self._keep("exchange", exchanged, money_back=-difference, items=_shown(swaps), method=method_id)

    def modify_items(self, user_id: str, order_id: str, swaps: Sequence[tuple[str, str]], method_id: str) -> Order:
        """Swap items of a pending order; it can't be changed or cancelled after that."""
        order = self._order_that_is(user_id, order_id, "pending")
        difference = self._difference(user_id, order, swaps, method_id)
        items = list(order.items)
        for old, new in swaps:
            place = next(place for place, item in enumerate(items) if item.item_id == old)
            items[place] = replace(self.item(new), is_available=True)
        self._give(user_id, method_id, -difference)
        settled = Payment(kind="payment" if difference > 0 else "refund", amount=abs(difference), method_id=method_id)
        modified = replace(
            order, items=tuple(items), status="pending (items modified)", payments=(*order.payments, settled)
        )
        return self._keep("modify items", modified, money_back=-difference, items=_shown(swaps), method=method_id)

    def modify_payment(self, user_id: str, order_id: str, method_id: str) -> Order:
        order = self._order_that_is(user_id, order_id, "pending")
        method = self._method(user_id, method_id)
        if len(order.payments) != 1:
            raise RefusedError(f"The payment of order {order_id} was changed already.")
        (paid,) = order.payments
        if method_id == paid.method_id:
            raise RefusedError(f"Order {order_id} is paid with that method already.")
        if method.kind == "gift_card" and method.balance < paid.amount:
            raise RefusedError("The gift card does not hold enough for the order.")
        self._give(user_id, method_id, -paid.amount)
        self._give(user_id, paid.method_id, paid.amount)
        both = (*order.payments, replace(paid, method_id=method_id), replace(paid, kind="refund"))
        return self._keep("modify payment", replace(order, payments=both), method=method_id)

    def modify_address(self, user_id: str, order_id: str, address: Address) -> Order:
        order = self._order_that_is(user_id, order_id, "pending")
        return self._keep("modify address", replace(order, address=address), address=str(address))

    def move(self, user_id: str, address: Address) -> Customer:
        """Set the customer's own default address."""
        moved = replace(self.customer(user_id), address=address)
        self.customers[user_id] = moved
        self.actions.append(Action(name="move", user_id=user_id, arguments={"address": str(address)}))
        return moved

    # -- the checks -----------------------------------------------------------------------------------

    def _order_that_is(self, user_id: str, order_id: str, status: str) -> Order:
        order = self.order(order_id)
        if order.user_id != user_id:
            raise RefusedError(f"Order {order_id} is somebody else's.")
        if order.status != status:
            raise RefusedError(f"Order {order_id} is {order.status}, not {status}.")
        return order

    def _method(self, user_id: str, method_id: str) -> Method:
        methods = self.customer(user_id).methods
        if method_id not in methods:
            raise RefusedError("That payment method is not in the customer's profile.")
        return methods[method_id]

    def _difference(self, user_id: str, order: Order, swaps: Sequence[tuple[str, str]], method_id: str) -> Decimal:
        """What the customer has to pay; below zero what they get back."""
        method = self._method(user_id, method_id)
        difference = Decimal(0)
        for old, (_, new_id) in zip(items_in(order, [old for old, _ in swaps]), swaps, strict=True):
            new = self.item(new_id)
            if new.product_id != old.product_id:
                raise RefusedError(f"Item {new_id} is another product.")
            if not new.is_available:
                raise RefusedError(f"Item {new_id} is not available.")
            difference += new.price - old.price
        if method.kind == "gift_card" and method.balance < difference:
            raise RefusedError("The gift card does not hold enough for the difference.")
        return difference

    def _give(self, user_id: str, method_id: str, amount: Decimal) -> None:
        """Only a gift card's balance is ours to keep; the others are told by their providers."""
        customer = self.customer(user_id)
        method = customer.methods[method_id]
        if method.kind == "gift_card":
            methods = {**customer.methods, method_id: replace(method, balance=method.balance + amount)}
            self.customers[user_id] = replace(customer, methods=methods)

    def _keep(self, name: str, order: Order, *, money_back: Decimal = Decimal(0), **arguments: str) -> Order:
        self.orders[order.order_id] = order
        said = {"order": order.order_id, **arguments}
        self.actions.append(Action(name=name, user_id=order.user_id, arguments=said, money_back=money_back))
        return order


def items_in(order: Order, item_ids: Sequence[str]) -> list[Item]:
    """The order's items with these ids, which may repeat as often as the order has them."""
    if not item_ids:
        raise RefusedError("No items were named.")
    held = Counter(item.item_id for item in order.items)
    for item_id, count in Counter(item_ids).items():
        if held[item_id] < count:
            raise RefusedError(f"Order {order.order_id} does not hold item {item_id} that often.")
    by_id = {item.item_id: item for item in order.items}
    return [by_id[item_id] for item_id in item_ids]


def _shown(swaps: Sequence[tuple[str, str]]) -> str:
    return ",".join(f"{old}>{new}" for old, new in swaps)
