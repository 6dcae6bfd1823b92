"""One thread that writes: units of work that arrive during a commit share the next one.

A commit costs one synchronous write to the disk whatever it holds, so the group makes it cheap for each. Only when a
unit of work raises is its group rolled back and run again, each unit in its own savepoint: the others lose nothing.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from frontdesk.adapters.stores.bundle import BoundStores
from frontdesk.adapters.stores.failures import translate
from frontdesk.adapters.stores.sessions import session_on
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.ids import ConversationId

T = TypeVar("T")
Work = Callable[[BoundStores], T]
Announce = Callable[[Mapping[ConversationId, int]], None]

_GROUP = 64
"""Units of work in one commit at most; bounds what a replay repeats."""


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    appended: Mapping[ConversationId, int] = field(default_factory=dict)

    def run(self, connection: Connection) -> None:
        stores = BoundStores(session_on(connection))
        self.result, self.appended = self.work(stores), stores.appended

    def fail(self, error: BaseException) -> None:
        self.error, self.result, self.appended = error, None, {}

    def settle(self) -> None:
        """Runs on the loop. A caller who has gone away is not told."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
            return
        ours = translate(self.error)
        if ours is not None:
            ours.__cause__ = self.error
        self.future.set_exception(ours or self.error)


class GroupCommitWriter:
    """Owns the writing connection; belongs to the event loop that made it."""

    def __init__(self, connect: Callable[[], Connection], *, announce: Announce) -> None:
        """`connect` is called on the writing thread; its connection leaves BEGIN and COMMIT to the writer."""
        self._connect = connect
        self._announce = announce
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="frontdesk-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[BoundStores], T]) -> T:
        """Run it in a group; return after the commit. Cancelled before its turn has come, it never runs."""
        if self._is_closed:
            raise StoreUnavailableError("The database is closed.")
        job = _Job(work, self._loop.create_future())
        self._jobs.put(job)
        result: T = await job.future
        return result

    async def close(self) -> None:
        """Finish what is queued, then end the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        connection: Connection | None = None
        is_open = True
        while is_open:
            jobs, is_open = self._next_group()
            try:
                connection = connection or self._connect()
                _commit(connection, jobs)
            except Exception as error:  # the thread outlives every failure; each caller of the group is told
                _discard(connection)
                connection = None
                for job in jobs:
                    job.fail(error)
            self._tell(jobs)
        _discard(connection)

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Everything that waits, up to a group's size; False once the writer is to end."""
        group: list[_Job] = []
        found = self._jobs.get()
        while found is not None:
            if not found.future.cancelled():
                group.append(found)
            if len(group) == _GROUP or self._jobs.empty():
                return group, True
            found = self._jobs.get()
        return group, False

    def _tell(self, jobs: Sequence[_Job]) -> None:
        if jobs and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._settle, jobs)

    def _settle(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            job.settle()
            if job.appended:
                self._announce(job.appended)


def _discard(connection: Connection | None) -> None:
    if connection is not None:
        with suppress(DBAPIError):
            connection.close()
        connection.engine.dispose()


def _commit(connection: Connection, jobs: Sequence[_Job]) -> None:
    if not jobs:
        return
    if not _run_together(connection, jobs):
        _run_apart(connection, jobs)


def _run_together(connection: Connection, jobs: Sequence[_Job]) -> bool:
    """False, with nothing written, when one of several units of work raised."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    for job in jobs:
        try:
            job.run(connection)
        except Exception as error:
            _roll_back(connection)
            job.fail(error)
            return len(jobs) == 1
    _end(connection)
    return True


def _run_apart(connection: Connection, jobs: Sequence[_Job]) -> None:
    """The same group again, each unit of work in a savepoint of its own."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            _run_in_savepoint(connection, job)
    except BaseException:
        _roll_back(connection)
        raise
    _end(connection)


def _run_in_savepoint(connection: Connection, job: _Job) -> None:
    connection.exec_driver_sql("SAVEPOINT work")
    job.error = None
    try:
        job.run(connection)
    except Exception as error:
        job.fail(error)
        connection.exec_driver_sql("ROLLBACK TO work")
    connection.exec_driver_sql("RELEASE work")


def _end(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: Connection) -> None:
    """SQLite may have rolled back by itself, for example when the disk is full."""
    if connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("ROLLBACK")
