"""The blocks of a document, each with the words it holds and where in the source they stand."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from frontdesk.server.reading.inline import Span, fold_label, read_inline
from frontdesk.server.reading.values import BlockKind

MAX_CHARS = 300_000
"""A longer document is shown paragraph by paragraph as it was typed."""
_NESTING = 60
"""Levels of lists and quotes; a list takes two. What lies deeper is shown as it was typed."""
_BULLET = "•"
_PARAGRAPH = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_DEFINITION = re.compile(
    r" {0,3}\[([^\[\]\n]{1,200})\]:[ \t]{0,9}(<[^<>\n]{1,1000}>|[^\s<>]{1,1000})(?:[ \t]{1,9}[\"'(][^\n]{0,300})?"
)
_ONLY_MARKERS = re.compile(r"(?:[ \t>]|[-*+](?![^ \t])|\d{1,9}[.)](?![^ \t]))*+")
_CELL_BORDER = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one block or cell, with the places they were read from."""

    spans: tuple[Span, ...]
    origins: tuple[tuple[int, int], ...]
    """Offset in the piece and offset in the source, for every stretch that stands in both alike."""
    length: int

    def place_of(self, source: int) -> int:
        """Where in the piece the source's offset lies, or the next thing after it."""
        number = bisect_right(self.origins, source, key=lambda origin: origin[1]) - 1
        if number < 0:
            return 0
        here, there = self.origins[number]
        following = self.origins[number + 1][0] if number + 1 < len(self.origins) else self.length
        return min(here + source - there, following)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block before a passage is marked in it."""

    start: int
    """Offset in the source of the line it begins on."""
    kind: BlockKind
    level: int = 0
    marker: str = ""
    pieces: tuple[Piece, ...] = ()
    """One, or one per cell of a row."""


@lru_cache(maxsize=128)
def read_parts(text: str) -> tuple[Part, ...]:
    """The document's blocks in order; kept, since readers come to the same ones."""
    text = text.replace("\r\n", " \n").replace("\r", "\n").replace("\0", "\ufffd")  # every offset stays what it was
    if len(text) > MAX_CHARS:
        return tuple(_as_typed(text))
    reader = _Reader(text)
    reader.read(_parser().parse(text))
    return tuple(sorted(reader.parts, key=lambda part: part.start))


@cache
def _parser() -> MarkdownIt:
    """Blocks only, of CommonMark with tables and without HTML."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTING}).enable("table")
    return parser.disable(["inline", "text_join", "reference", "html_block"])


def _as_typed(text: str) -> Iterator[Part]:
    for match in _PARAGRAPH.finditer(text):
        content = match[0]
        span = Span(text=content, start=0, end=len(content))
        yield Part(start=match.start(), kind="paragraph", pieces=(Piece((span,), ((0, match.start()),), len(content)),))


@dataclass(slots=True)
class _Reader:
    text: str
    parts: list[Part] = field(default_factory=list)
    lines: list[str] = field(init=False)
    starts: list[int] = field(init=False)
    """Offset of each line."""
    shown: set[int] = field(default_factory=set)
    """Lines that are part of a block."""
    markers: list[str] = field(default_factory=list)
    """Of the list items around what is read; each goes to the first block of its item."""
    quotes: int = 0

    def __post_init__(self) -> None:
        self.lines = self.text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def read(self, tokens: Sequence[Token]) -> None:
        references = _references(tokens)
        number = 0
        while number < len(tokens):
            number = self._read_block(tokens, number, references)
        self._add_left_out()

    def _read_block(self, tokens: Sequence[Token], number: int, references: Mapping[str, str]) -> int:
        """Add what begins at the token; the number of the next one."""
        token = tokens[number]
        match token.type:
            case "list_item_open":
                self.markers.append(f"{token.info}{token.markup}" if token.info else _BULLET)
            case "list_item_close":
                self.markers.pop()
            case "blockquote_open":
                self.quotes += 1
            case "blockquote_close":
                self.quotes -= 1
            case "heading_open" | "paragraph_open":
                self._add_text(token, tokens[number + 1], references)
                return number + 3
            case "table_open":
                return self._add_table(tokens, number, references)
            case "fence" | "code_block":
                self._add_code(token)
            case "hr":
                self._add(token, "rule")
        return number + 1

    def _add(self, token: Token, kind: BlockKind, *pieces: Piece, level: int | None = None, marker: str = "") -> None:
        first, end = token.map or (0, 0)
        self.shown.update(range(first, end))
        depth = len(self.markers) if level is None else level
        self.parts.append(Part(start=self.starts[first], kind=kind, level=depth, marker=marker, pieces=pieces))

    def _add_text(self, opening: Token, inline: Token, references: Mapping[str, str]) -> None:
        piece = _piece(inline.content, self._origins(inline.content, inline), references)
        if opening.type == "heading_open":
            self._add(opening, "heading", piece, level=int(opening.tag[1:]))
        elif _definitions(inline.content):
            self.shown.update(range(*(opening.map or (0, 0))))
        elif self.markers:
            self._add(opening, "item", piece, marker=self._take_marker())
        else:
            self._add(opening, "quote" if self.quotes else "paragraph", piece)

    def _take_marker(self) -> str:
        marker, self.markers[-1] = self.markers[-1], ""
        return marker

    def _origins(self, content: str, token: Token) -> tuple[tuple[int, int], ...]:
        """The parser takes prefixes off each line and blanks off the ends, so lines are laid side by side at their ends."""
        first, _ = token.map or (0, 0)
        found, place = [], 0
        for number, line in enumerate(content.split("\n"), first):
            width = len(line.rstrip())
            end = self.starts[number] + len(self.lines[number].rstrip())
            if not self.lines[number].rstrip().endswith(line.rstrip()):
                end = self._end_within(number, line.rstrip(), end)
            found.append((place, max(self.starts[number], end - width)))
            place += len(line) + 1
        return tuple(found)

    def _end_within(self, number: int, words: str, end: int) -> int:
        """Of a heading that is closed by marks."""
        at = self.lines[number].rfind(words)
        return self.starts[number] + at + len(words) if at >= 0 else end

    def _add_code(self, token: Token) -> None:
        content = token.content.removesuffix("\n")
        first, _ = token.map or (0, 0)
        found, place = [], 0
        for number, line in enumerate(content.split("\n"), first + (token.type == "fence")):
            if number < len(self.lines):
                start = self.starts[number] + len(self.lines[number]) - len(line)
                found.append((place, max(self.starts[number], start)))
            place += len(line) + 1
        span = Span(text=content, start=0, end=len(content))
        self._add(token, "code", Piece((span,), tuple(found), len(content)))

    def _add_table(self, tokens: Sequence[Token], number: int, references: Mapping[str, str]) -> int:
        self.shown.update(range(*(tokens[number].map or (0, 0))))
        width = 0
        is_head = True
        while tokens[number].type != "table_close":
            if tokens[number].type == "tr_open":
                pieces = self._cells(tokens, number, references)
                width = width or len(pieces)
                pieces += [Piece((), (), 0)] * (width - len(pieces))
                self._add(tokens[number], "row", *pieces, level=0 if is_head else 1)
                is_head = False
            number += 1
        return number + 1

    def _cells(self, tokens: Sequence[Token], number: int, references: Mapping[str, str]) -> list[Piece]:
        """Of the row that opens here. Cells beyond those of the head, which the parser drops, are kept."""
        line, _ = tokens[number].map or (0, 0)
        source, start = self.lines[line], self.starts[line]
        cells: list[tuple[int, int]] = []
        cursor = 0
        while tokens[number].type != "tr_close":
            if tokens[number].type == "inline":
                typed = tokens[number].content.replace("|", r"\|")
                at = max(cursor, source.find(typed, cursor)) if typed else cursor
                cells.append((at, at + len(typed)))
                cursor = at + len(typed)
            number += 1
        cells += _cells_left(source, cursor)
        return [_cell(source[first:end], start + first, references) for first, end in cells]

    def _add_left_out(self) -> None:
        """What lies too deep for the parser is there all the same."""
        for number, line in enumerate(self.lines):
            if number in self.shown or not line.strip() or _ONLY_MARKERS.fullmatch(line):
                continue
            span = Span(text=line, start=0, end=len(line))
            piece = Piece((span,), ((0, self.starts[number]),), len(line))
            self.parts.append(Part(start=self.starts[number], kind="paragraph", pieces=(piece,)))


def _piece(content: str, origins: tuple[tuple[int, int], ...], references: Mapping[str, str]) -> Piece:
    return Piece(read_inline(content, references), origins, len(content))


def _cell(typed: str, start: int, references: Mapping[str, str]) -> Piece:
    """A cell's words; the backslash before a border that is meant as a letter is gone."""
    origins = [(0, start)]
    content = ""
    for place, part in enumerate(typed.split(r"\|")):
        if place:
            start += len(r"\|")
            content += "|"
            origins += [(len(content) - 1, start - 1), (len(content), start)]
        content += part
        start += len(part)
    return _piece(content, tuple(origins), references)


def _cells_left(source: str, cursor: int) -> Iterator[tuple[int, int]]:
    """What stands behind the last cell that has a column."""
    borders = [match.end() for match in _CELL_BORDER.finditer(source, cursor)]
    for first, following in zip(borders, [*borders[1:], len(source) + 1], strict=False):
        words = source[first : following - 1]
        if words.strip():
            at = first + len(words) - len(words.lstrip())
            yield at, at + len(words.strip())


def _references(tokens: Iterable[Token]) -> dict[str, str]:
    found: dict[str, str] = {}
    for token in tokens:
        if token.type == "inline":
            for label, target in _definitions(token.content):
                found.setdefault(fold_label(label), target)
    return found


def _definitions(content: str) -> list[tuple[str, str]]:
    """Labels and targets of a paragraph that is nothing else; none of any other."""
    if not content.startswith("["):
        return []
    matches = [_DEFINITION.fullmatch(line.rstrip()) for line in content.split("\n")]
    return (
        [(match[1], match[2].removeprefix("<").removesuffix(">")) for match in matches if match] if all(matches) else []
    )
