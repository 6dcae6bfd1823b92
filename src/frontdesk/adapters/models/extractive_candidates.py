"""The sentences of a passage that may be quoted, as people read them, with the words that describe them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from frontdesk.adapters.models.extractive_fragments import introduction
from frontdesk.domain.knowledge import Passage
from frontdesk.text.sentences import split_sentences
from frontdesk.text.tokens import content_stems

Kind = Literal["prose", "item", "step", "row"]

_HEADING = re.compile(r"\s*#{1,6}\s+(.*\S)")
_STEP = re.compile(r"\s*\d{1,3}[.)]\s+")
_ITEM = re.compile(r"\s*[-*+•]\s+")
_TABLE_RULE = re.compile(r"[\s|:-]+")
_LINK_ONLY = re.compile(r"\s*(?:[-*+•]\s+)?\[[^\]]*\]\([^)]*\)[.\s]*")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"\*\*|__|`")
_EMPHASIS = re.compile(r"(?<![\w*])([*_])(?=\S)([^*_]+?)(?<=\S)\1(?![\w*])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One sentence, list item or table row."""

    text: str
    """Without mark-up, in the passage's own words."""
    kind: Kind
    position: int
    """Order within the passage."""
    block: int
    """Items and steps of one list share it, and so do the sentences of one paragraph."""
    stems: frozenset[str]
    heading_stems: frozenset[str]
    """Of the nearest heading and of the sentence that introduces a list or table."""


def candidates(passage: Passage) -> tuple[Candidate, ...]:
    """The passage's quotable sentences, in order; headings, rules and lines that are only a link are not."""
    crumbs = " ".join((passage.title, *passage.breadcrumb))
    return _candidates(passage.text, crumbs, passage.language)


@lru_cache(maxsize=4096)
def _candidates(text: str, crumbs: str, language: str) -> tuple[Candidate, ...]:
    """Cached, because the same few passages answer most questions."""
    top = frozenset(content_stems(crumbs, language))
    heading, title, intro = top, "", ""
    header: tuple[str, ...] = ()
    found: list[Candidate] = []
    block = 0
    before: str = "blank"
    for kind, lines in _blocks(text):
        block += 1
        if kind == "heading":
            title, intro = plain(_heading(lines[0])), ""
            heading = top | frozenset(content_stems(title, language))
            continue
        rows = lines
        if kind == "row" and before != "row":
            header, rows = _table(lines)
        about = heading | frozenset(content_stems(intro, language))
        for line in rows:
            for sentence in _quotable(_sentences(line, kind, header), kind, intro, title):
                stems = frozenset(content_stems(sentence, language))
                found.append(
                    Candidate(
                        text=sentence,
                        kind=kind,
                        position=len(found),
                        block=block,
                        stems=stems,
                        heading_stems=about,
                    )
                )
        if kind == "prose":
            intro = found[-1].text if found and found[-1].text.endswith(":") else ""
            found = found[:-1] if intro else found
        before = kind
    return tuple(found)


def _blocks(text: str) -> Iterator[tuple[Kind | Literal["heading"], list[str]]]:
    """Neighbouring lines of one kind; a paragraph's lines are one text."""
    kind: Kind | Literal["heading"] | None = None
    lines: list[str] = []
    for line in text.splitlines():
        this = _kind(line, kind)
        if kind is not None and (this != kind or this == "heading"):
            yield kind, lines
            lines = []
        kind = this
        if this == "prose" and lines:
            lines[-1] += "\n" + line
        elif this is not None:
            lines.append(line)
    if kind is not None:
        yield kind, lines


def _kind(line: str, before: "Kind | Literal['heading'] | None") -> "Kind | Literal['heading'] | None":
    if not line.strip() or _LINK_ONLY.fullmatch(line):
        return None
    if _HEADING.match(line):
        return "heading"
    if line.lstrip().startswith("|"):
        return "row"
    if _STEP.match(line):
        return "step"
    if _ITEM.match(line):
        return "item"
    return before if before in ("item", "step") and line.startswith("  ") else "prose"


def _table(lines: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The header's cells and the rows below the rule; a table without a rule has no header."""
    rules = [index for index, line in enumerate(lines) if _TABLE_RULE.fullmatch(line)]
    if not rules:
        return (), lines
    header = _cells(lines[rules[0] - 1]) if rules[0] > 0 else ()
    return header, lines[rules[0] + 1 :]


def _sentences(line: str, kind: str, header: tuple[str, ...]) -> Iterator[str]:
    if kind == "row":
        if row := _row(line, header):
            yield row
        return
    for span in split_sentences(line):
        if sentence := plain(line[span.start : span.end]):
            yield sentence


def _quotable(sentences: Iterator[str], kind: str, intro: str, title: str) -> Iterator[str]:
    """A list item's sentences; a first one that says nothing alone comes after what introduces the list."""
    for place, sentence in enumerate(sentences):
        if kind != "item":
            yield sentence
        elif place == 0 and (opening := introduction(sentence, intro=intro, heading=title)):
            yield f"{opening} {sentence}"
        elif not sentence[:1].islower():
            yield sentence


def _heading(line: str) -> str:
    match = _HEADING.match(line)
    return match.group(1) if match else line


def _row(line: str, header: tuple[str, ...]) -> str:
    """A table row as a line: `Destination: Mainland Spain · Fee: 8.90 EUR · Working days: 3 to 5.`"""
    cells = _cells(line)
    if len(cells) < 2:
        return cells[0] if cells else ""
    names = header if len(header) == len(cells) else ("",) * len(cells)
    named = [f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell]
    return " · ".join(named) + "."


def _cells(line: str) -> tuple[str, ...]:
    """A cell that is only a link says nothing."""
    cells = line.strip().strip("|").split("|")
    return tuple("" if _LINK_ONLY.fullmatch(cell) else plain(cell) for cell in cells)


def plain(text: str) -> str:
    """Markdown as plain words on one line."""
    text = _EMPHASIS.sub(r"\2", _MARKS.sub("", _LINK.sub(r"\1", text)))
    return " ".join(text.replace("\\", "").split())
