"""Costs over HTTP: summed up by what they were spent on, and corrected by a vendor's bill."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.domain.money import LedgerEntry
from frontdesk.domain.usage import Usage

PATH = "/v1/admin/costs"
BILL = f"{PATH}/reconcile"


@pytest.fixture
async def desk(desk_with: Any) -> AsyncIterator[Any]:
    """Two requests of today, one of them without a price, and one of yesterday."""
    async with desk_with() as desk:
        now = desk.app.clock.now()
        entry = LedgerEntry(
            at=now,
            purpose="answer",
            vendor="vendor.example",
            model="big",
            usage=Usage(input_tokens=100, output_tokens=10),
            cost_usd=Decimal("0.0025"),
            turn_id=TurnId("turn_1"),
            conversation_id=ConversationId("conv_1"),
            channel="web_chat",
        )
        entries = [
            entry,
            replace(entry, model="odd", cost_usd=None),
            replace(entry, at=now - timedelta(days=1), cost_usd=Decimal("0.001"), purpose="rewrite"),
        ]
        await desk.app.database.write(lambda stores: stores.ledger.add(entries))
        desk.today, desk.yesterday = f"{now:%Y-%m-%d}", f"{now - timedelta(days=1):%Y-%m-%d}"
        yield desk


async def costs(desk: Any, query: str = "") -> Any:
    return (await desk.client.get(f"{PATH}{query}", headers=desk.staff)).json()


async def send_bill(desk: Any, *lines: dict[str, Any], **fields: Any) -> Any:
    return await desk.client.post(BILL, json={"lines": list(lines), **fields}, headers=desk.staff)


async def test_sums_up_by_day_and_counts_what_has_no_price(desk: Any) -> None:
    found = await costs(desk)
    assert [(line["key"], line["usd"], line["unknown"]) for line in found["lines"]] == [
        (desk.yesterday, "0.001", 0),
        (desk.today, "0.0025", 1),
    ]
    assert (found["total"]["usd"], found["total"]["unknown"], found["total"]["requests"]) == ("0.0035", 1, 3)
    assert (found["until"], found["per_turn_usd"], found["projection"]) == (desk.today, None, None)


async def test_sums_up_by_what_is_asked_within_the_days_that_are_asked(desk: Any) -> None:
    found = await costs(desk, f"?by=purpose&since={desk.today}")
    assert [(line["key"], line["usd"]) for line in found["lines"]] == [("answer", "0.0025")]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?by=colour", "by"),
        ("?since=yesterday", "since"),
        ("?until=2026-02-30", "until"),
        ("?since=2026-03-02&until=2026-03-01", "since"),
        ("?since=1999-01-01", "since"),
        ("?limit=0", "limit"),
        ("?limit=many", "limit"),
        ("?limit=501", "limit"),
    ],
)
async def test_names_the_parameter_that_is_wrong(desk: Any, query: str, field: str) -> None:
    refused = await desk.client.get(f"{PATH}{query}", headers=desk.staff)
    assert (refused.status_code, refused.json()["field"]) == (400, field)


async def test_a_bill_corrects_the_ledger_once(desk: Any) -> None:
    line = {"day": desk.today, "model": "big", "usd": "0.003"}
    first = (await send_bill(desk, line, note="Bill 17")).json()
    assert first["is_booked"] is True
    assert first["items"] == [
        {
            "day": desk.today,
            "vendor": "vendor.example",
            "model": "big",
            "billed_usd": "0.003",
            "booked_usd": "0.0025",
            "usd": "0.0005",
            "billed_tokens": None,
            "booked_tokens": 110,
            "requests": 1,
        }
    ]
    again = (await send_bill(desk, line)).json()
    assert [one["usd"] for one in again["items"]] == ["0"]
    found = await costs(desk, "?by=purpose")
    assert {line["key"]: line["usd"] for line in found["lines"]}["correction"] == "0.0005"
    assert found["total"]["adjusted_usd"] == "0.0005"


async def test_a_bill_prices_what_had_no_price(desk: Any) -> None:
    await send_bill(desk, {"day": desk.today, "model": "odd", "usd": 0.02})
    found = await costs(desk, f"?by=model&since={desk.today}")
    assert {line["key"]: line["usd"] for line in found["lines"]} == {
        "vendor.example/odd": "0.02",
        "vendor.example/big": "0.0025",
    }


async def test_only_compares_where_that_is_asked(desk: Any) -> None:
    shown = (await send_bill(desk, {"day": desk.today, "model": "big", "usd": 1}, should_book=False)).json()
    assert shown["items"][0]["usd"] == "0.9975"
    assert (await costs(desk))["total"]["usd"] == "0.0035"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"day": "today", "model": "big", "usd": 1}, "day"),
        ({"day": "2026-03-01", "model": "big", "usd": "a lot"}, "usd"),
        ({"day": "2026-03-01", "model": "big", "usd": "NaN"}, "usd"),
        ({"day": "2026-03-01", "model": "big", "usd": "1e30"}, "usd"),
        ({"day": "2026-03-01", "model": " ", "usd": 1}, "model"),
    ],
)
async def test_names_the_field_of_a_bill_that_is_wrong(desk: Any, line: dict[str, Any], field: str) -> None:
    refused = await send_bill(desk, line)
    assert (refused.status_code, refused.json()["field"]) == (400, field)


async def test_a_bill_without_lines_is_none(desk: Any) -> None:
    assert (await send_bill(desk)).json()["field"] == "lines"
