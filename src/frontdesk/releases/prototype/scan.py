"""The files of a prototype: regular ones, below its folder, no larger than can be useful."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from frontdesk.domain.errors import MalformedError, NotFoundError, TooLargeError
from frontdesk.releases.prototype.values import FoundFile, LeftOut

MAX_FILES = 20_000
_PASSED_OVER = frozenset(
    ["__pycache__", "build", "dist", "env", "node_modules", "site-packages", "test", "tests", "venv", "virtualenv"]
)
"""Folders that hold what was installed, built or written for tests."""


def scan(folder: Path, *, without: Path | None = None) -> tuple[list[FoundFile], list[LeftOut]]:
    """Every file by path, and what cannot be looked at. Links are not followed; hidden files are passed over.

    Args:
        without: a folder that is not looked into: where the assistant will be written.
    Raises:
        NotFoundError: there is no such folder.
        MalformedError: it is not a folder.
        TooLargeError: more files than a prototype has.
    """
    if not folder.exists():
        raise NotFoundError(f"There is no folder {folder}.", field="from")
    if not folder.is_dir():
        raise MalformedError(f"{folder} is not a folder. Name the folder that the prototype lies in.", field="from")
    found: list[FoundFile] = []
    left_out: list[LeftOut] = []
    for item in _walk(folder, without.resolve() if without else None):
        (found if isinstance(item, FoundFile) else left_out).append(item)  # type: ignore[arg-type]
        if len(found) > MAX_FILES:
            raise TooLargeError(
                f"{folder} has more than {MAX_FILES:,} files. Name the folder of the prototype itself.", field="from"
            )
    return sorted(found, key=lambda file: file.path), left_out


def _walk(folder: Path, without: Path | None) -> Iterator[FoundFile | LeftOut]:
    unreadable: list[OSError] = []
    for base, folders, names in os.walk(folder, onerror=unreadable.append):
        here = Path(base)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in links and _is_wanted(here / name, without))
        for name in sorted([*links, *names]):
            if not name.startswith("."):
                yield _look_at(here / name, folder)
    for error in unreadable:
        yield LeftOut(source=_shown(Path(str(error.filename)), folder), reason=error.strerror or "cannot be listed")


def _is_wanted(folder: Path, without: Path | None) -> bool:
    name = folder.name.lower()
    is_hidden = name.startswith((".", "__")) or name.endswith((".egg-info", ".dist-info"))
    return not (is_hidden or name in _PASSED_OVER or folder.resolve() == without)


def _look_at(path: Path, folder: Path) -> FoundFile | LeftOut:
    shown = _shown(path, folder)
    try:
        status = path.lstat()
    except OSError as error:
        return LeftOut(source=shown, reason=error.strerror or "cannot be read")
    if stat.S_ISLNK(status.st_mode):
        return LeftOut(source=shown, reason="a link, which is not followed", todo="Put the file itself there.")
    if not stat.S_ISREG(status.st_mode):
        return LeftOut(source=shown, reason="not a regular file")
    return FoundFile(path=shown, location=path, size=status.st_size)


def _shown(path: Path, folder: Path) -> str:
    relative = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
    return relative.encode("utf-8", "backslashreplace").decode("utf-8")
