"""The exact words of a passage that carry a claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from frontdesk.domain.knowledge import Passage
from frontdesk.domain.turn import Evidence
from frontdesk.turn.grounding.analysis import Piece, analyse, masked
from frontdesk.turn.grounding.evidence import PassageEvidence, Window, take_apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a turn's claims are held against: its passages, taken apart once."""

    passages: tuple[Passage, ...]
    evidence: tuple[PassageEvidence, ...]
    question: Piece | None
    language: str


def prepare(passages: Sequence[Passage], *, question: str, language: str) -> Grounds:
    """Take the passages apart, each in its own language; those met before are remembered."""
    return Grounds(
        passages=tuple(passages),
        evidence=tuple(
            take_apart(passage.text, _heading(passage), passage.language or language) for passage in passages
        ),
        question=_take_question_apart(question, language),
        language=language,
    )


@lru_cache(maxsize=256)
def _take_question_apart(question: str, language: str) -> Piece | None:
    """Kept, since every sentence of an answer meets the same question."""
    asked = masked(question)
    return analyse(asked, 0, len(asked), language) if asked.strip() else None


def cite(window: Window, grounds: Grounds) -> Evidence:
    """The bearing sentence, with the others that bear on the claim where they stand right beside it."""
    passage = grounds.passages[window.passage]
    start, end = _stretch(window, grounds.evidence[window.passage])
    return Evidence(
        passage=window.passage, chunk_id=passage.chunk_id, quote=passage.text[start:end], start=start, end=end
    )


def window_text(window: Window, grounds: Grounds) -> str:
    """The sentences that bear on a claim and the question or heading before them, in the order of the passage."""
    text = grounds.passages[window.passage].text
    spans = sorted({(piece.start, piece.end) for piece in (*window.pieces, *window.context)})
    return " ".join(text[start:end] for start, end in spans)


def _stretch(window: Window, evidence: PassageEvidence) -> tuple[int, int]:
    places = {piece.start: place for place, piece in enumerate(evidence.pieces)}
    chosen = {places[piece.start] for piece in window.pieces}
    first = last = places[window.pieces[0].start]
    while first - 1 in chosen:
        first -= 1
    while last + 1 in chosen:
        last += 1
    return evidence.pieces[first].start, evidence.pieces[last].end


def _heading(passage: Passage) -> str:
    return " ".join(dict.fromkeys((passage.title, *passage.breadcrumb)))
