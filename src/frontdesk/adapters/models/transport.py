"""The way to the vendors for httpx: connections that are kept and used again, with little between them and a reply."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import cached_property

import httpx

from frontdesk.adapters.models.exchange import Connection

_Origin = tuple[str, str, int]
_PORTS = {"http": 80, "https": 443}


class DirectTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 straight to the named hosts; where the environment names a proxy, httpx's own transport is for that."""

    def __init__(self, *, most: int, most_idle: int, verify: ssl.SSLContext | None = None) -> None:
        """
        Args:
            most: connections at once.
            most_idle: of one host, kept for the next request.
            verify: whom to trust; httpx's own choice by default.
        """
        self._places = asyncio.Semaphore(most)
        self._most_idle = most_idle
        self._verify = verify
        self._idle: dict[_Origin, list[Connection]] = defaultdict(list)

    @cached_property
    def _ssl(self) -> ssl.SSLContext:
        """Reading the certificates takes 30 ms: not before they are needed."""
        return self._verify or httpx.create_ssl_context()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        times = request.extensions.get("timeout", {})
        origin = _origin_of(request.url)
        wire = await _as_bytes(request)
        await self._take_place(times.get("pool"))
        connection = None
        try:
            connection = self._idle_one(origin) or await self._connect(origin, times.get("connect"))
            status = await connection.ask(wire, patience_s=times.get("read"))
        except BaseException:
            self._places.release()
            if connection is not None:
                connection.abort()
            raise
        return httpx.Response(
            status,
            headers=connection.headers,
            stream=_Body(self, origin, connection),
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def aclose(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.abort()
        self._idle.clear()

    def give_back(self, origin: _Origin, connection: Connection) -> None:
        """A connection whose reply nobody reads any more: kept where the reply is whole, closed where it is not."""
        self._places.release()
        idle = self._idle[origin]
        if connection.is_free and len(idle) < self._most_idle:
            idle.append(connection)
        else:
            connection.abort()

    async def _take_place(self, patience_s: float | None) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(patience_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("Every connection is in use.") from error

    def _idle_one(self, origin: _Origin) -> Connection | None:
        """The one that was used last, since the host closes the others first."""
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_free:
                return connection
            connection.abort()
        return None

    async def _connect(self, origin: _Origin, patience_s: float | None) -> Connection:
        scheme, host, port = origin
        context = self._ssl if scheme == "https" else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(patience_s):
                _, connection = await loop.create_connection(Connection, host, port, ssl=context)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"{host} did not answer in time.") from error
        except (OSError, UnicodeError) as error:  # ssl.SSLError is an OSError; a label too long is a UnicodeError
            raise httpx.ConnectError(str(error) or type(error).__name__) from error
        return connection


class _Body(httpx.AsyncByteStream):
    """A reply's body; closing it before its end hangs up."""

    def __init__(self, transport: DirectTransport, origin: _Origin, connection: Connection) -> None:
        self._transport, self._origin, self._connection = transport, origin, connection
        self._is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._connection.body():
            yield piece

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._transport.give_back(self._origin, self._connection)


def _origin_of(url: httpx.URL) -> _Origin:
    """Raises: httpx.UnsupportedProtocol: neither http nor https."""
    if url.scheme not in _PORTS or not url.host:
        raise httpx.UnsupportedProtocol(f"{url.scheme or 'No scheme'} is not supported.")
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


async def _as_bytes(request: httpx.Request) -> bytes:
    body = await request.aread()
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"transfer-encoding"]
    if body and not any(name.lower() == b"content-length" for name, _ in headers):
        headers.append((b"Content-Length", b"%d" % len(body)))
    lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (request.method.encode("ascii"), request.url.raw_path, lines, body)
