import asyncio
from typing import Any

import pytest

from backoffice import Shop
from frontdesk.simulators.backoffice import SYSTEMS
from frontdesk.simulators.backoffice.effects import Change, Effect, once
from frontdesk.simulators.backoffice.refusals import Refused


async def a_refund(shop: Shop, amount_minor: int = 1000) -> dict[str, Any]:
    return {"order_id": (await shop.order("cust-3312"))["order_id"], "amount_minor": amount_minor}


async def test_the_same_key_and_request_have_one_effect_and_one_answer(shop: Shop) -> None:
    body = await a_refund(shop)
    first = await shop.ask("POST", "/payments/refunds", body, key="k1")
    second = await shop.ask("POST", "/payments/refunds", body, key="k1")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert [effect["reference"] for effect in await shop.effects()] == [first.json()["refund_id"]]


async def test_twenty_requests_at_once_with_one_key_have_one_effect(shop: Shop) -> None:
    body = await a_refund(shop)
    answers = await asyncio.gather(*(shop.ask("POST", "/payments/refunds", body, key="k1") for _ in range(20)))
    assert {answer.json()["refund_id"] for answer in answers} == {answers[0].json()["refund_id"]}
    assert len(await shop.effects(key="k1")) == 1


async def test_a_used_key_with_another_request_is_refused(shop: Shop) -> None:
    await shop.ask("POST", "/payments/refunds", await a_refund(shop), key="k1")
    other = await shop.ask("POST", "/payments/refunds", await a_refund(shop, 2000), key="k1")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "key_reused")
    assert len(await shop.effects()) == 1


async def test_a_key_belongs_to_one_system(shop: Shop) -> None:
    order = await shop.order("cust-3312")
    await shop.ask("POST", "/payments/refunds", {"order_id": order["order_id"], "amount_minor": 1000}, key="k1")
    other = await shop.ask("POST", "/orders/returns", {"order_id": order["order_id"]}, key="k1")
    assert other.status_code == 201
    assert {effect["system"] for effect in await shop.effects()} == {"payments", "orders"}


async def test_a_refusal_is_not_kept_for_its_key(shop: Shop) -> None:
    refused = await shop.ask("POST", "/payments/refunds", await a_refund(shop, 99_999_999), key="k1")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_much")
    assert await shop.effects() == []
    assert (await shop.ask("POST", "/payments/refunds", await a_refund(shop), key="k1")).status_code == 201


async def test_a_change_that_fails_half_way_leaves_nothing(shop: Shop) -> None:
    storage = shop.office.storage

    def do() -> Effect:
        storage.update("orders", {"customer_id": "cust-3312"}, status="cancelled")
        raise Refused(409, "too_late", "Not any more.")

    with pytest.raises(Refused):
        once(storage, shop.office.calendar, Change(system="orders", key="k", asked="x"), do)
    assert (await shop.order("cust-3312"))["status"] == "delivered"


async def test_no_more_can_be_sent_back_than_was_paid(shop: Shop) -> None:
    order = await shop.order("cust-3312")
    whole = round(order["total"] * 100)
    body = {"order_id": order["order_id"], "amount_minor": whole}
    assert (await shop.ask("POST", "/payments/refunds", body, key="a")).status_code == 201
    again = await shop.ask("POST", "/payments/refunds", {**body, "amount_minor": 1}, key="b")
    assert again.json()["error"]["fields"] == {"amount_minor": "At most 0 is left."}


async def test_the_calendar_knows_no_keys_and_offers_a_reference_to_look_for(shop: Shop) -> None:
    slots = (await shop.get("/appointments/slots?store=Hamburg"))["slots"]
    slot = next(slot for slot in slots if slot["places_left"] == 2)
    body = {"slot_id": slot["slot_id"], "customer_id": "cust-1187", "reference": "run-1", "item": "Elbe boots"}
    for _ in range(2):
        assert (await shop.ask("POST", "/appointments/appointments", body, key="same")).status_code == 201
    found = (await shop.get("/appointments/appointments?reference=run-1"))["appointments"]
    assert len(found) == 2
    taken = await shop.ask("POST", "/appointments/appointments", body)
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "slot_taken")
    cancelled = await shop.ask("POST", f"/appointments/appointments/{found[0]['appointment_id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert [effect["reference"] for effect in await shop.effects(system="appointments")] == ["run-1"] * 3


@pytest.mark.parametrize("system", SYSTEMS)
async def test_a_system_opens_with_its_own_key_only(shop: Shop, system: str) -> None:
    path = {
        "crm": "/crm/contacts/cust-1187",
        "orders": "/orders/orders?customer_id=cust-1187",
        "payments": "/payments/refunds?customer_id=cust-1187",
        "shipping": "/shipping/shipments?customer_id=cust-1187",
        "rules": "/rules/refunds?method=card",
        "tickets": "/tickets/history/cust-1187",
        "appointments": "/appointments/slots?store=Munich",
        "it": "/it/accounts?employee_id=emp-105",
    }[system]
    assert (await shop.ask("GET", path)).status_code == 200
    other = "backoffice-it" if system != "it" else "backoffice-crm"
    assert (await shop.ask("GET", path, headers={"x-api-key": other})).status_code == 401
    assert (await shop.http.get(path)).status_code == 401
    log = (await shop.http.get("/_log", params={"system": system})).json()["requests"]
    assert [entry["key"] for entry in log] == [system, other.removeprefix("backoffice-"), ""]


async def test_the_log_says_who_asked_what_with_which_key_and_effect(shop: Shop) -> None:
    await shop.ask("POST", "/payments/refunds", await a_refund(shop), key="k1")
    entry = (await shop.http.get("/_log", params={"system": "payments"})).json()["requests"][-1]
    assert entry["took_ms"] is not None
    told = {name: entry[name] for name in ("method", "path", "key", "status", "idempotency_key", "caller", "effect_id")}
    assert told == {
        "method": "POST",
        "path": "/payments/refunds",
        "key": "payments",
        "status": 201,
        "idempotency_key": "k1",
        "caller": "tests",
        "effect_id": 1,
    }


async def test_a_request_that_does_not_fit_is_refused_field_by_field(shop: Shop) -> None:
    answer = await shop.ask("POST", "/payments/refunds", {"amount_minor": -1, "to": "my other card"})
    assert answer.status_code == 422
    assert set(answer.json()["error"]["fields"]) == {"order_id", "amount_minor", "to"}


async def test_codes_sent_to_customers_can_be_read(shop: Shop) -> None:
    sent = await shop.http.post("/_codes", json={"subject": "cust-1187", "code": "482913", "language": "en"})
    assert sent.status_code == 201
    found = (await shop.http.get("/_codes", params={"customer_id": "cust-1187"})).json()["codes"]
    contact = await shop.get("/crm/contacts/cust-1187")
    assert [(one["code"], one["sent_to"]) for one in found] == [("482913", contact["phone"])]
    assert (await shop.http.get("/_codes", params={"customer_id": "cust-5001"})).json()["codes"] == []
    assert (await shop.http.post("/_codes", json={"subject": "cust-1187", "code": 482913})).status_code == 400


async def test_a_customers_telephone_shows_their_codes_only_and_nothing_of_it_is_markup(shop: Shop) -> None:
    for subject, code in (("cust-1187", "111111"), ("cust-1187", "<b>2"), ("cust-5001", "333333")):
        await shop.http.post("/_codes", json={"subject": subject, "code": code})
    page = (await shop.http.get("/_phone", params={"customer_id": "cust-1187"})).text
    assert page.index("&lt;b&gt;2") < page.index("111111")
    assert "333333" not in page
    assert "No message yet" in (await shop.http.get("/_phone", params={"customer_id": "cust-5002"})).text
