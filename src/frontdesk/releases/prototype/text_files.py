"""Bytes of a prototype's file to text, or a sentence about why not."""

from pathlib import Path

from frontdesk.domain.release import KnowledgeSettings
from frontdesk.ingest.parsing.decoding import decode
from frontdesk.ingest.unfit import UnfitDocumentError
from frontdesk.releases.prototype.values import FoundFile, NotTakenError
from frontdesk.text.normalise import clean_text

MAX_TEXT_BYTES = KnowledgeSettings(sources=()).max_document_bytes
"""As large as a document may be; prompts and modules are far smaller."""
MAX_TABLE_BYTES = 50_000_000
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def read_text(file: FoundFile) -> str:
    """A prompt's, document's or module's text, in one kind of line break.

    Raises:
        NotTakenError: too large, not text, or not there any more.
    """
    try:
        return clean_text(decode(_read(file, MAX_TEXT_BYTES, "Split it, or keep only what customers ask about.")))
    except UnfitDocumentError as error:
        raise NotTakenError(error.detail, "Save it as text in UTF-8.") from error


def read_source(file: FoundFile) -> str:
    """A Python module's text, as it is.

    Raises:
        NotTakenError: too large, not UTF-8, or not there any more.
    """
    try:
        return _read(file, MAX_TEXT_BYTES, "").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotTakenError(f"not UTF-8 at byte {error.start:,}", "Save it in UTF-8.") from error


def read_table(file: FoundFile) -> str:
    """The text of a log or a table. One strange letter in a log is no reason to lose it, so Western text is assumed
    where it is not UTF-8.

    Raises:
        NotTakenError: too large, binary, or not there any more.
    """
    content = _read(file, MAX_TABLE_BYTES, "Split it, or take a sample.")
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content:
        raise NotTakenError("it has NUL characters, as binary files do", "Export it as text in UTF-8.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _read(file: FoundFile, limit: int, todo: str) -> bytes:
    if file.size > limit:
        raise NotTakenError(f"{file.size / 1e6:,.1f} MB, and at most {limit / 1e6:g} MB are read", todo)
    try:
        content = Path(file.location).read_bytes()
    except OSError as error:
        raise NotTakenError(error.strerror or "it cannot be read") from error
    if len(content) > limit:
        raise NotTakenError("it grew while it was read", todo)
    return content
