"""What the passages say, taken apart once a turn, and the sentences of them that bear on a claim."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from frontdesk.text.quantities import Quantity
from frontdesk.text.sentences import split_sentences
from frontdesk.turn.grounding.analysis import Piece, analyse, masked

Rarity = Callable[[str], float]
"""Weight of a content stem: 0 to 1, larger for rarer words."""
_LARGEST_WINDOW = 3
"""Sentences of one passage that may bear on a claim together: what a merged or summed-up sentence draws on."""
_LEAST_GAIN = 0.08
"""Share of a claim's weight that a further sentence must add (a guess; 0.05 to 0.15 measure alike)."""
_QUOTED = 100.0
"""Puts a sentence that the claim repeats before every other."""
_PREFIX = 5
"""Letters that two stems of one family share: access, accessible."""
_FAMILY_CREDIT = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageEvidence:
    """One passage, taken apart."""

    pieces: tuple[Piece, ...]
    stems: frozenset[str]
    joined: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    triples: frozenset[tuple[str, str, str]]
    words: frozenset[str]
    amounts: tuple[Quantity, ...]
    sentences: frozenset[tuple[str, ...]]
    """The words of each of its sentences."""
    running: str
    """All its words with one blank between and around them."""
    heading: frozenset[str]
    """Stems of its title and breadcrumb: said of every sentence of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The sentences of one passage that bear on a claim, most bearing first."""

    passage: int
    pieces: tuple[Piece, ...]
    context: tuple[Piece, ...]
    """Questions and headings right before them: they lend words and never amounts."""
    coverage: float
    """Share of the claim's weight that its first sentence with its context carries."""
    is_quoted: bool
    """The claim is its first sentence, word for word."""


@lru_cache(maxsize=256)
def take_apart(text: str, heading: str, language: str) -> PassageEvidence:
    """A passage ready for comparison; kept, since the sentences of an answer meet the same passages.

    About 75 KiB for 100 words, so that all that is kept stays under 20 MiB.
    """
    visible = masked(text)
    pieces = tuple(analyse(visible, span.start, span.end, language) for span in split_sentences(visible))
    tokens = [piece.tokens for piece in pieces]
    return PassageEvidence(
        pieces=pieces,
        stems=frozenset().union(*(piece.stems for piece in pieces)),
        joined=frozenset().union(*(piece.joined for piece in pieces)),
        pairs=frozenset().union(*(piece.pairs for piece in pieces)),
        triples=frozenset(three for words in tokens for three in zip(words, words[1:], words[2:], strict=False)),
        words=frozenset(word for words in tokens for word in words),
        sentences=frozenset(tokens),
        running=f" {' '.join(word for words in tokens for word in words)} ",
        amounts=tuple(amount for piece in pieces for amount in piece.amounts),
        heading=analyse(heading, 0, len(heading), language).stems if heading else frozenset(),
    )


def weigh(stems: frozenset[str], rarity: Rarity) -> float:
    return sum(map(rarity, stems))


def covered(claim: Piece, stems: frozenset[str], joined: frozenset[str]) -> frozenset[str]:
    """The claim's content that is among the stems, written together or apart alike."""
    plain = claim.stems & stems
    if len(plain) == len(claim.stems):
        return plain
    written, apart = joined & _singular(claim.tokens), claim.joined & stems
    if not written and not apart:
        return plain
    together = frozenset(
        stem for stem in claim.stems - plain if any(word.startswith(stem[:_PREFIX]) for word in written)
    )
    halves = frozenset(stem for stem in claim.stems - plain if any(stem in word for word in apart))
    return plain | together | halves


@lru_cache(maxsize=256)
def _singular(tokens: tuple[str, ...]) -> frozenset[str]:
    """Kept, since a claim meets many sentences."""
    return frozenset(token.rstrip("s") for token in tokens)


def kin(missing: frozenset[str], stems: frozenset[str]) -> frozenset[str]:
    """Stems that share a beginning with one that is there: `vegetar` and `vegetarian`."""
    if not missing:
        return missing
    heads = {stem[:_PREFIX] for stem in stems if len(stem) >= _PREFIX}
    return frozenset(stem for stem in missing if len(stem) >= _PREFIX and stem[:_PREFIX] in heads)


def coverage(claim: Piece, stems: frozenset[str], joined: frozenset[str], rarity: Rarity) -> float:
    """Share of the claim's weight that the stems carry; 1 for a claim without content."""
    total = weigh(claim.stems, rarity)
    if total <= 0:
        return 1.0
    there = covered(claim, stems, joined)
    near = kin(claim.stems - there, stems)
    return min(1.0, (weigh(there, rarity) + _FAMILY_CREDIT * weigh(near, rarity)) / total)


def find_windows(claim: Piece, passages: Sequence[PassageEvidence], rarity: Rarity) -> list[Window]:
    """The bearing sentences of every passage that has any, the most bearing passage first."""
    total = weigh(claim.stems, rarity) or 1.0
    found = [
        window
        for index, passage in enumerate(passages)
        if (window := _window(claim, index, passage, rarity, total)) is not None
    ]
    found.sort(key=lambda window: (not window.is_quoted, -window.coverage, window.passage))
    return found


def _window(claim: Piece, index: int, passage: PassageEvidence, rarity: Rarity, total: float) -> Window | None:
    scored = [
        (_overlap(claim, piece, rarity), -place) for place, piece in enumerate(passage.pieces) if not _is_lead(piece)
    ]
    scored = scored or [(_overlap(claim, piece, rarity), -place) for place, piece in enumerate(passage.pieces)]
    if not scored or (max(scored)[0] <= 0 and claim.stems):
        return None
    place = -max(scored)[1]
    chosen = [place]
    left = claim.stems - covered(claim, passage.pieces[place].stems, passage.pieces[place].joined)
    while left and len(chosen) < _LARGEST_WINDOW:
        gains = [
            (weigh(left & piece.stems, rarity), -other)
            for other, piece in enumerate(passage.pieces)
            if other not in chosen and not _is_lead(piece)
        ]
        if not gains or max(gains)[0] < _LEAST_GAIN * total:
            break
        chosen.append(-max(gains)[1])
        left -= passage.pieces[chosen[-1]].stems
    pieces = tuple(passage.pieces[place] for place in chosen)
    context = _context(passage, place)
    lent = frozenset[str]().union(pieces[0].stems, passage.heading, *(piece.stems for piece in context))
    share = coverage(claim, lent, pieces[0].joined.union(*(piece.joined for piece in context)), rarity)
    quoted = pieces[0].tokens == claim.tokens
    return Window(passage=index, pieces=pieces, context=context, coverage=share, is_quoted=quoted)


def _context(passage: PassageEvidence, place: int) -> tuple[Piece, ...]:
    """The question or heading that the sentence at a place answers, and what stands between."""
    for before in range(place - 1, max(-1, place - 4), -1):
        if _is_lead(passage.pieces[before]):
            return passage.pieces[before:place][:1]
    return passage.pieces[place - 1 : place] if place else ()


def _is_lead(piece: Piece) -> bool:
    return piece.is_question


def _overlap(claim: Piece, piece: Piece, rarity: Rarity) -> float:
    """Shared weight, with a little for shared wording and amounts, so that the closest of like sentences wins."""
    stems = claim.stems & piece.stems
    shared = weigh(stems, rarity) if stems else 0.0
    near = 0
    if claim.amounts and piece.amounts:
        near = sum(1 for amount in claim.amounts for other in piece.amounts if amount.value == other.value)
    return shared + 0.02 * len(claim.pairs & piece.pairs) + 0.3 * near + _QUOTED * (claim.tokens == piece.tokens)
