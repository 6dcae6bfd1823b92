import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from backoffice import BEHAVIOUR, TODAY, Shop, a_backoffice
from frontdesk.domain.errors import ConfigError
from frontdesk.simulators.backoffice import BackofficeBehaviour
from frontdesk.simulators.backoffice.behaviour import Calendar
from frontdesk.simulators.backoffice.schema import TABLE_NAMES
from frontdesk.simulators.backoffice.seeding import SITUATIONS, seed
from frontdesk.simulators.backoffice.storage import open_storage

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_the_same_seed_makes_the_same_shop_and_another_one_another() -> None:
    assert seed(NOON, 7) == seed(NOON, 7)
    assert seed(NOON, 7) != seed(NOON, 8)


def test_there_are_at_least_200_customers_and_600_orders_with_refunds_in_every_state() -> None:
    rows = seed(NOON, 7)
    assert len(rows["customers"]) >= 200
    assert len(rows["orders"]) >= 600
    states = Counter(refund["status"] for refund in rows["refunds"])
    assert set(states) == {"requested", "approved", "processing", "paid", "failed", "declined", "cancelled"}
    assert {"authorised", "captured", "declined", "refunded", "partially_refunded", "disputed", "voided"} == {
        payment["status"] for payment in rows["payments"]
    }
    assert {
        "label_created",
        "in_transit",
        "out_for_delivery",
        "delivered",
        "exception",
        "lost",
        "returned_to_sender",
    } <= {parcel["status"] for parcel in rows["shipments"]}


@pytest.mark.parametrize("number", range(5))
def test_every_seed_names_only_what_exists(number: int) -> None:
    rows = seed(NOON, number)
    customers = {row["customer_id"] for row in rows["customers"]}
    orders = {row["order_id"]: row["customer_id"] for row in rows["orders"]}
    assert len(orders) == len(rows["orders"])
    assert set(orders.values()) <= customers
    for table in ("payments", "refunds", "returns", "shipments"):
        for row in rows[table]:
            assert orders[row["order_id"]] == row["customer_id"], table


def test_no_time_of_the_past_lies_ahead_and_steps_keep_their_order() -> None:
    rows = seed(NOON, 7)
    now = "2026-11-25T12:00:00Z"
    for refund in rows["refunds"]:
        times = [
            refund[f"{step}_at"] for step in ("requested", "approved", "processing", "paid") if refund[f"{step}_at"]
        ]
        assert times == sorted(times), refund
        assert all(time <= now for time in times)
    for event in rows["tracking_events"]:
        assert event["at"] <= now
    for order in rows["orders"]:
        times = [order[f"{step}_at"] for step in ("placed", "packed", "shipped", "delivered") if order[f"{step}_at"]]
        assert times == sorted(times), order


def test_payments_hold_as_much_as_orders_and_their_refunds_say() -> None:
    rows = seed(NOON, 7)
    totals = {row["order_id"]: row["total_minor"] for row in rows["orders"]}
    paid: Counter[str] = Counter()
    for refund in rows["refunds"]:
        if refund["status"] == "paid":
            paid[refund["payment_id"]] += refund["amount_minor"]
    for payment in rows["payments"]:
        assert payment["amount_minor"] == totals[payment["order_id"]]
        assert payment["refunded_minor"] == paid[payment["payment_id"]]


async def test_every_situation_has_a_customer_whose_records_can_be_read(shop: Shop) -> None:
    told = (await shop.http.get("/_situations")).json()["situations"]
    assert [one["customer_id"] for one in told] == [one.customer_id for one in SITUATIONS]
    assert len({one["customer_id"] for one in told}) == len(told) >= 25
    for one in told:
        contact = await shop.get(f"/crm/contacts/{one['customer_id']}")
        orders = (await shop.get(f"/orders/orders?customer_id={one['customer_id']}"))["orders"]
        assert contact["customer_id"] == one["customer_id"]
        assert bool(orders) == (one["name"] != "nothing_ordered"), one


async def test_what_was_two_days_ago_still_is_when_the_file_is_opened_a_week_later(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    async with a_backoffice(BackofficeBehaviour(path=path, today=TODAY)) as shop:
        first = (await shop.get("/payments/refunds?customer_id=cust-5001"))["data"][0]
        parcel = (await shop.get("/shipping/shipments?customer_id=cust-5001"))["shipments"][0]
    later = TODAY + timedelta(days=7)
    async with a_backoffice(BackofficeBehaviour(path=path, today=later)) as shop:
        moved = (await shop.get("/payments/refunds?customer_id=cust-5001"))["data"][0]
        moved_parcel = (await shop.get("/shipping/shipments?customer_id=cust-5001"))["shipments"][0]
    assert moved["paid_at"] == "2026-11-27T12:00:00Z"
    assert first["paid_at"] == "2026-11-20T12:00:00Z"
    assert date.fromisoformat(moved["expected_on"]) - date.fromisoformat(first["expected_on"]) == timedelta(days=7)
    assert moved_parcel["last_event_at"] - parcel["last_event_at"] == 7 * 86_400


async def test_a_calendar_goes_on_and_keeps_its_appointments_on_their_days(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    async with a_backoffice(BackofficeBehaviour(path=path, today=TODAY)) as shop:
        slot = (await shop.get("/appointments/slots?store=Hamburg&day=2026-12-10"))["slots"][0]
        body = {"slot_id": slot["slot_id"], "customer_id": "cust-1187", "reference": "run-1", "item": "boots"}
        await shop.ask("POST", "/appointments/appointments", body)
    later = TODAY + timedelta(days=10)
    async with a_backoffice(BackofficeBehaviour(path=path, today=later)) as shop:
        booked = (await shop.get("/appointments/appointments?reference=run-1"))["appointments"][0]
        slots = (await shop.get("/appointments/slots?store=Hamburg&limit=100"))["slots"]
    assert (booked["day"], booked["time"]) == (slot["day"], slot["time"])
    days = {date.fromisoformat(free["day"]) for free in slots}
    assert min(days) == later
    assert max(days) > TODAY + timedelta(days=28)
    assert all(day.weekday() < 6 for day in days)


async def test_a_file_keeps_what_was_changed_and_when_it_was(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    async with a_backoffice(BackofficeBehaviour(path=path, today=TODAY)) as shop:
        order = await shop.order("cust-3312")
        await shop.ask("POST", "/payments/refunds", {"order_id": order["order_id"], "amount_minor": 500}, key="k")
        before = await shop.effects()
    async with a_backoffice(BackofficeBehaviour(path=path, today=TODAY + timedelta(days=3))) as shop:
        assert await shop.effects() == before
        again = await shop.ask(
            "POST", "/payments/refunds", {"order_id": order["order_id"], "amount_minor": 500}, key="k"
        )
        assert again.headers["idempotent-replayed"] == "true"
        assert len(await shop.effects()) == 1


def test_a_file_that_is_no_back_office_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("not a database at all, but long enough to be read as one" * 20)
    with pytest.raises(ConfigError, match=r"notes\.db"):
        open_storage(BackofficeBehaviour(path=path), Calendar(TODAY))


def test_a_file_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE meta (name TEXT, value TEXT)")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="holds something else"):
        open_storage(BackofficeBehaviour(path=path), Calendar(TODAY))
    with closing(sqlite3.connect(path)) as connection:
        assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["meta"]
    assert len(before) == path.stat().st_size


def test_a_file_of_an_earlier_version_is_made_anew(seeded: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(seeded, tmp_path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = 'old' WHERE name = 'format'")
        connection.execute("DELETE FROM orders")
    storage = open_storage(BackofficeBehaviour(path=path), Calendar(TODAY))
    assert storage.scalar("SELECT count(*) FROM orders") > 600
    storage.close()


def test_views_show_support_the_same_as_the_tables() -> None:
    storage = open_storage(BEHAVIOUR, Calendar(TODAY))
    for view in ("orders", "refunds", "shipments", "tickets", "customers"):
        count = storage.scalar(f"SELECT count(*) FROM {view}_for_support")
        assert count == storage.scalar(f"SELECT count(*) FROM {view}") > 0
    row = storage.row("SELECT * FROM refunds_for_support WHERE customer_id = 'cust-5010'")
    assert row is not None
    assert row["amount"] == 189.0
    assert "orders" in TABLE_NAMES
    storage.close()
