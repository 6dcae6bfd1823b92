"""Blocks with a passage marked in them."""

from collections.abc import Iterable
from itertools import groupby

from frontdesk.server.reading.inline import Span
from frontdesk.server.reading.structure import Part, Piece, read_parts
from frontdesk.server.reading.values import Block, Run, plain_text

Range = tuple[int, int]


def read_blocks(text: str, *, marked: Range | None = None) -> tuple[Block, ...]:
    """The document as blocks, in order.

    Args:
        text: Markdown. HTML in it is text like any other.
        marked: offsets into `text`; every visible character between them is marked, whatever blocks, cells and
            emphasis it is spread over.
    """
    return tuple(_block(part, marked) for part in read_parts(text))


def in_one_line(text: str) -> str:
    """The words of some Markdown alone; what stood apart keeps a sign between."""
    said = ""
    for block in read_blocks(text):
        line = " · ".join(filter(None, map(plain_text, block.cells))) or plain_text(block.runs)
        said += f"{line} " if line.endswith((".", "!", "?", ":", ";")) else f"{line}; "
    return " ".join(said.split()).rstrip(";")


def _block(part: Part, marked: Range | None) -> Block:
    drawn = tuple(_runs(piece, marked) for piece in part.pieces)
    is_row = part.kind == "row"
    return Block(
        kind=part.kind,
        level=part.level,
        marker=part.marker,
        runs=() if is_row or not drawn else drawn[0],
        cells=drawn if is_row else (),
        start=part.start,
    )


def _runs(piece: Piece, marked: Range | None) -> tuple[Run, ...]:
    """Neighbours that look alike are one run."""
    bounds = (piece.place_of(marked[0]), piece.place_of(marked[1])) if marked else (0, 0)
    runs = (_run(span, is_marked) for whole in piece.spans if whole.text for span, is_marked in _cut(whole, bounds))
    return tuple(_joined(group) for _, group in groupby(runs, key=_look))


def _cut(span: Span, bounds: Range) -> Iterable[tuple[Span, bool]]:
    """The parts of a span before, within and after the bounds; one that stands for something else stays whole."""
    first, end = max(span.start, bounds[0]), min(span.end, bounds[1])
    if first >= end:
        return [(span, False)]
    if len(span.text) != span.end - span.start:
        return [(span, True)]
    stretches = ((span.start, first, False), (first, end, True), (end, span.end, False))
    return [(_part(span, start, stop), is_marked) for start, stop, is_marked in stretches if start < stop]


def _part(span: Span, start: int, end: int) -> Span:
    return Span(
        text=span.text[start - span.start : end - span.start],
        start=start,
        end=end,
        is_strong=span.is_strong,
        is_emphasis=span.is_emphasis,
        is_code=span.is_code,
        href=span.href,
    )


def _run(span: Span, is_marked: bool) -> Run:
    return Run(
        text=span.text,
        is_marked=is_marked,
        is_strong=span.is_strong,
        is_emphasis=span.is_emphasis,
        is_code=span.is_code,
        href=span.href,
    )


def _look(run: Run) -> tuple[bool, bool, bool, bool, str]:
    return run.is_marked, run.is_strong, run.is_emphasis, run.is_code, run.href


def _joined(group: Iterable[Run]) -> Run:
    runs = list(group)
    first = runs[0]
    if len(runs) == 1:
        return first
    return Run(
        text="".join(run.text for run in runs),
        is_marked=first.is_marked,
        is_strong=first.is_strong,
        is_emphasis=first.is_emphasis,
        is_code=first.is_code,
        href=first.href,
    )
