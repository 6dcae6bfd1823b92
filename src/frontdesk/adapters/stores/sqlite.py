"""SQLite: one writing thread with group commit, reading connections beside it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool

from frontdesk.adapters.stores.bundle import BoundStores
from frontdesk.adapters.stores.failures import translated
from frontdesk.adapters.stores.group_commit import GroupCommitWriter
from frontdesk.adapters.stores.migrate import bring_up_to_date
from frontdesk.adapters.stores.sessions import session_on
from frontdesk.adapters.stores.signals import EventSignals
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Stores

T = TypeVar("T")

_READERS = 4
"""Reading connections, each with its thread."""
_BUSY_MS = 5000
_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {_BUSY_MS}",
    "PRAGMA wal_autocheckpoint = 4000",  # 16 MB: a checkpoint every few hundred turns
    "PRAGMA journal_size_limit = 67108864",
)
_READER_PRAGMAS = (f"PRAGMA busy_timeout = {_BUSY_MS}", "PRAGMA query_only = ON")
_STATEMENTS = 512
"""Prepared statements kept per connection; above the number of different ones there are."""


def sqlite_engine(path: Path | None, pragmas: Sequence[str] = _WRITER_PRAGMAS) -> Engine:
    """An engine whose connections begin and commit only when told to; None is a database in memory."""
    engine = create_engine(
        "sqlite://" if path is None else f"sqlite:///{path}",
        isolation_level="AUTOCOMMIT",
        poolclass=StaticPool if path is None else NullPool,
        connect_args={"check_same_thread": False, "cached_statements": _STATEMENTS},
        use_insertmanyvalues=False,
        hide_parameters=True,  # they are what customers wrote, and errors are logged
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(pragma)

    return engine


class SqliteDatabase:
    """A database file that this process alone writes, or one in memory."""

    def __init__(self, path: Path | None) -> None:
        """Takes the running event loop as its own. In memory, the tables are made here and reads share the writer."""
        engine = sqlite_engine(path)
        if path is None:
            with engine.connect() as connection:
                bring_up_to_date(connection)
        self._signals = EventSignals(self._newest)
        self._writer = GroupCommitWriter(engine.connect, announce=self._signals.announce)
        self._readers = None if path is None else _Readers(path)

    async def write(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work and commit it durably before returning."""
        return await self._writer.write(work)

    async def read(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work that writes nothing, on a snapshot of what is committed."""
        return await self._read(work)

    async def _read(self, work: Callable[[BoundStores], T]) -> T:
        if self._readers is None:
            return await self._writer.write(work)
        return await self._readers.read(work)

    async def wait_for_events(self, conversation_id: ConversationId, *, after: int, timeout_s: float) -> None:
        await self._signals.wait(conversation_id, after=after, timeout_s=timeout_s)

    async def wait_for_turns(self, *, timeout_s: float) -> None:
        """There is no other process whose turns could be claimed."""
        await asyncio.sleep(timeout_s)

    async def ping(self) -> None:
        """Raises: StoreUnavailableError."""
        await self.read(lambda stores: stores.staff_keys.count())

    async def close(self) -> None:
        """Commit what is queued, then let go of the file."""
        await self._signals.close()
        await self._writer.close()
        if self._readers is not None:
            await self._readers.close()

    async def _newest(self, conversation_ids: Sequence[ConversationId]) -> dict[ConversationId, int]:
        return await self._read(lambda stores: stores.events.newest(conversation_ids))


class _Readers:
    """Connections that cannot write, one per thread of a small pool."""

    def __init__(self, path: Path) -> None:
        self._engine = sqlite_engine(path, _READER_PRAGMAS)
        self._own = threading.local()
        self._opened: list[Connection] = []
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="frontdesk-reader")
        self._is_closed = False

    async def read(self, work: Callable[[BoundStores], T]) -> T:
        if self._is_closed:
            raise StoreUnavailableError("The database is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def close(self) -> None:
        self._is_closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._opened:
            connection.close()
        self._engine.dispose()

    def _read(self, work: Callable[[BoundStores], T]) -> T:
        with translated():
            connection = self._connection()
            connection.exec_driver_sql("BEGIN")
            try:
                return work(BoundStores(session_on(connection)))
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._engine.connect()
            self._opened.append(connection)
        return connection
