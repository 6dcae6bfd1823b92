"""Other systems for tests: on a socket of loopback, in a process, in a file or as a function, saying what a test wants."""

import asyncio
import contextlib
import json
import sqlite3
import sys
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.connectors import Gate, OutsideSystem
from frontdesk.adapters.connectors.mcp import pin_of
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.outside import Surroundings, open_transport, outside_client
from frontdesk.domain.connector_source import ConnectorSource
from frontdesk.releases.connectors_file import read_connectors

TOOL = {
    "name": "orders",
    "description": "Orders of a customer.",
    "inputSchema": {"type": "object", "properties": {"customer": {"type": "string"}}, "required": ["customer"]},
}
_MCP_SERVER = """
import json, sys
tool, result = json.loads(sys.argv[1]), sys.argv[2]
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    head = '{"jsonrpc":"2.0","id":%d,"result":' % message["id"]
    if message["method"] == "tools/list":
        sys.stdout.write(head + json.dumps({"tools": [tool]}) + "}\\n")
    elif message["method"] == "initialize":
        sys.stdout.write(head + '{"protocolVersion":"2025-06-18","capabilities":{}}}\\n')
    elif result == "exit":
        sys.exit(3)
    elif result != "silence":
        sys.stdout.write(head + '{"content":[{"type":"text","text":%s}]}}\\n' % json.dumps(result))
    sys.stdout.flush()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One reply. Without a status the connection is reset; `never` leaves the asker waiting."""

    status: int | None = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    never: bool = False
    is_cut: bool = False
    """Whether it breaks off before its announced end."""

    def wire(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Said", f"content-length: {len(self.body) + 10 * self.is_cut}"]
        lines += [f"content-type: {self.content_type}"] if self.content_type else []
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def says(value: Any, **more: Any) -> Said:
    return Said(body=json.dumps(value).encode(), **more)


@dataclass(slots=True)
class FakeSystem:
    """Answers with what `answer` returns for each request, and remembers what it was asked."""

    url: str
    answer: Callable[[Asked], Said | Awaitable[Said]]
    asked: list[Asked] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once somebody went away without waiting for an answer."""
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.add(asyncio.create_task(self._talk(reader, writer)))

    async def close(self) -> None:
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked = await _asked(head, reader)
                self.asked.append(asked)
                said = self.answer(asked)
                said = said if isinstance(said, Said) else await said
                if said.never:
                    await reader.read()  # until they hang up
                    self.hung_up.set()
                    break
                if said.status is None:
                    writer.transport.abort()
                    break
                writer.write(said.wire())
                if said.is_cut:
                    break


async def _asked(head: bytes, reader: asyncio.StreamReader) -> Asked:
    first, *lines = head.decode().strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method=method, target=target, headers=headers, body=body)


@asynccontextmanager
async def fake_system(answer: Callable[[Asked], Said | Awaitable[Said]]) -> AsyncIterator[FakeSystem]:
    system = FakeSystem(url="", answer=answer)
    server = await asyncio.start_server(system.meet, "127.0.0.1", 0, limit=4_000_000)
    system.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield system
    finally:
        server.close()
        await system.close()


@dataclass(slots=True)
class Pauses(SystemClock):
    """A clock that leaps over what anybody sleeps, and writes it down."""

    slept: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def monotonic(self) -> float:
        return super(Pauses, self).monotonic() + sum(self.slept)


@dataclass(slots=True)
class Told:
    """What the people in charge would hear of."""

    kinds: list[str] = field(default_factory=list)

    def note(self, kind: str, *, subject: str, **_: Any) -> None:
        self.kinds.append(f"{kind} {subject}")


@dataclass(slots=True)
class Outside:
    """An opened connector with what surrounds it."""

    system: OutsideSystem
    pauses: Pauses
    telemetry: PrometheusTelemetry
    told: list[str]
    """Kinds of what the people in charge were told, each with its subject."""

    async def call(
        self, operation: str, arguments: Mapping[str, Any] | None = None, *, key: str = "", deadline_s: float = 5.0
    ) -> Any:
        return await self.system.call(operation, arguments or {}, key=key, deadline_s=deadline_s)


@asynccontextmanager
async def opened(source: ConnectorSource, folder: Path, *, jitter: float = 0.5) -> AsyncIterator[Outside]:
    telemetry, pauses, told = PrometheusTelemetry(), Pauses(), Told()
    client = outside_client()
    around = Surroundings(folder=folder, client=client, monotonic=pauses.monotonic, simulators=lambda _: "")
    gate = Gate(source.name, source.bounds, monotonic=pauses.monotonic, occurrences=told, sleep=pauses)
    system = OutsideSystem(
        source,
        open_transport(source, around),
        gate=gate,
        clock=pauses,
        telemetry=telemetry,
        occurrences=told,
        sleep=pauses,
        jitter=lambda: jitter,
    )
    try:
        yield Outside(system, pauses, telemetry, told.kinds)
    finally:
        await system.close()
        await client.aclose()


def described(folder: Path, connector: Mapping[str, Any]) -> ConnectorSource:
    """A connector as connectors.yaml would describe it."""
    written = {"connectors": {"shop": {"title": {"en": "the shop"}, **connector}}}
    (folder / "connectors.yaml").write_text(yaml.safe_dump(written))
    (source,) = read_connectors(folder)
    return source


# -- the same reply over every transport ------------------------------------------------------------


def transport_of(name: str, folder: Path, url: str, reply: Any, raw: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What to write for a connector and its operation, so that it says this over that transport."""
    match name:
        case "http":
            return {"http": {"base_url": url}}, {"request": "GET /orders/{customer}", "rows": "orders"}
        case "mcp_process":
            script = folder / "server.py"
            script.write_text(_MCP_SERVER)
            command = [sys.executable, "-I", "-S", str(script), json.dumps(TOOL), raw]
            return {"mcp": {"command": command}}, {"tool": "orders", "pin": pin_of(TOOL), "rows": "orders"}
        case "mcp_http":
            return {"mcp": {"url": f"{url}/mcp"}}, {"tool": "orders", "pin": pin_of(TOOL), "rows": "orders"}
        case "sql":
            return {"sql": {"file": str(_database(folder, reply["orders"]))}}, {
                "sql": "SELECT * FROM o WHERE :customer > ''"
            }
        case _:
            module = types.ModuleType("shop_of_a_test")
            vars(module)["orders"] = lambda customer: reply
            sys.modules["shop_of_a_test"] = module
            return {"python": {}}, {"function": "shop_of_a_test:orders", "rows": "orders"}


def _database(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        columns = list(rows[0]) if rows else ["id"]
        connection.execute(f"CREATE TABLE o ({', '.join(columns)})")
        for row in rows:
            marks = ", ".join("?" for _ in columns)
            connection.execute(f"INSERT INTO o VALUES ({marks})", [row.get(name) for name in columns])
        connection.commit()
    return path


def mcp_answer(asked: Asked, raw: str) -> Said:
    """What a server of the protocol says over HTTP."""
    message = asked.json
    if "id" not in message:
        return Said(status=202)
    results: dict[str, Any] = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}},
        "tools/list": {"tools": [TOOL]},
    }
    result = results.get(message["method"], {"content": [{"type": "text", "text": raw}]})
    return says({"jsonrpc": "2.0", "id": message["id"], "result": result})
