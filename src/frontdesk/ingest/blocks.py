"""Markdown as a row of blocks, each a slice of the text. Linear in the length, never raises."""

import itertools
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

MAX_HEADING = 200
"""Characters; a longer line that starts with # is a paragraph someone marked by mistake."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]{0,200})$")
_ITEM = re.compile(r"( {0,12})(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_DELIMITER = re.compile(r" {0,3}\|?[ \t]*:?-{1,200}:?[ \t]*(?:\|[ \t]*:?-{1,200}:?[ \t]*){0,99}\|?[ \t]*$")
_EMPHASIS = re.compile(r"\*{1,3}|_{2,3}|`|~~")
_LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()\s]{0,500}\)")
_ANCHOR = re.compile(r"[ \t]*\{#[\w-]{1,80}\}$")

Kind = Literal["heading", "paragraph", "list", "table", "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    kind: Kind
    start: int
    end: int
    """Without the line break at its end."""
    level: int = 0
    """1 to 6 for a heading."""
    title: str = ""
    """A heading's words without markup."""
    parts: tuple[tuple[int, int], ...] = ()
    """Items of a list, rows of a table (the two rows of its head first)."""


class _Line(NamedTuple):
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def scan_blocks(text: str) -> list[Block]:
    """The blocks in order; only empty lines lie between them. A fence that is never closed is a paragraph."""
    lines = _lines(text)
    unclosed: dict[str, int] = {}
    blocks: list[Block] = []
    number = 0
    while number < len(lines):
        if not lines[number].text.strip():
            number += 1
            continue
        block, number = _block(lines, number, unclosed)
        blocks.append(block)
    return blocks


def heading_title(line: str) -> str:
    """A heading's words: without marks, emphasis, link targets and anchors."""
    words = line.strip().lstrip("#").strip()
    if words.endswith("#"):
        words = words.rstrip("#").rstrip()
    words = _ANCHOR.sub("", words)
    return " ".join(_EMPHASIS.sub("", _LINK.sub(r"\1", words)).split())


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    position = 0
    for line in text.split("\n"):
        lines.append(_Line(line, position))
        position += len(line) + 1
    return lines


def _block(lines: list[_Line], number: int, unclosed: dict[str, int]) -> tuple[Block, int]:
    line = lines[number]
    if level := _heading_level(line.text):
        block = Block(kind="heading", start=line.start, end=line.end, level=level, title=heading_title(line.text))
        return block, number + 1
    if closing := _closing_fence(lines, number, unclosed):
        return _span("code", lines, number, closing + 1), closing + 1
    if _is_table(lines, number):
        return _table(lines, number)
    if _ITEM.match(line.text):
        return _list(lines, number)
    end = number + 1
    while end < len(lines) and _continues_paragraph(lines, end):
        end += 1
    return _span("paragraph", lines, number, end), end


def _span(kind: Kind, lines: list[_Line], first: int, end: int) -> Block:
    return Block(kind=kind, start=lines[first].start, end=lines[end - 1].end)


def _heading_level(line: str) -> int:
    stripped = line.lstrip(" ")
    level = len(stripped[:7]) - len(stripped[:7].lstrip("#"))
    is_heading = (
        1 <= level <= 6
        and len(line) - len(stripped) <= 3
        and len(stripped) <= MAX_HEADING
        and stripped[level : level + 1] in ("", " ", "\t")
    )
    return level if is_heading and heading_title(line) else 0


def _closing_fence(lines: list[_Line], number: int, unclosed: dict[str, int]) -> int:
    """Line of the fence that closes the one here; 0 when here is none or it is never closed.

    `unclosed` remembers per character the shortest fence without an end, so that no search is made twice.
    """
    opening = _FENCE.match(lines[number].text)
    if not opening:
        return 0
    mark, length = opening[1][0], len(opening[1])
    if length >= unclosed.get(mark, length + 1):
        return 0
    for end in range(number + 1, len(lines)):
        text = lines[end].text.strip()
        if len(text) >= length and text.startswith(mark * 3) and not text.strip(mark):
            return end
    unclosed[mark] = length
    return 0


def _is_table(lines: list[_Line], number: int) -> bool:
    following = lines[number + 1].text if number + 1 < len(lines) else ""
    return "|" in lines[number].text and ("|" in following or ":" in following) and bool(_DELIMITER.match(following))


def _table(lines: list[_Line], number: int) -> tuple[Block, int]:
    end = number + 2
    while end < len(lines) and "|" in lines[end].text and not _heading_level(lines[end].text):
        end += 1
    rows = tuple((line.start, line.end) for line in lines[number:end])
    return Block(kind="table", start=rows[0][0], end=rows[-1][1], parts=rows), end


def _list(lines: list[_Line], number: int) -> tuple[Block, int]:
    """A list with its nested lists and indented paragraphs; its parts are the outermost items."""
    outer = _indent(lines[number].text) + 1
    starts = [number]
    end = number + 1
    while end < len(lines):
        text = lines[end].text
        item = _ITEM.match(text)
        after_gap = not lines[end - 1].text.strip()
        if text.strip() and not (item or _indent(text) >= 2 or (not after_gap and _continues_paragraph(lines, end))):
            break
        if item and _indent(text) <= outer:
            starts.append(end)
        end += 1
    while not lines[end - 1].text.strip():
        end -= 1
    borders = [*starts, end]
    parts = tuple((lines[first].start, lines[after - 1].end) for first, after in itertools.pairwise(borders))
    return Block(kind="list", start=parts[0][0], end=parts[-1][1], parts=parts), end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _continues_paragraph(lines: list[_Line], number: int) -> bool:
    text = lines[number].text
    if not text.strip() or _heading_level(text) or _ITEM.match(text) or _is_table(lines, number):
        return False
    return not _FENCE.match(text)
