"""Prepared documents in one SQLite file."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

_BATCH = 500


class SqlitePreparedCache:
    """Opens its file for each call; a file that is damaged is begun anew, for nothing in it is irreplaceable."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        try:
            with closing(self._open()) as database:
                return dict(row for batch in _batches(keys) for row in _select(database, batch))
        except sqlite3.DatabaseError:
            return {}

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        try:
            self._write(entries)
        except sqlite3.OperationalError:  # locked or no room: the work is done again next time
            return
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            self._write(entries)

    def _write(self, entries: Mapping[str, bytes]) -> None:
        with closing(self._open()) as database, database:
            database.executemany("INSERT OR REPLACE INTO prepared (key, value) VALUES (?, ?)", entries.items())

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=5.0)
        database.execute("PRAGMA synchronous = OFF")
        database.execute(
            "CREATE TABLE IF NOT EXISTS prepared (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
        )
        return database


def _batches(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH)]


def _select(database: sqlite3.Connection, keys: Sequence[str]) -> list[tuple[str, bytes]]:
    marks = ",".join("?" * len(keys))
    return database.execute(f"SELECT key, value FROM prepared WHERE key IN ({marks})", list(keys)).fetchall()  # noqa: S608  marks only
