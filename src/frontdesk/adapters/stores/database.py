"""Opening the database that a URL names."""

import asyncio
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from frontdesk.adapters.stores.failures import translated
from frontdesk.adapters.stores.migrate import HEAD, bring_up_to_date, current_revision
from frontdesk.adapters.stores.sqlite import SqliteDatabase, sqlite_engine
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.ports.stores import Database


async def open_database(url: str) -> Database:
    """The database at the URL, with its tables up to date; belongs to the running event loop.

    Args:
        url: `sqlite:///path` (`sqlite:////absolute/path`), `sqlite://` for one in memory, or `postgresql://...`.
    Raises:
        ConfigError: no such kind of URL.
        UnavailableError: it cannot be reached.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        await migrate(url)
        with translated():
            return SqliteDatabase(_path_in(parsed))
    from frontdesk.adapters.stores.postgres import PostgresDatabase  # noqa: PLC0415  (costs 0.3 s to import)

    return await PostgresDatabase.open(parsed)


async def migrate(url: str) -> None:
    """Bring the tables to this version. May run twice, and by several processes at once.

    Raises:
        UnavailableError: it cannot be reached.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        path = _path_in(parsed)
        if path is not None:
            await asyncio.to_thread(_migrate_sqlite, path)
        return
    from frontdesk.adapters.stores.postgres import migrate_postgres  # noqa: PLC0415

    await migrate_postgres(parsed)


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL, for `exclusive_writer`; None in memory and for PostgreSQL."""
    parsed = _parse(url)
    return _path_in(parsed) if parsed.get_backend_name() == "sqlite" else None


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        problem = ConfigProblem(
            where="database URL", message="is not a database URL.", hint="Use sqlite:///path or postgresql://host/name."
        )
        raise ConfigError([problem])
    return parsed


def _path_in(url: URL) -> Path | None:
    return None if url.database in {None, "", ":memory:"} else Path(url.database)


def _migrate_sqlite(path: Path) -> None:
    with translated():
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sqlite_engine(path)
        with engine.connect() as connection:
            if current_revision(connection) != HEAD:
                connection.exec_driver_sql("BEGIN EXCLUSIVE")
                bring_up_to_date(connection)
                connection.exec_driver_sql("COMMIT")
        engine.dispose()
