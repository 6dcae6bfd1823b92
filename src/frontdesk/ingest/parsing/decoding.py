"""Bytes to text, without guessing where a guess could be wrong and still look right."""

import codecs
import re

from frontdesk.ingest.unfit import UnfitDocumentError

_BOMS = (  # UTF-32 first: its little-endian mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"""<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_.:-]{2,40})|"""
    rb"""<\?xml[^<>]{0,100}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9_.:-]{2,40})""",
    re.IGNORECASE,
)
_TEXT_CODECS = frozenset(
    {
        "ascii",
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "iso8859-15",
        "shift_jis",
        "euc_jp",
        "euc_kr",
        "big5",
        "gb2312",
        "gbk",
        "gb18030",
        "koi8-r",
        "koi8-u",
        "mac-roman",
    }
)
_BINARY = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")
_UTF8_PAIR = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_MAX_HIGH_SHARE = 0.2
"""Most non-ASCII letters a Western text has: German and French stay below 0.1. Texts of other scripts in an
undeclared old encoding are nearly all above 0.5. A guess with a wide margin on both sides."""


def decode(content: bytes) -> str:
    """The text of a file: byte order mark, else UTF-8, else what the file declares, else Western Windows.

    Raises:
        UnfitDocumentError: `format` for what is not text, `encoding` for text that cannot be read with certainty.
    """
    if content.startswith(_BINARY):
        raise UnfitDocumentError("format", "a binary file under a text file's name")
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "")
    text = _strictly(content, encoding) if encoding else _without_mark(content)
    _refuse_nul("\0" in text)
    if "\ufffd" in text:
        raise UnfitDocumentError("encoding", "characters were lost before it came here (U+FFFD)")
    return text


def _refuse_nul(has_nul: bool) -> None:
    if has_nul:
        raise UnfitDocumentError("format", "it has NUL characters, as binary files do")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnfitDocumentError("encoding", f"not valid {error.encoding} at byte {error.start:,}") from error


def _without_mark(content: bytes) -> str:
    declared = _declared(content)
    if declared.startswith("utf-16") and b"\0" in content[:64]:
        return _strictly(content, declared)
    _refuse_nul(b"\0" in content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if declared and declared not in ("utf-8", "utf-16"):
            return _strictly(content, declared)
        return _western(content, error.start)


def _declared(content: bytes) -> str:
    """The codec that the first 2 kB declare; empty when none or one that is not for text."""
    head = content[:2048]
    if head.count(b"\0") > len(head) // 4:  # UTF-16 without a mark: every second byte of ASCII is zero
        order = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
        head = head.replace(b"\0", b"")
        return order if _DECLARED.search(head) else ""
    found = _DECLARED.search(head)
    return _codec(next(name for name in found.groups() if name).decode("ascii")) if found else ""


def _codec(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except LookupError as error:
        raise UnfitDocumentError("encoding", f"it declares an unknown encoding, '{name}'") from error
    if known in ("iso8859-1", "ascii"):
        return "cp1252"  # what browsers read under these names (WHATWG Encoding)
    return known if known in _TEXT_CODECS or known.startswith(("cp", "iso8859", "utf")) else ""


def _western(content: bytes, position: int) -> str:
    if _UTF8_PAIR.search(content):
        raise UnfitDocumentError("encoding", f"UTF-8 and another encoding are mixed, first at byte {position:,}")
    text = _strictly(content, "cp1252")
    letters = [character for character in text if character.isalpha()]
    foreign = sum(character > "\x7f" for character in letters)
    if foreign > _MAX_HIGH_SHARE * len(letters):
        raise UnfitDocumentError("encoding", "neither UTF-8 nor Western European text, and no encoding is declared")
    return text
