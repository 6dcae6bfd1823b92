"""`frontdesk audit`: reads the log of an installation, and finds what was touched."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from command import Run
from frontdesk.adapters.stores import open_database
from frontdesk.domain.audit import AuditEntry

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def _fill(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}")
    entries = [
        AuditEntry(at=NOW, actor="customer", action=action, subject="cust_1", details={"workflow": "refund"})
        for action in ("workflow.denied", "record.not_yours")
    ]
    await database.write(lambda stores: stores.audit.append(entries))
    await database.close()


def test_verifies_the_log_and_says_where_it_was_touched(run: Run, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    assert run("audit", "verify", "--data-dir", str(data_dir), "--json").json == {
        "entries": 0,
        "is_whole": True,
        "problem": "",
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    asyncio.run(_fill(data_dir / "frontdesk.db"))
    assert "whole: 2 entries" in run("audit", "verify", "--data-dir", str(data_dir)).out
    assert [entry["action"] for entry in run("audit", "show", "--data-dir", str(data_dir), "--json").json] == [
        "workflow.denied",
        "record.not_yours",
    ]
    assert "record.not_yours" in run("audit", "show", "--data-dir", str(data_dir), "--last", "1").out

    with sqlite3.connect(data_dir / "frontdesk.db") as connection:
        connection.execute("DELETE FROM audit WHERE entry_id = 1")
    connection.close()
    broken = run("audit", "verify", "--data-dir", str(data_dir))
    assert broken.code == 1
    assert "Entry 1" in broken.err
