"""The cache of embeddings."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frontdesk.adapters.index import SqliteEmbeddingCache
from frontdesk.domain.errors import ChecksumError


def some_vectors(count: int, start: int = 0) -> dict[str, NDArray[np.float32]]:
    return {f"hash{number}": np.full(4, number, np.float32) for number in range(start, start + count)}


def test_gives_back_what_was_put_and_nothing_else(tmp_path: Path) -> None:
    cache = SqliteEmbeddingCache(tmp_path / "new" / "cache.db")
    cache.put_many("one", some_vectors(1200))
    found = cache.get_many("one", [f"hash{number}" for number in range(1300)] * 2)
    assert len(found) == 1200
    assert found["hash7"].dtype == np.float32
    assert np.array_equal(found["hash7"], np.full(4, 7))
    found["hash7"][0] = 1  # callers own what they get


def test_keeps_embedders_apart(tmp_path: Path) -> None:
    cache = SqliteEmbeddingCache(tmp_path / "cache.db")
    cache.put_many("one", some_vectors(1))
    assert cache.get_many("two", ["hash0"]) == {}


def test_asks_and_keeps_nothing_for_nothing(tmp_path: Path) -> None:
    cache = SqliteEmbeddingCache(tmp_path / "cache.db")
    cache.put_many("one", {})
    assert cache.get_many("one", []) == {}


def test_survives_a_restart(tmp_path: Path) -> None:
    SqliteEmbeddingCache(tmp_path / "cache.db").put_many("one", some_vectors(3))
    assert len(SqliteEmbeddingCache(tmp_path / "cache.db").get_many("one", ["hash0", "hash2"])) == 2


def _fill(path: Path, start: int) -> None:
    cache = SqliteEmbeddingCache(path)
    for offset in range(0, 200, 20):
        cache.put_many("one", some_vectors(20, start + offset))


def test_processes_and_threads_write_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    code = f"import pathlib, runpy; runpy.run_path({__file__!r})['_fill'](pathlib.Path({str(path)!r}), %d)"
    workers = [subprocess.Popen([sys.executable, "-c", code % start]) for start in (0, 100)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda start: _fill(path, start), (200, 300, 400)))
    assert [worker.wait(60) for worker in workers] == [0, 0]
    found = SqliteEmbeddingCache(path).get_many("one", [f"hash{number}" for number in range(600)])
    assert len(found) == 600
    assert all(vector[0] == int(key[4:]) for key, vector in found.items())


def test_says_that_a_damaged_file_can_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(ChecksumError, match="delete"):
        SqliteEmbeddingCache(tmp_path / "cache.db")
