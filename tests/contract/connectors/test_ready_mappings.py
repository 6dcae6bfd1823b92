"""The mappings that come along, against payloads of the shape that each service documents."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from frontdesk.domain.connector import CallFailure
from frontdesk.domain.connector_source import HttpSource
from frontdesk.releases.connectors_edit import ready_mapping, ready_names
from frontdesk.releases.connectors_file import read_connectors
from outside import Asked, FakeSystem, Outside, Said, fake_system, opened, says

PAYLOADS = Path(__file__).parent / "payloads"


def payload(name: str, status: int = 200) -> Said:
    return Said(
        status=status, body=(PAYLOADS / f"{name}.json").read_bytes(), content_type="application/json; charset=utf-8"
    )


@asynccontextmanager
async def ready(folder: Path, name: str, answer: Callable[[Asked], Said]) -> AsyncIterator[tuple[Outside, FakeSystem]]:
    """A mapping as it is shipped, pointed at a system of ours."""
    (folder / "connectors.yaml").write_text(ready_mapping(name))
    (source,) = read_connectors(folder)
    assert isinstance(source, HttpSource)
    async with fake_system(answer) as system:
        below = urlsplit(source.base_url).path
        async with opened(replace(source, base_url=system.url + below), folder) as outside:
            yield outside, system


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHOPIFY_TOKEN", "STRIPE_KEY", "EASYPOST_KEY", "HUBSPOT_TOKEN", "SALESFORCE_CLIENT_ID"):
        monkeypatch.setenv(name, "k3y")
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "s3cret")


@pytest.mark.parametrize("name", ready_names())
def test_every_mapping_is_right_and_says_what_to_set(tmp_path: Path, name: str) -> None:
    text = ready_mapping(name)
    (tmp_path / "connectors.yaml").write_text(text)
    (source,) = read_connectors(tmp_path)

    assert isinstance(source, HttpSource)
    for variable in filter(None, (source.auth.user_env, source.auth.secret_env)):
        assert variable in text.split("connectors:")[0]
    assert all({"en", "es", "de"} <= set(one.spec.title) for one in source.operations)


async def test_orders_of_shopify(tmp_path: Path) -> None:
    async with ready(tmp_path, "shopify", lambda _: payload("shopify_orders")) as (shop, system):
        found = await shop.call("orders", {"customer": "207119551"})

    sent, waiting = found.rows
    assert sent == {
        "id": "5812034",
        "customer": "207119551",
        "number": "#1043",
        "placed_at": datetime(2026, 2, 20, 9, 15, tzinfo=UTC),
        "cancelled_at": None,
        "total": Decimal("88.90"),
        "currency": "EUR",
        "payment": "partially_refunded",
        "shipping": "fulfilled",
        "items": "Trail tent, Head torch",
        "carrier": "DHL",
        "tracking_code": "00340434161094042557",
        "parcel_status": "delivered",
        "refunded_at": datetime(2026, 2, 26, 8, 0, tzinfo=UTC),
    }
    assert [waiting[name] for name in ("shipping", "carrier", "refunded_at")] == [None, None, None]
    (asked,) = system.asked
    assert asked.target == "/admin/api/2025-01/customers/207119551/orders.json?status=any&limit=50"
    assert asked.headers["x-shopify-access-token"] == "k3y"


async def test_more_orders_of_shopify_behind_a_link(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        if "page_info" in asked.target:
            return says({"orders": []})
        link = f'<{system.url}/admin/api/2025-01/orders.json?limit=50&page_info=eyJ>; rel="next"'
        return replace(payload("shopify_orders"), headers={"link": link})

    async with ready(tmp_path, "shopify", answer) as (shop, system):
        found = await shop.call("orders", {"customer": "207119551"})

    assert (len(found.rows), len(system.asked), found.is_partial) == (2, 2, False)


async def test_an_order_of_shopify_that_is_not_there(tmp_path: Path) -> None:
    async with ready(tmp_path, "shopify", lambda _: says({"errors": "Not Found"}, status=404)) as (shop, _):
        assert (await shop.call("order", {"order": "1"})).kind == "not_found"


async def test_payments_and_refunds_of_stripe(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        return payload("stripe_payments" if "payment_intents" in asked.target else "stripe_refunds")

    async with ready(tmp_path, "stripe", answer) as (stripe, system):
        payments = await stripe.call("payments", {"customer": "cus_9s6XKzkN"})
        refunds = await stripe.call("refunds", {"payment": "pi_3Nx1"})

    assert [(row["amount"], row["currency"]) for row in payments.rows] == [
        (Decimal("128.90"), "eur"),
        (Decimal(2500), "jpy"),
    ]
    assert payments.row["created_at"] == datetime(2026, 2, 20, 9, 20, tzinfo=UTC)
    assert (refunds.row["amount"], refunds.row["status"], refunds.row["why_failed"]) == (
        Decimal("40.00"),
        "failed",
        "expired_or_canceled_card",
    )
    assert system.asked[1].target == "/v1/refunds?payment_intent=pi_3Nx1&limit=50"
    assert {asked.headers["authorization"] for asked in system.asked} == {"Bearer k3y"}


async def test_a_refund_by_stripe_is_a_form_in_cents_under_its_key(tmp_path: Path) -> None:
    async with ready(tmp_path, "stripe", lambda _: payload("stripe_refund")) as (stripe, system):
        made = await stripe.call(
            "refund", {"payment": "pi_3Nx1", "amount": Decimal("12.50"), "currency": "eur"}, key="k1"
        )
        yen = await stripe.call("refund", {"payment": "pi_3Nx2", "amount": Decimal(300), "currency": "jpy"}, key="k2")
        half = await stripe.call(
            "refund", {"payment": "pi_3Nx2", "amount": Decimal("0.5"), "currency": "jpy"}, key="k3"
        )

    assert (made.row["id"], made.row["amount"], made.row["status"]) == ("re_1Nit", Decimal("12.50"), "pending")
    assert (yen.attempts, half.kind, len(system.asked)) == (1, "rejected", 2)
    assert parse_qs(system.asked[0].body.decode()) == {
        "payment_intent": ["pi_3Nx1"],
        "amount": ["1250"],
        "reason": ["requested_by_customer"],
        "metadata[frontdesk_key]": ["k1"],
    }
    assert parse_qs(system.asked[1].body.decode())["amount"] == ["300"]
    assert system.asked[0].headers["idempotency-key"] == "k1"


async def test_a_refund_that_stripe_refuses_says_why(tmp_path: Path) -> None:
    arguments = {"payment": "pi_3Nx1", "amount": Decimal(5), "currency": "eur"}
    async with ready(tmp_path, "stripe", lambda _: payload("stripe_error", 400)) as (stripe, _):
        found = await stripe.call("refund", arguments, key="k1")

    assert (found.kind, found.why) == ("rejected", "status 400: Charge ch_3Nx1 has already been refunded.")


async def test_a_refund_that_is_being_worked_on_is_asked_for_again(tmp_path: Path) -> None:
    waiting = [payload("stripe_error", 409), payload("stripe_refund")]
    arguments = {"payment": "pi_3Nx1", "amount": Decimal("12.50"), "currency": "eur"}
    async with ready(tmp_path, "stripe", lambda _: waiting.pop(0)) as (stripe, _):
        found = await stripe.call("refund", arguments, key="k1")

    assert (found.row["id"], found.attempts) == ("re_1Nit", 2)


async def test_a_parcel_of_easypost(tmp_path: Path) -> None:
    async with ready(tmp_path, "easypost", lambda _: payload("easypost_trackers")) as (easypost, system):
        found = await easypost.call("parcel", {"code": "EZ4000004000"})

    assert found.row == {
        "code": "EZ4000004000",
        "carrier": "USPS",
        "status": "in_transit",
        "expected_on": date(2026, 3, 2),
        "signed_by": None,
        "last_event": "Arrived at facility",
        "last_event_at": datetime(2026, 2, 24, 5, 0, tzinfo=UTC),
        "last_place": "CHARLESTON",
        "page": "https://track.example/djE7",
    }
    assert base64.b64decode(system.asked[0].headers["authorization"].removeprefix("Basic ")) == b"k3y:"


async def test_a_parcel_that_easypost_does_not_know(tmp_path: Path) -> None:
    async with ready(tmp_path, "easypost", lambda _: says({"trackers": [], "has_more": False})) as (easypost, _):
        assert (await easypost.call("parcel", {"code": "X"})).kind == "not_found"


async def test_a_contact_of_hubspot_and_a_change_to_it(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        changed = {
            "id": "512",
            "properties": {"phone": "+49 1"},
            "updatedAt": "2026-03-01T12:00:00Z",
            "archived": False,
        }
        return payload("hubspot_contact") if asked.method == "GET" else says(changed)

    async with ready(tmp_path, "hubspot", answer) as (hubspot, system):
        found = await hubspot.call("contact", {"customer": "512"})
        changed = await hubspot.call("change_phone", {"customer": "512", "phone": "+49 1"}, key="k1")

    assert (found.row["id"], found.row["first_name"], found.row["phone"]) == ("512", "Ann", "")
    assert found.row["customer_since"] == datetime(2024, 10, 30, 3, 30, 17, 883000, tzinfo=UTC)
    assert changed.row == {"id": "512", "phone": "+49 1"}
    assert system.asked[1].json == {"properties": {"phone": "+49 1"}}
    assert "idempotency-key" not in system.asked[1].headers


async def test_what_hubspot_does_not_take_is_told(tmp_path: Path) -> None:
    async with ready(tmp_path, "hubspot", lambda _: payload("hubspot_error", 400)) as (hubspot, _):
        found = await hubspot.call("change_phone", {"customer": "512", "phone": "?"}, key="k1")

    assert (found.kind, found.why) == ("rejected", "status 400: Property values were not valid")


async def test_a_contact_of_salesforce_and_its_cases(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        if asked.target == "/services/oauth2/token":
            return says({"access_token": "00D!t0ken", "token_type": "Bearer", "issued_at": "1771579200000"})
        return payload("salesforce_cases" if asked.target.endswith("/Cases") else "salesforce_contact")

    async with ready(tmp_path, "salesforce", answer) as (salesforce, system):
        contact = await salesforce.call("contact", {"customer": "C-1043"})
        cases = await salesforce.call("cases", {"contact": contact.row["id"]})

    assert (contact.row["number"], contact.row["city"]) == ("C-1043", "Bremen")
    assert contact.row["changed_at"] == datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    assert [row["number"] for row in cases.rows] == ["00001026", "00001011"]
    assert cases.rows[1]["closed_at"] == datetime(2025, 11, 5, 12, 0, tzinfo=UTC)
    form = parse_qs(system.asked[0].body.decode())
    assert (form["client_id"], form["client_secret"]) == (["k3y"], ["s3cret"])
    assert [asked.headers.get("authorization") for asked in system.asked[1:]] == ["Bearer 00D!t0ken"] * 2


async def test_a_contact_that_salesforce_does_not_have(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        is_token = asked.target == "/services/oauth2/token"
        return says({"access_token": "t"}) if is_token else payload("salesforce_error", 404)

    async with ready(tmp_path, "salesforce", answer) as (salesforce, _):
        found = await salesforce.call("contact", {"customer": "C-1"})

    assert isinstance(found, CallFailure)
    assert found.kind == "not_found"


def test_payloads_hold_nobodys_data() -> None:
    texts: list[Any] = [path.read_text() for path in PAYLOADS.glob("*.json")]

    assert all("@" not in text.replace("@mail.example", "") for text in texts)
