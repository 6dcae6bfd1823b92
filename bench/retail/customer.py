"""The scripted customer: what somebody with a task says, derived from the task by rule. No language model plays them.

Who they are, and what they want to know, they say in the words of the task's own text, put into the first person. What they
want done they say in the order in which an action's facts are asked for: what it is about, the order's number as the
assistant lists it, the things by their names and options, the way to pay, and a yes. These facts come from the arguments
of the expected actions. Items are named as the records name them, and never by their ids: finding those is the
assistant's part. So is everything that the policy forbids, which nobody asks the customer about.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from bench.retail.data import Expected, Task, address_of, apply_one, swaps_of
from bench.retail.lookups import product_meant
from bench.retail.phrases import name_address, name_items, name_method, name_swap
from bench.retail.records import Customer, Records, RefusedError, items_in

OPENINGS: Mapping[str, tuple[str, ...]] = {
    "cancel_pending_order": (
        "I'd like to cancel an order.",
        "Please cancel one of my orders.",
        "I don't want an order any more, it should be cancelled.",
    ),
    "return_delivered_order_items": (
        "I want to return something I received.",
        "I'd like to send some items back.",
        "I need to return a few things from an order.",
    ),
    "exchange_delivered_order_items": (
        "I want to exchange something for another version.",
        "I'd like to swap something I received for a different one.",
        "I need to exchange items from an order.",
    ),
    "modify_pending_order_items": (
        "I want to change items in my pending order.",
        "I'd like to modify something in an order that I placed.",
        "I need a different version of an item that I ordered.",
    ),
    "modify_pending_order_payment": (
        "I want to pay for my order with something else.",
        "I'd like to use another payment method for an order.",
        "Please change how my order is paid.",
    ),
    "modify_pending_order_address": (
        "I need to change the shipping address of an order.",
        "I'd like an order to be sent to another address.",
        "An order of mine has the wrong address, please change it.",
    ),
    "modify_user_address": (
        "Please change the default address in my profile.",
        "I'd like to update my own address in my account.",
        "I want to change my user address.",
    ),
}
"""What somebody begins with; which one is decided by the task's number."""
A_PERSON = "If that is not possible, I want to speak to a human agent."
_WANTED = re.compile(
    r"\b(?:(?:want|like|need) to (?:know|ask|check|confirm|get the)|ask the agent(?! to\b)|ask about|inquire about)\b"
    r".+?(?=[.;!?](?:\s|$)|, and (?:return|if|whether|you)\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_LATE = re.compile(r"\b(?:total|in total|balance|get back|pay today|after|finally|at the end)\b", re.IGNORECASE)
_PERSON = (
    (r"\byou name\b", "my name"),  # as many tasks have it
    (r"\byou're\b", "I'm"),
    (r"\byou are\b", "I am"),
    (r"\byou were\b", "I was"),
    (r"\byourself\b", "myself"),
    (r"\byour\b", "my"),
    (r"\byou\b", "I"),
    (r"\bthe agent\b", "you"),
)


def introduction(task: Task) -> str:
    return in_first_person(task.known)


def messages(task: Task, customer: Customer, records: Records) -> Iterator[str]:
    """All that is said after the introduction.

    Args:
        records: a copy of their own; what is agreed to happens in it, since later words rest on it.
    """
    if not task.changes:
        yield from own_words(task)
        return
    asked = questions(task)
    yield from _asking([wish for wish in asked if not _LATE.search(wish)], records)
    for action in task.changes:
        openings = OPENINGS[action.name]
        yield from _asking_for(action, openings[int(task.task_id) % len(openings)], customer.user_id, records)
        try:
            apply_one(records, customer.user_id, action)
        except RefusedError:  # the records' own policy forbids what the task expects
            continue
    yield from _asking([wish for wish in asked if _LATE.search(wish)], records)


def questions(task: Task) -> list[str]:
    """What a task that expects information wants to know, each as a message."""
    if not task.information:
        return []
    return [_question(found.group()) for found in _WANTED.finditer(task.reason)]


def own_words(task: Task) -> Iterator[str]:
    """The task's own text, sentence by sentence; somebody who is to end up with a person asks for one."""
    for sentence in re.split(r"(?<=[.!?])\s+", task.reason):
        if sentence.strip(" ."):
            yield in_first_person(sentence)
    if task.hands_over:
        yield A_PERSON


def in_first_person(text: str) -> str:
    for pattern, own in _PERSON:
        text = re.sub(pattern, own, text, flags=re.IGNORECASE)
    return text[:1].upper() + text[1:]


def _question(wanted: str) -> str:
    """`want to know how much you paid` > `I want to know how much I paid.`"""
    asked = re.sub(r"^(?:ask the agent|ask about|inquire about)\s*", "want to know ", wanted, flags=re.IGNORECASE)
    return in_first_person(f"you {' '.join(asked.split())}.")


def _asking(wishes: Sequence[str], records: Records) -> Iterator[str]:
    """Each question, and after it the product that it names, for which the assistant asks."""
    for wish in wishes:
        yield wish
        product_id = product_meant(records, wish)
        if product_id is not None:
            yield f"The {records.products[product_id][0].name}."


def _asking_for(action: Expected, opening: str, user_id: str, records: Records) -> Iterator[str]:
    given, customer = action.arguments, records.customer(user_id)
    yield opening
    order = records.order(given["order_id"]) if "order_id" in given else None
    if order is not None and len(customer.orders) > 1:  # nobody asks which, where there is one only
        yield order.order_id
    match action.name:
        case "cancel_pending_order":
            yield _sentence(given["reason"])
        case "return_delivered_order_items" if order:
            yield _sentence(name_items(items_in(order, given["item_ids"]), order))
        case "exchange_delivered_order_items" | "modify_pending_order_items" if order:
            olds = items_in(order, given["item_ids"])
            swaps = zip(olds, swaps_of(action), strict=True)
            yield _sentence("; ".join(name_swap(old, records.item(new), order) for old, (_, new) in swaps))
        case "modify_pending_order_address" | "modify_user_address":
            others = [one for one in records.orders_of(user_id) if order is None or one.order_id != order.order_id]
            yield _sentence(name_address(address_of(given), customer, others))
    if "payment_method_id" in given and len(customer.methods) > 1:
        yield _sentence(name_method(customer.methods[given["payment_method_id"]], customer))
    yield "Yes."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
