"""Databases that are only read: one SELECT, bound arguments, a read-only transaction, and ends in rows and time."""

import asyncio
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, CursorResult, TextClause, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from frontdesk.adapters.connectors.failing import CallError, not_sent
from frontdesk.adapters.connectors.records import Raw
from frontdesk.adapters.connectors.threads import in_thread
from frontdesk.domain.connector import MAX_ROWS, Value
from frontdesk.domain.connector_source import SqlSource

_STEPS = 10_000
"""Instructions of SQLite between two looks at whether anybody still waits; less than a millisecond."""
_POOL = 4
Rows = Sequence[Mapping[str, Any]]


class _Database(Protocol):
    async def select(self, query: TextClause, values: Mapping[str, Any], timeout_s: float) -> Rows: ...

    async def close(self) -> None: ...


class SqlTransport:
    """SQLite files and PostgreSQL."""

    def __init__(self, source: SqlSource, *, url: str) -> None:
        """`url` is the database's address; one that can't be used fails every call."""
        self._queries = {one.spec.name: text(one.query) for one in source.operations}
        self._names = {one.spec.name: [argument.name for argument in one.spec.arguments] for one in source.operations}
        self._url = url
        self._opened: _Database | None = None

    async def ask(self, operation: str, arguments: Mapping[str, Value], *, key: str, timeout_s: float) -> Raw:  # noqa: ARG002
        if self._opened is None:
            self._opened = _open(self._url)
        values = {name: arguments.get(name) for name in self._names[operation]}
        try:
            rows = await self._opened.select(self._queries[operation], values, timeout_s)
        except DBAPIError as error:
            raise _failure(error) from error
        except (SQLAlchemyError, OSError, TypeError, ValueError) as error:
            why = f"it can't be reached ({type(error).__name__})"
            raise CallError("unavailable", why, cause="connection", may_repeat=True, health="cut") from error
        return Raw(replies=[[_plain(row) for row in rows[:MAX_ROWS]]], is_partial=len(rows) > MAX_ROWS)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()
            self._opened = None


def _open(url: str) -> _Database:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise not_sent("its address is none of a database", cause="not_set_up") from error
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return _SqliteFile(Path(parsed.database))
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return _Postgres(parsed)
    raise not_sent("only SQLite files and PostgreSQL can be read", cause="not_set_up")


class _SqliteFile:
    """Opened for every query: that takes 0.1 ms, and a file that is replaced is seen at once."""

    def __init__(self, path: Path) -> None:
        def connected() -> sqlite3.Connection:
            return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.5, check_same_thread=False)

        self._engine = create_engine("sqlite://", creator=connected, poolclass=NullPool, hide_parameters=True)

    async def select(self, query: TextClause, values: Mapping[str, Any], timeout_s: float) -> Rows:  # noqa: ARG002
        is_over = threading.Event()
        try:
            return await in_thread(lambda: self._select(query, values, is_over), name="connector-sqlite")
        finally:
            is_over.set()  # the query stops by itself

    def _select(self, query: TextClause, values: Mapping[str, Any], is_over: threading.Event) -> Rows:
        with self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            if isinstance(raw, sqlite3.Connection):
                raw.set_progress_handler(is_over.is_set, _STEPS)
            return _as_dicts(connection.execute(query, values))

    async def close(self) -> None:
        """Nothing is kept open."""


class _Postgres:
    def __init__(self, url: URL) -> None:
        engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=_POOL,
            max_overflow=_POOL,
            hide_parameters=True,
            connect_args={"timeout": 5.0, "server_settings": {"application_name": "frontdesk-connector"}},
        )
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def select(self, query: TextClause, values: Mapping[str, Any], timeout_s: float) -> Rows:
        async with self._reading.connect() as connection:
            try:
                await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(timeout_s * 1000)}")
                return _as_dicts(await connection.execute(query, values))
            except asyncio.CancelledError:
                await _hang_up(connection)
                raise

    async def close(self) -> None:
        await self._engine.dispose()


async def _hang_up(connection: AsyncConnection) -> None:
    """A connection in the middle of a query never goes back to the pool: the next one would read its rows."""
    if connection.invalidated or connection.sync_connection is None:
        return
    raw = connection.sync_connection.connection.driver_connection
    if raw is not None:
        raw.terminate()
    await connection.invalidate()


def _as_dicts(result: CursorResult[Any]) -> Rows:
    return [dict(row) for row in result.mappings().fetchmany(MAX_ROWS + 1)]


def _failure(error: DBAPIError) -> CallError:
    code = str(getattr(error.orig, "sqlstate", "") or getattr(error.orig, "sqlite_errorname", ""))
    if code == "57014" or "interrupt" in str(error.orig):
        return CallError("silent", "the query took too long", cause="time", may_repeat=True, health="timeout_fb")
    if error.connection_invalidated or code.startswith(("08", "57", "53")) or code in _FILE_TROUBLE:
        why = f"it can't be read now ({code or type(error.orig).__name__})"
        return CallError("unavailable", why, cause="connection", may_repeat=True, health="cut")
    if code.startswith("28"):
        return CallError("unavailable", "it refuses our key", cause="key_refused", health="auth")
    return CallError(
        "malformed", f"it can't run the query ({code or type(error.orig).__name__})", cause="schema", field="sql"
    )


_FILE_TROUBLE = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_NOTADB"})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Floats have the digits that they show."""
    return {name: Decimal(repr(value)) if isinstance(value, float) else value for name, value in row.items()}
