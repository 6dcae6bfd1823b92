"""PostgreSQL: a pool of connections through asyncpg, one more that listens to other processes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from frontdesk.adapters.stores.bundle import BoundStores
from frontdesk.adapters.stores.listener import Listener
from frontdesk.adapters.stores.migrate import HEAD, bring_up_to_date, current_revision
from frontdesk.adapters.stores.outages import CommitUnknownError, Outages, is_lost
from frontdesk.adapters.stores.sessions import AlchemySession
from frontdesk.adapters.stores.signals import EventSignals, TurnCalls
from frontdesk.adapters.stores.sql import EVENTS_CHANNEL, TURNS_CHANNEL
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Stores

T = TypeVar("T")

_POOL = 10
_OVERFLOW = 10
_POOL_WAIT_S = 5.0
_CONNECT_S = 5.0
_STATEMENT_S = 10.0
"""A statement that takes longer has lost its server: nothing here takes a second."""
_PING_S = 0.5
"""So long a check of health outwaits a lost connection: those in the pool are stale after a restart."""
_MIGRATION_LOCK = 0x66726F6E74  # spells "front"


class PostgresDatabase:
    """A database that any number of processes share; belongs to the event loop that opened it."""

    def __init__(self, url: URL) -> None:
        self._engine = _engine(url, statement_s=_STATEMENT_S)
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._outages = Outages()
        self._signals = EventSignals(self._newest)
        self._calls = TurnCalls()
        channels = {EVENTS_CHANNEL: self._hear_events, TURNS_CHANNEL: self._hear_turns}
        self._listener = Listener(self._engine, channels, on_listening=self._catch_up)

    @classmethod
    async def open(cls, url: URL) -> "PostgresDatabase":
        """With its tables up to date. Raises: StoreUnavailableError."""
        await migrate_postgres(url)
        database = cls(url)
        database._listener.start()
        return database

    async def write(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work and commit it durably before returning.

        It runs again after a deadlock, a lost race for a unique key, or a connection lost before its commit.
        A caller that is cancelled takes its connection with it, and so everything it had not committed.
        """
        return await self._outages.outwait(lambda: self._write(work))

    async def read(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work that writes nothing, on a snapshot of what is committed."""
        return await self._outages.outwait(lambda: self._read(work))

    async def wait_for_events(self, conversation_id: ConversationId, *, after: int, timeout_s: float) -> None:
        await self._signals.wait(conversation_id, after=after, timeout_s=timeout_s)

    async def wait_for_turns(self, *, timeout_s: float) -> None:
        await self._calls.wait(timeout_s)

    async def ping(self) -> None:
        """Raises: StoreUnavailableError."""
        await self._outages.outwait(lambda: self._read(lambda stores: stores.staff_keys.count()), patience_s=_PING_S)

    async def close(self) -> None:
        await self._signals.close()
        await self._listener.stop()
        await self._engine.dispose()

    async def _write(self, work: Callable[[BoundStores], T]) -> T:
        async with _connected(self._engine) as connection:
            result, appended = await connection.run_sync(_bind_and_run, work)
            await _commit(connection)
        self._signals.announce(appended)
        return result

    async def _read(self, work: Callable[[BoundStores], T]) -> T:
        async with _connected(self._reading) as connection:
            result, _ = await connection.run_sync(_bind_and_run, work)
        return result

    async def _newest(self, conversation_ids: Sequence[ConversationId]) -> dict[ConversationId, int]:
        return await self._outages.outwait(lambda: self._read(lambda stores: stores.events.newest(conversation_ids)))

    def _hear_events(self, told: str) -> None:
        conversation_id, _, seq = told.rpartition(":")
        self._signals.announce({ConversationId(conversation_id): int(seq)})

    def _hear_turns(self, _told: str) -> None:
        self._calls.call()

    async def _catch_up(self) -> None:
        """What was told while nobody listened is looked up."""
        self._calls.call()
        await self._signals.look()


async def migrate_postgres(url: URL) -> None:
    """Bring the tables to this version; a second process waits for the first. Raises: StoreUnavailableError."""
    engine = _engine(url)
    try:
        await Outages().outwait(lambda: _migrate(engine))
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        if await connection.run_sync(current_revision) != HEAD:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            await connection.run_sync(bring_up_to_date)


def _engine(url: URL, *, statement_s: float | None = None) -> AsyncEngine:
    settings = {"application_name": "frontdesk", "jit": "off"}
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_timeout=_POOL_WAIT_S,
        use_insertmanyvalues=False,
        hide_parameters=True,  # they are what customers wrote, and errors are logged
        connect_args={"timeout": _CONNECT_S, "command_timeout": statement_s, "server_settings": settings},
    )


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool, which gets none back that was lost or whose user was cancelled in the middle."""
    async with engine.connect() as connection:
        try:
            yield connection
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) or is_lost(error):
                await _discard(connection)
            raise


async def _discard(connection: AsyncConnection) -> None:
    """Close it for good. A second cancellation does not wait for the server's farewell."""
    if connection.invalidated or connection.sync_connection is None:
        return
    raw = connection.sync_connection.connection.driver_connection
    farewell = asyncio.create_task(connection.invalidate())
    _farewells.add(farewell)
    farewell.add_done_callback(_farewells.discard)
    try:
        await asyncio.shield(farewell)
    except asyncio.CancelledError:
        if raw is not None:
            raw.terminate()
        raise


_farewells: set[asyncio.Task[None]] = set()


def _bind_and_run(connection: Any, work: Callable[[BoundStores], T]) -> tuple[T, dict[ConversationId, int]]:
    stores = BoundStores(AlchemySession(connection))
    return work(stores), stores.appended


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except Exception as error:
        if is_lost(error):
            raise CommitUnknownError from error
        raise
