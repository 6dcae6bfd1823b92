"""The two-step scan of large snapshots, brought down to a size that tests can afford."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frontdesk.adapters.index import dense
from frontdesk.adapters.index.dense import HEADS, DenseIndex, write_vectors
from frontdesk.adapters.index.permission import Permission
from frontdesk.domain.conversation import Audiences

COUNTS = {"public": 1800, "members": 900, "staff": 300}
CUSTOMER = Audiences(labels=frozenset({"public", "members"}))


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    shaped: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return shaped


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "HEADS_FROM", 1000)
    monkeypatch.setattr(dense, "HEAD_DIMENSION", 24)


def clustered() -> NDArray[np.float32]:
    random = np.random.default_rng(3)
    decay = np.arange(1, 97) ** -1.0
    centres = random.standard_normal((30, 96)) * decay
    return unit(centres[random.integers(0, 30, 3000)] + 0.5 * decay * random.standard_normal((3000, 96)))


def test_finds_what_the_exact_scan_finds_with_the_exact_scores(tmp_path: Path) -> None:
    vectors = clustered()
    write_vectors(tmp_path, vectors)
    assert (tmp_path / HEADS).is_file()
    index = DenseIndex(tmp_path, Permission(COUNTS))
    rows = np.flatnonzero(np.repeat([True, True, False], [900, 1800, 300]))  # members, public, staff
    for question in unit(vectors[::150] + 0.05 * np.random.default_rng(4).standard_normal((20, 96))):
        exact = vectors[rows] @ question
        wanted = rows[np.argsort(-exact)[:10]]
        found = index.search(question, audiences=CUSTOMER, limit=10)
        assert [hit.row for hit in found] == wanted.tolist()
        assert np.allclose([hit.score for hit in found], np.sort(exact)[::-1][:10], atol=1e-6)


def test_scans_exactly_where_few_rows_are_permitted(tmp_path: Path) -> None:
    vectors = clustered()
    write_vectors(tmp_path, vectors)
    staff = Audiences(labels=frozenset({"staff"}))
    found = DenseIndex(tmp_path, Permission(COUNTS)).search(vectors[5], audiences=staff, limit=5)
    wanted = 2700 + np.argsort(-(vectors[2700:] @ vectors[5]))[:5]
    assert [hit.row for hit in found] == wanted.tolist()


def test_does_without_the_first_scan_where_it_would_miss_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "RESCORED_AT_LEAST", 40)
    write_vectors(tmp_path, unit(np.random.default_rng(1).standard_normal((3000, 96))))
    assert not (tmp_path / HEADS).exists()
