"""One HTTP/1.1 connection of one visitor, on bare streams: a general client costs as much as a tenth of a turn."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from frontdesk.domain.errors import ConfigError, ConfigProblem, MalformedReplyError

_MOST_AT_ONCE = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server is."""

    host: str
    port: int
    prefix: str
    """Path before every path."""
    is_secure: bool

    @classmethod
    def of(cls, url: str) -> Self:
        """Raises: ConfigError: no whole http:// or https:// address."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError([ConfigProblem(where="--server", message="is not a whole http:// or https:// address.")])
        is_secure = parts.scheme == "https"
        return cls(
            host=parts.hostname,
            port=port or (443 if is_secure else 80),
            prefix=parts.path.rstrip("/"),
            is_secure=is_secure,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    status: int
    headers: Mapping[str, str]


class Line:
    """Sends one request after another; a reply must be read to its end before the next."""

    def __init__(self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._address, self._reader, self._writer = address, reader, writer
        self._head = Head(status=0, headers={})

    @classmethod
    async def open(cls, address: Address) -> Self:
        """Raises: OSError: nobody answers there."""
        context = ssl.create_default_context() if address.is_secure else None
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context, limit=_MOST_AT_ONCE)
        return cls(address, reader, writer)

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Head:
        """The status and headers of the reply.

        Raises:
            OSError, EOFError: the connection broke.
            MalformedReplyError: what came is no HTTP.
        """
        content = b"" if body is None else json.dumps(body).encode()
        named = {"Host": f"{self._address.host}:{self._address.port}", **headers}
        if body is not None:
            named |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        self._writer.write(f"{method} {self._address.prefix}{path} HTTP/1.1\r\n{lines}\r\n".encode() + content)
        self._head = _read_head(await self._reader.readuntil(b"\r\n\r\n"))
        return self._head

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body of the reply, as it comes."""
        if self._head.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int((await self._reader.readuntil(b"\r\n")).partition(b";")[0], 16):
                yield (await self._reader.readexactly(size + 2))[:-2]
            await self._reader.readuntil(b"\r\n")
        elif length := int(self._head.headers.get("content-length", "0")):
            yield await self._reader.readexactly(length)

    async def body(self) -> Any:
        """The whole of a JSON reply; None for one that is none."""
        whole = b"".join([piece async for piece in self.pieces()])
        try:
            return json.loads(whole)
        except ValueError:
            return None

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def _read_head(raw: bytes) -> Head:
    first, *lines = raw.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/") or not rest[:3].isdecimal():
        raise MalformedReplyError("What answers there does not speak HTTP.")
    pairs = (line.partition(":") for line in lines if line)
    return Head(status=int(rest[:3]), headers={name.lower(): value.strip() for name, _, value in pairs})
