"""How a store runs its statements: through SQLAlchemy, or on sqlite3 itself with the SQL that SQLAlchemy compiled.

The statements are the same. On SQLite the second way leaves out what SQLAlchemy does around each execution, which
costs more than the statement: 11 us against 2 us for an insert, a third of all that a turn costs.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, Protocol, cast

from sqlalchemy import ClauseElement, Connection, Executable
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
_NONE: Values = {}


class Session(Protocol):
    """One transaction. Rows have their columns as attributes and in `_asdict()`."""

    def rows(self, statement: Executable, values: Values = _NONE) -> Sequence[Any]: ...

    def first(self, statement: Executable, values: Values = _NONE) -> Any:
        """The first row, or None."""
        ...

    def scalar(self, statement: Executable, values: Values = _NONE) -> Any:
        """The first column of the first row, or None."""
        ...

    def run(self, statement: Executable, values: Values) -> int:
        """How many rows it changed."""
        ...

    def run_many(self, statement: Executable, rows: Sequence[Values]) -> None:
        """The same statement for each of at least one row; all name the same columns."""
        ...


class AlchemySession:
    """On a connection of SQLAlchemy."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, statement: Executable, values: Values = _NONE) -> Sequence[Any]:
        return self._connection.execute(statement, values).all()

    def first(self, statement: Executable, values: Values = _NONE) -> Any:
        return self._connection.execute(statement, values).first()

    def scalar(self, statement: Executable, values: Values = _NONE) -> Any:
        return self._connection.execute(statement, values).scalar()

    def run(self, statement: Executable, values: Values) -> int:
        return self._connection.execute(statement, values).rowcount

    def run_many(self, statement: Executable, rows: Sequence[Values]) -> None:
        self._connection.execute(statement, rows)


class SqliteSession:
    """On a connection of sqlite3."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: Executable, values: Values = _NONE) -> Sequence[Any]:
        plan = _plan(statement, values)
        cursor = self._connection.execute(*plan.call(values))
        return [plan.row(cursor)(found) for found in cursor]

    def first(self, statement: Executable, values: Values = _NONE) -> Any:
        found = self.rows(statement, values)
        return found[0] if found else None

    def scalar(self, statement: Executable, values: Values = _NONE) -> Any:
        found = self._connection.execute(*_plan(statement, values).call(values)).fetchall()
        return found[0][0] if found else None

    def run(self, statement: Executable, values: Values) -> int:
        return self._connection.execute(*_plan(statement, values).call(values)).rowcount

    def run_many(self, statement: Executable, rows: Sequence[Values]) -> None:
        plan = _plan(statement, rows[0])
        self._connection.executemany(plan.sql, map(plan.bind, rows))


def session_on(connection: Connection) -> SqliteSession:
    """A session on the sqlite3 connection below one of SQLAlchemy's."""
    return SqliteSession(cast("sqlite3.Connection", connection.connection.driver_connection))


_DIALECT = SQLiteDialect_pysqlite()
_plans: dict[tuple[Executable, tuple[str, ...]], "_Plan"] = {}


def _plan(statement: Executable, values: Values) -> "_Plan":
    """The compiled statement for these names of values; statements are module constants, so there are few."""
    key = (statement, tuple(values))
    plan = _plans.get(key)
    if plan is None:
        plan = _plans[key] = _Plan(statement, key[1])
    return plan


class _Plan:
    """One statement as SQLite gets it."""

    def __init__(self, statement: Executable, names: Sequence[str]) -> None:
        element = cast("ClauseElement", statement)
        compiled = cast("SQLCompiler", element.compile(dialect=_DIALECT, column_keys=list(names)))
        self._compiled = compiled
        self.sql = compiled.string
        order = compiled.positiontup or []
        self._constants = {name: compiled.params[name] for name in order if name not in names}
        self._order = _getter(order)
        self._make: Callable[[Iterable[Any]], Any] | None = None

    def call(self, values: Values) -> tuple[str, Sequence[Any]]:
        """What `execute` takes."""
        if self._compiled.post_compile_params:  # a list, whose length decides the SQL
            expanded = self._compiled.construct_expanded_state({**self._constants, **values})
            return expanded.statement, expanded.positional_parameters
        return self.sql, self.bind(values)

    def bind(self, values: Values) -> Sequence[Any]:
        return self._order({**self._constants, **values} if self._constants else values)

    def row(self, cursor: sqlite3.Cursor) -> Callable[[Iterable[Any]], Any]:
        if self._make is None:
            names = [column[0] for column in cursor.description]
            self._make = _row_type(names)._make
        return self._make


_row_type: Callable[[Sequence[str]], Any] = partial(namedtuple, "Row", rename=True)


def _getter(names: Sequence[str]) -> Callable[[Values], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]
