"""The scenery of a drill: a simulated vendor and servers as processes of their own, and a database that is thrown away.

Everything is on this machine's loopback and ends with its block. The settings of the installation hold, except for
those that name its places or reach people: a drill writes into no data folder but its own and notifies nobody.
"""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from frontdesk.domain.errors import ConfigError, ConfigProblem, UnavailableError
from frontdesk.settings import PREFIX
from frontdesk.simulators.vendor import VendorRequest

PATIENCE_S = 60.0
"""A process that has not started after so long never will."""
STOP_S = 30.0
SETTINGS: Mapping[str, str] = {"EMBEDDER": "none", "LOG_LEVEL": "warning", "LOG_FORMAT": "json"}
"""A drill is about failures and not about search: words alone make a start take a second, and ask no endpoint."""
_LEFT_OUT = frozenset(
    {"HOST", "PORT", "DATA_DIR", "ASSISTANT_DIR", "DATABASE_URL", "ESCALATION_WEBHOOK", "IDENTITY_KEYS"}
)
_LOG_TAIL = 2000


@dataclass(slots=True, kw_only=True)
class Process:
    """One `frontdesk` command that runs beside us until it is ended."""

    arguments: tuple[str, ...]
    env: Mapping[str, str]
    log_file: Path
    """Takes its stderr, of all its lives."""
    running: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        if self.running is None:
            raise UnavailableError("The process does not run.")
        return self.running.pid

    @property
    def is_alive(self) -> bool:
        return self.running is not None and self.running.returncode is None

    def log(self) -> str:
        """What it wrote to stderr so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    async def kill(self) -> None:
        """SIGKILL: no farewell."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> None:
        """SIGTERM, and wait until it has left; one that does not leave is killed."""
        await self._end(signal.SIGTERM)

    async def launch(self) -> asyncio.subprocess.Process:
        """Start it without waiting."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self.running = await asyncio.create_subprocess_exec(
                *frontdesk(*self.arguments), env=self.env, stdout=asyncio.subprocess.PIPE, stderr=log
            )
        return self.running

    async def first_line(self) -> str:
        """Start it and wait for its first line on stdout.

        Raises:
            UnavailableError: it ended without one, or took too long.
        """
        process = await self.launch()
        try:
            async with asyncio.timeout(PATIENCE_S):
                line = await process.stdout.readline() if process.stdout else b""
        except TimeoutError:
            line = b""
        if not line:
            await self.kill()
            raise UnavailableError(f"`frontdesk {self.arguments[0]}` did not start: {self.log()[-_LOG_TAIL:].strip()}")
        return line.decode().strip()

    async def _end(self, number: signal.Signals) -> None:
        if self.running is None:
            return
        if self.running.returncode is None:
            self.running.send_signal(number)
        try:
            async with asyncio.timeout(STOP_S):
                await self.running.wait()
        except TimeoutError:
            self.running.kill()
            await self.running.wait()
        self.running = None


@dataclass(slots=True, kw_only=True)
class RunningServer(Process):
    """`frontdesk serve` on a port that stays its own over every restart."""

    data_dir: Path
    port: int
    staff_key: str = ""
    """Known where this server was the first on its database."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, first or again, and wait until it answers."""
        told = json.loads(await self.first_line())
        self.staff_key = told.get("staff_key") or self.staff_key


@dataclass(slots=True, kw_only=True)
class RunningVendor(Process):
    """`frontdesk simulate vendor`."""

    url: str = ""
    http: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    @property
    def base_url(self) -> str:
        """As a route of models.yaml takes it."""
        return f"{self.url}/v1"

    async def requests(self, *, model: str = "", after: int = 0) -> list[VendorRequest]:
        """What it was asked, oldest first; those of one model, and those beyond a number."""
        response = await self.http.get(f"{self.url}/debug/requests", params={"model": model, "after": after})
        return [VendorRequest(**noted) for noted in response.json()["requests"]]

    async def bill(self) -> dict[str, Any]:
        """`lines` by day and model, and the whole as `usd`; amounts are texts."""
        found: dict[str, Any] = (await self.http.get(f"{self.url}/debug/bill")).json()
        return found

    async def schedule(self, steps: Sequence[Mapping[str, Any]], *, model: str = "*", repeat: bool = False) -> None:
        """From now on the model does one thing after another: `does` with `requests` or `for_s` each."""
        body = {"steps": list(steps), "model": model, "repeat": repeat}
        (await self.http.post(f"{self.url}/debug/schedule", json=body)).raise_for_status()

    async def forget(self) -> None:
        """Empty its log, bill and schedules."""
        (await self.http.post(f"{self.url}/debug/reset")).raise_for_status()


@asynccontextmanager
async def running_vendor(
    *,
    first_token_ms: float = 0.0,
    token_ms: float = 0.0,
    falsehoods: float = 0.0,
    seed: int = 0,
    requests_per_minute: int = 0,
) -> AsyncIterator[RunningVendor]:
    """A simulated vendor on a free port."""
    behaviour = {
        "first-token-ms": first_token_ms,
        "token-ms": token_ms,
        "falsehoods": falsehoods,
        "seed": seed,
        "requests-per-minute": requests_per_minute,
    }
    options = [part for name, value in behaviour.items() for part in (f"--{name}", str(value))]
    with tempfile.TemporaryDirectory(prefix="frontdesk-vendor-") as folder:
        arguments = ("simulate", "vendor", "--port", "0", *options)
        vendor = RunningVendor(arguments=arguments, env=environ(), log_file=Path(folder) / "log")
        try:
            vendor.url = (await vendor.first_line()).removesuffix("/v1")
            yield vendor
        finally:
            await vendor.http.aclose()
            await vendor.kill()


@asynccontextmanager
async def running_server(
    assistant: Path,
    data_dir: Path,
    *,
    database_url: str = "",
    port: int = 0,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[RunningServer]:
    """A server on the assistant folder, started; its documents are read in where the data folder has none.

    Several may share a data folder when they have a PostgreSQL database. Whatever its last start was, it ends with
    the block.

    Args:
        port: 0 takes a free one.
        env: settings without their prefix, such as `LEASE_S`.
    """
    settings = environ({**SETTINGS, **(env or {}), "DATABASE_URL": database_url})
    await read_in(assistant, data_dir, env=settings)
    port = port or free_port()
    places = ("--assistant", str(assistant), "--data-dir", str(data_dir))
    server = RunningServer(
        arguments=("serve", *places, "--host", "127.0.0.1", "--port", str(port), "--json"),
        env=settings,
        log_file=data_dir / f"log-{port}",
        data_dir=data_dir,
        port=port,
    )
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


async def read_in(assistant: Path, data_dir: Path, *, env: Mapping[str, str]) -> None:
    """Seal a snapshot of the documents, unless there is one.

    Raises:
        UnavailableError: it could not be done; what the command said.
    """
    if any((data_dir / "snapshots").glob("*")):
        return
    places = ("--assistant", str(assistant), "--data-dir", str(data_dir))
    sync = await asyncio.create_subprocess_exec(
        *frontdesk("knowledge", "sync", *places),
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await sync.communicate()
    if sync.returncode:
        raise UnavailableError(f"The documents could not be read in: {said.decode()[-_LOG_TAIL:].strip()}")


@asynccontextmanager
async def scratch_database(url: str) -> AsyncIterator[str]:
    """A database of its own on the PostgreSQL server that the address names, dropped at the end; empty stays empty.

    Raises:
        ConfigError: the server cannot be reached, or its user may create no database.
    """
    if not url:
        yield ""
        return
    server, name = _parsed(url), f"frontdesk_drill_{secrets.token_hex(6)}"
    await _on_server(server, f'CREATE DATABASE "{name}"')
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        await _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _no_database("this is not a database URL") from error
    if parsed.get_backend_name() != "postgresql":
        raise _no_database("only PostgreSQL takes several servers, and SQLite needs no address")
    return parsed


async def _on_server(url: URL, statement: str) -> None:
    import asyncpg  # noqa: PLC0415  (only with PostgreSQL)

    place = {"host": url.host or url.query.get("host"), "port": url.port, "user": url.username}
    try:
        connection = await asyncpg.connect(**place, password=url.password, database=url.database, timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, OSError, ValueError, TimeoutError) as error:
        raise _no_database(str(error)) from error


def _no_database(why: str) -> ConfigError:
    return ConfigError(
        [
            ConfigProblem(
                where="--database-url",
                message=f"No database can be made there for the drill: {why}.",
                hint="Name a PostgreSQL server that runs, with a user that may create databases.",
            )
        ]
    )


def environ(own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a drill's processes: ours without places and people, and `own` settings without prefix."""
    kept = {name: value for name, value in os.environ.items() if name.removeprefix(PREFIX) not in _LEFT_OUT}
    return kept | {PREFIX + name: value for name, value in (own or {}).items() if value}


def frontdesk(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from frontdesk.cli import main; main()", *arguments]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
