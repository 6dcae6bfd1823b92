"""How the scripted customer names things, from what the records hold: an item, what it should become, a way to pay, a place."""

from collections.abc import Sequence

from bench.retail.records import Address, Customer, Item, Method, Order


def name_item(item: Item, order: Order) -> str:
    """Its product, and where the order has another one of it, the options that tell them apart."""
    others = [one for one in order.items if one.name == item.name and one.item_id != item.item_id]
    telling = {
        name: value for name, value in item.options.items() if any(one.options.get(name) != value for one in others)
    }
    return f"the {item.name}{_with(telling)}"


def name_items(items: Sequence[Item], order: Order) -> str:
    return listed([name_item(item, order) for item in items])


def name_swap(old: Item, new: Item, order: Order) -> str:
    """The old thing, and the options that the new one should have instead."""
    wanted = {name: value for name, value in new.options.items() if old.options.get(name) != value}
    return f"{name_item(old, order)} to {_options(wanted) if wanted else 'the same item'}"


def name_method(method: Method, customer: Customer) -> str:
    if method.kind != "credit_card":
        return {"gift_card": "my gift card", "paypal": "PayPal"}[method.kind]
    cards = [one for one in customer.methods.values() if one.kind == "credit_card"]
    return f"my {method.brand} ending in {method.last_four}" if len(cards) > 1 else "my credit card"


def name_address(address: Address, customer: Customer, orders: Sequence[Order]) -> str:
    """By reference where it is on file, as people do who don't want to spell it out."""
    if address == customer.address:
        return "my default address"
    same = next((order for order in orders if order.address == address), None)
    return f"the address of order {same.order_id}" if same else str(address)


def listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _with(options: dict[str, str]) -> str:
    return f" with {_options(options)}" if options else ""


def _options(options: dict[str, str]) -> str:
    return listed([f"{name} {value}" for name, value in options.items()])
