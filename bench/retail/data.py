"""The published records and tasks: read from a folder, and the tasks' actions applied to the records."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.retail.records import Address, Customer, Item, Method, Order, Payment, Records

DATABASE, TASKS = "retail_db.json.gz", "retail_tasks_train.jsonl.gz"
HAND_OVER = "transfer_to_human_agents"
CHANGES = (
    "cancel_pending_order",
    "return_delivered_order_items",
    "exchange_delivered_order_items",
    "modify_pending_order_items",
    "modify_pending_order_payment",
    "modify_pending_order_address",
    "modify_user_address",
)
"""The tasks' actions that change a record; all others but the hand-over only read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One action that a task expects."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    task_id: str
    reason: str
    known: str
    instructions: str
    actions: tuple[Expected, ...]
    information: tuple[str, ...]
    """Must be said to the customer, each in these words."""

    @property
    def text(self) -> str:
        return f"{self.reason} {self.instructions} {self.known}"

    @property
    def changes(self) -> tuple[Expected, ...]:
        return tuple(action for action in self.actions if action.name in CHANGES)

    @property
    def hands_over(self) -> bool:
        return any(action.name == HAND_OVER for action in self.actions)


def read_records(path: Path) -> Records:
    """The shop's records; `path` is a JSON file, packed or not."""
    raw = json.loads(_text_of(path))
    orders = {key: _to_order(value) for key, value in raw["orders"].items()}
    customers = {key: _to_customer(value) for key, value in raw["users"].items()}
    products = {key: _to_variants(value) for key, value in raw["products"].items()}
    return Records(customers, orders, products)


def read_tasks(path: Path) -> list[Task]:
    return [_to_task(json.loads(line)) for line in _text_of(path).splitlines() if line.strip()]


def apply_one(records: Records, user_id: str, action: Expected) -> None:
    """Do what a task expects; what the records refuse is raised."""
    given = action.arguments
    order_id, method = given.get("order_id", ""), given.get("payment_method_id", "")
    match action.name:
        case "cancel_pending_order":
            records.cancel(user_id, order_id, given["reason"])
        case "return_delivered_order_items":
            records.give_back(user_id, order_id, given["item_ids"], method)
        case "exchange_delivered_order_items":
            records.exchange(user_id, order_id, swaps_of(action), method)
        case "modify_pending_order_items":
            records.modify_items(user_id, order_id, swaps_of(action), method)
        case "modify_pending_order_payment":
            records.modify_payment(user_id, order_id, method)
        case "modify_pending_order_address":
            records.modify_address(user_id, order_id, address_of(given))
        case "modify_user_address":
            records.move(user_id, address_of(given))


def swaps_of(action: Expected) -> list[tuple[str, str]]:
    return list(zip(action.arguments["item_ids"], action.arguments["new_item_ids"], strict=True))


def address_of(given: Mapping[str, str]) -> Address:
    return Address(**{name: given[name] for name in ("address1", "address2", "city", "state", "zip", "country")})


def _text_of(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text("utf-8")


def _to_task(raw: Mapping[str, Any]) -> Task:
    told, wanted = raw["user_scenario"]["instructions"], raw["evaluation_criteria"]
    return Task(
        task_id=raw["id"],
        reason=told["reason_for_call"] or "",
        known=told["known_info"] or "",
        instructions=told["task_instructions"] or "",
        actions=tuple(Expected(name=one["name"], arguments=one["arguments"]) for one in wanted["actions"]),
        information=tuple(wanted.get("communicate_info") or ()),
    )


def _to_order(raw: Mapping[str, Any]) -> Order:
    return Order(
        order_id=raw["order_id"],
        user_id=raw["user_id"],
        address=address_of(raw["address"]),
        items=tuple(_to_item(item["name"], item["product_id"], item) for item in raw["items"]),
        status=raw["status"],
        tracking=tuple(number for sent in raw["fulfillments"] for number in sent["tracking_id"]),
        payments=tuple(
            Payment(
                kind=paid["transaction_type"],
                amount=_money(paid["amount"]),
                method_id=paid["payment_method_id"],
            )
            for paid in raw["payment_history"]
        ),
    )


def _to_customer(raw: Mapping[str, Any]) -> Customer:
    return Customer(
        user_id=raw["user_id"],
        first_name=raw["name"]["first_name"],
        last_name=raw["name"]["last_name"],
        email=raw["email"],
        address=address_of(raw["address"]),
        methods={key: _to_method(value) for key, value in raw["payment_methods"].items()},
        orders=tuple(raw["orders"]),
    )


def _to_method(raw: Mapping[str, Any]) -> Method:
    return Method(
        method_id=raw["id"],
        kind=raw["source"],
        brand=raw.get("brand", ""),
        last_four=raw.get("last_four", ""),
        balance=_money(raw.get("balance", 0)),
    )


def _to_variants(raw: Mapping[str, Any]) -> tuple[Item, ...]:
    return tuple(_to_item(raw["name"], raw["product_id"], one) for one in raw["variants"].values())


def _to_item(name: str, product_id: str, raw: Mapping[str, Any]) -> Item:
    return Item(
        item_id=raw["item_id"],
        product_id=product_id,
        name=name,
        options=raw["options"],
        price=_money(raw["price"]),
        is_available=raw.get("available", True),
    )


def _money(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))
