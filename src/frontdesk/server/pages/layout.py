"""A document's blocks as a template draws them: lists and tables whole, headings with places to go to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from frontdesk.server.reading import Block, Run, plain_text

MARK = "quote"
"""Anchor of the first marked passage."""

PartKind = Literal["heading", "paragraph", "quote", "code", "rule", "list", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An item of a list, or a row of a table."""

    anchor: str = ""
    level: int = 0
    marker: str = ""
    runs: tuple[Run, ...] = ()
    cells: tuple[tuple[Run, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All that templates/reading.html draws at once."""

    kind: PartKind
    anchor: str = ""
    level: int = 0
    """2 to 6 for a heading, never skipping one; else how deep in lists it stands."""
    runs: tuple[Run, ...] = ()
    lines: tuple[Line, ...] = ()
    """Items, or rows without the head."""
    head: tuple[tuple[Run, ...], ...] = ()
    """Of a table; empty where it began in an earlier section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A line of a document's contents."""

    anchor: str
    text: str
    level: int


@dataclass(slots=True)
class _Places:
    """What has been met in one document so far."""

    is_marked: bool = False
    headings: int = 0
    level: int = 1
    """Of the newest heading; the page's own is 1."""

    def of_mark(self, runs: Iterable[Run]) -> str:
        """The anchor for the first marked block, and for no other."""
        if self.is_marked or not any(run.is_marked for run in runs):
            return ""
        self.is_marked = True
        return MARK


def lay_out(blocks: Iterable[Block], *, places: Mapping[str, str] | None = None) -> tuple[Part, ...]:
    """The blocks in order, what belongs together in one part.

    Args:
        places: pages of ours by the address that a link names.
    """
    (parts,) = lay_out_sections([blocks], places=places)
    return parts


def lay_out_sections(
    sections: Iterable[Iterable[Block]], *, places: Mapping[str, str] | None = None
) -> list[tuple[Part, ...]]:
    """As `lay_out`, for a document that is shown in sections; a table that goes on in the next one has no head there."""
    met = _Places()
    linked = ((_linked(block, places) for block in section) if places else section for section in sections)
    return [tuple(_part(group, met) for group in _together(section)) for section in linked]


def contents(parts: Iterable[Part]) -> tuple[Heading, ...]:
    """The headings among them."""
    return tuple(
        Heading(anchor=part.anchor, text=plain_text(part.runs), level=part.level)
        for part in parts
        if part.kind == "heading"
    )


def first_words(blocks: Iterable[Block], limit: int) -> str:
    """How the document begins, cut between words."""
    text = next((plain_text(block.runs) for block in blocks if block.kind == "paragraph"), "")
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0].rstrip(",;:") + "…"


def _linked(block: Block, places: Mapping[str, str]) -> Block:
    cells = tuple(tuple(_led(run, places) for run in cell) for cell in block.cells)
    return replace(block, runs=tuple(_led(run, places) for run in block.runs), cells=cells)


def _led(run: Run, places: Mapping[str, str]) -> Run:
    return replace(run, href=places[run.href]) if run.href in places else run


def _together(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Items that follow each other are a list, a head with the rows below it is a table; the rest stands alone."""
    group: list[Block] = []
    for block in blocks:
        is_more = block.kind == "item" or (block.kind == "row" and block.level > 0)
        if group and not (is_more and group[-1].kind == block.kind):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _part(group: list[Block], met: _Places) -> Part:
    first = group[0]
    if first.kind == "heading":
        return _heading(first, met)
    if first.kind == "item":
        return Part(kind="list", lines=tuple(_item(block, met) for block in group))
    if first.kind == "row":
        return _table(group, met)
    return Part(kind=first.kind, anchor=met.of_mark(first.runs), level=first.level, runs=first.runs)


def _heading(block: Block, met: _Places) -> Part:
    met.headings += 1
    met.level = max(2, min(block.level, met.level + 1))
    anchor = met.of_mark(block.runs) or f"part-{met.headings}"
    return Part(kind="heading", anchor=anchor, level=met.level, runs=block.runs)


def _table(group: list[Block], met: _Places) -> Part:
    first = group[0]
    if first.level > 0:
        return Part(kind="table", lines=tuple(_row(block, met) for block in group))
    anchor = met.of_mark(run for cell in first.cells for run in cell)
    return Part(kind="table", anchor=anchor, head=first.cells, lines=tuple(_row(block, met) for block in group[1:]))


def _item(block: Block, met: _Places) -> Line:
    return Line(anchor=met.of_mark(block.runs), level=block.level, marker=block.marker, runs=block.runs)


def _row(block: Block, met: _Places) -> Line:
    return Line(anchor=met.of_mark(run for cell in block.cells for run in cell), cells=block.cells)
