"""Bringing a database to the tables of this version."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from frontdesk.adapters.stores.schema import metadata

HEAD = "0005"
"""The newest revision in `migrations/versions`."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up_to_date(connection: Connection) -> None:
    """Create or migrate the tables inside the caller's transaction; nothing when they are current.

    An empty database gets the newest tables at once: that they equal the migrations' is tested, and importing
    Alembic would double the time of a first start.
    """
    revision = current_revision(connection)
    if revision == HEAD:
        return
    if revision is None and not inspect(connection).get_table_names():
        _create(connection)
    else:
        run_migrations(connection)


def current_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision


def run_migrations(connection: Connection) -> None:
    """Run Alembic's scripts up to `HEAD` on this connection."""
    from alembic import command  # noqa: PLC0415  (a third of a second, needed only when the version has changed)

    command.upgrade(alembic_config(connection), HEAD)


def alembic_config(connection: Connection) -> Any:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _create(connection: Connection) -> None:
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')")  # noqa: S608
