"""The way to the vendors: what httpx's own transport does for a reply, on real connections."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest
import uvloop

from frontdesk.adapters.models.transport import DirectTransport

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


@dataclass
class Vendor:
    """Plays a script on each connection; a script reads its request itself."""

    script: Script
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self.script(reader, writer)
        except (OSError, EOFError):
            self.hung_up.set()
        finally:
            writer.close()

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        self.requests.append(head + await reader.readexactly(length))
        return self.requests[-1]


async def _nothing(*_: object) -> None:
    return


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    vendor = Vendor(_nothing)
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    vendor.port = server.sockets[0].getsockname()[1]
    yield vendor
    server.close()


@pytest.fixture(params=["direct", "httpx"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Ours, and httpx's own for comparison: the same is expected of both."""
    transport = (
        DirectTransport(most=4, most_idle=2)
        if request.param == "direct"
        else httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=4, max_keepalive_connections=2))
    )
    async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(0.5, connect=5.0, pool=0.2)) as client:
        yield client


def says(vendor: Vendor, *pieces: bytes, times: int = 1, pause_s: float = 0.0) -> Script:
    """Answers each of so many requests with these pieces."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(times):
            await vendor.request(reader)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)

    return script


async def test_sends_what_httpx_was_given(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    response = await client.post(vendor.url + "?a=1", json={"model": "m"}, headers={"Authorization": "Bearer k"})
    assert (response.status_code, response.json()) == (200, {})
    head, _, body = vendor.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat?a=1 HTTP/1.1\r\n")
    assert b"authorization: bearer k" in head.lower()
    assert b'{"model":"m"}' in body.replace(b" ", b"")


async def test_pieces_are_given_as_they_come(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(
        vendor, OK + b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n", pause_s=0.1
    )
    began = time.monotonic()
    async with client.stream("POST", vendor.url) as response:
        came = [(piece, time.monotonic() - began) async for piece in response.aiter_bytes()]
    assert [piece for piece, _ in came] == [b"abc", b"de"]
    assert came[1][1] - came[0][1] > 0.05


async def test_a_body_without_a_length_ends_with_the_connection(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor, OK + b"\r\n", b"all of it")
    assert (await client.post(vendor.url)).text == "all of it"


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", b"Content-Length: 9\r\n\r\nab"])
async def test_a_reply_that_breaks_off_is_no_whole_one(
    vendor: Vendor, client: httpx.AsyncClient, framing: bytes
) -> None:
    vendor.script = says(vendor, OK + framing)
    came: list[bytes] = []
    with pytest.raises(httpx.TransportError):
        await _read_into(came, vendor, client)
    assert b"".join(came) == b"ab"


async def _read_into(came: list[bytes], vendor: Vendor, client: httpx.AsyncClient) -> None:
    async with client.stream("POST", vendor.url) as response:
        async for piece in response.aiter_bytes():
            came.append(piece)


async def test_a_connection_that_closes_without_a_word_is_an_error(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor)
    with pytest.raises(httpx.TransportError):
        await client.post(vendor.url)


async def test_silence_is_a_time_out_before_and_within_the_reply(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor, b"", pause_s=2)
    with pytest.raises(httpx.ReadTimeout):
        await client.post(vendor.url)
    vendor.script = says(vendor, OK + b"Content-Length: 9\r\n\r\nab", pause_s=2)
    with pytest.raises(httpx.ReadTimeout):
        await client.post(vendor.url)


async def test_a_slow_reply_that_goes_on_is_no_time_out(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor, OK + b"Content-Length: 4\r\n\r\n", b"a", b"b", b"c", b"d", pause_s=0.3)
    assert (await client.post(vendor.url)).text == "abcd"


async def test_nobody_there_is_a_connection_error(client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ConnectError):
        await client.post("http://127.0.0.1:9/")
    with pytest.raises(httpx.ConnectError):
        await client.post("http://there-is-no-such-host.invalid/")


async def test_no_http_is_a_protocol_error(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor, b"220 mail.example ESMTP\r\n\r\n")
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(vendor.url)
    with pytest.raises(httpx.UnsupportedProtocol):
        await client.post("gopher://127.0.0.1/")


async def test_a_host_that_does_not_speak_tls_is_a_connection_error(vendor: Vendor, client: httpx.AsyncClient) -> None:
    async def answers_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    vendor.script = answers_at_once
    with pytest.raises(httpx.ConnectError):
        await client.post(vendor.url.replace("http://", "https://"))


async def test_a_connection_is_used_again_after_a_whole_reply(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", times=3)
    for _ in range(3):
        assert (await client.post(vendor.url, json={})).status_code == 200
    assert (vendor.connections, len(vendor.requests)) == (1, 3)


@pytest.mark.parametrize("last", [b"Connection: close\r\n", b""])
async def test_a_connection_that_was_closed_meanwhile_is_not(
    vendor: Vendor, client: httpx.AsyncClient, last: bytes
) -> None:
    vendor.script = says(vendor, b"HTTP/1.1 200 OK\r\n" + last + b"Content-Length: 2\r\n\r\n{}")
    for _ in range(2):
        assert (await client.post(vendor.url, json={})).status_code == 200
        await asyncio.sleep(0.05)
    assert vendor.connections == 2


async def test_whoever_stops_reading_hangs_up(vendor: Vendor, client: httpx.AsyncClient) -> None:
    pieces = [b"3\r\nabc\r\n"] * 400
    vendor.script = says(vendor, OK + b"Transfer-Encoding: chunked\r\n\r\n", *pieces, pause_s=0.005)
    async with client.stream("POST", vendor.url) as response:
        await anext(response.aiter_bytes())
    async with asyncio.timeout(1.5):
        await vendor.hung_up.wait()
    assert (await _again(vendor, client)).status_code == 200


async def _again(vendor: Vendor, client: httpx.AsyncClient) -> httpx.Response:
    vendor.script = says(vendor, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    return await client.post(vendor.url, json={})


async def test_whoever_is_cancelled_hangs_up_and_gives_the_place_back(
    vendor: Vendor, client: httpx.AsyncClient
) -> None:
    vendor.script = says(vendor, b"", pause_s=2)
    for _ in range(6):
        asking = asyncio.create_task(client.post(vendor.url, timeout=5))
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert (await _again(vendor, client)).status_code == 200


async def test_no_more_connections_than_allowed(vendor: Vendor, client: httpx.AsyncClient) -> None:
    vendor.script = says(vendor, b"", pause_s=2)
    asking = [asyncio.create_task(client.post(vendor.url, timeout=5)) for _ in range(4)]
    await asyncio.sleep(0.1)
    with pytest.raises(httpx.PoolTimeout):
        await client.post(vendor.url)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    assert vendor.connections == 4


async def test_early_hints_and_compression_are_understood(vendor: Vendor, client: httpx.AsyncClient) -> None:
    body = gzip.compress(b"packed")
    head = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    )
    vendor.script = says(vendor, head + body)
    assert (await client.post(vendor.url)).text == "packed"


async def test_what_nobody_reads_is_not_taken(vendor: Vendor) -> None:
    sent = 0

    async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await vendor.request(reader)
        writer.write(OK + b"Content-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    vendor.script = floods
    transport = DirectTransport(most=4, most_idle=2)
    async with httpx.AsyncClient(transport=transport) as client, client.stream("POST", vendor.url) as response:
        await anext(response.aiter_bytes())
        await asyncio.sleep(0.5)
        assert sent < 20_000_000


def test_works_on_the_loop_that_the_server_runs_on() -> None:
    async def ask() -> str:
        vendor = Vendor(_nothing)
        vendor.script = says(vendor, OK + b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n")
        server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
        vendor.port = server.sockets[0].getsockname()[1]
        async with httpx.AsyncClient(transport=DirectTransport(most=4, most_idle=2)) as client:
            reply = await client.post(vendor.url, json={})
        server.close()
        return reply.text

    assert uvloop.run(ask()) == "abc"
