"""The rows of some conversations, read with plain SQL: what the product itself makes of them does not count here."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import make_url

Row = Mapping[str, Any]
Rows = tuple[Row, ...]

_QUERIES = {
    "conversations": "SELECT * FROM conversations WHERE conversation_id {among}",
    "turns": "SELECT * FROM turns WHERE conversation_id {among} ORDER BY conversation_id, number",
    "events": "SELECT * FROM events WHERE conversation_id {among} ORDER BY conversation_id, seq",
    "messages": "SELECT * FROM messages WHERE conversation_id {among} ORDER BY conversation_id, position",
    "payloads": "SELECT * FROM payloads WHERE conversation_id {among}",
    "citations": "SELECT t.* FROM citations t JOIN turns USING (turn_id) WHERE conversation_id {among}",
    "attempts": "SELECT t.* FROM vendor_attempts t JOIN turns USING (turn_id) WHERE conversation_id {among}",
    "ledger": "SELECT * FROM ledger WHERE conversation_id {among}",
    "reservations": "SELECT t.* FROM reservations t JOIN turns USING (turn_id) WHERE conversation_id {among}",
    "escalations": "SELECT * FROM escalations WHERE conversation_id {among}",
    "outbox": "SELECT * FROM outbox WHERE key IN (SELECT escalation_id FROM escalations WHERE conversation_id {among})",
    "releases": "SELECT * FROM releases",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Rows by their columns' names; those of events and messages with the words that are kept apart from them."""

    conversations: Rows = ()
    turns: Rows = ()
    events: Rows = ()
    messages: Rows = ()
    citations: Rows = ()
    attempts: Rows = ()
    ledger: Rows = ()
    reservations: Rows = ()
    escalations: Rows = ()
    outbox: Rows = ()
    releases: Rows = ()
    payloads: Rows = ()


def grouped(rows: Iterable[Row], column: str) -> dict[Any, Rows]:
    """The rows by the value of a column, in their order."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return {key: tuple(group) for key, group in found.items()}


async def read_kept(url: str, conversation_ids: Sequence[str]) -> Kept:
    """Everything about these conversations in the database at the URL.

    Args:
        url: `sqlite:///path`, which another process may be writing, or `postgresql://…`.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        found = await asyncio.to_thread(_read_sqlite, str(parsed.database), conversation_ids)
    else:
        found = await _read_postgres(
            parsed.set(drivername="postgresql").render_as_string(hide_password=False), conversation_ids
        )
    bodies = {(row["conversation_id"], row["noun"], row["number"]): row["body"] for row in found["payloads"]}
    found["events"] = [_with_words(row, bodies, "event", row["seq"], row["data"]) for row in found["events"]]
    found["messages"] = [_with_words(row, bodies, "message", row["position"], "{}") for row in found["messages"]]
    return Kept(**{name: tuple(rows) for name, rows in found.items()})


def _with_words(row: Row, bodies: Mapping[Any, str | None], noun: str, number: int, data: str) -> Row:
    """The row with `data` as a dictionary in which the words stand where the row itself has none."""
    words = bodies.get((row["conversation_id"], noun, number))
    return {**row, "data": {**json.loads(data), **(json.loads(words) if words else {})}}


def _read_sqlite(path: str, conversation_ids: Sequence[str]) -> dict[str, list[Row]]:
    among = "IN (SELECT value FROM json_each(?))"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")  # one snapshot for all tables
        return {
            name: [
                dict(row)
                for row in connection.execute(
                    query.format(among=among), [json.dumps(conversation_ids)] if "{among}" in query else []
                )
            ]
            for name, query in _QUERIES.items()
        }


async def _read_postgres(url: str, conversation_ids: Sequence[str]) -> dict[str, list[Row]]:
    import asyncpg  # noqa: PLC0415  (only with PostgreSQL)

    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return {
                name: [
                    dict(row)
                    for row in await connection.fetch(
                        query.format(among="= ANY($1)"), *([list(conversation_ids)] if "{among}" in query else [])
                    )
                ]
                for name, query in _QUERIES.items()
            }
    finally:
        await connection.close()
