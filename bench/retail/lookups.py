"""Which payment method, address or product a customer's words mean; a text in its place asks where it isn't clear."""

import re

from bench.retail.records import Address, Customer, Method, Order, Records
from bench.retail.wording import names_product

_ORDER_ID = re.compile(r"(?<![\w#])#?w?(\d{7})(?!\d)", re.IGNORECASE)
_DEFAULT = re.compile(r"\b(?:default|profile|home)\b|\bon file\b", re.IGNORECASE)
_ORIGINAL = re.compile(r"\boriginal\b|\bsame (?:card|method|payment)\b|\bi paid with\b", re.IGNORECASE)
_KINDS = {
    "gift_card": re.compile(r"\bgift\s*cards?\b|\bgc\b", re.IGNORECASE),
    "paypal": re.compile(r"\bpay\s*pal\b", re.IGNORECASE),
    "credit_card": re.compile(r"\bcards?\b", re.IGNORECASE),
}
_ADDRESS = re.compile(
    r"(?P<street>\d+\s+[^,]+),\s*(?:(?P<more>(?:suite|apt|apartment|unit|floor)\b[^,]*),\s*)?"
    r"(?P<city>[A-Za-z .]+),\s*(?P<state>[A-Z]{2}),?\s+(?P<zip>\d{5})\b",
    re.IGNORECASE,
)


def method_meant(customer: Customer, words: str, order: Order) -> Method | str:
    methods = list(customer.methods.values())
    if _ORIGINAL.search(words) and order.paid_with in customer.methods:
        return customer.methods[order.paid_with]
    fitting = (
        [one for one in methods if one.last_four and one.last_four in words]
        or [one for one in methods if one.brand and re.search(rf"\b{one.brand}\b", words, re.IGNORECASE)]
        or _of_kind(methods, words)
    )
    if len(fitting) == 1:
        return fitting[0]
    return f"Which of your payment methods do you mean: {', '.join(str(one) for one in fitting or methods)}?"


def address_meant(records: Records, customer: Customer, words: str) -> Address | str:
    """Spelt out, the customer's own, or that of one of their orders."""
    spelt = _ADDRESS.search(words)
    if spelt:
        return Address(
            address1=spelt["street"].strip(),
            address2=(spelt["more"] or "").strip(),
            city=spelt["city"].strip(),
            state=spelt["state"].upper(),
            zip=spelt["zip"],
        )
    orders = records.orders_of(customer.user_id)
    named = _ORDER_ID.search(words)
    if named:
        same = [order.address for order in orders if order.order_id == f"#W{named[1]}"]
        return same[0] if same else f"There is no order #W{named[1]} of yours."
    known = {customer.address, *(order.address for order in orders)}
    in_city = [one for one in known if re.search(rf"\b{re.escape(one.city)}\b", words, re.IGNORECASE)]
    if len(in_city) == 1:
        return in_city[0]
    if _DEFAULT.search(words):
        return customer.address
    return "Please give me the whole address: street and number, city, state and zip code."


def product_meant(records: Records, words: str) -> str | None:
    """Id of the one product that the words name."""
    named = {key: each[0].name for key, each in records.products.items() if each}
    whole = [key for key, name in named.items() if name.lower() in words.lower()]
    found = whole or [key for key, name in named.items() if names_product(words, name)]
    return found[0] if len(found) == 1 else None


def _of_kind(methods: list[Method], words: str) -> list[Method]:
    kind = next((kind for kind, pattern in _KINDS.items() if pattern.search(words)), "")
    return [one for one in methods if one.kind == kind]
