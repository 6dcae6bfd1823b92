from typing import Any

import pytest

from backoffice import BEHAVIOUR, Shop
from frontdesk.simulators.backoffice import create_backoffice


async def test_a_list_of_orders_comes_in_pages(shop: Shop) -> None:
    pages = [
        await shop.get(f"/orders/orders?customer_id=cust-5118&per_page=10&page={number}") for number in (1, 2, 3, 4)
    ]
    ids = [order["order_id"] for page in pages for order in page["orders"]]
    assert len(ids) == len(set(ids)) == pages[0]["total"] == 30
    assert pages[0]["pages"] == 3
    assert pages[3]["orders"] == []


async def test_a_list_of_payments_goes_on_after_its_last_record(shop: Shop) -> None:
    ids: list[str] = []
    more = True
    while more:
        after = f"&starting_after={ids[-1]}" if ids else ""
        page = await shop.get(f"/payments/payments?customer_id=cust-5118&limit=8{after}")
        ids += [payment["payment_id"] for payment in page["data"]]
        more = page["has_more"]
    assert len(ids) == len(set(ids)) == 30


async def test_an_order_is_cancelled_within_the_hour_and_not_later(shop: Shop) -> None:
    fresh, packed = await shop.order("cust-5101"), await shop.order("cust-5103")
    done = await shop.ask("POST", f"/orders/orders/{fresh['order_id']}/cancel", {}, key="a")
    assert done.json()["status"] == "cancelled"
    assert (await shop.get("/payments/payments?customer_id=cust-5101"))["data"][0]["status"] == "voided"
    late = await shop.ask("POST", f"/orders/orders/{packed['order_id']}/cancel", {}, key="b")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "too_late")


async def test_an_address_changes_until_the_parcel_is_packed_and_stays_in_its_country(shop: Shop) -> None:
    new = {"street": "Deichstraße 1", "postcode": "20459", "city": "Hamburg", "country": "DE"}
    order, packed = await shop.order("cust-5102"), await shop.order("cust-5103")
    changed = await shop.ask("PUT", f"/orders/orders/{order['order_id']}/address", new, key="a")
    assert changed.json()["address"] == new
    assert (await shop.order("cust-5102"))["address"] == new
    abroad = await shop.ask("PUT", f"/orders/orders/{order['order_id']}/address", {**new, "country": "AT"}, key="b")
    late = await shop.ask("PUT", f"/orders/orders/{packed['order_id']}/address", new, key="c")
    assert [answer.json()["error"]["code"] for answer in (abroad, late)] == ["other_country", "too_late"]
    assert len(await shop.effects()) == 1


async def test_a_return_makes_a_label_and_a_refund_that_is_requested(shop: Shop) -> None:
    order = await shop.order("cust-3312")
    line = order["items"][0]["line_id"]
    made = await shop.ask("POST", "/orders/returns", {"order_id": order["order_id"], "lines": line}, key="a")
    assert made.json()["label_valid_until"] == "2026-12-09"
    refund = (await shop.get(f"/payments/refunds?order_id={order['order_id']}"))["data"][0]
    assert (refund["status"], refund["amount_minor"]) == ("requested", 18900)
    again = await shop.ask("POST", "/orders/returns", {"order_id": order["order_id"], "lines": line}, key="b")
    assert again.json()["error"]["fields"] == {line: "returned_already"}
    back = await shop.ask("POST", f"/orders/returns/{made.json()['return_id']}/cancel", key="c")
    assert back.json()["status"] == "cancelled"
    assert (await shop.get(f"/payments/refunds?order_id={order['order_id']}"))["data"][0]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("customer_id", "why"),
    [
        ("cust-5113", "too_late"),
        ("cust-5116", "never_returnable"),
        ("cust-1730", "not_delivered"),
        ("cust-5001", "returned_already"),
        ("cust-3312", "within_window"),
        ("cust-5114", "partly"),
    ],
)
async def test_the_rules_say_what_may_be_sent_back(shop: Shop, customer_id: str, why: str) -> None:
    order = await shop.order(customer_id)
    rule = await shop.get(f"/rules/returns/{order['order_id']}")
    assert rule["why"] == why
    assert rule["may_return"] == (why in ("within_window", "partly"))
    assert (await shop.ask("POST", "/orders/returns", {"order_id": order["order_id"]}, key="a")).status_code == (
        201 if why == "within_window" else 409
    )


async def test_members_have_longer_than_others(shop: Shop) -> None:
    rules = await shop.get("/rules/returns?customer_id=cust-2041")
    assert [rule["why"] for rule in rules] == ["within_window", "within_window"]
    assert {rule["last_day"] for rule in rules} == {"2026-11-28", "2026-12-10"}


async def test_the_crm_accepts_reads_back_and_replaces_a_record_under_its_senders_id(shop: Shop) -> None:
    path = "/crm/objects/conversations/records/conv_1"
    first = await shop.ask("PUT", path, {"fields": a_conversation()}, key="a")
    assert (first.status_code, first.json()["version"]) == (200, 1)
    changed = await shop.ask("PUT", path, {"fields": a_conversation(subject="Solved")}, key="b")
    assert (changed.json()["version"], changed.json()["record_id"]) == (2, first.json()["record_id"])
    assert await shop.get(path) == changed.json()
    assert [effect["operation"] for effect in await shop.effects()] == ["create_record", "update_record"]
    assert (await shop.ask("GET", path.replace("conv_1", "conv_2"))).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"subject": "x" * 81}, "subject"),
        ({"subject": None}, "subject"),
        ({"channel": "web_chat"}, "channel"),
        ({"started_at": "2026-11-25 09:00"}, "started_at"),
        ({"started_at": "2026-13-25T09:00:00Z"}, "started_at"),
        ({"ended_at": "2026-11-25T08:00:00Z"}, "ended_at"),
        ({"ended_at": None}, "ended_at"),
        ({"outcome": "HANDED_OVER"}, "handled_by"),
        ({"language": "English"}, "language"),
        ({"contact": "cust-9"}, "contact"),
        ({"phone": "040 555"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"rating": 6}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"rating": "5"}, "rating"),
        ({"order_number": "HP-1"}, "order_number"),
        ({"priority": "high"}, "priority"),
    ],
)
async def test_the_crm_says_of_each_field_what_is_wrong(shop: Shop, changed: dict[str, Any], field: str) -> None:
    body = {"fields": {**a_conversation(), **changed}}
    refused = await shop.ask("PUT", "/crm/objects/conversations/records/conv_1", body, key="a")
    assert refused.status_code == 422
    assert set(refused.json()["error"]["fields"]) == {field}
    checked = await shop.ask("POST", "/crm/objects/conversations/check", body)
    assert checked.json() == {"is_valid": False, "fields": refused.json()["error"]["fields"]}
    assert await shop.effects() == []


def a_conversation(**changed: Any) -> dict[str, Any]:
    return {
        "contact": "cust-1187",
        "subject": "Where is my refund?",
        "channel": "WEB_CHAT",
        "started_at": "2026-11-25T09:00:00Z",
        "ended_at": "2026-11-25T09:04:00Z",
        "outcome": "SOLVED",
        "language": "en",
        **changed,
    }


async def test_the_crm_lists_a_contacts_records_with_a_cursor(shop: Shop) -> None:
    for number in range(5):
        path = f"/crm/objects/conversations/records/conv_{number}"
        await shop.ask("PUT", path, {"fields": a_conversation()})
    first = await shop.get("/crm/objects/conversations/records?customer_id=cust-1187&limit=3")
    rest = await shop.get(f"/crm/objects/conversations/records?customer_id=cust-1187&limit=3&cursor={first['next']}")
    assert [one["external_id"] for one in first["records"] + rest["records"]] == [f"conv_{n}" for n in range(5)]
    assert rest["next"] is None


async def test_a_lead_qualifies_by_its_size(shop: Shop) -> None:
    lead = {"company": "Bergschule", "contact_name": "Ida", "email": "ida@example.org", "interest": "CLOTHING"}
    path = "/crm/objects/leads/records/lead-1"
    small = await shop.ask("PUT", path, {"fields": {**lead, "status": "QUALIFIED", "pieces": 4}}, key="a")
    assert set(small.json()["error"]["fields"]) == {"status"}
    large = await shop.ask("PUT", path, {"fields": {**lead, "status": "QUALIFIED", "pieces": 12}}, key="b")
    assert large.status_code == 200


async def test_tickets_tell_how_often_a_person_had_to_help(shop: Shop) -> None:
    history = await shop.get("/tickets/history/cust-5021")
    assert (history["escalations"], history["escalations_open"], history["escalations_recent"]) == (3, 1, 3)
    body = {"customer_id": "cust-5021", "subject": "Refund", "text": "Please call.", "kind": "escalation"}
    made = await shop.ask("POST", "/tickets/tickets", body, key="a")
    assert made.json()["priority"] == "high"
    assert (await shop.get("/tickets/history/cust-5021"))["escalations_open"] == 2
    strange = await shop.ask("POST", "/tickets/tickets", {**body, "customer_id": "cust-9"}, key="b")
    assert set(strange.json()["error"]["fields"]) == {"customer_id"}


async def test_the_help_desk_unlocks_resets_grants_and_ticks_off(shop: Shop) -> None:
    assert (await shop.ask("POST", "/it/accounts/emp-105-mail/unlock", key="a")).json()["status"] == "active"
    assert (await shop.ask("POST", "/it/accounts/emp-105-mail/unlock", key="b")).status_code == 409
    reset = await shop.ask("POST", "/it/accounts/emp-106-mail/password-reset", key="c")
    assert reset.json()["password_expires_on"] == "2027-05-24"
    wanted = {"employee_id": "emp-105", "system": "vpn", "role": "user", "reason": "Working from home"}
    free = await shop.ask("POST", "/it/access-requests", wanted, key="d")
    asked = await shop.ask("POST", "/it/access-requests", {**wanted, "system": "finance", "role": "viewer"}, key="e")
    wrong = await shop.ask("POST", "/it/access-requests", {**wanted, "role": "root"}, key="f")
    assert [free.json()["status"], asked.json()["status"]] == ["granted", "waiting"]
    assert set(wrong.json()["error"]["fields"]) == {"role"}
    assert (await shop.ask("POST", "/it/onboarding/OB-108-1/done", key="g")).json()["status"] == "done"
    assert len(await shop.effects(system="it")) == 5


def test_the_openapi_document_describes_every_system_with_its_key() -> None:
    document = create_backoffice(BEHAVIOUR).openapi()
    assert document["openapi"] == "3.1.0"
    systems = {path.split("/")[1] for path in document["paths"]}
    assert systems == {"crm", "orders", "payments", "shipping", "rules", "tickets", "appointments", "it"}
    refund = document["paths"]["/payments/refunds"]["post"]
    assert refund["security"] == [{"payments-key": []}]
    assert document["components"]["schemas"]["Refund"]["properties"]["status"]["enum"][0] == "requested"
