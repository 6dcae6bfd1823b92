"""Long lists page by page, replies from memory, and the ways to prove who we are."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from frontdesk.domain.connector_source import HttpSource
from outside import Asked, Said, described, fake_system, opened, says

ORDERS: dict[str, Any] = {
    "request": "GET /orders",
    "arguments": {"customer": {"type": "id", "bind": "subject"}},
    "query": {"customer": "{customer}", "limit": 2},
    "rows": "data",
    "is_list": True,
    "fields": {"id": "id"},
}
ALL = [f"o{number}" for number in range(1, 6)]


def numbered(asked: Asked, origin: str) -> Said:
    """Two records a page, offered in every way at once."""
    query = parse_qs(urlsplit(asked.target).query)
    first = 0
    if "page" in query:
        first = 2 * (int(query["page"][0]) - 1)
    elif "after" in query:
        first = ALL.index(query["after"][0]) + 1
    shown = ALL[first : first + 2]
    has_more = first + 2 < len(ALL)
    following = f"{origin}/orders?customer=c1&page={first // 2 + 2}"
    body = {
        "data": [{"id": name} for name in shown],
        "has_more": has_more,
        "next": {"after": shown[-1] if has_more else None, "url": following if has_more else None},
    }
    return says(body, headers={"link": f'<{following}>; rel="next"'} if has_more else {})


@pytest.mark.parametrize(
    "pages",
    [
        {"kind": "page", "parameter": "page", "page_size": 2},
        {"kind": "cursor", "parameter": "after", "at": "next.after"},
        {"kind": "last_record", "parameter": "after", "at": "id", "more_at": "has_more"},
        {"kind": "link"},
        {"kind": "next_url", "at": "next.url"},
    ],
    ids=lambda pages: str(pages["kind"]),
)
async def test_reads_a_list_to_its_end(tmp_path: Path, pages: dict[str, Any]) -> None:
    found, asked = await listed(tmp_path, pages, lambda request: numbered(request, ""))

    assert ([row["id"] for row in found.rows], found.is_partial) == (ALL, False)
    assert len(asked) == 3
    assert all("customer=c1" in one.target for one in asked)


async def test_reads_no_more_pages_than_agreed_and_says_so(tmp_path: Path) -> None:
    pages = {"kind": "link", "max_pages": 2}
    found, asked = await listed(tmp_path, pages, lambda request: numbered(request, ""))

    assert (len(found.rows), found.is_partial, len(asked)) == (4, True, 2)


@pytest.mark.parametrize("pages", [{"kind": "link"}, {"kind": "next_url", "at": "next.url"}])
async def test_never_follows_a_list_to_another_host(tmp_path: Path, pages: dict[str, Any]) -> None:
    found, asked = await listed(tmp_path, pages, lambda request: numbered(request, "http://127.0.0.2:9"))

    assert (found.kind, found.details["field"], len(asked)) == ("malformed", "the next page", 1)


async def listed(folder: Path, pages: dict[str, Any], answer: Callable[[Asked], Said]) -> tuple[Any, list[Asked]]:
    async with fake_system(answer) as system:
        source = described(
            folder, {"http": {"base_url": system.url}, "operations": {"orders": {**ORDERS, "pages": pages}}}
        )
        async with opened(source, folder) as shop:
            return await shop.call("orders", {"customer": "c1"}), system.asked


async def test_a_reply_that_says_how_old_it_is_was_read_so_long_ago(tmp_path: Path) -> None:
    fresh, _ = await listed(tmp_path, {"kind": "link"}, lambda request: numbered(request, ""))
    old = says({"data": [{"id": "o1"}]}, headers={"age": "259200"})
    stale, _ = await listed(tmp_path, {"kind": "link"}, lambda _: old)
    wrong, _ = await listed(tmp_path, {"kind": "link"}, lambda _: replace(old, headers={"age": "-5 days"}))

    assert timedelta(days=2.9) < fresh.read_at - stale.read_at < timedelta(days=3)
    assert wrong.read_at >= fresh.read_at


# -- memory -----------------------------------------------------------------------------------------

CACHED: dict[str, Any] = {
    "orders": {**ORDERS, "cache_s": 20},
    "refund": {"kind": "effect", "request": "POST /refunds", "fields": {}},
}


async def test_answers_the_same_customers_same_question_from_memory_and_nobody_elses(tmp_path: Path) -> None:
    async with fake_system(lambda asked: numbered(asked, "")) as system:
        source = described(tmp_path, {"http": {"base_url": system.url}, "operations": CACHED})
        async with opened(source, tmp_path) as shop:
            first = await shop.call("orders", {"customer": "c1"})
            again = await shop.call("orders", {"customer": "c1"})
            other = await shop.call("orders", {"customer": "c2"})
            await shop.pauses(21)
            late = await shop.call("orders", {"customer": "c1"})

    assert [end.is_cached for end in (first, again, other, late)] == [False, True, False, False]
    assert (again.read_at, again.rows, again.attempts) == (first.read_at, first.rows, 0)
    assert late.read_at > first.read_at


async def test_an_effect_lets_everything_be_forgotten_also_what_was_being_asked(tmp_path: Path) -> None:
    hold = asyncio.Event()

    async def answer(asked: Asked) -> Said:
        if asked.method == "GET" and len(system.asked) == 2:
            await hold.wait()
        return numbered(asked, "") if asked.method == "GET" else says({})

    async with fake_system(answer) as system:
        source = described(tmp_path, {"http": {"base_url": system.url}, "operations": CACHED})
        async with opened(source, tmp_path) as shop:
            await shop.call("orders", {"customer": "c1"})
            slow = asyncio.create_task(shop.call("orders", {"customer": "c2"}))
            while len(system.asked) < 2:
                await asyncio.sleep(0)
            await shop.call("refund", key="k1")
            hold.set()
            await slow
            ends = [await shop.call("orders", {"customer": name}) for name in ("c1", "c2")]

    assert [end.is_cached for end in ends] == [False, False]


# -- who we are -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        ({"kind": "bearer", "secret_env": "SHOP_KEY"}, ("authorization", "Bearer s3cret")),
        ({"kind": "header", "name": "X-Shop-Token", "secret_env": "SHOP_KEY"}, ("x-shop-token", "s3cret")),
        (
            {"kind": "basic", "user_env": "SHOP_USER", "secret_env": "SHOP_KEY"},
            ("authorization", f"Basic {base64.b64encode(b'ann:s3cret').decode()}"),
        ),
    ],
)
async def test_proves_who_we_are_in_a_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: dict[str, str], sent: tuple[str, str]
) -> None:
    (asked,) = await asked_with(tmp_path, monkeypatch, auth)

    assert asked.headers[sent[0]] == sent[1]


async def test_proves_who_we_are_in_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (asked,) = await asked_with(tmp_path, monkeypatch, {"kind": "query", "name": "key", "secret_env": "SHOP_KEY"})

    assert parse_qs(urlsplit(asked.target).query) == {"customer": ["c1"], "limit": ["2"], "key": ["s3cret"]}


async def asked_with(folder: Path, monkeypatch: pytest.MonkeyPatch, auth: dict[str, str]) -> list[Asked]:
    monkeypatch.setenv("SHOP_KEY", "s3cret")
    monkeypatch.setenv("SHOP_USER", "ann")
    async with fake_system(lambda asked: numbered(asked, "")) as system:
        source = described(folder, {"http": {"base_url": system.url, "auth": auth}, "operations": {"orders": ORDERS}})
        async with opened(source, folder) as shop:
            await shop.call("orders", {"customer": "c1"})
    return system.asked


async def test_asks_for_a_token_once_and_again_when_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter(["t1", "t2"])
    valid = "t1"

    def answer(asked: Asked) -> Said:
        if asked.target == "/token":
            assert parse_qs(asked.body.decode())["grant_type"] == ["client_credentials"]
            return says({"access_token": next(tokens), "expires_in": 3600})
        is_known = asked.headers["authorization"] == f"Bearer {valid}"
        return numbered(asked, "") if is_known else says({}, status=401)

    monkeypatch.setenv("SHOP_KEY", "s3cret")
    monkeypatch.setenv("SHOP_USER", "ann")
    auth = {"kind": "client_credentials", "user_env": "SHOP_USER", "secret_env": "SHOP_KEY", "token_path": "/token"}
    async with fake_system(answer) as system:
        source = described(tmp_path, {"http": {"base_url": system.url, "auth": auth}, "operations": {"orders": ORDERS}})
        async with opened(source, tmp_path) as shop:
            await asyncio.gather(*(shop.call("orders", {"customer": "c1"}) for _ in range(3)))
            valid = "t2"
            found = await shop.call("orders", {"customer": "c1"}, deadline_s=60)

    assert len(found.rows) == 2
    assert [asked.target for asked in system.asked].count("/token") == 2


def test_a_described_system_is_one_over_http(tmp_path: Path) -> None:
    source = described(tmp_path, {"http": {"base_url": "https://shop.example/"}, "operations": {"orders": ORDERS}})

    assert isinstance(source, HttpSource)
    assert source.base_url == "https://shop.example"
