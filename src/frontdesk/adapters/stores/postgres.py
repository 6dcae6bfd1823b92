"""PostgreSQL: a pool of connections through asyncpg, one more that listens for new events."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

import asyncpg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from frontdesk.adapters.stores.bundle import BoundStores
from frontdesk.adapters.stores.failures import translate
from frontdesk.adapters.stores.migrate import HEAD, bring_up_to_date, current_revision
from frontdesk.adapters.stores.sessions import AlchemySession
from frontdesk.adapters.stores.signals import EventSignals
from frontdesk.adapters.stores.sql import EVENTS_CHANNEL
from frontdesk.domain.errors import FrontdeskError, MalformedError, StoreUnavailableError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Stores

T = TypeVar("T")

_POOL = 10
_OVERFLOW = 10
_POOL_WAIT_S = 5.0
_CONNECT_S = 5.0
_ATTEMPTS = 4
_FIRST_PAUSE_S = 0.01
"""Before the second attempt; four times as long before each further one."""
_RELISTEN_S = 1.0
_REPEATABLE = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: rolled back by the server, so the whole unit of work may run again."""
_UNIQUE_VIOLATION = "23505"
_MIGRATION_LOCK = 0x66726F6E74  # spells "front"


class PostgresDatabase:
    """A database that any number of processes share; belongs to the event loop that opened it."""

    def __init__(self, url: URL) -> None:
        self._engine = _engine(url)
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._signals = EventSignals(self._newest)
        self._listener = _Listener(self._engine, self._signals)

    @classmethod
    async def open(cls, url: URL) -> "PostgresDatabase":
        """With its tables up to date. Raises: StoreUnavailableError."""
        database = cls(url)
        await _migrate(database._engine)
        database._listener.start()
        return database

    async def write(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work and commit it durably before returning.

        It runs again after a deadlock, a lost race for a unique key, or a connection lost before its commit.
        A caller that is cancelled takes its connection with it, and so everything it had not committed.
        """
        return await _repeated(lambda: self._run(self._engine, work))

    async def read(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work that writes nothing, on a snapshot of what is committed."""
        return await _repeated(lambda: self._run(self._reading, work))

    async def wait_for_events(self, conversation_id: ConversationId, *, after: int, timeout_s: float) -> None:
        await self._signals.wait(conversation_id, after=after, timeout_s=timeout_s)

    async def ping(self) -> None:
        """Raises: StoreUnavailableError."""
        await self.read(lambda stores: stores.staff_keys.count())

    async def close(self) -> None:
        await self._signals.close()
        await self._listener.stop()
        await self._engine.dispose()

    async def _run(self, engine: AsyncEngine, work: Callable[[BoundStores], T]) -> T:
        async with engine.connect() as connection:
            try:
                result, appended = await connection.run_sync(_bind_and_run, work)
                await _commit(connection)
            except asyncio.CancelledError:
                await asyncio.shield(connection.invalidate())
                raise
        self._signals.announce(appended)
        return result

    async def _newest(self, conversation_ids: Sequence[ConversationId]) -> dict[ConversationId, int]:
        return await _repeated(lambda: self._run(self._reading, lambda stores: stores.events.newest(conversation_ids)))


async def migrate_postgres(url: URL) -> None:
    """Bring the tables to this version; a second process waits for the first. Raises: StoreUnavailableError."""
    engine = _engine(url)
    try:
        await _migrate(engine)
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine) -> None:
    try:
        async with engine.begin() as connection:
            if await connection.run_sync(current_revision) != HEAD:
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                await connection.run_sync(bring_up_to_date)
    except Exception as error:
        _raise_translated(error)


class _CommitFailedError(Exception):
    """The connection failed during a commit, so nobody can say whether it happened; never repeated."""


def _engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_timeout=_POOL_WAIT_S,
        use_insertmanyvalues=False,
        hide_parameters=True,  # they are what customers wrote, and errors are logged
        connect_args={"timeout": _CONNECT_S, "server_settings": {"application_name": "frontdesk", "jit": "off"}},
    )


def _bind_and_run(connection: Any, work: Callable[[BoundStores], T]) -> tuple[T, dict[ConversationId, int]]:
    stores = BoundStores(AlchemySession(connection))
    return work(stores), stores.appended


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _CommitFailedError from error
        raise


async def _repeated(run: Callable[[], Awaitable[T]]) -> T:
    """Raises: StoreUnavailableError, ConflictError, or whatever the unit of work raises."""
    pause_s = _FIRST_PAUSE_S
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await run()
        except _CommitFailedError as error:
            raise StoreUnavailableError("The database was lost during a commit.") from error
        except Exception as error:
            if attempt >= _attempts_for(error):
                _raise_translated(error)
        await asyncio.sleep(pause_s)
        pause_s *= 4
    raise AssertionError


def _attempts_for(error: Exception) -> int:
    """How many attempts the failure is worth; a key that is still taken at the second one was not a race."""
    if isinstance(error, IntegrityError):
        return 2 if _state_of(error) == _UNIQUE_VIOLATION else 1
    if isinstance(error, DBAPIError):
        return _ATTEMPTS if error.connection_invalidated or _state_of(error) in _REPEATABLE else 1
    return _ATTEMPTS if isinstance(error, asyncpg.CannotConnectNowError) else 1


def _state_of(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", ""))


def _raise_translated(error: Exception) -> NoReturn:
    ours = _translated(error)
    if ours is None:
        raise error
    raise ours from error


def _translated(error: Exception) -> FrontdeskError | None:
    if isinstance(error, DBAPIError) and isinstance(getattr(error.orig, "__cause__", None), asyncpg.DataError):
        return MalformedError("A value cannot be stored as it is.")
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return StoreUnavailableError("The database cannot be reached.")
    return translate(error)


class _Listener:
    """Keeps one connection listening; while there is none, the waiters' poll is the net."""

    def __init__(self, engine: AsyncEngine, signals: EventSignals) -> None:
        self._engine = engine
        self._signals = signals
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_listening(), name="event-listener")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_listening(self) -> None:
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen_until_lost()
            await asyncio.sleep(_RELISTEN_S)

    async def _listen_until_lost(self) -> None:
        lost = asyncio.Event()
        _, options = self._engine.dialect.create_connect_args(self._engine.url)
        settings = {"application_name": "frontdesk listener"}
        connection = await asyncpg.connect(**options, timeout=_CONNECT_S, server_settings=settings)
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(EVENTS_CHANNEL, self._hear)
            await lost.wait()
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _process: int, _channel: str, told: str) -> None:
        conversation_id, _, seq = told.rpartition(":")
        self._signals.announce({ConversationId(conversation_id): int(seq)})
