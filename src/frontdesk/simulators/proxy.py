"""A TCP proxy that spoils connections: late, slow, cut, reset, held back or swallowed."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_PIECE = 65_536
_TICK_S = 0.05
"""A throttled connection gets its bytes in portions of so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyBehaviour:
    """What is done to what comes back from the server; nothing by default."""

    delay_ms: float = 0.0
    """Added to every piece, and to the first one of each direction."""
    bytes_per_s: int = 0
    """So fast at most; 0 sets no limit."""
    cut_after: int | None = None
    """The connection is closed after so many bytes from the server."""
    reset_after: int | None = None
    """The connection is reset after so many bytes from the server; 0 resets it as soon as the client has asked."""
    is_black_hole: bool = False
    """Takes everything, passes nothing on, and says nothing."""
    is_buffering: bool = False
    """Passes on what the server sent once the server has ended, as careless web proxies do."""


@dataclass(slots=True)
class FaultProxy:
    """Passes connections on; a changed behaviour holds from the next piece on, for open connections too."""

    host: str
    port: int
    """Where connections go."""
    behaviour: ProxyBehaviour = field(default_factory=ProxyBehaviour)
    connections: int = 0
    """So many came."""
    bytes_up: int = 0
    bytes_down: int = 0
    """From the client, and from the server, as passed on."""
    _open: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the proxy is not listening")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    @property
    def url(self) -> str:
        host, port = self.address
        return f"http://{host}:{port}"

    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Begin to accept.

        Raises:
            OSError: the address cannot be used.
        """
        self._server = await asyncio.start_server(self._accept, host, port, limit=_PIECE)

    async def drop(self) -> None:
        """Reset every open connection now."""
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.drop()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._carry(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        task.add_done_callback(lambda _: writer.close())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._pass_on(reader, writer)
        except OSError:
            pass
        except asyncio.CancelledError:
            _reset(writer)
            raise

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.behaviour.is_black_hole:
            while await reader.read(_PIECE):
                pass
            return
        server_reader, server_writer = await asyncio.open_connection(self.host, self.port, limit=_PIECE)
        up = asyncio.create_task(self._upwards(reader, server_writer))
        down = asyncio.create_task(self._downwards(server_reader, writer))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            server_writer.close()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _upwards(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            await asyncio.sleep(self.behaviour.delay_ms / 1000)
            writer.write(piece)
            await writer.drain()
            self.bytes_up += len(piece)

    async def _downwards(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told, held = 0, b""
        while piece := await reader.read(_PIECE):
            if self.behaviour.is_buffering:
                held += piece
                continue
            left = self._left(told)
            await self._send(writer, piece if left is None else piece[:left])
            told += len(piece)
            if left is not None and len(piece) >= left:
                if self.behaviour.reset_after is not None:
                    _reset(writer)
                return
        await self._send(writer, held)

    def _left(self, told: int) -> int | None:
        """Bytes that may still be passed on; None without a bound."""
        bounds = [end for end in (self.behaviour.cut_after, self.behaviour.reset_after) if end is not None]
        return max(0, min(bounds) - told) if bounds else None

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        await asyncio.sleep(self.behaviour.delay_ms / 1000)
        while data:
            speed = self.behaviour.bytes_per_s
            size = max(1, int(speed * _TICK_S)) if speed else len(data)
            portion, data = data[:size], data[size:]
            writer.write(portion)
            await writer.drain()
            self.bytes_down += len(portion)
            if speed:
                await asyncio.sleep(len(portion) / speed)


@asynccontextmanager
async def fault_proxy(host: str, port: int, behaviour: ProxyBehaviour | None = None) -> AsyncIterator[FaultProxy]:
    """A proxy on a free port of loopback in front of a server, for as long as the block lasts."""
    proxy = FaultProxy(host, port, behaviour or ProxyBehaviour())
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side is told of an error, and not of an end."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
