import asyncio
import time
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, make_url
from sqlalchemy.engine.interfaces import ReflectedIndex
from sqlalchemy.ext.asyncio import create_async_engine

from frontdesk.adapters.stores import migrate, open_database, sqlite_path
from frontdesk.adapters.stores.migrate import HEAD, alembic_config, bring_up_to_date, run_migrations
from frontdesk.adapters.stores.schema import metadata
from frontdesk.domain.errors import ConfigError, UnavailableError


def described(connection: Connection) -> dict[str, object]:
    """Everything the database knows of its tables."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": [str(sorted(column.items(), key=str)) for column in inspector.get_columns(table)],
            "key": inspector.get_pk_constraint(table),
            "foreign": sorted(map(str, inspector.get_foreign_keys(table))),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "checks": sorted(map(str, inspector.get_check_constraints(table))),
            "indexes": sorted(_index(index) for index in inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
    }


def _index(index: ReflectedIndex) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_newest_script_is_the_one_that_is_stamped() -> None:
    with create_engine("sqlite://").connect() as connection:
        assert ScriptDirectory.from_config(alembic_config(connection)).get_heads() == [HEAD]


def test_migrated_and_created_tables_are_the_same_on_sqlite() -> None:
    with create_engine("sqlite://").connect() as migrated, create_engine("sqlite://").connect() as created:
        run_migrations(migrated)
        bring_up_to_date(created)
        assert described(migrated) == described(created)
        assert differences(migrated) == differences(created) == []


@pytest.mark.postgres
async def test_migrated_and_created_tables_are_the_same_on_postgresql(bare_postgres_url: str) -> None:
    engine = create_async_engine(make_url(bare_postgres_url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        await connection.run_sync(bring_up_to_date)
        created = await connection.run_sync(described)
        await connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        await connection.exec_driver_sql("CREATE SCHEMA public")
        await connection.run_sync(run_migrations)
        assert await connection.run_sync(described) == created
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_may_run_again_and_by_several_at_once(lasting_url: str) -> None:
    await asyncio.gather(*(migrate(lasting_url) for _ in range(4)))
    await migrate(lasting_url)
    database = await open_database(lasting_url)
    await database.ping()
    await database.close()


@pytest.mark.postgres
async def test_several_may_begin_with_an_empty_postgresql(bare_postgres_url: str) -> None:
    await asyncio.gather(*(migrate(bare_postgres_url) for _ in range(4)))
    engine = create_async_engine(make_url(bare_postgres_url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_opens_a_new_file_in_less_than_300_ms(tmp_path: Path) -> None:
    began = time.perf_counter()
    database = await open_database(f"sqlite:///{tmp_path}/deeper/frontdesk.db")
    await database.ping()
    took_s = time.perf_counter() - began
    await database.close()
    assert took_s < 0.3


@pytest.mark.parametrize("url", ["mysql://host/name", "frontdesk.db", ""])
async def test_explains_a_url_it_cannot_use(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///path"):
        await open_database(url)


async def test_says_that_a_database_cannot_be_reached(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for url in (f"sqlite:///{tmp_path}/file/frontdesk.db", f"postgresql://someone@/name?host={tmp_path}"):
        with pytest.raises(UnavailableError):
            await open_database(url)


async def test_says_that_a_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "frontdesk.db").write_bytes(b"not a database " * 100)
    with pytest.raises(UnavailableError):
        await open_database(f"sqlite:///{tmp_path}/frontdesk.db")


def test_names_the_file_of_a_url() -> None:
    assert sqlite_path("sqlite:////var/lib/frontdesk.db") == Path("/var/lib/frontdesk.db")
    assert sqlite_path("sqlite://") is None
    assert sqlite_path("postgresql://host/name") is None


def test_what_was_said_before_can_be_searched_after() -> None:
    with create_engine("sqlite://").connect() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.exec_driver_sql(
            "INSERT INTO conversations VALUES ('conv_1', 'web_chat', 'es', 'assistant', '', NULL, NULL, '[]', 'none', "
            "2, 2, 1, 1000, '', 0)"
        )
        rows = [("message", 1, '{"text":"¿Dónde?"}'), ("message", 2, None), ("event", 1, '{"text":"other"}')]
        for row in rows:
            connection.exec_driver_sql("INSERT INTO payloads VALUES ('conv_1', ?, ?, ?, NULL)", row)
        connection.exec_driver_sql("INSERT INTO events VALUES ('conv_1', 1, 'turn.accepted', NULL, 5000, '{}')")
        run_migrations(connection)
        texts = connection.exec_driver_sql("SELECT * FROM search_texts").fetchall()
        assert texts == [("conv_1", 1, "¿donde?")]
        assert connection.exec_driver_sql("SELECT updated_at, origin FROM conversations").fetchall() == [
            (5000, "customer")
        ]
