"""One canonical form of what people write: what is scanned is what is sent on.

Caps come before any work. Messages are folded with NFKC, so that lookalike encodings of the same letters
become the same text; documents keep NFC, because `m²` and `½` mean something in an article.
Characters nobody can see are removed from both: zero-width and soft hyphens, bidirectional controls, tags
(U+E0000 to U+E007F), variation selectors, noncharacters. The joiners stay where a script or an emoji needs
them: between letters of Arabic and Indic scripts, and between two emoji.
"""

import re
import unicodedata
from collections import Counter
from functools import cache

import ftfy
from ftfy.badness import is_bad

from frontdesk.domain.errors import MalformedError, TooLargeError

MAX_CHARS = 8_000
"""Longest message, in code points; at most 32 kB of UTF-8. A long letter of complaint has 4,000."""
MAX_MARKS = 4
"""Combining marks kept on one base character; written languages need at most four (pointed Hebrew)."""
_MAX_PASSES = 4
"""Repair, folding and removal can each uncover work for the others; two passes do for all but contrived texts."""

_VISIBLE_FORMATS = frozenset({*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD})
"""Format characters with a glyph of their own: Arabic, Syriac and Kaithi number signs."""
_JOINERS = frozenset({0x200C, 0x200D})
_BLANKS = (
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFFF0, 0xFFFC)}
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0000, 0xE1000))
    | set(range(0xFDD0, 0xFDF0))
)
"""Default-ignorable code points (UAX 44) that are not of the category `Cf`, and noncharacters."""
_LINE_BREAKS = {0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
_QUOTES = {
    **dict.fromkeys((0x2018, 0x2019, 0x201A, 0x201B), "'"),
    **dict.fromkeys((0x201C, 0x201D, 0x201E, 0x201F), '"'),
}
_SPACES = dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x2800, 0x3000), " ")

_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls: they make a text read otherwise than it is."""

_JOINING = r"\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff\ufb50-\ufdff"
_EMOJI = r"\u2190-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(
    rf"(?<![{_JOINING}{_EMOJI}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINING}{_EMOJI}])"
    rf"|(?<=[{_EMOJI}])\u200c|(?<=[{_EMOJI}])\u200d(?![{_EMOJI}])|(?<=[{_JOINING}])[\u200c\u200d](?![{_JOINING}])"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TERMINAL_ESCAPE = re.compile(r"\x1b\[[0-9;]{0,32}[A-Za-z]")
_FRACTION_AFTER_DIGIT = re.compile("(?<=[0-9])(?=[¼½¾⅐-⅞])")
_POWER_AFTER_DIGIT = re.compile("(?<=[0-9])(?=[²³¹⁰⁴-⁹])")
_SPACING_MARK = re.compile(r"([\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u2017\u203e\u309b\u309c])")
_SPACE_RUN = re.compile(r"[ \t]{2,}")
_LINE_EDGE = re.compile(r"[ \t]*\n[ \t]*")
_TRAILING_SPACE = re.compile(r"[ \t]+(?=\n)")
_LINE_RUN = re.compile(r"\n{3,}")

_REPAIR = ftfy.TextFixerConfig(unescape_html=False, normalization=None, explain=False)


def normalise_message(raw: str) -> str:
    """The one text of a message that guards scan, models get and the log keeps. Applying it again changes nothing.

    Raises:
        TooLargeError: more than `MAX_CHARS` characters, before or after folding.
        MalformedError: nothing visible is left.
    """
    _refuse_long(raw)
    text = _fold_until_stable(raw)
    _refuse_long(text)
    if not text:
        raise MalformedError("The message is empty.", field="text")
    return text


def describe_changes(raw: str, text: str) -> dict[str, int]:
    """What `normalise_message` changed to make `text` of `raw`, as a count per kind; empty where nothing was.

    Kinds: `escapes` (terminal), `direction` (bidirectional controls), `invisible` (other characters nobody can see),
    `encoding` (read with the wrong one), `compatibility` (other encodings of plain letters), `marks` (stacked), `quotes`
    and `spacing`. A count is of characters, of `escapes` and `encoding` of places.
    """
    if raw == text:
        return {}
    plain = _TERMINAL_ESCAPE.sub("", raw)
    removals = _removals()
    repaired = _repair(_join_surrogates(raw))
    found = Counter(plain)
    gone = {one: count for one, count in found.items() if removals.get(ord(one), "") is None and one != "\r"}
    counts = {
        "escapes": len(_TERMINAL_ESCAPE.findall(raw)),
        "direction": sum(count for one, count in gone.items() if one in _DIRECTION),
        "invisible": sum(count for one, count in gone.items() if one not in _DIRECTION),
        "encoding": int(repaired != plain),
        "compatibility": sum(count for one, count in Counter(repaired).items() if _is_folded(one)),
        "marks": len(repaired) - len(_trim_marks(repaired)),
        "quotes": sum(count for one, count in found.items() if ord(one) in _QUOTES),
    }
    counts["spacing"] = int(not any(counts.values()) or len(plain.split()) != len(plain.split(" ")))
    return {kind: count for kind, count in counts.items() if count}


def _is_folded(character: str) -> bool:
    if character.isascii() or ord(character) in _removals() or _SPACING_MARK.match(character):
        return False
    return _fold_compatible(character) != character


def clean_text(text: str) -> str:
    """A document's text: encoding repaired, NFC, one kind of line break, invisible characters removed.

    Indentation, tabs and runs of spaces stay: they carry structure in Markdown.
    """
    for _ in range(_MAX_PASSES):
        cleaned = _clean_once(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def visible_text(text: str) -> str:
    """As `clean_text`, but letters stay as they were decoded: repairing them takes two seconds a megabyte."""
    for _ in range(_MAX_PASSES):
        visible = _remove_invisible(_TERMINAL_ESCAPE.sub("", text))
        visible = _TRAILING_SPACE.sub("", unicodedata.normalize("NFC", visible))
        if visible == text:
            break
        text = visible
    return text


def _refuse_long(text: str) -> None:
    if len(text) > MAX_CHARS:
        raise TooLargeError(f"The message is longer than {MAX_CHARS} characters.", field="text", limit=MAX_CHARS)


def _fold_until_stable(raw: str) -> str:
    text = raw
    for _ in range(_MAX_PASSES):
        folded = _fold_ascii(text) if text.isascii() else _fold(text)
        if folded == text or len(folded) > MAX_CHARS:
            return folded
        text = folded
    return text


def _fold_ascii(text: str) -> str:
    return _tidy(_remove_invisible(_TERMINAL_ESCAPE.sub("", text)))


def _fold(text: str) -> str:
    text = _remove_invisible(_repair(_join_surrogates(text)))
    text = _POWER_AFTER_DIGIT.sub("^", _FRACTION_AFTER_DIGIT.sub(" ", text))
    folded = _fold_compatible(text)
    if len(folded) > MAX_CHARS:
        return folded
    return _tidy(_trim_marks(_remove_invisible(folded)))


def _fold_compatible(text: str) -> str:
    """NFKC, but an accent that stands alone stays what it is, or `¯` would become a space with a mark on it."""
    parts = _SPACING_MARK.split(text)
    folded = "".join(part if index % 2 else unicodedata.normalize("NFKC", part) for index, part in enumerate(parts))
    return folded.replace("\u2044", "/")


def _clean_once(text: str) -> str:
    visible = _remove_invisible(_repair(_join_surrogates(text)))
    return _TRAILING_SPACE.sub("", unicodedata.normalize("NFC", visible))


def _repair(text: str) -> str:
    """Text that was decoded with the wrong encoding, decoded with the right one; terminal escapes go."""
    text = _TERMINAL_ESCAPE.sub("", text)
    return ftfy.fix_text(text, _REPAIR) if is_bad(text) else text


def _join_surrogates(text: str) -> str:
    """Surrogate pairs become the character they spell; halves without a partner go."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _remove_invisible(text: str) -> str:
    text = text.replace("\r\n", "\n").translate(_removals())
    return text if text.isascii() else _STRAY_JOINER.sub("", text)


def _trim_marks(text: str) -> str:
    """At most `MAX_MARKS` combining marks in a row."""
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if run <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _tidy(text: str) -> str:
    """Single spaces, at most one empty line, nothing at the ends; a run with a tab in it becomes a tab."""
    if "  " in text or "\t" in text:
        text = _SPACE_RUN.sub(lambda run: "\t" if "\t" in run[0] else " ", text)
    if "\n" in text:
        text = _LINE_RUN.sub("\n\n", _LINE_EDGE.sub("\n", text))
    return text.strip()


@cache
def _removals() -> dict[int, str | None]:
    """Translation table: invisible characters to nothing, odd line breaks, spaces and quotes to plain ones."""
    formats = {
        point
        for point in (*range(0x20000), *range(0xE0000, 0xE1000))
        if unicodedata.category(chr(point)) in ("Cc", "Cf")
    }
    nonchars = {point for plane in range(17) for point in (plane * 0x10000 + 0xFFFE, plane * 0x10000 + 0xFFFF)}
    gone = ((formats - _VISIBLE_FORMATS - _JOINERS) | _BLANKS | nonchars) - {0x09, 0x0A}
    return {**dict.fromkeys(sorted(gone)), **_LINE_BREAKS, **_SPACES, **_QUOTES}
