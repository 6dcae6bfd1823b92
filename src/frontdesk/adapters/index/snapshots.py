"""Snapshots as sealed folders: `<root>/<snapshot id>/` with a manifest, and `<root>/latest`.

A folder is written under another name, flushed and renamed, so it is complete or not there. Nothing in it changes
afterwards; whoever reads an older one goes on reading it.
"""

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from frontdesk.adapters.index.codec import from_manifest, to_manifest
from frontdesk.adapters.index.opened import FolderIndex
from frontdesk.adapters.index.sealing import SnapshotContent, arrange, identify, write_content
from frontdesk.domain.errors import ChecksumError, MalformedError, NotFoundError
from frontdesk.domain.ids import SnapshotId
from frontdesk.domain.knowledge import Document, EmbeddedChunk, SnapshotManifest

MANIFEST, LATEST = "manifest.json", "latest"
UNFINISHED = ".sealing-"
UNFINISHED_KEPT_S = 86_400
"""Age at which a folder left behind by a killed process is removed; no seal takes a day."""

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, size, modification time and inode of every file, to see whether a folder was touched since it was verified."""


class FolderSnapshotStore:
    """Every snapshot of one installation, in one folder."""

    def __init__(self, root: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._root = root
        self._now = now
        self._verified: dict[SnapshotId, Stamp] = {}

    def seal(
        self,
        documents: Sequence[Document],
        chunks: Sequence[EmbeddedChunk],
        *,
        embedder: str,
        settings: Mapping[str, Any],
        parent: SnapshotId | None,
    ) -> SnapshotManifest:
        """Write a snapshot and make it the latest; what is there already is kept as it is.

        Raises:
            MalformedError: an id is repeated, a chunk has no document, or vectors do not fit the embedder.
            OSError: the folder cannot be written; nothing of the snapshot is there then.
        """
        content = arrange(documents, chunks, embedder=embedder, settings=settings)
        snapshot_id = identify(content)
        self._root.mkdir(parents=True, exist_ok=True)
        manifest = self._intact(snapshot_id)
        if manifest is None:
            manifest = self._write(snapshot_id, content, parent)
        self._point_to(snapshot_id)
        return manifest

    def open(self, snapshot_id: SnapshotId) -> FolderIndex:
        """The snapshot, every file of it compared with its manifest the first time, and when it was touched since."""
        manifest = self.verify(snapshot_id)
        return FolderIndex(self._root / snapshot_id, manifest)

    def latest(self) -> SnapshotId | None:
        try:
            text = (self._root / LATEST).read_text("utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ChecksumError("The pointer to the latest snapshot cannot be read.", file=LATEST) from error
        try:
            return SnapshotId.parse(text, field=LATEST)
        except MalformedError as error:
            raise ChecksumError("The pointer to the latest snapshot is damaged.", file=LATEST) from error

    def make_latest(self, snapshot_id: SnapshotId) -> None:
        """Point `latest` to a snapshot that is there and whole.

        Raises: NotFoundError; ChecksumError.
        """
        self.verify(snapshot_id)
        self._point_to(snapshot_id)

    def list_ids(self) -> tuple[SnapshotId, ...]:
        """Every complete snapshot, oldest first."""
        found = [folder for folder in self._root.glob(f"{SnapshotId.prefix}_*") if (folder / MANIFEST).is_file()]
        found.sort(key=lambda folder: ((folder / MANIFEST).stat().st_mtime_ns, folder.name))
        return tuple(SnapshotId(folder.name) for folder in found)

    def verify(self, snapshot_id: SnapshotId, *, anew: bool = False) -> SnapshotManifest:
        """The manifest of a snapshot whose files all match it.

        Args:
            anew: read every file even when nothing was touched since this store verified it.
        Raises: NotFoundError; ChecksumError.
        """
        folder = self._folder(snapshot_id)
        manifest = _read_manifest(folder, snapshot_id)
        stamp = _stamp(folder, manifest)
        if anew or self._verified.get(snapshot_id) != stamp:
            for name, expected in manifest.files.items():
                _verify_file(folder / name, expected)
            self._verified[snapshot_id] = stamp
        return manifest

    def _folder(self, snapshot_id: SnapshotId) -> Path:
        try:
            name = SnapshotId.parse(snapshot_id, field="snapshot_id")  # an id may come from outside; no path gets in
        except MalformedError as error:
            raise NotFoundError("There is no such snapshot.", snapshot_id=str(snapshot_id)[:160]) from error
        if not (self._root / name).is_dir():
            raise NotFoundError("There is no such snapshot.", snapshot_id=name)
        return self._root / name

    def _intact(self, snapshot_id: SnapshotId) -> SnapshotManifest | None:
        """The manifest of a snapshot that was sealed before; a damaged one is put aside and sealed again."""
        try:
            return self.verify(snapshot_id, anew=True)
        except NotFoundError:
            return None
        except ChecksumError:
            (self._root / snapshot_id).rename(self._root / f".damaged-{snapshot_id}-{secrets.token_hex(4)}")
            return None

    def _write(self, snapshot_id: SnapshotId, content: SnapshotContent, parent: SnapshotId | None) -> SnapshotManifest:
        with self._scratch() as folder:
            write_content(folder, content, parent=self._usable(parent))
            manifest = SnapshotManifest(
                snapshot_id=snapshot_id,
                created_at=self._now(),
                embedder=content.embedder,
                dimension=content.dimension,
                chunk_count=len(content.chunks),
                document_count=len(content.documents),
                languages=content.languages,
                audiences=content.audiences,
                settings=content.settings,
                files={path.name: _digest(path) for path in sorted(folder.iterdir())},
                parent=parent,
            )
            (folder / MANIFEST).write_bytes(from_manifest(manifest))
            _flush_folder(folder)
            self._publish(folder, snapshot_id)
        _flush(self._root)
        return self.verify(snapshot_id)

    def _usable(self, parent: SnapshotId | None) -> Path | None:
        """The parent's folder when it is there and whole; else every text is read anew."""
        if parent is None:
            return None
        try:
            self.verify(parent)
        except (NotFoundError, ChecksumError):
            return None
        return self._root / parent

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        self._remove_unfinished()
        folder = self._root / f"{UNFINISHED}{os.getpid()}-{secrets.token_hex(8)}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _publish(self, folder: Path, snapshot_id: SnapshotId) -> None:
        try:
            folder.rename(self._root / snapshot_id)
        except OSError:
            if not (self._root / snapshot_id / MANIFEST).is_file():  # else another process sealed the same content
                raise

    def _point_to(self, snapshot_id: SnapshotId) -> None:
        fresh = self._root / f".{LATEST}-{secrets.token_hex(8)}"
        fresh.write_text(f"{snapshot_id}\n", "utf-8")
        _flush(fresh)
        fresh.replace(self._root / LATEST)
        _flush(self._root)

    def _remove_unfinished(self) -> None:
        for folder in self._root.glob(f"{UNFINISHED}*"):
            try:
                is_old = time.time() - folder.stat().st_mtime > UNFINISHED_KEPT_S
            except OSError:
                continue  # another process was first
            if is_old:
                shutil.rmtree(folder, ignore_errors=True)


def _read_manifest(folder: Path, snapshot_id: SnapshotId) -> SnapshotManifest:
    try:
        manifest = to_manifest((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(folder / MANIFEST) from error
    if manifest.snapshot_id != snapshot_id:
        raise _damaged(folder / MANIFEST)
    return manifest


def _stamp(folder: Path, manifest: SnapshotManifest) -> Stamp:
    entries = []
    for name in (*sorted(manifest.files), MANIFEST):
        try:
            facts = (folder / name).stat()
        except OSError as error:
            raise _damaged(folder / name) from error
        entries.append((name, facts.st_size, facts.st_mtime_ns, facts.st_ino))
    return tuple(entries)


def _verify_file(path: Path, expected: str) -> None:
    try:
        actual = _digest(path)
    except OSError as error:
        raise _damaged(path) from error
    if actual != expected:
        raise _damaged(path)


def _damaged(path: Path) -> ChecksumError:
    return ChecksumError(
        f"{path.name} of snapshot {path.parent.name} is damaged.", snapshot_id=path.parent.name, file=path.name
    )


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _flush_folder(folder: Path) -> None:
    for path in folder.iterdir():
        _flush(path)
    _flush(folder)


def _flush(path: Path) -> None:
    """Have the system write a file or a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
