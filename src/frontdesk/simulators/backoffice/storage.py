"""The back office's SQLite file: one writer, every change whole or not at all, durable once it is answered."""

import hashlib
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.simulators.backoffice.behaviour import BackofficeBehaviour, Calendar
from frontdesk.simulators.backoffice.moving import move_times
from frontdesk.simulators.backoffice.schema import TABLES, VIEWS
from frontdesk.simulators.backoffice.seeding import seed

Row = dict[str, Any]
FORMAT = hashlib.sha256((TABLES + VIEWS).encode()).hexdigest()[:12]
"""Of the file. One of another version of ours is made anew: what is lost is invented."""


class Storage:
    """Rows in and out; callers take turns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        self._connection, self._lock = connection, RLock()

    def rows(self, sql: str, *values: object) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: object) -> Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def scalar(self, sql: str, *values: object) -> Any:
        with self._lock:
            found = self._connection.execute(sql, values).fetchone()
        return found[0] if found else None

    def insert(self, table: str, **values: object) -> int:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        with self._lock:
            done = self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
        return int(done.lastrowid or 0)

    def insert_all(self, table: str, rows: Sequence[Row]) -> None:
        """Rows with the same columns."""
        self._insert("INSERT", table, rows)

    def insert_new(self, table: str, rows: Sequence[Row]) -> None:
        """The same, without those that are there."""
        self._insert("INSERT OR IGNORE", table, rows)

    def _insert(self, how: str, table: str, rows: Sequence[Row]) -> None:
        names = ", ".join(rows[0])
        marks = ", ".join("?" * len(rows[0]))
        with self._lock:
            self._connection.executemany(
                f"{how} INTO {table} ({names}) VALUES ({marks})",
                [tuple(row.values()) for row in rows],
            )

    def update(self, table: str, where: Mapping[str, object], **values: object) -> None:
        sets = ", ".join(f"{name} = ?" for name in values)
        conditions = " AND ".join(f"{name} = ?" for name in where)
        with self._lock:
            self._connection.execute(
                f"UPDATE {table} SET {sets} WHERE {conditions}",  # noqa: S608
                (*values.values(), *where.values()),
            )

    @contextmanager
    def change(self) -> Generator[None, None, None]:
        """All of the block, or nothing of it; on the disk when it ends."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def open_storage(behaviour: BackofficeBehaviour, calendar: Calendar) -> Storage:
    """The file as it was left, its times moved on to today; a new one is seeded.

    Raises:
        ConfigError: the file cannot be opened, or is no back office's.
    """
    path = behaviour.path
    with ExitStack() as on_failure:
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            storage = Storage(_connect(path))
            on_failure.callback(storage.close)
            with storage.change():
                _take_over(storage, behaviour, calendar)
        except (OSError, sqlite3.DatabaseError, ValueError) as error:
            message = f"The back office's file cannot be used: {error}."
            problem = ConfigProblem(where=str(path), message=message, hint="Name another file.")
            raise ConfigError([problem]) from error
        on_failure.pop_all()
    return storage


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=10.0)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _take_over(storage: Storage, behaviour: BackofficeBehaviour, calendar: Calendar) -> None:
    known = storage.rows("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')")
    if known and not {"meta", "kept_keys", "tracking_events"} <= {row["name"] for row in known}:
        raise ValueError("it holds something else")
    if known and storage.scalar("SELECT value FROM meta WHERE name = 'format'") == FORMAT:
        move_times(storage, calendar.today())
        return
    for row in known:
        storage.rows(f"DROP {row['type']} {row['name']}")
    _make(storage, behaviour, calendar)


def _make(storage: Storage, behaviour: BackofficeBehaviour, calendar: Calendar) -> None:
    for statement in _statements(TABLES + VIEWS):
        storage.rows(statement)
    for table, rows in seed(calendar.now().replace(microsecond=0), behaviour.seed).items():
        storage.insert_all(table, rows)
    told = {"day": calendar.today().isoformat(), "seed": str(behaviour.seed), "format": FORMAT}
    storage.insert_all("meta", [{"name": name, "value": value} for name, value in told.items()])


def _statements(script: str) -> Sequence[str]:
    return [part for part in (piece.strip() for piece in script.split(";\n")) if part]
