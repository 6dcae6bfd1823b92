"""People who read slowly: as little a second as a dying connection, of a conversation long enough to be slow about."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from frontdesk.domain.errors import ConfigError, ConfigProblem, UnavailableError
from frontdesk.drills.load.line import Address, Line

SLOW_BYTES_A_SECOND = 100
_LONG_TEXT = "hello " * 1300
"""Nearly the longest message. A greeting, so that no vendor is asked."""
_MESSAGES = 40
"""Together 330 kB: five times what waits for one reader."""
_SMALL_BUFFER = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class LongConversation:
    path: str
    headers: dict[str, str]


@dataclass(slots=True, kw_only=True)
class SlowReaders:
    """How they fare."""

    began: int = 0
    dropped: int = 0
    """Whom the server let go."""


async def long_conversation(address: Address) -> LongConversation:
    """Write one that takes a slow reader an hour.

    Raises:
        ConfigError: the server is behind TLS, whose own buffers would read for the reader.
        UnavailableError: the server refuses it.
    """
    if address.is_secure:
        message = "Slow readers are tried on http:// only: behind https:// it is the proxy that they are slow to."
        raise ConfigError([ConfigProblem(where="--server", message=message)])
    line = await Line.open(address)
    try:
        await line.send("POST", "/v1/conversations", {}, {"channel": "api"})
        opened = await line.body()
        path = f"/v1/conversations/{opened['conversation_id']}"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        for _ in range(_MESSAGES):
            said = {**headers, "Idempotency-Key": uuid.uuid4().hex}
            head = await line.send("POST", f"{path}/messages", said, {"text": _LONG_TEXT})
            await line.body()
            if head.status != 200:
                raise UnavailableError(f"The server does not take the long conversation (status {head.status}).")
    finally:
        await line.close()
    return LongConversation(path=path, headers=headers)


@asynccontextmanager
async def reading_slowly(address: Address, conversation: LongConversation, count: int) -> AsyncIterator[SlowReaders]:
    """So many of them, for as long as the block lasts; who is let go comes back after a while, as browsers do."""
    readers = SlowReaders()
    tasks = [asyncio.create_task(_read_slowly(address, conversation, readers)) for _ in range(count)]
    try:
        yield readers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read_slowly(address: Address, conversation: LongConversation, readers: SlowReaders) -> None:
    while True:
        readers.began += 1
        try:
            await _crawl(address, conversation)
        except OSError:
            readers.dropped += 1
        await asyncio.sleep(3)


async def _crawl(address: Address, conversation: LongConversation) -> None:
    """Raises: OSError: the connection is gone."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        reader.setblocking(False)
        await loop.sock_connect(reader, (address.host, address.port))
        headers = {"Host": address.host, "Accept": "text/event-stream", **conversation.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        await loop.sock_sendall(
            reader, f"GET {address.prefix}{conversation.path}/events HTTP/1.1\r\n{lines}\r\n".encode()
        )
        while await loop.sock_recv(reader, SLOW_BYTES_A_SECOND):
            await asyncio.sleep(1)
            if reader.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):  # seen before what came earlier is read
                break
    raise ConnectionResetError
