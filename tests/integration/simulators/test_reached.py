"""The simulated systems as connectors reach them: tools in a process of their own, tools at an address, SQL views."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backoffice import TODAY
from frontdesk.adapters.connectors.mcp import pin_of
from frontdesk.domain.connector import CallFailure, CallResult
from frontdesk.drills.stage import frontdesk
from frontdesk.simulators.backoffice import BackofficeBehaviour
from frontdesk.simulators.backoffice.behaviour import Calendar
from frontdesk.simulators.backoffice.mcp import tools_of
from frontdesk.simulators.backoffice.storage import open_storage
from outside import described, opened

ARGUMENTS = {"customer_id": {"type": "id", "bind": "subject"}}
ORDERS: dict[str, Any] = {
    "arguments": ARGUMENTS,
    "tool": "find_orders",
    "pin": pin_of(tools_of()["find_orders"].to_json()),
    "rows": "orders",
    "is_list": True,
    "fields": {"order_id": "id", "customer_id": "id", "total": "money", "currency": "text", "placed_at": "time"},
    "owner_field": "customer_id",
    "timeout_s": 20,
}


async def asked(folder: Path, connector: dict[str, Any]) -> CallResult | CallFailure:
    async with opened(described(folder, connector), folder) as shop:
        ended: CallResult | CallFailure = await shop.call("orders", {"customer_id": "cust-1187"}, deadline_s=30)
        return ended


async def test_tools_of_a_process_are_read(tmp_path: Path) -> None:
    command = frontdesk("simulate", "mcp", "--today", TODAY.isoformat())
    found = await asked(tmp_path, {"mcp": {"command": command}, "operations": {"orders": ORDERS}})
    assert isinstance(found, CallResult), found
    assert [row["order_id"] for row in found.rows] == ["HP10448120"]


async def test_tools_with_a_changed_schema_are_refused(tmp_path: Path) -> None:
    command = frontdesk("simulate", "mcp", "--changed-schema")
    found = await asked(tmp_path, {"mcp": {"command": command}, "operations": {"orders": ORDERS}})
    assert isinstance(found, CallFailure), found
    assert found.kind == "malformed"
    assert "find_orders" in found.why


@contextmanager
def tools_at_an_address(*arguments: str) -> Iterator[str]:
    process = subprocess.Popen(
        frontdesk("simulate", "mcp", "--http", "--port", "0", *arguments), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=30)


async def test_tools_at_an_address_are_read(tmp_path: Path) -> None:
    with tools_at_an_address("--events") as address:
        found = await asked(tmp_path, {"mcp": {"url": address}, "operations": {"orders": ORDERS}})
    assert isinstance(found, CallResult), found
    assert [row["order_id"] for row in found.rows] == ["HP10448120"]


async def test_views_are_read_with_sql(tmp_path: Path) -> None:
    open_storage(BackofficeBehaviour(path=tmp_path / "shop.db", today=TODAY), Calendar(TODAY)).close()
    operation = {
        "arguments": ARGUMENTS,
        "sql": "SELECT * FROM orders_for_support WHERE customer_id = :customer_id",
        "is_list": True,
        "fields": {"order_id": "id", "customer_id": "id", "items": "text", "total": "money", "currency": "text"},
        "owner_field": "customer_id",
    }
    found = await asked(tmp_path, {"sql": {"file": "shop.db"}, "operations": {"orders": operation}})
    assert isinstance(found, CallResult), found
    assert [(row["order_id"], row["items"]) for row in found.rows] == [("HP10448120", "1 x Hut pack 36 litres")]
