"""Readers that take little or nothing: what they hold, for how long, and what that does to others."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from frontdesk.server.run import GRACE_S

LONG = "hello " * 1_300
"""Nearly the longest message; the log tells it back."""


def _connect(url: str, request: str) -> socket.socket:
    """A reader whose system takes as little as it can on its behalf."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", int(url.rpartition(":")[2])))
    reader.sendall(request.encode())
    return reader


def _asking(path: str, headers: dict[str, str], **more: str) -> str:
    named = {"Host": "desk", **headers, "Accept": "text/event-stream", **more}
    return f"GET {path}/events HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in named.items()) + "\r\n"


async def _long_conversation(house: Any, messages: int) -> tuple[str, dict[str, str]]:
    path, headers = await house.open_conversation()
    for number in range(messages):
        await house.say(path, headers, LONG, f"k{number}")
    return str(path), dict(headers)


def _has_been_dropped(reader: socket.socket) -> bool:
    """Whether the server's side has said so; reads nothing."""
    return reader.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _CLOSED


_CLOSED = 7
"""State of a socket whose other side reset it, in Linux's numbers."""


@pytest.fixture
async def crowded(open_house: Any) -> AsyncIterator[tuple[Any, str, dict[str, str]]]:
    """A house without much patience, and a conversation longer than what waits for one reader."""
    async with open_house(reader_patience_s=1) as house:
        yield house, *await _long_conversation(house, 24)


@contextlib.contextmanager
def _readers(count: int, url: str, request: str) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as sockets:
        yield [sockets.enter_context(_connect(url, request)) for _ in range(count)]


async def test_a_reader_that_takes_nothing_is_let_go_and_gets_the_rest_when_it_comes_back(crowded: Any) -> None:
    house, path, headers = crowded
    with _readers(1, house.url, _asking(path, headers)) as (reader,):
        async with asyncio.timeout(10):
            while not _has_been_dropped(reader):
                await asyncio.sleep(0.06)
    assert house.app.telemetry.dropped_readers._value.get() == 1
    assert house.app.telemetry.streams._value.get() == 0
    seqs = []
    sse = {**headers, "Accept": "text/event-stream", "Last-Event-ID": "3"}
    async with asyncio.timeout(10), house.client.stream("GET", f"{path}/events", headers=sse) as response:
        async for line in response.aiter_lines():
            if line.startswith("id: "):
                seqs.append(int(line[4:]))
            if seqs and seqs[-1] == 48:
                break
    assert seqs == list(range(4, 49))


async def test_a_reader_that_is_slow_and_keeps_up_with_what_is_asked_of_it_stays(crowded: Any) -> None:
    house, path, headers = crowded
    whole = 0
    with _readers(1, house.url, _asking(path, headers)) as (reader,):
        reader.settimeout(0)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            with contextlib.suppress(BlockingIOError):
                whole += len(reader.recv(8192))
            await asyncio.sleep(0.05)
        assert not _has_been_dropped(reader)
    assert whole > 150_000
    assert house.app.telemetry.dropped_readers._value.get() == 0


async def test_a_large_page_over_a_slow_line_arrives_whole_however_long_it_takes(crowded: Any) -> None:
    house, path, headers = crowded
    request = (
        _asking(path, headers).replace("text/event-stream", "application/json").replace("/events", "/events?limit=500")
    )
    pieces = []
    with _readers(1, house.url, request.replace("Host:", "Connection: close\r\nHost:")) as (reader,):
        reader.setblocking(False)
        began = time.monotonic()
        async with asyncio.timeout(20):
            while piece := await asyncio.get_running_loop().sock_recv(reader, 8192):
                pieces.append(piece)
                await asyncio.sleep(0.06)
    assert time.monotonic() - began > 1.2, "not slow enough to tell"
    assert json.loads(b"".join(pieces).partition(b"\r\n\r\n")[2])["events"][-1]["seq"] == 48


async def test_a_turn_goes_on_without_the_reader_that_was_let_go(crowded: Any) -> None:
    house, path, headers = crowded
    with _readers(5, house.url, _asking(path, headers)):
        turn = await house.say(path, headers, "How much does standard delivery to Norway cost?", "norway")
    assert turn["outcome"] == "answered"


async def test_readers_that_are_behind_do_not_hold_up_a_server_that_stops(open_house: Any) -> None:
    async with contextlib.AsyncExitStack() as running:
        house = await running.enter_async_context(open_house(reader_patience_s=60))
        path, headers = await _long_conversation(house, 24)
        with _readers(5, house.url, _asking(path, headers)):
            await asyncio.sleep(0.3)
            assert house.app.telemetry.streams._value.get() == 5
            began = time.monotonic()
            await running.aclose()
    assert time.monotonic() - began < GRACE_S - 1


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nHost: de", b"G"])
async def test_who_connects_and_does_not_ask_is_let_go(open_house: Any, said: bytes) -> None:
    async with open_house(reader_patience_s=1) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
        writer.write(said)
        async with asyncio.timeout(8):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()


async def test_who_asks_again_on_the_same_connection_is_not(open_house: Any) -> None:
    async with open_house(reader_patience_s=1) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
        for _ in range(3):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n")
            async with asyncio.timeout(5):
                assert b" 200 OK" in await reader.readuntil(b"\r\n\r\n")
                await reader.readuntil(b"}")
            await asyncio.sleep(1.5)
        writer.close()
