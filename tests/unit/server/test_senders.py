"""Where requests come from, and how often one sender may begin things."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest

OpenDesk = Callable[..., AbstractAsyncContextManager[Any]]


def from_address(desk: Any, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(desk.web, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://desk")


async def begin(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.post("/v1/conversations", headers=headers)


async def test_one_address_begins_no_more_conversations_than_it_may_and_others_do(desk_with: OpenDesk) -> None:
    async with desk_with(new_conversations_per_minute=3) as desk:
        async with from_address(desk, "192.0.2.1") as one, from_address(desk, "192.0.2.2") as other:
            statuses = [(await begin(one)).status_code for _ in range(3)]
            refused = await begin(one)
            beside = await begin(other)
        counted = desk.app.telemetry.render().decode()

    assert statuses == [201] * 3
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert beside.status_code == 201
    assert 'frontdesk_refused_total{reason="conversations"} 1.0' in counted


async def test_an_address_may_begin_again_after_a_while(desk_with: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk_with(new_conversations_per_minute=2) as desk, from_address(desk, "192.0.2.1") as client:
        for _ in range(3):
            last = await begin(client)
        passed_s = float(last.headers["Retry-After"])
        right = desk.app.clock.monotonic
        monkeypatch.setattr(desk.app.clock, "monotonic", lambda: right() + passed_s)
        again = await begin(client)

    assert (last.status_code, again.status_code) == (429, 201)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_itself_has_no_bound(desk_with: OpenDesk, address: str) -> None:
    async with desk_with(new_conversations_per_minute=1) as desk, from_address(desk, address) as client:
        assert [(await begin(client)).status_code for _ in range(3)] == [201] * 3


async def test_no_bound_is_set_by_zero(desk_with: OpenDesk) -> None:
    async with desk_with(new_conversations_per_minute=0) as desk, from_address(desk, "192.0.2.1") as client:
        assert [(await begin(client)).status_code for _ in range(5)] == [201] * 5


async def test_uploads_of_one_address_are_bounded(desk_with: OpenDesk) -> None:
    async with desk_with(uploads_per_minute=1) as desk, from_address(desk, "192.0.2.1") as client:
        opened = (await begin(client)).json()
        headers = {"Authorization": f"Bearer {opened['token']}", "Content-Type": "text/plain", "X-Filename": "a.txt"}
        path = f"/v1/conversations/{opened['conversation_id']}/attachments"
        sent = [(await client.post(path, headers=headers, content=b"words")).status_code for _ in range(2)]

    assert sent == [201, 429]


async def test_a_household_with_many_addresses_is_one_sender(desk_with: OpenDesk) -> None:
    async with desk_with(new_conversations_per_minute=1) as desk:
        statuses = []
        for address in ("2001:db8:1:2::1", "2001:db8:1:2::ffff", "2001:db8:1:3::1"):
            async with from_address(desk, address) as client:
                statuses.append((await begin(client)).status_code)

    assert statuses == [201, 429, 201]


@pytest.mark.parametrize(
    ("proxies", "header", "statuses"),
    [
        (0, "203.0.113.{n}", [201, 429]),  # nobody is believed: both came from the same peer
        (1, "203.0.113.{n}", [201, 201]),
        (1, "203.0.113.{n}, 198.51.100.7", [201, 429]),  # what a client adds in front counts for nothing
        (2, "203.0.113.{n}, 198.51.100.7", [201, 201]),
        (2, "203.0.113.{n}", [201, 429]),  # it did not come through both proxies
        (1, "not-an-address-{n}", [201, 429]),
    ],
)
async def test_only_one_s_own_proxies_are_believed(
    desk_with: OpenDesk, proxies: int, header: str, statuses: list[int]
) -> None:
    settings: dict[str, Any] = {"new_conversations_per_minute": 1, "proxies": proxies}
    async with desk_with(**settings) as desk, from_address(desk, "10.0.0.5") as client:
        got = [(await begin(client, **{"X-Forwarded-For": header.format(n=n)})).status_code for n in (1, 2)]

    assert got == statuses
