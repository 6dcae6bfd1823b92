"""The systems of a small shop in a test's own process: typed records, and a list of what was changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from frontdesk.domain.connector import (
    ArgumentSpec,
    CallFailure,
    CallResult,
    FieldSpec,
    FieldType,
    OperationSpec,
    Row,
    Value,
)

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ORDERS: Sequence[Row] = (
    {"number": "HP-448120", "item": "blue rain jacket", "status": "packed", "owner": "cust-1"},
    {"number": "HP-301557", "item": "two-person tent", "status": "shipped", "owner": "cust-1"},
    {"number": "HP-118833", "item": "hiking boots", "status": "delivered", "owner": "cust-1"},
)
REFUNDS: Sequence[Row] = (
    {"number": "RF-1", "order": "HP-118833", "amount": Decimal("129.00"), "status": "approved", "owner": "cust-1"},
    {"number": "RF-2", "order": "HP-301557", "amount": Decimal("349.50"), "status": "paid", "owner": "cust-1"},
)


def _fields(**types: FieldType) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(name=name, type=kind, is_private=name == "owner") for name, kind in types.items())


def _arguments(**types: FieldType) -> tuple[ArgumentSpec, ...]:
    return tuple(
        ArgumentSpec(name=name, type=kind, bind="subject" if name == "customer" else "", is_required=name != "email")
        for name, kind in types.items()
    )


def _reads(connector: str, name: str, **fields: FieldType) -> OperationSpec:
    return OperationSpec(
        connector=connector,
        name=name,
        title={"en": f"the {connector} system"},
        kind="read",
        arguments=_arguments(customer="id"),
        fields=_fields(**fields),
        is_list=True,
        owner_field="owner",
    )


def _does(connector: str, name: str, arguments: Mapping[str, FieldType], **fields: FieldType) -> OperationSpec:
    is_own = "customer" in arguments
    return OperationSpec(
        connector=connector,
        name=name,
        title={"en": f"the {connector} system"},
        kind="effect",
        arguments=_arguments(**arguments),
        fields=_fields(**fields),
        owner_field="owner" if is_own else "",
        needs="verified" if is_own else "anyone",
    )


OPERATIONS = (
    _reads("orders", "orders", number="id", item="text", status="text", owner="id"),
    _does(
        "orders",
        "start_return",
        {"customer": "id", "order": "id", "reason": "text"},
        number="id",
        order="id",
        owner="id",
    ),
    _does(
        "orders",
        "change_address",
        {"customer": "id", "order": "id", "address": "text"},
        number="id",
        address="text",
        owner="id",
    ),
    _reads("payments", "refunds", number="id", order="id", amount="money", status="text", owner="id"),
    _does("workshop", "book", {"item": "text", "day": "date", "email": "email"}, number="id"),
    _does("sales", "ask", {"pieces": "number", "budget": "money", "printed": "yes_no", "email": "email"}, number="id"),
)


@dataclass(slots=True, kw_only=True)
class Forged:
    """One of the systems."""

    name: str
    orders: Sequence[Row] = ORDERS
    refunds: Sequence[Row] = REFUNDS
    effects: list[tuple[str, Mapping[str, Value]]] = field(default_factory=list)
    """What was changed: the operation, and its arguments without the customer."""
    is_silent: bool = False

    @property
    def operations(self) -> Mapping[str, OperationSpec]:
        return {spec.name: spec for spec in OPERATIONS if spec.connector == self.name}

    def reset(self, *, is_silent: bool = False) -> None:
        """As new."""
        self.effects.clear()
        self.is_silent = is_silent

    async def call(
        self, operation: str, arguments: Mapping[str, Value], *, key: str, deadline_s: float
    ) -> CallResult | CallFailure:
        qualified = f"{self.name}.{operation}"
        if self.is_silent:
            return CallFailure(operation=qualified, kind="silent", why="It says nothing.", took_ms=1.0, at=AT)
        rows = self._answer(operation, arguments)
        return CallResult(operation=qualified, rows=tuple(rows), read_at=AT, took_ms=1.0)

    def _answer(self, operation: str, arguments: Mapping[str, Value]) -> Sequence[Row]:
        owner = arguments.get("customer")
        if self.operations[operation].kind == "effect":
            told = {name: value for name, value in arguments.items() if name != "customer" and value is not None}
            self.effects.append((f"{self.name}.{operation}", told))
        match operation:
            case "orders":
                return [row for row in self.orders if row["owner"] == owner]
            case "refunds":
                return [row for row in self.refunds if row["owner"] == owner]
            case "start_return":
                return [{"number": "RT-1", "order": arguments["order"], "owner": owner}]
            case "change_address":
                return [{"number": arguments["order"], "address": arguments["address"], "owner": owner}]
            case _:
                return [{"number": "NO-1"}]

    async def close(self) -> None:
        return None
