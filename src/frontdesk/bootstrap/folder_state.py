"""What lies in an assistant folder, cheap enough to look every second."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from frontdesk.releases import FILES

Stamp = tuple[tuple[str, int, int], ...]
"""Path, size and time of change of every file."""


def stamp_of(folders: Sequence[Path], *, but: Path) -> Stamp:
    """Changes whenever a file below one of the folders does.

    Args:
        but: a folder that is left out wherever it lies: the data folder, which the program writes itself.
    """
    found = {(path, state.st_size, state.st_mtime_ns) for folder in folders for path, state in _files(folder, but)}
    return tuple(sorted(found))


def digest_of(folder: Path) -> str:
    """Hash of the bytes of every file that is release content, documents left out."""
    digest = hashlib.sha256()
    many = (*sorted((folder / "prompts").glob("*.md")), *sorted((folder / "workflows").glob("*.yaml")))
    for path in (*(folder / name for name in sorted(FILES)), *many):
        try:
            body = path.read_bytes()
        except OSError:
            body = b"-"
        digest.update(f"{path}:{len(body)}:".encode())
        digest.update(body)
    return digest.hexdigest()


def _files(folder: Path, but: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Hidden ones are passed over, and so is what Python leaves behind."""
    waiting = [str(folder)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:  # gone, or not for us; the reading says so
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            try:
                if not entry.is_dir(follow_symlinks=False):
                    yield entry.path, entry.stat()
                elif entry.path != str(but):
                    waiting.append(entry.path)
            except OSError:
                continue
