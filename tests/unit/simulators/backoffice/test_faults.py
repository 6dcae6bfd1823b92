from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backoffice import BEHAVIOUR, TODAY, Shop, a_backoffice
from frontdesk.simulators.backoffice.faults.damage import UNKNOWN_CHOICE
from frontdesk.simulators.backoffice.faults.kinds import FAULTS
from frontdesk.simulators.backoffice.seeding.stories_of_refunds import INJECTED

REFUNDS = "/payments/refunds?customer_id=cust-5001"


async def ordered(shop: Shop, **fault: Any) -> int:
    answer = await shop.http.post("/_faults", json=fault)
    assert answer.status_code == 201, answer.text
    return int(answer.json().get("fault_id", 0))


async def statuses(shop: Shop, path: str = REFUNDS, times: int = 1) -> list[int]:
    return [(await shop.ask("GET", path)).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("fault", "status"),
    [("error", 500), ("unavailable", 503), ("rate_limited", 429), ("rate_limited_bare", 429), ("unauthorised", 401)],
)
async def test_a_refusing_system_does_nothing(shop: Shop, fault: str, status: int) -> None:
    order = await shop.order("cust-3312")
    body = {"order_id": order["order_id"], "amount_minor": 1000}
    answer = await shop.ask("POST", "/payments/refunds", body, key="k", fault=fault)
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (fault == "rate_limited")
    assert await shop.effects() == []


async def test_retry_after_says_as_long_as_was_ordered(shop: Shop) -> None:
    answer = await shop.ask("GET", REFUNDS, fault="rate_limited; seconds=7")
    assert answer.headers["retry-after"] == "7"


async def test_a_slow_system_does_its_work_first(shop: Shop) -> None:
    order = await shop.order("cust-3312")
    body = {"order_id": order["order_id"], "amount_minor": 1000}
    answer = await shop.ask("POST", "/payments/refunds", body, key="k", fault="slow; seconds=0.05")
    assert answer.status_code == 201
    entry = (await shop.http.get("/_log")).json()["requests"][-1]
    assert entry["fault"] == "slow"
    assert entry["took_ms"] >= 50
    assert len(await shop.effects()) == 1


async def test_a_web_page_comes_in_place_of_json(shop: Shop) -> None:
    answer = await shop.ask("GET", REFUNDS, fault="html")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")


async def one_refund(shop: Shop, fault: str) -> dict[str, Any]:
    found: dict[str, Any] = (await shop.get(REFUNDS, fault=fault))["data"][0]
    return found


async def test_a_field_is_missing(shop: Shop) -> None:
    assert "status" not in await one_refund(shop, "missing_field")
    assert "amount_minor" not in await one_refund(shop, "missing_field; field=amount_minor")


async def test_a_status_is_one_that_nobody_knows(shop: Shop) -> None:
    assert (await one_refund(shop, "unknown_choice"))["status"] == UNKNOWN_CHOICE
    assert (await one_refund(shop, "unknown_choice; field=method"))["method"] == UNKNOWN_CHOICE


async def test_amounts_are_text(shop: Shop) -> None:
    assert (await one_refund(shop, "amount_text"))["amount_minor"] == "189,00 EUR"
    order = (await shop.get("/orders/orders?customer_id=cust-5001", fault="amount_text"))["orders"][0]
    assert (order["total"], order["items"][0]["unit_price"]) == ("189,00 EUR", "189,00 EUR")


async def test_times_are_written_as_people_do(shop: Shop) -> None:
    assert (await one_refund(shop, "date_format"))["paid_at"] == "20.11.2026 12:00"
    parcel = (await shop.get("/shipping/shipments?customer_id=cust-5001", fault="date_format"))["shipments"][0]
    assert parcel["events"][0]["at"].count(".") == 2


async def test_the_schema_is_the_next_version(shop: Shop) -> None:
    refund = await one_refund(shop, "schema_version")
    assert refund["schemaVersion"] == 2
    assert refund["attributes"]["refundId"] == "rf_300001"


async def test_names_are_instructions_and_texts_too_long(shop: Shop) -> None:
    path = "/crm/contacts/cust-5001"
    assert (await shop.get(path, fault="hostile_name"))["name"] == INJECTED
    assert len((await shop.get(path, fault="long_text"))["name"]) > 100_000


async def test_systems_contradict_each_other(shop: Shop) -> None:
    order = (await shop.get("/orders/orders?customer_id=cust-5001", fault="contradiction"))["orders"][0]
    assert (order["refund_state"], order["refunded_total"]) == ("none", 0.0)
    refund = (await shop.get("/payments/refunds?customer_id=cust-5003", fault="contradiction"))["data"][0]
    assert refund["status"] == "paid"
    parcel = (await shop.get("/shipping/shipments?customer_id=cust-5001", fault="contradiction"))["shipments"][0]
    assert (parcel["status"], parcel["delivered_at"]) == ("in_transit", None)


async def test_an_answer_from_the_past_says_what_was_true_then_and_how_old_it_is(shop: Shop) -> None:
    age = timedelta(days=8).total_seconds()
    answer = await shop.ask("GET", REFUNDS, fault=f"stale; seconds={age}")
    refund = answer.json()["data"][0]
    assert (refund["status"], refund["paid_at"]) == ("processing", None)
    assert answer.headers["age"] == str(round(age))
    assert (await shop.get(REFUNDS, fault=f"stale; seconds={timedelta(days=30).total_seconds()}"))["data"] == []
    parcel = (await shop.get("/shipping/shipments?customer_id=cust-5105", fault="stale; seconds=86400"))["shipments"][0]
    assert (parcel["status"], parcel["last_event"]) == ("in_transit", "The parcel is on its way.")


@pytest.mark.parametrize(
    "path",
    [
        "/orders/orders?customer_id=cust-5001",
        "/payments/refunds?customer_id=cust-5001",
        "/payments/payments?order_id=HP20100001",
        "/payments/refunds/rf_300001",
        "/orders/orders/HP20100001",
        "/shipping/shipments?customer_id=cust-5001",
        "/crm/contacts/cust-5001",
        "/tickets/history/cust-5001",
        "/rules/returns/HP20100001",
    ],
)
async def test_another_customers_record_comes(shop: Shop, path: str) -> None:
    right, wrong = (await shop.ask("GET", path)).text, await shop.ask("GET", path, fault="foreign_record")
    assert "cust-5001" in right
    assert wrong.status_code == 200
    assert "cust-5001" not in wrong.text
    assert "cust-5002" in wrong.text


async def test_a_fault_is_for_one_system_and_one_operation_and_one_customer(shop: Shop) -> None:
    await ordered(shop, fault="unavailable", system="payments", operation="GET /payments/refunds", about="cust-5001")
    assert await statuses(shop) == [503]
    assert await statuses(shop, "/payments/refunds?customer_id=cust-5002") == [200]
    assert await statuses(shop, "/payments/payments?customer_id=cust-5001") == [200]
    assert await statuses(shop, "/orders/orders?customer_id=cust-5001") == [200]


async def test_a_fault_ends_after_as_many_requests_as_were_ordered(shop: Shop) -> None:
    number = await ordered(shop, fault="error", system="payments", count=2)
    assert await statuses(shop, times=4) == [500, 500, 200, 200]
    told = (await shop.http.get("/_faults")).json()["faults"]
    assert [(one["fault_id"], one["left"], one["failed"]) for one in told] == [(number, 0, 2)]


async def test_a_fault_begins_and_ends_by_time(shop: Shop) -> None:
    await ordered(shop, fault="error", system="payments", after_s=3600)
    await ordered(shop, fault="error", system="orders", for_s=0)
    assert await statuses(shop) == [200]
    assert await statuses(shop, "/orders/orders?customer_id=cust-5001") == [200]


async def test_a_share_fails_the_same_requests_every_time(shop: Shop) -> None:
    first = await ordered(shop, fault="error", system="payments", share=0.5)
    seen = await statuses(shop, times=30)
    assert 5 < seen.count(500) < 25
    await shop.http.delete(f"/_faults/{first}")
    assert set(await statuses(shop, times=5)) == {200}


async def test_a_schedule_goes_from_one_fault_to_the_next_and_back_to_health(shop: Shop) -> None:
    steps = [
        {"does": "error", "requests": 1},
        {"does": "healthy", "requests": 1},
        {"does": "unavailable", "requests": 1},
    ]
    await ordered(shop, system="payments", steps=steps)
    assert await statuses(shop, times=4) == [500, 200, 503, 200]
    await shop.http.delete("/_faults")
    assert (await shop.http.get("/_faults")).json()["schedules"] == {}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"fault": "meltdown"}, "fault"),
        ({"fault": "error", "system": "billing"}, "system"),
        ({"fault": "error", "count": 0}, "count"),
        ({"fault": "error", "share": "half"}, "share"),
        ({"fault": "slow", "seconds": 9999}, "seconds"),
        ({"fault": "error", "procent": 5}, "procent"),
        ({"steps": [{"does": "meltdown", "requests": 1}]}, "steps[0]"),
        ([], "fault"),
    ],
)
async def test_a_fault_that_cannot_be_is_refused_by_name(shop: Shop, body: Any, names: str) -> None:
    answer = await shop.http.post("/_faults", json=body)
    assert answer.status_code == 400
    assert f"`{names}`" in answer.json()["error"]["message"]


async def test_a_header_with_an_unknown_fault_is_refused(shop: Shop) -> None:
    answer = await shop.ask("GET", REFUNDS, fault="meltdown")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "no_such_fault")


async def test_every_answer_comes_later_by_what_was_set() -> None:
    async with a_backoffice(replace(BEHAVIOUR, latency_ms=30)) as late:
        await late.order("cust-5001")
        entry = (await late.http.get("/_log")).json()["requests"][-1]
    assert entry["took_ms"] >= 30


async def test_every_fault_is_listed_with_what_it_does(shop: Shop) -> None:
    kinds = (await shop.http.get("/_faults")).json()["kinds"]
    assert [kind["fault"] for kind in kinds] == list(FAULTS)
    assert all(kind["does"] for kind in kinds)
    assert TODAY.isoformat() == (await shop.http.get("/_about")).json()["today"]
