"""Folders that were damaged, half written, or are written by several processes at once."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from frontdesk.adapters.index import FolderSnapshotStore, snapshots
from frontdesk.domain.conversation import PUBLIC_ONLY
from frontdesk.domain.errors import ChecksumError, NotFoundError
from frontdesk.domain.ids import ChunkId, DocumentId, SnapshotId
from frontdesk.domain.knowledge import Chunk, Document, EmbeddedChunk, SnapshotManifest


def seal(store: FolderSnapshotStore, count: int = 5) -> SnapshotManifest:
    document = Document(
        document_id=DocumentId("doc_1"),
        source="help",
        path="returns.md",
        title="Returns",
        url="",
        language="en",
        audience="public",
        owner="",
        reviewed=None,
        text="",
        content_hash="1",
        fetched_at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    vectors = np.eye(max(count, 8), dtype=np.float32)
    chunks = [EmbeddedChunk(chunk=a_chunk(number), vector=vectors[number]) for number in range(count)]
    return store.seal([document], chunks, embedder="test", settings={}, parent=None)


def a_chunk(number: int) -> Chunk:
    return Chunk(
        chunk_id=ChunkId(f"chunk_{number}"),
        document_id=DocumentId("doc_1"),
        position=number,
        breadcrumb=("Returns",),
        text=f"Paragraph {number} is about boots.",
        start=0,
        end=10,
        language="en",
        audience="public",
        title="Returns",
        url="",
        content_hash=str(number),
    )


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.write_bytes(data)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


FILES = sorted(
    [
        "chunks.jsonl",
        "chunks.ends.npy",
        "chunks.keys.npy",
        "chunks.numbers.npy",
        "documents.jsonl",
        "documents.ends.npy",
        "documents.keys.npy",
        "documents.numbers.npy",
        "documents.row_ends.npy",
        "documents.rows.npy",
        "manifest.json",
        "postings.counts.npy",
        "postings.ends.npy",
        "postings.rows.npy",
        "postings.rules.json",
        "postings.texts.npy",
        "postings.weights.npy",
        "stems.ends.npy",
        "stems.txt",
        "typos.letters.npy",
        "typos.numbers.npy",
        "typos.starts.npy",
        "vectors.npy",
    ]
)


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SnapshotId]:
    """A store with one snapshot, to be copied."""
    root = tmp_path_factory.mktemp("intact")
    return root, seal(FolderSnapshotStore(root)).snapshot_id


def test_a_folder_holds_the_files_that_are_damaged_below(intact: tuple[Path, SnapshotId]) -> None:
    root, snapshot_id = intact
    assert sorted(path.name for path in (root / snapshot_id).iterdir()) == FILES


@pytest.mark.parametrize("damage", [flip, truncate, empty, Path.unlink])
@pytest.mark.parametrize("name", FILES)
def test_any_damage_to_any_file_is_found_when_it_is_opened(
    intact: tuple[Path, SnapshotId], tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    root, snapshot_id = intact
    shutil.copytree(root, tmp_path / "store")
    damage(tmp_path / "store" / snapshot_id / name)
    with pytest.raises(ChecksumError) as caught:
        FolderSnapshotStore(tmp_path / "store").open(snapshot_id)
    assert caught.value.data["file"] == name


def test_damage_after_the_first_opening_is_found_at_the_next(tmp_path: Path) -> None:
    store = FolderSnapshotStore(tmp_path)
    manifest = seal(store)
    store.open(manifest.snapshot_id)
    flip(tmp_path / manifest.snapshot_id / "chunks.jsonl")
    with pytest.raises(ChecksumError):
        store.open(manifest.snapshot_id)


def test_a_manifest_of_another_snapshot_is_refused(tmp_path: Path) -> None:
    store = FolderSnapshotStore(tmp_path)
    one, two = seal(store, 3), seal(store, 4)
    shutil.copyfile(tmp_path / one.snapshot_id / "manifest.json", tmp_path / two.snapshot_id / "manifest.json")
    with pytest.raises(ChecksumError):
        store.open(two.snapshot_id)


def test_sealing_again_puts_a_damaged_snapshot_aside_and_heals_it(tmp_path: Path) -> None:
    store = FolderSnapshotStore(tmp_path)
    manifest = seal(store)
    reader = store.open(manifest.snapshot_id)
    flip(tmp_path / manifest.snapshot_id / "chunks.jsonl")
    assert seal(store).files == manifest.files
    assert store.open(manifest.snapshot_id).chunk(0) == a_chunk(0)
    assert reader.vector(0) is not None
    assert len(list(tmp_path.glob(".damaged-*"))) == 1


def test_a_damaged_parent_is_not_carried_over(tmp_path: Path) -> None:
    store = FolderSnapshotStore(tmp_path / "one")
    parent = seal(store, 3)
    flip(tmp_path / "one" / parent.snapshot_id / "postings.rows.npy")
    fresh = seal(FolderSnapshotStore(tmp_path / "two"), 4)
    assert seal(store, 4).files == fresh.files


@pytest.mark.parametrize("content", [b"", b"snap_../../x\n", b"\xff\xfe", b"garbage"])
def test_a_damaged_pointer_is_an_error_and_no_snapshot(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "latest").write_bytes(content)
    with pytest.raises(ChecksumError):
        FolderSnapshotStore(tmp_path).latest()


def test_make_latest_refuses_what_is_not_whole(tmp_path: Path) -> None:
    store = FolderSnapshotStore(tmp_path)
    manifest = seal(store)
    with pytest.raises(NotFoundError):
        store.make_latest(SnapshotId("snap_none"))
    assert store.latest() == manifest.snapshot_id


def test_a_failed_seal_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderSnapshotStore(tmp_path)

    def full_disk(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "_flush_folder", full_disk)
        with pytest.raises(OSError, match="No space"):
            seal(store)
    assert list(tmp_path.iterdir()) == []
    assert store.latest() is None


def test_folders_of_killed_seals_are_removed_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / ".sealing-1-a", tmp_path / ".sealing-2-b"
    for folder in (old, young):
        folder.mkdir()
        (folder / "chunks.jsonl").write_bytes(b"{")
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    seal(FolderSnapshotStore(tmp_path))
    assert not old.exists()
    assert young.exists()


def _seal_for_ever(root: Path) -> None:
    store = FolderSnapshotStore(root)
    for count in range(1, 100_000):
        seal(store, 1 + count % 40)


def a_process(function: str, root: Path) -> "subprocess.Popen[bytes]":
    """Another process that runs one function of this file."""
    code = f"import pathlib, runpy; runpy.run_path({__file__!r})[{function!r}](pathlib.Path({str(root)!r}))"
    return subprocess.Popen([sys.executable, "-c", code])


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.05])
def test_a_seal_that_is_killed_leaves_only_whole_snapshots(tmp_path: Path, after_s: float) -> None:
    worker = a_process("_seal_for_ever", tmp_path)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".sealing-*")) and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(after_s)
    worker.kill()
    worker.wait(30)
    store = FolderSnapshotStore(tmp_path)
    for snapshot_id in store.list_ids():
        assert store.open(snapshot_id).lexical.search("boots", audiences=PUBLIC_ONLY, language="en", limit=1)
    latest = store.latest()
    assert latest is None or latest in store.list_ids()
    assert all(folder.name.startswith(("snap_", ".sealing-", "latest", ".latest-")) for folder in tmp_path.iterdir())
    assert seal(store, 7).chunk_count == 7


def _seal_same(root: Path) -> None:
    for count in (5, 6, 7, 8):
        seal(FolderSnapshotStore(root), count)


def test_processes_that_seal_the_same_content_do_not_disturb_each_other(tmp_path: Path) -> None:
    workers = [a_process("_seal_same", tmp_path) for _ in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    store = FolderSnapshotStore(tmp_path)
    assert len(store.list_ids()) == 4
    assert [store.verify(snapshot_id, anew=True).chunk_count for snapshot_id in store.list_ids()]
    assert not list(tmp_path.glob(".sealing-*"))
