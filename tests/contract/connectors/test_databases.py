"""Databases that are only read, on SQLite and PostgreSQL."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from frontdesk.domain.connector_source import SqlSource
from outside import Outside, described, opened

TABLE = "CREATE TABLE orders (id TEXT, owner TEXT, total NUMERIC, paid BOOLEAN, at TIMESTAMP)"
ROWS = "INSERT INTO orders VALUES ('o1', 'c1', 12.5, true, '2026-03-01 12:00:00'), ('o2', 'c2', 3, false, '2026-03-02 12:00:00')"
FIELDS: dict[str, Any] = {
    "id": "id",
    "owner": "id",
    "total": "money",
    "paid": {"type": "yes_no", "encoding": "text"},
    "at": {"type": "time", "encoding": "utc"},
}
ORDERS = {
    "arguments": {"customer": {"type": "id", "bind": "subject"}},
    "sql": "SELECT * FROM orders WHERE owner = :customer",
    "is_list": True,
    "fields": FIELDS,
}
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS id FROM n",
    "postgres": "SELECT pg_sleep(60)::text AS id",
}
Open = Callable[..., Any]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which database; `SHOP_DB` names it."""
    if request.param == "sqlite":
        path = tmp_path / "shop.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(f"{TABLE}; {ROWS};")
        monkeypatch.setenv("SHOP_DB", f"sqlite:///{path}")
    else:
        url: str = request.getfixturevalue("bare_postgres_url")
        asyncio.run(_fill(url))
        monkeypatch.setenv("SHOP_DB", url)
    return str(request.param)


async def _fill(url: str) -> None:
    shop = await asyncpg.connect(url)
    await shop.execute(f"{TABLE}; {ROWS};")
    await shop.close()


@pytest.fixture
def shop(kind: str, tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_it(**operation: Any) -> AsyncIterator[Outside]:
        operations = {"orders": {**ORDERS, **operation}}
        source = described(tmp_path, {"sql": {"url_env": "SHOP_DB", "attempts": 1}, "operations": operations})
        async with opened(source, tmp_path) as outside:
            yield outside

    return open_it


async def test_reads_typed_rows_of_one_customer(shop: Open) -> None:
    async with shop() as outside:
        found = await outside.call("orders", {"customer": "c1"})

    (row,) = found.rows
    assert (row["id"], row["total"], row["paid"]) == ("o1", Decimal("12.5"), True)
    assert row["at"].isoformat() == "2026-03-01T12:00:00+00:00"


async def test_an_argument_is_never_part_of_the_query(shop: Open) -> None:
    async with shop() as outside:
        found = await outside.call("orders", {"customer": "c1' OR '1'='1"})

    assert found.rows == ()


async def test_nothing_can_be_written_whatever_the_query_says(kind: str, tmp_path: Path) -> None:
    connector = {"sql": {"url_env": "SHOP_DB", "attempts": 1}, "operations": {"orders": ORDERS}}
    source = described(tmp_path, connector)
    assert isinstance(source, SqlSource)
    (orders,) = source.operations
    gone = replace(orders, query="DELETE FROM orders WHERE owner = :customer RETURNING *")
    async with opened(replace(source, operations=(gone,)), tmp_path) as outside:
        found = await outside.call("orders", {"customer": "c1"})
    async with opened(source, tmp_path) as outside:
        kept = await outside.call("orders", {"customer": "c1"})

    assert (found.kind, found.details["cause"]) == ("malformed", "schema")
    assert len(kept.rows) == 1


async def test_a_query_that_does_not_fit_the_tables_any_more_is_malformed(shop: Open) -> None:
    async with shop(sql="SELECT number AS id FROM orders WHERE owner = :customer") as outside:
        found = await outside.call("orders", {"customer": "c1"})

    assert (found.kind, found.details["cause"]) == ("malformed", "schema")
    assert "c1" not in found.why


async def test_a_query_that_takes_too_long_is_stopped(shop: Open, kind: str) -> None:
    async with shop(sql=SLOW[kind], arguments={}, fields={"id": "text"}, timeout_s=0.2) as outside:
        found = await outside.call("orders")

    assert (found.kind, found.details["cause"]) == ("silent", "time"), found


async def test_a_cancelled_query_gives_nobody_elses_rows_to_the_next(shop: Open, kind: str) -> None:
    async with shop() as outside:
        await outside.call("orders", {"customer": "c1"})
        for turn in range(20):
            first = asyncio.create_task(outside.call("orders", {"customer": "c1"}))
            for _ in range(turn):
                await asyncio.sleep(0)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            found = await outside.call("orders", {"customer": "c2"})
            assert [row["owner"] for row in found.rows] == ["c2"]


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (
        f"sqlite:///{tmp_path / 'missing.db'}",
        "postgresql://nobody@127.0.0.1:9/none",
        "mysql://x/y",
        "nonsense",
    ):
        monkeypatch.setenv("SHOP_DB", url)
        source = described(tmp_path, {"sql": {"url_env": "SHOP_DB", "attempts": 1}, "operations": {"orders": ORDERS}})
        async with opened(source, tmp_path) as outside:
            found = await outside.call("orders", {"customer": "c1"})
        assert (found.kind, found.operation) == ("unavailable", "shop.orders"), url
    assert not (tmp_path / "missing.db").exists()
