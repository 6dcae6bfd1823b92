"""The audit log: appended in one line by everybody, and every edit shows."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import create_engine, text

from frontdesk.adapters.stores import open_database
from frontdesk.domain.audit import FIRST_HASH, AuditEntry, AuditHead, find_break
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Database

NOW = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)


def an_entry(action: str = "workflow.denied", **changes: Any) -> AuditEntry:
    entry = AuditEntry(at=NOW, actor="customer", action=action, subject="cust_1", details={"workflow": "refund"})
    return replace(entry, **changes)


async def read(database: Database) -> tuple[Sequence[AuditEntry], AuditHead]:
    return await database.read(lambda stores: (list(stores.audit.read_all()), stores.audit.head()))


async def append(database: Database, batch: Sequence[AuditEntry]) -> None:
    await database.write(lambda stores: stores.audit.append(batch))


async def test_entries_that_come_together_make_one_chain(database: Database) -> None:
    assert find_break(*await read(database)) == ""
    batches = [[an_entry(f"a{number}"), an_entry(f"b{number}")] for number in range(10)]
    await asyncio.gather(*(append(database, batch) for batch in batches))
    entries, head = await read(database)
    assert (len(entries), head.entries, entries[0].previous_hash) == (20, 20, FIRST_HASH)
    assert find_break(entries, head) == ""
    assert replace(entries[0], previous_hash="", hash="").details == {"workflow": "refund"}
    assert await database.read(lambda stores: stores.audit.read(after=18)) == tuple(entries[18:])
    assert await database.read(lambda stores: stores.audit.count("a3")) == 1
    nobody = ConversationId("conv_x")
    assert await database.read(lambda stores: stores.audit.count("a3", conversation_id=nobody)) == 0


async def test_what_was_not_committed_is_not_in_the_chain(database: Database) -> None:
    class Stopped(Exception):  # noqa: N818
        pass

    def stop(stores: Any) -> None:
        stores.audit.append([an_entry()])
        raise Stopped

    for _ in range(2):
        try:
            await database.write(stop)
        except Stopped:
            await database.write(lambda stores: stores.audit.append([an_entry("kept")]))
    entries, head = await read(database)
    assert [entry.action for entry in entries] == ["kept", "kept"]
    assert find_break(entries, head) == ""


def a_chain(*actions: str) -> tuple[list[AuditEntry], AuditHead]:
    entries: list[AuditEntry] = []
    for action in actions:
        entries.append(an_entry(action).chained(entries[-1].hash if entries else FIRST_HASH))
    return entries, AuditHead(entries=len(entries), hash=entries[-1].hash)


def test_an_edit_a_gap_and_a_cut_are_found() -> None:
    entries, head = a_chain("one", "two", "three", "four")
    edited = [*entries[:1], replace(entries[1], details={"workflow": "other"}), *entries[2:]]
    assert "Entry 2 was changed" in find_break(edited, head)
    assert "Entry 3" in find_break([*entries[:2], *entries[3:]], head)
    assert "its end is missing" in find_break(entries[:3], head)
    rewritten = [*entries[:3], an_entry("five").chained(entries[2].hash)]
    assert "its end is missing or was replaced" in find_break(rewritten, head)
    assert find_break(entries, head) == ""


async def test_a_row_changed_behind_the_products_back_is_found(tmp_path: Any) -> None:
    path = tmp_path / "frontdesk.db"
    database = await open_database(f"sqlite:///{path}")
    await database.write(lambda stores: stores.audit.append([an_entry("one"), an_entry("two")]))
    await database.close()
    with create_engine(f"sqlite:///{path}").begin() as connection:
        connection.execute(text("UPDATE audit SET subject = 'cust_2' WHERE entry_id = 1"))
    database = await open_database(f"sqlite:///{path}")
    assert "Entry 1 was changed" in find_break(*await read(database))
    await database.close()
