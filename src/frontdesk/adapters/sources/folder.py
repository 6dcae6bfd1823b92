"""A folder of Markdown and HTML files."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.knowledge import Quarantined, RawDocument
from frontdesk.domain.release import KnowledgeSource

READ = frozenset({".md", ".markdown", ".html", ".htm"})
"""Endings of the formats that parsing understands."""
LOOK_LIKE_DOCUMENTS = frozenset(
    [
        ".adoc",
        ".asciidoc",
        ".csv",
        ".doc",
        ".docx",
        ".epub",
        ".json",
        ".mdx",
        ".odp",
        ".ods",
        ".odt",
        ".org",
        ".pdf",
        ".ppt",
        ".pptx",
        ".rst",
        ".rtf",
        ".tex",
        ".textile",
        ".tsv",
        ".txt",
        ".wiki",
        ".xhtml",
        ".xls",
        ".xlsx",
        ".xml",
        ".yaml",
        ".yml",
    ]
)
"""Endings under which people keep knowledge; such a file is reported, any other (images, styles) is passed over."""

_REPORTED = READ | LOOK_LIKE_DOCUMENTS


class FolderSource:
    """Every document below one folder; hidden files and folders are passed over, links may not lead out of it."""

    def __init__(self, settings: KnowledgeSource, root: Path, max_bytes: int) -> None:
        """Args:
        root: the assistant folder, which `settings.folder` is relative to.
        max_bytes: larger files are quarantined unread.
        """
        self._settings = settings
        self._folder = root / settings.folder
        self._max_bytes = max_bytes

    @property
    def name(self) -> str:
        return self._settings.name

    def fetch(self) -> Iterator[RawDocument | Quarantined]:
        """Every document, by path.

        Raises:
            UnavailableError: the folder is not there or cannot be listed.
        """
        base = str(self._open_folder())
        now = datetime.now(UTC)
        for path, problem in sorted(self._walk(base)):
            yield self._refuse(path, *problem) if problem else self._read(base, path, now)

    def _open_folder(self) -> Path:
        try:
            base = self._folder.resolve(strict=True)
            with os.scandir(base):
                return base
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            raise UnavailableError(
                f"The folder of knowledge source '{self.name}' cannot be read: {self._folder}", source=self.name
            ) from error

    def _walk(self, base: str) -> Iterator[tuple[str, tuple[str, str] | tuple[()]]]:
        """Relative paths of what looks like a document, each with (reason, detail) when it cannot be read."""
        unreadable: list[OSError] = []
        for folder, folders, files in os.walk(base, onerror=unreadable.append):
            shown = [name for name in folders if not name.startswith(".")]
            for name in shown:
                if _leaves(path := f"{folder}/{name}", base):
                    yield _relative(path, base), ("unreadable", "a link that leads out of the folder")
            folders[:] = shown
            for name in files:
                ending = Path(name).suffix.lower()
                if not name.startswith(".") and ending in _REPORTED:
                    path = f"{folder}/{name}"
                    yield _relative(path, base), _problem(path, base, ending)
        for error in unreadable:
            yield _relative(str(error.filename), base), ("unreadable", error.strerror or "cannot be listed")

    def _read(self, base: str, path: str, now: datetime) -> RawDocument | Quarantined:
        try:
            content = _read_file(f"{base}/{path}", self._max_bytes)
        except OSError as error:
            return self._refuse(path, "unreadable", error.strerror or type(error).__name__)
        if content is None:
            return self._refuse(path, "too_big", f"larger than {self._max_bytes:,} bytes")
        settings = self._settings
        defaults = {"language": settings.language, "audience": settings.audience, "owner": settings.owner}
        return RawDocument(source=self.name, path=path, content=content, fetched_at=now, defaults=defaults)

    def _refuse(self, path: str, reason: str, detail: str) -> Quarantined:
        shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
        return Quarantined(source=self.name, path=shown, reason=reason, detail=detail)


def _relative(path: str, base: str) -> str:
    return path[len(base) :].lstrip("/")


def _leaves(path: str, base: str) -> bool:
    try:
        return Path(path).is_symlink() and not Path(path).resolve(strict=True).is_relative_to(base)
    except (OSError, RuntimeError):
        return True


def _problem(path: str, base: str, ending: str) -> tuple[str, str] | tuple[()]:
    if not _is_text(path):
        return "unreadable", "its name is not valid UTF-8"
    if _leaves(path, base):
        return "unreadable", "a link that leads out of the folder or nowhere"
    if ending not in READ:
        return "format", f"{ending} files are not read; {', '.join(sorted(READ))} are"
    return ()


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _read_file(path: str, max_bytes: int) -> bytes | None:
    """The content, or None when it is larger. Pipes and devices are refused and never waited for."""
    with open(path, "rb", opener=_open_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        if status.st_size > max_bytes:
            return None
        content = file.read(max_bytes + 1)  # it may have grown since
    return content if len(content) <= max_bytes else None


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
