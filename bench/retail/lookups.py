"""Which address or product a customer's words mean; a text in its place asks where it isn't clear."""

import re

from bench.retail.records import Address, Customer, Records
from bench.retail.wording import names_product

_ORDER_ID = re.compile(r"(?<![\w#])#?w?(\d{7})(?!\d)", re.IGNORECASE)
_DEFAULT = re.compile(r"\b(?:default|profile|home)\b|\bon file\b", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?P<street>\d+\s+[^,]+),\s*(?:(?P<more>(?:suite|apt|apartment|unit|floor)\b[^,]*),\s*)?"
    r"(?P<city>[A-Za-z .]+),\s*(?P<state>[A-Z]{2}),?\s+(?P<zip>\d{5})\b",
    re.IGNORECASE,
)


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
