"""A network that spoils connections in every way that drills ask for."""

import asyncio
import time

import httpx
import pytest

from frontdesk.simulators.proxy import FaultProxy, ProxyBehaviour, fault_proxy
from frontdesk.simulators.vendor import VendorBehaviour
from simulated import a_body, a_vendor


async def _ask(proxy: FaultProxy, *, timeout_s: float = 5.0) -> str:
    async with httpx.AsyncClient(base_url=proxy.url, timeout=timeout_s) as http:
        response = await http.post("/v1/chat/completions", json=a_body("sim", stream=True))
        return response.text


async def test_what_is_not_spoilt_arrives_as_it_was_sent() -> None:
    async with a_vendor() as vendor, fault_proxy("127.0.0.1", vendor.http.base_url.port or 0) as proxy:
        direct = (await vendor.ask("sim", stream=True)).text
        assert await _ask(proxy) == direct
        assert proxy.connections == 1
        assert proxy.bytes_down > len(direct)


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (ProxyBehaviour(cut_after=300), httpx.RemoteProtocolError),
        (ProxyBehaviour(reset_after=300), httpx.ReadError),
        (ProxyBehaviour(reset_after=0), httpx.ReadError),
        (ProxyBehaviour(is_black_hole=True), httpx.ReadTimeout),
    ],
)
async def test_a_spoilt_connection_fails_in_its_own_way(behaviour: ProxyBehaviour, error: type[Exception]) -> None:
    async with a_vendor() as vendor, fault_proxy("127.0.0.1", vendor.http.base_url.port or 0, behaviour) as proxy:
        with pytest.raises(error):
            await _ask(proxy, timeout_s=0.5)


async def test_a_cut_comes_after_the_bytes_that_were_named() -> None:
    behaviour = ProxyBehaviour(cut_after=300)
    async with a_vendor() as vendor, fault_proxy("127.0.0.1", vendor.http.base_url.port or 0, behaviour) as proxy:
        with pytest.raises(httpx.RemoteProtocolError):
            await _ask(proxy)
        assert proxy.bytes_down == 300


@pytest.mark.parametrize(
    ("behaviour", "at_least_s"), [(ProxyBehaviour(delay_ms=150), 0.3), (ProxyBehaviour(bytes_per_s=4000), 0.4)]
)
async def test_a_bad_line_is_late_or_slow_and_loses_nothing(behaviour: ProxyBehaviour, at_least_s: float) -> None:
    async with a_vendor() as vendor, fault_proxy("127.0.0.1", vendor.http.base_url.port or 0, behaviour) as proxy:
        began = time.monotonic()
        assert (await _ask(proxy)).endswith("data: [DONE]\n\n")
        assert at_least_s < time.monotonic() - began < 4


async def test_a_buffering_proxy_holds_a_reply_back_until_it_has_ended() -> None:
    slow = VendorBehaviour(ms_per_token=20)
    async with a_vendor(slow) as vendor, fault_proxy("127.0.0.1", vendor.http.base_url.port or 0) as proxy:
        firsts = []
        for is_buffering in (False, True):
            proxy.behaviour = ProxyBehaviour(is_buffering=is_buffering)
            began = time.monotonic()
            async with (
                httpx.AsyncClient(base_url=proxy.url, headers={"Connection": "close"}) as http,
                http.stream("POST", "/v1/chat/completions", json=a_body("sim", stream=True)) as response,
            ):
                await anext(response.aiter_raw())
                firsts.append(time.monotonic() - began)
        assert firsts[1] > firsts[0] + 0.2


async def test_open_connections_can_be_dropped_and_new_ones_still_come() -> None:
    async with a_vendor() as vendor, fault_proxy("127.0.0.1", vendor.http.base_url.port or 0) as proxy:
        async with httpx.AsyncClient(base_url=proxy.url) as http:
            waiting = asyncio.create_task(http.post("/v1/chat/completions", json=a_body("fault-silent", stream=True)))
            await asyncio.sleep(0.2)
            await proxy.drop()
            with pytest.raises(httpx.ReadError):
                await waiting
        assert await _ask(proxy)
