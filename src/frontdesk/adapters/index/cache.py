"""Embeddings by content hash, so that unchanged text is never embedded again."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frontdesk.domain.errors import ChecksumError, UnavailableError

WAIT_S = 30.0
"""How long a writer waits for another process; a batch of 1,000 vectors is written in about 10 ms."""
ASKED_AT_ONCE = 500
"""Hashes per statement; SQLite takes 32,766 parameters, older builds 999."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    fingerprint TEXT NOT NULL, hash TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (fingerprint, hash)
) WITHOUT ROWID
"""


class SqliteEmbeddingCache:
    """One file; any number of processes and threads read and write it at the same time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(SCHEMA)

    def get_many(self, fingerprint: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are known, by hash; each (dim,) float32."""
        unique = list(dict.fromkeys(hashes))
        found: dict[str, NDArray[np.float32]] = {}
        with self._connection() as connection:
            for start in range(0, len(unique), ASKED_AT_ONCE):
                some = unique[start : start + ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                statement = f"SELECT hash, vector FROM vectors WHERE fingerprint = ? AND hash IN ({marks})"  # noqa: S608
                for key, blob in connection.execute(statement, (fingerprint, *some)):
                    found[key] = np.frombuffer(blob, "<f4").astype(np.float32)
        return found

    def put_many(self, fingerprint: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep the vectors; one that is known already stays as it was."""
        rows = [(fingerprint, key, np.ascontiguousarray(vector, "<f4").tobytes()) for key, vector in vectors.items()]
        with self._connection() as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each call: calls are few and large, and threads share nothing."""
        try:
            with closing(sqlite3.connect(self._path, timeout=WAIT_S)) as connection:
                connection.execute("PRAGMA synchronous=NORMAL")
                yield connection
        except sqlite3.OperationalError as error:
            raise UnavailableError(f"The embedding cache {self._path} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ChecksumError(f"The embedding cache {self._path} is damaged; delete it.") from error
