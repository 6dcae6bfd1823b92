"""Text with marks on it: pieces in order, each with a tone or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

MarkTone = Literal["", "good", "warn", "bad"]
_WEIGHT = {"": 0, "good": 1, "warn": 2, "bad": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    text: str
    tone: MarkTone = ""
    """Empty where nothing is marked."""
    title: str = ""
    """What the mark says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a text, from `start` up to `end`."""

    start: int
    end: int
    tone: MarkTone
    title: str = ""


def mark(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
    """The whole text in pieces; where marks overlap, the heavier tone shows. Offsets beyond the text are cut."""
    inside = [span for span in spans if 0 <= span.start < min(span.end, len(text))]
    edges = sorted({0, len(text), *(span.start for span in inside), *(min(span.end, len(text)) for span in inside)})
    pieces: list[Piece] = []
    for start, end in pairwise(edges):
        here = [span for span in inside if span.start <= start and span.end >= end]
        tone: MarkTone = max((span.tone for span in here), key=_WEIGHT.__getitem__, default="")
        title = ", ".join(dict.fromkeys(span.title for span in here if span.title))
        pieces.append(Piece(text=text[start:end], tone=tone, title=title))
    return _joined(pieces)


def around(text: str, start: int, end: int, *, chars: int = 160) -> tuple[Piece, ...]:
    """A passage's words with what stands about them; cut at both sides where it is long."""
    if not 0 <= start < end <= len(text):
        return mark(text, ())
    first = 0 if start <= chars else _after_space(text, start - chars, start)
    last = len(text) if len(text) - end <= chars else _before_space(text, end, end + chars)
    before, after = text[first:start], text[end:last]
    return tuple(
        piece
        for piece in (
            Piece(text=("…" if first else "") + before),
            Piece(text=text[start:end], tone="good"),
            Piece(text=after + ("…" if last < len(text) else "")),
        )
        if piece.text
    )


def _after_space(text: str, low: int, high: int) -> int:
    """Where the first whole word between the two begins."""
    found = text.find(" ", low, high)
    return high if found < 0 else found + 1


def _before_space(text: str, low: int, high: int) -> int:
    """Where the last whole word between the two ends."""
    found = text.rfind(" ", low, high)
    return low if found < 0 else found


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Neighbours that are marked alike become one."""
    found: list[Piece] = []
    for piece in pieces:
        if found and (found[-1].tone, found[-1].title) == (piece.tone, piece.title):
            found[-1] = Piece(text=found[-1].text + piece.text, tone=piece.tone, title=piece.title)
        else:
            found.append(piece)
    return tuple(found)
