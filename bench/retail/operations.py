"""The shop's operations as workflows call them: arguments by name in, records out, as dicts.

Whose data is meant is the argument `customer`, which the assistant binds to the verified session. The records are those
that `use` was given, or else those in the file that the variable RETAIL_RECORDS names.
"""

import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.retail.data import read_records
from bench.retail.lookups import address_meant, product_meant
from bench.retail.quotes import Quote, quote_return, quote_swap
from bench.retail.records import Address, Item, Order, Records
from bench.retail.wording import by_price, options_said

NOTHING = "none"
"""Stands in a field that is always there, and has nothing to tell this time."""
_open: dict[str, Any] = {"records": None, "done": {}}


def use(records: Records) -> None:
    """Work on these from now on."""
    _open.update(records=records, done={})


def _records() -> Records:
    if _open["records"] is None:
        use(read_records(Path(os.environ["RETAIL_RECORDS"])))
    records: Records = _open["records"]
    return records


# -- reading -----------------------------------------------------------------------------------------


def orders(customer: str) -> list[dict[str, Any]]:
    return [_order(order) for order in _records().orders_of(customer)]


def order(order_id: str) -> dict[str, Any]:
    return _order(_records().order(order_id))


def order_items(order_id: str) -> list[dict[str, Any]]:
    found = _records().order(order_id)
    return _lines(found.user_id, [f"{item} at ${item.price}" for item in found.items])


def profile(customer: str) -> dict[str, Any]:
    known = _records().customer(customer)
    name = f"{known.first_name} {known.last_name}"
    return {"customer": customer, "name": name, "email": known.email, "address": str(known.address)}


def methods(customer: str, order_id: str = "") -> list[dict[str, Any]]:
    """The customer's payment methods; with an order, which of them it was paid with."""
    paid_with = _records().order(order_id).paid_with if order_id else ""
    return [
        {
            "customer": customer,
            "method_id": one.method_id,
            "shown": str(one),
            "kind": one.kind,
            "balance": one.balance,
            "is_original": one.method_id == paid_with,
        }
        for one in _records().customer(customer).methods.values()
    ]


def find_address(customer: str, words: str) -> dict[str, Any]:
    records = _records()
    found = address_meant(records, records.customer(customer), words)
    if isinstance(found, str):
        names = ("line", "address1", "city", "state", "zip_code")
        return {"customer": customer, "is_clear": False, "problem": found, **dict.fromkeys(names, NOTHING)}
    return {
        "customer": customer,
        "is_clear": True,
        "problem": NOTHING,
        "line": str(found),
        "address1": found.address1,
        "address2": found.address2 or None,
        "city": found.city,
        "state": found.state,
        "zip_code": found.zip,
    }


def return_quote(order_id: str, words: str) -> dict[str, Any]:
    return _quote(order_id, quote_return(_records(), _records().order(order_id), words))


def return_lines(order_id: str, words: str) -> list[dict[str, Any]]:
    found = _records().order(order_id)
    return _quoted(found, quote_return(_records(), found, words))


def swap_quote(order_id: str, words: str) -> dict[str, Any]:
    return _quote(order_id, quote_swap(_records(), _records().order(order_id), words))


def swap_lines(order_id: str, words: str) -> list[dict[str, Any]]:
    found = _records().order(order_id)
    return _quoted(found, quote_swap(_records(), found, words))


def product(words: str) -> dict[str, Any]:
    """How many variants there are to be had of a product, as far as the words describe them."""
    product_id = product_meant(_records(), words)
    if product_id is None:
        return {"is_known": False, "name": NOTHING, "count": 0}
    name = _records().products[product_id][0].name
    return {"is_known": True, "name": name, "count": len(_to_be_had(product_id, words))}


def variants(words: str) -> list[dict[str, Any]]:
    """Those variants, the cheapest first; only one where the words ask for the cheapest or the dearest."""
    product_id = product_meant(_records(), words)
    found = by_price(words, _to_be_had(product_id, words)) if product_id else []
    found.sort(key=lambda item: item.price)
    return [{"line": f"{item} at ${item.price}"} for item in found]


def bought(customer: str, words: str) -> dict[str, Any]:
    """What the customer ever ordered of one product."""
    held = _held(customer, words)
    total = sum((item.price for _, item in held), Decimal(0))
    return {"customer": customer, "count": len(held), "total": total}


def bought_lines(customer: str, words: str) -> list[dict[str, Any]]:
    held = _held(customer, words)
    return _lines(customer, [f"{item} at ${item.price} in {order.order_id} ({order.status})" for order, item in held])


def settled(customer: str) -> dict[str, Any]:
    """What all that was done for the customer so far comes to."""
    mine = [action for action in _records().actions if action.user_id == customer]
    total = sum((action.money_back for action in mine), Decimal(0))
    return {"customer": customer, "count": len(mine), "balance": _balance(total)}


def settled_lines(customer: str) -> list[dict[str, Any]]:
    mine = [action for action in _records().actions if action.user_id == customer and action.money_back]
    return _lines(customer, [f"{one.name} of {one.arguments['order']}: {_balance(one.money_back)}" for one in mine])


# -- changing ----------------------------------------------------------------------------------------


def cancel(customer: str, order_id: str, reason: str, key: str) -> dict[str, Any]:
    return _once(key, lambda: _order(_records().cancel(customer, order_id, reason)))


def give_back(customer: str, order_id: str, item_ids: str, method_id: str, key: str) -> dict[str, Any]:
    return _once(key, lambda: _order(_records().give_back(customer, order_id, item_ids.split(","), method_id)))


def exchange(customer: str, order_id: str, item_ids: str, new_ids: str, method_id: str, key: str) -> dict[str, Any]:
    swaps = _swaps(item_ids, new_ids)
    return _once(key, lambda: _order(_records().exchange(customer, order_id, swaps, method_id)))


def modify_items(customer: str, order_id: str, item_ids: str, new_ids: str, method_id: str, key: str) -> dict[str, Any]:
    swaps = _swaps(item_ids, new_ids)
    return _once(key, lambda: _order(_records().modify_items(customer, order_id, swaps, method_id)))


def modify_payment(customer: str, order_id: str, method_id: str, key: str) -> dict[str, Any]:
    return _once(key, lambda: _order(_records().modify_payment(customer, order_id, method_id)))


def modify_address(
    customer: str, order_id: str, address1: str, city: str, state: str, zip_code: str, key: str, address2: str = ""
) -> dict[str, Any]:
    address = Address(address1=address1, address2=address2, city=city, state=state, zip=zip_code)
    return _once(key, lambda: _order(_records().modify_address(customer, order_id, address)))


def move(
    customer: str, address1: str, city: str, state: str, zip_code: str, key: str, address2: str = ""
) -> dict[str, Any]:
    address = Address(address1=address1, address2=address2, city=city, state=state, zip=zip_code)
    return _once(key, lambda: {"customer": customer, "address": str(_records().move(customer, address).address)})


# -- how they are written ----------------------------------------------------------------------------


def _once(key: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The first result of a key, however often it comes."""
    done: dict[str, dict[str, Any]] = _open["done"]
    if key not in done:
        done[key] = do()
    return done[key]


def _order(order: Order) -> dict[str, Any]:
    customer = _records().customer(order.user_id)
    method = customer.methods.get(order.paid_with)
    return {
        "customer": order.user_id,
        "order_id": order.order_id,
        "status": order.status,
        "names": ", ".join(item.name for item in order.items),
        "total": order.total,
        "address": str(order.address),
        "tracking": ", ".join(order.tracking) or None,
        "paid_with": str(method) if method else "another method",
    }


def _quote(order_id: str, quote: Quote) -> dict[str, Any]:
    order = _records().order(order_id)
    return {
        "customer": order.user_id,
        "is_clear": not quote.problem,
        "problem": quote.problem or NOTHING,
        "item_ids": ",".join(quote.item_ids) or NOTHING,
        "new_ids": ",".join(quote.new_ids) or NOTHING,
        "amount": abs(quote.amount),
        "to_pay": max(-quote.amount, Decimal(0)),
        "balance": _balance(quote.amount),
        "rest": order.total - quote.amount,
    }


def _quoted(order: Order, quote: Quote) -> list[dict[str, Any]]:
    """What would be done, or what there is to choose from where that isn't clear."""
    return _lines(order.user_id, quote.choices if quote.problem else quote.lines)


def _lines(customer: str, lines: Sequence[str]) -> list[dict[str, Any]]:
    return [{"customer": customer, "line": line} for line in lines]


def _balance(money_back: Decimal) -> str:
    if not money_back:
        return "nothing to pay"
    return f"you get back ${money_back}" if money_back > 0 else f"you pay ${-money_back}"


def _to_be_had(product_id: str, words: str) -> list[Item]:
    every = _records().products[product_id]
    said = options_said(words, every)
    return [one for one in every if one.is_available and said.items() <= dict(one.options).items()]


def _held(customer: str, words: str) -> list[tuple[Order, Item]]:
    product_id = product_meant(_records(), words)
    mine = _records().orders_of(customer)
    return [(order, item) for order in mine for item in order.items if item.product_id == product_id]


def _swaps(item_ids: str, new_ids: str) -> list[tuple[str, str]]:
    return list(zip(item_ids.split(","), new_ids.split(","), strict=True))
