"""Another system that books what it is told to, over HTTP, and keeps a log of all that it did."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

Moment = Literal["arrived", "booked", "answered"]
"""Of a booking: before anything is done, before its answer is sent, and after."""
MOMENTS: tuple[Moment, ...] = ("arrived", "booked", "answered")
_MOST_BYTES = 64_000


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Under `/keyed` a second request with the same key gets the first one's answer; under `/blind` keys mean nothing, and
    a booking can be looked up by the key it was made with."""

    port: int = 0
    booked: list[tuple[str, str]] = field(default_factory=list)
    """Everything that it did: key and reference."""
    requests: int = 0
    _answers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _watch: Callable[[Moment, str], Awaitable[None]] | None = None

    def watch(self, look: Callable[[Moment, str], Awaitable[None]] | None) -> None:
        """`look` is told each moment of each booking, with its reference, and holds it up while it looks."""
        self._watch = look

    @property
    def times(self) -> Mapping[str, int]:
        """How often each reference was booked."""
        return Counter(reference for _, reference in self.booked)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on a connection of its own."""
        try:
            method, path, headers, body = await _read_request(reader)
            status, answer, reference = await self._answer(method, path, headers, body)
            text = json.dumps(answer).encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + text)
            await writer.drain()
            if reference:
                await self._tell("answered", reference)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # whoever asked is dead
        finally:
            writer.close()

    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, Mapping[str, Any], str]:
        parts = urlsplit(path)
        if method == "GET":
            found = self._answers.get(parse_qs(parts.query).get("key", [""])[0])
            return "200 OK", {"bookings": [] if found is None else [found]}, ""
        self.requests += 1
        told = json.loads(body)
        reference, key = str(told["reference"]), headers.get("idempotency-key") or str(told.get("key", ""))
        await self._tell("arrived", reference)
        known = self._answers.get(key) if parts.path.startswith("/keyed") else None
        answer = known or self._book(key, reference)
        await self._tell("booked", reference)
        return "201 Created", answer, reference

    def _book(self, key: str, reference: str) -> Mapping[str, str]:
        self.booked.append((key, reference))
        answer = self._answers[key] = {"booking_id": f"B{len(self.booked)}", "reference": reference}
        return answer

    async def _tell(self, moment: Moment, reference: str) -> None:
        if self._watch is not None:
            await self._watch(moment, reference)


@asynccontextmanager
async def open_ledger() -> AsyncIterator[Ledger]:
    """Listening on a free port of the loopback."""
    ledger = Ledger()
    server = await asyncio.start_server(ledger.handle, "127.0.0.1", 0)
    ledger.port = server.sockets[0].getsockname()[1]
    try:
        yield ledger
    finally:
        server.close()
        await server.wait_closed()


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, Mapping[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    pairs = (line.split(": ", 1) for line in head[1:] if ": " in line)
    headers = {name.lower(): value for name, value in pairs}
    size = int(headers.get("content-length", "0"))
    if size > _MOST_BYTES:
        raise ValueError("too long")
    return method, path, headers, await reader.readexactly(size)
