"""What a call of another system costs on our side: a server that answers at once, ten records a reply.

Processor time and time of this process, for one call after the other and for five at once.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import uvloop

from bench.failover import percentile, say
from frontdesk.bootstrap.connectors import one_system
from frontdesk.domain.connector import CallResult
from frontdesk.releases.connectors_file import read_connectors
from frontdesk.settings import load_settings

CALLS = 2_000
AT_ONCE = 5
WRITTEN = """\
connectors:
  shop:
    title: {{en: the shop}}
    http: {{base_url: "http://127.0.0.1:{port}", max_concurrency: 32}}
    operations:
      orders:
        request: GET /orders/{{customer}}
        arguments: {{customer: {{type: id, bind: subject}}}}
        rows: orders
        is_list: true
        owner_field: owner
        fields:
          id: id
          owner: {{type: id, is_private: true}}
          status: {{type: choice, choices: [open, sent]}}
          total: money
          currency: text
          note: {{type: text, max_chars: 100}}
          sent_at: {{type: time, is_required: false}}
"""
_ORDER = {"owner": "c1", "status": "sent", "total": 128.9, "currency": "EUR", "note": "Two tents", "sent_at": None}


class _Server(asyncio.Protocol):
    """Says the same to every request; in this process, and so part of the time, but not of the calls' own."""

    def __init__(self, reply: bytes) -> None:
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, _: bytes) -> None:
        self._transport.write(self._reply)


@asynccontextmanager
async def _serving() -> AsyncIterator[int]:
    body = json.dumps({"orders": [{**_ORDER, "id": number} for number in range(10)]}).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    server = await asyncio.get_running_loop().create_server(lambda: _Server(head + body), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def main() -> None:
    with TemporaryDirectory() as folder:
        async with _serving() as port:
            (Path(folder) / "connectors.yaml").write_text(WRITTEN.format(port=port), encoding="utf-8")
            (source,) = read_connectors(Path(folder))
            async with one_system(load_settings({}, assistant_dir=Path(folder)), source) as shop:

                async def call() -> None:
                    found = await shop.call("orders", {"customer": "c1"}, key="", deadline_s=5.0)
                    assert isinstance(found, CallResult), found

                await _measure("one call after the other", CALLS, call, at_once=1)
                await _measure(f"{AT_ONCE} calls at once", CALLS // AT_ONCE, call, at_once=AT_ONCE)


async def _measure(what: str, rounds: int, call: Callable[[], Coroutine[Any, Any, None]], *, at_once: int) -> None:
    took: list[float] = []
    for _ in range(100):
        await call()
    began = time.process_time()
    for _ in range(rounds):
        at = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(at_once)))
        took.append((time.perf_counter() - at) * 1000)
    say(f"{what}: processor time a call", (time.process_time() - began) / rounds / at_once * 1000, "ms", "<= 2")
    say(f"{what}: p50", percentile(took, 0.5), "ms")
    say(f"{what}: p95", percentile(took, 0.95), "ms")


if __name__ == "__main__":
    uvloop.run(main())
