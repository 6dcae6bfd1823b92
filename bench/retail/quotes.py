"""What a change would come to, worked out before anybody agrees to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bench.retail.records import Item, Order, Records
from bench.retail.wording import Meant, replacements, things_meant, wishes_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A return or an exchange as the words have it; `problem` says why there is none yet."""

    lines: tuple[str, ...] = ()
    """What would be done, one line for each item."""
    item_ids: tuple[str, ...] = ()
    new_ids: tuple[str, ...] = ()
    """Of an exchange, in the order of `item_ids`."""
    amount: Decimal = Decimal(0)
    """What the customer gets back; below zero what they pay."""
    problem: str = ""
    choices: tuple[str, ...] = ()
    """What there is to choose from instead."""


def quote_return(records: Records, order: Order, words: str) -> Quote:
    meant = things_meant(words, order.items, records.products)
    if (problem := _problem_of(meant, words, order)) is not None:
        return problem
    return Quote(
        lines=tuple(f"{item} at ${item.price}" for item in meant.items),
        item_ids=tuple(item.item_id for item in meant.items),
        amount=sum((item.price for item in meant.items), Decimal(0)),
    )


def quote_swap(records: Records, order: Order, words: str) -> Quote:
    swaps = list[tuple[Item, Item]]()
    for wish in wishes_in(words, order.items):
        free = list(order.items)
        for old, _ in swaps:
            free.remove(old)
        meant = things_meant(wish.old, free, records.products)
        if (problem := _problem_of(meant, wish.old, order)) is not None:
            return problem
        for old in meant.items:
            variants = records.products.get(old.product_id, ())
            found = replacements(wish.new, old, variants)
            if len(found) != 1:
                return _no_replacement(old, found, variants)
            swaps.append((old, found[0]))
    return _quote_of(swaps) if swaps else _not_in(words, order)


def _quote_of(swaps: Sequence[tuple[Item, Item]]) -> Quote:
    return Quote(
        lines=tuple(f"{old} at ${old.price} for {new} at ${new.price}" for old, new in swaps),
        item_ids=tuple(old.item_id for old, _ in swaps),
        new_ids=tuple(new.item_id for _, new in swaps),
        amount=sum((old.price - new.price for old, new in swaps), Decimal(0)),
    )


def _problem_of(meant: Meant, words: str, order: Order) -> Quote | None:
    if meant.unclear:
        return Quote(problem="More than one fits that.", choices=tuple(str(item) for item in meant.unclear[0]))
    if meant.unknown or not meant.items:
        return _not_in(meant.unknown[0] if meant.unknown else words, order)
    return None


def _not_in(words: str, order: Order) -> Quote:
    held = tuple(str(item) for item in order.items)
    return Quote(problem=f"There is no “{words.strip()[:60]}” in order {order.order_id}.", choices=held)


def _no_replacement(old: Item, found: Sequence[Item], variants: Sequence[Item]) -> Quote:
    listed = found or [one for one in variants if one.is_available and one.item_id != old.item_id]
    why = "More than one fits what you want" if found else "There is none to be had as you want it"
    return Quote(
        problem=f"{why} in place of the {old.name}.", choices=tuple(f"{one} at ${one.price}" for one in listed)
    )
