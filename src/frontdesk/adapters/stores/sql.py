"""The few expressions that SQLite and PostgreSQL spell differently."""

from typing import Any

from sqlalchemy import BigInteger, Insert, Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

EVENTS_CHANNEL = "frontdesk_events"
"""PostgreSQL's channel for new events; a notification reads `conversation_id:last_seq`."""
TURNS_CHANNEL = "frontdesk_turns"
"""PostgreSQL's channel for turns that anybody may claim; a notification is empty."""


class DatabaseNow(FunctionElement[int]):
    """The database's own clock in milliseconds since the epoch; leases never trust a process's clock."""

    inherit_cache = True
    type = BigInteger()


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(_element: DatabaseNow, _compiler: SQLCompiler, **_: Any) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(DatabaseNow, "postgresql")
def _postgresql_now(_element: DatabaseNow, _compiler: SQLCompiler, **_: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class AnnounceEvents(FunctionElement[str]):
    """Beside an update of `conversations`: tells every listener about its new `last_seq` on commit.

    SQLite has one writing process, which signals its own readers, so there it is nothing.
    """

    inherit_cache = True
    type = Text()


@compiles(AnnounceEvents, "sqlite")
def _sqlite_announce(_element: AnnounceEvents, _compiler: SQLCompiler, **_: Any) -> str:
    return "NULL"


@compiles(AnnounceEvents, "postgresql")
def _postgresql_announce(_element: AnnounceEvents, _compiler: SQLCompiler, **_: Any) -> str:
    told = "conversations.conversation_id || ':' || CAST(conversations.last_seq AS TEXT)"
    return f"CAST(pg_notify('{EVENTS_CHANNEL}', {told}) AS TEXT)"


class AnnounceTurns(FunctionElement[str]):
    """Beside a statement that frees a turn: tells every process on commit, so that one claims it at once.

    SQLite has one writing process, whose runner knows already.
    """

    inherit_cache = True
    type = Text()


@compiles(AnnounceTurns, "sqlite")
def _sqlite_call(_element: AnnounceTurns, _compiler: SQLCompiler, **_: Any) -> str:
    return "NULL"


@compiles(AnnounceTurns, "postgresql")
def _postgresql_call(_element: AnnounceTurns, _compiler: SQLCompiler, **_: Any) -> str:
    return f"CAST(pg_notify('{TURNS_CHANNEL}', '') AS TEXT)"


def insert_if_absent(table: Table) -> Insert:
    """An insert that does nothing where a unique constraint already holds such a row.

    Both databases spell the clause alike, and both dialects compile this one construct.
    """
    return postgresql.insert(table).on_conflict_do_nothing()
