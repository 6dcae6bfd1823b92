"""A reply as a script: what is sent when, how many tokens each piece is, and how the connection ends."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Ending = Literal["whole", "close", "reset", "hang"]
"""Tidily; closed in the middle; reset; kept open until the client leaves."""
How = Literal["open", "whole", "refused", "broken", "hung_up"]
TRANSPORT = "frontdesk.transport"
_LEAVE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes that go out together."""

    data: bytes
    tokens: int = 0
    due_ms: float = 0.0
    """Since the request came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A reply."""

    pieces: Sequence[Piece] = ()
    status: int = 200
    media_type: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    has_head: bool = True
    """Without one not even a status is sent."""
    ending: Ending = "whole"


@dataclass(slots=True, kw_only=True)
class Progress:
    """What went out so far."""

    tokens: int = 0
    bytes: int = 0
    first_byte_s: float | None = None
    how: How = "open"
    has_begun: bool = False
    """The request was taken: its head was sent."""


class SimulatedConnection(HttpToolsProtocol):
    """Lets a reply get at its connection, to break it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}


async def play(
    script: Script, scope: Scope, receive: Receive, send: Send, *, progress: Progress, done: Callable[[], None]
) -> None:
    """Send the reply; `progress` says at any moment how far it came, `done` is called once it is over."""
    gone = asyncio.create_task(_until_gone(receive))
    sending = asyncio.create_task(_send(script, send, progress, gone))
    try:
        await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done() or (sending.exception() is None and not sending.result()):
            progress.how = "hung_up"
            sending.cancel()
        elif sending.exception() is None and progress.how == "open":
            await _end(script, scope, send, progress, gone)
    finally:
        if progress.how == "open":
            progress.how = "hung_up"
        done()
        sending.cancel()
        gone.cancel()
        await asyncio.gather(gone, sending, return_exceptions=True)


async def _send(script: Script, send: Send, progress: Progress, gone: "asyncio.Task[None]") -> bool:
    """Whether all of it could be sent before the client was gone."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    if script.has_head:
        await send(_head(script))
        progress.has_begun = script.status == 200
    position = 0
    while position < len(script.pieces) and not gone.done():
        wait_s = start + script.pieces[position].due_ms / 1000 - loop.time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        due_ms = max(script.pieces[position].due_ms, (loop.time() - start) * 1000)
        batch = [script.pieces[position]]
        while (position := position + 1) < len(script.pieces) and script.pieces[position].due_ms <= due_ms:
            batch.append(script.pieces[position])
        data = b"".join(piece.data for piece in batch)
        await send({"type": "http.response.body", "body": data, "more_body": True})
        if progress.first_byte_s is None:
            progress.first_byte_s = loop.time() - start
        progress.bytes += len(data)
        progress.tokens += sum(piece.tokens for piece in batch)
    return position == len(script.pieces)


def _head(script: Script) -> Message:
    headers = {"content-type": script.media_type, **script.headers}
    return {
        "type": "http.response.start",
        "status": script.status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


async def _end(script: Script, scope: Scope, send: Send, progress: Progress, gone: "asyncio.Task[None]") -> None:
    if script.ending == "whole":
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        progress.how = "whole" if script.status == 200 else "refused"
        return
    if script.ending == "hang":
        await gone
        progress.how = "hung_up"
        return
    progress.how = "broken"
    transport = scope.get("extensions", {}).get(TRANSPORT, {}).get("transport")
    if transport is None:  # in a test without sockets
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    if script.ending == "reset":
        _reset(transport)
    else:
        transport.close()
    async with asyncio.timeout(_LEAVE_S):
        await gone


def _reset(transport: Any) -> None:
    """Close so that the other side is told of an error, and not of an end."""
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
