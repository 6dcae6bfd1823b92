"""What tells a supported claim from an unsupported one, as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

from frontdesk.text.quantities import Quantity
from frontdesk.turn.grounding.amounts import is_among, is_comparable
from frontdesk.turn.grounding.analysis import Piece
from frontdesk.turn.grounding.contradictions import find_contradictions
from frontdesk.turn.grounding.evidence import (
    PassageEvidence,
    Rarity,
    Window,
    coverage,
    covered,
    find_windows,
    kin,
    weigh,
)
from frontdesk.turn.grounding.lexicon import speaker_words

RATIOS = (
    "cover_best",
    "cover_window",
    "cover_all",
    "pairs_window",
    "pairs_all",
    "triples_all",
    "words_all",
    "run",
    "order",
    "recall_evidence",
    "recall_lead",
    "speaker",
    "repeats",
    "agrees_opening",
    "own_opening",
)
"""Averaged over the sentences of an answer, each weighing as much as its content."""
COUNTS = (
    "missing_window",
    "missing_all",
    "names_missing",
    "amounts_apart",
    "amounts_absent",
    "amounts_there",
    "denial_clash",
    "denials_more",
    "denials_fewer",
    "opposites",
    "question",
    "contradictions",
)
"""Summed over the sentences of an answer."""
WORST = ("cover_window", "pairs_all")
"""Also taken from the sentence where they are least."""
WHOLE = ("most_speaker", "content_log", "sentences", "talk_share", "opens_yes", "opens_no", "asks", "claims_nothing")
VECTOR_NAMES = ("cosine", "worst_cosine")
"""Cosine of a claim and the sentences that bear on it: averaged, and where it is least."""
NAMES = (*RATIOS, *COUNTS, *(f"worst_{name}" for name in WORST), *WHOLE)


_ALIKE = 0.05
"""Coverage by which two windows bear on a claim alike (a guess)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One claim against what the passages say."""

    piece: Piece
    windows: list[Window]
    """Most bearing first; empty when nothing bears on it."""
    values: dict[str, float]
    contradictions: tuple[str, ...]


def compare(
    claim: Piece, passages: Sequence[PassageEvidence], question: Piece | None, rarity: Rarity, language: str
) -> Comparison:
    """Measure one claim; the question lends its words and amounts, since an answer may repeat them."""
    windows, reasons = _least_contradicted(claim, find_windows(claim, passages, rarity), passages, question, rarity)
    values = _wording(claim, windows, passages, rarity)
    values |= _coverage(claim, windows, passages, question, rarity)
    values |= _amounts(claim, windows, passages, question)
    values |= _polarity(claim, windows)
    values |= _manner(claim, language)
    values["contradictions"] = float(len(reasons))
    return Comparison(piece=claim, windows=windows, values=values, contradictions=reasons)


def _least_contradicted(
    claim: Piece,
    windows: list[Window],
    passages: Sequence[PassageEvidence],
    question: Piece | None,
    rarity: Rarity,
) -> tuple[list[Window], tuple[str, ...]]:
    """The windows and what contradicts the claim; of windows that bear alike, one that does not contradict goes first.

    Neighbouring articles speak of the same thing in other cases: what one of them supports is supported.
    """
    reasons = find_contradictions(claim, windows, passages, question, rarity)
    for place, window in enumerate(windows[1:], start=1) if reasons else ():
        if window.coverage < windows[0].coverage - _ALIKE:
            break
        reordered = [window, *windows[:place], *windows[place + 1 :]]
        if not find_contradictions(claim, reordered, passages, question, rarity):
            return reordered, ()
    return windows, reasons


def summarise(comparisons: Sequence[Comparison], *, talk_share: float, asks: int, claims_nothing: bool) -> list[float]:
    """The features of a text in the order of `NAMES`.

    Args:
        talk_share: share of its characters that is only conversation, 0 to 1.
        asks: how many of its sentences ask something, offers of help aside.
        claims_nothing: none of it states anything checkable.
    """
    weights = [len(comparison.piece.content) + 1.0 for comparison in comparisons]
    total = sum(weights)
    averaged = [
        sum(weight * comparison.values[name] for weight, comparison in zip(weights, comparisons, strict=True)) / total
        for name in RATIOS
    ]
    summed = [sum(comparison.values[name] for comparison in comparisons) for name in COUNTS]
    worst = [min(comparison.values[name] for comparison in comparisons) for name in WORST]
    opening = next((comparison.piece.opening for comparison in comparisons if comparison.piece.opening), 0)
    return [
        *averaged,
        *summed,
        *worst,
        max(comparison.values["speaker"] for comparison in comparisons),
        log1p(sum(len(comparison.piece.content) for comparison in comparisons)),
        float(len(comparisons)),
        talk_share,
        float(opening > 0),
        float(opening < 0),
        float(asks),
        float(claims_nothing),
    ]


def _wording(
    claim: Piece, windows: Sequence[Window], passages: Sequence[PassageEvidence], rarity: Rarity
) -> dict[str, float]:
    pairs = claim.pairs
    triples = frozenset(zip(claim.tokens, claim.tokens[1:], claim.tokens[2:], strict=False))
    near = frozenset[tuple[str, str]]().union(*(piece.pairs for piece in windows[0].pieces)) if windows else frozenset()
    best = [(len(pairs & passage.pairs), len(triples & passage.triples), passage) for passage in passages]
    most = max(best, key=lambda entry: entry[:2], default=(0, 0, None))
    told = frozenset[str]().union(*(passage.words for passage in passages))
    return {
        "pairs_window": len(pairs & near) / len(pairs) if pairs else 1.0,
        "pairs_all": most[0] / len(pairs) if pairs else 1.0,
        "triples_all": most[1] / len(triples) if triples else 1.0,
        "words_all": sum(word in told for word in claim.tokens) / len(claim.tokens) if claim.tokens else 1.0,
        "run": _longest_run(claim, most[2]) if most[2] else 0.0,
        "order": _in_order(claim, windows[0].pieces[0]) if windows else 0.0,
        "recall_evidence": _recall(claim, windows[0].pieces[:1], rarity) if windows else 0.0,
        "recall_lead": _recall(claim, [piece for piece in windows[0].context if piece.is_question], rarity)
        if windows
        else 0.0,
    }


def _longest_run(claim: Piece, passage: PassageEvidence) -> float:
    longest = run = 0
    for pair in zip(claim.tokens, claim.tokens[1:], strict=False):
        run = run + 1 if pair in passage.pairs else 0
        longest = max(longest, run)
    return (longest + 1) / len(claim.tokens) if longest else 0.0


def _in_order(claim: Piece, evidence: Piece) -> float:
    """Share of the claim's words that stand in the evidence in the same order: the longest common subsequence."""
    if not claim.tokens:
        return 1.0
    row = [0] * (len(evidence.tokens) + 1)
    for token in claim.tokens:
        diagonal = 0
        for place, other in enumerate(evidence.tokens, start=1):
            above = row[place]
            row[place] = diagonal + 1 if token == other else max(above, row[place - 1])
            diagonal = above
    return row[-1] / len(claim.tokens)


def _recall(claim: Piece, pieces: Sequence[Piece], rarity: Rarity) -> float:
    stems = frozenset[str]().union(*(piece.stems for piece in pieces))
    total = weigh(stems, rarity)
    return weigh(stems & claim.stems, rarity) / total if total > 0 else 1.0


def _coverage(
    claim: Piece, windows: Sequence[Window], passages: Sequence[PassageEvidence], question: Piece | None, rarity: Rarity
) -> dict[str, float]:
    lent = question.stems if question else frozenset[str]()
    everything = lent.union(*(passage.stems | passage.heading for passage in passages))
    joined = frozenset[str]().union(*(passage.joined for passage in passages))
    near, near_joined = _window_stems(windows[0], passages) if windows else (frozenset[str](), frozenset[str]())
    gone_near = claim.stems - covered(claim, near, near_joined)
    gone = claim.stems - covered(claim, everything, joined)
    gone -= kin(gone, everything)
    return {
        "cover_best": windows[0].coverage if windows else 0.0,
        "cover_window": coverage(claim, near, near_joined, rarity) if windows else float(not claim.stems),
        "cover_all": coverage(claim, everything, joined, rarity),
        "missing_window": weigh(gone_near, rarity),
        "missing_all": weigh(gone, rarity),
        "names_missing": float(len(claim.names & gone)),
    }


def _window_stems(window: Window, passages: Sequence[PassageEvidence]) -> tuple[frozenset[str], frozenset[str]]:
    pieces = (*window.pieces, *window.context)
    stems = passages[window.passage].heading.union(*(piece.stems for piece in pieces))
    return stems, frozenset[str]().union(*(piece.joined for piece in pieces))


def _amounts(
    claim: Piece, windows: Sequence[Window], passages: Sequence[PassageEvidence], question: Piece | None
) -> dict[str, float]:
    near = [amount for window in windows[:1] for piece in window.pieces for amount in piece.amounts]
    everywhere = [amount for passage in passages for amount in passage.amounts]
    asked: Sequence[Quantity] = question.amounts if question else ()
    apart = absent = there = 0
    for amount in claim.amounts:
        if is_among(amount, near):
            there += 1
        elif is_among(amount, everywhere) or is_among(amount, asked):
            apart += any(is_comparable(amount, other) for other in near)
        else:
            absent += 1
    return {"amounts_apart": float(apart), "amounts_absent": float(absent), "amounts_there": float(there)}


def _polarity(claim: Piece, windows: Sequence[Window]) -> dict[str, float]:
    if not windows:
        return dict.fromkeys(
            ("denial_clash", "denials_more", "denials_fewer", "opposites", "agrees_opening", "own_opening"), 0.0
        )
    pieces = windows[0].pieces
    evidence = pieces[0]
    denies, denied = bool(claim.denials), bool(evidence.denials)
    shared = frozenset[str]().union(*(piece.stems for piece in pieces))
    used = frozenset[str]().union(*(piece.tokens for piece in pieces))
    return {
        "denial_clash": float(bool(denial_clash(claim, evidence))),
        "denials_more": float(denies and not denied),
        "denials_fewer": float(denied and not denies and bool(claim.stems & shared)),
        "opposites": float(len(clashing_opposites(claim, pieces, used))),
        "agrees_opening": _agreement(claim, windows[0]),
        "own_opening": float(claim.opening * (-1 if denies else 1)) if claim.opening and claim.stems else 0.0,
    }


def denial_clash(claim: Piece, evidence: Piece) -> frozenset[str]:
    """Shared content that one of the two denies and the other affirms."""
    shared = claim.stems & evidence.stems
    return (claim.denied ^ evidence.denied) & shared


def clashing_opposites(claim: Piece, pieces: Sequence[Piece], used: frozenset[str]) -> frozenset[str]:
    """Words of the evidence that exclude one of the claim's, where the evidence lacks the claim's own word."""
    own = frozenset(claim.tokens)
    against = claim.opposed & used - own
    backed = frozenset[str]().union(*(piece.opposed for piece in pieces)) & own & used
    return frozenset() if backed else against


def _agreement(claim: Piece, window: Window) -> float:
    """1 where the claim's opening yes or no is what the evidence answers, -1 where it is the opposite."""
    if not claim.opening:
        return 0.0
    answer = next((piece.opening for piece in window.pieces if piece.opening), 0)
    answer = answer or (-1 if window.pieces[0].denials else 1)
    return float(claim.opening * answer)


def _manner(claim: Piece, language: str) -> dict[str, float]:
    speaking = speaker_words(language)
    count = len(claim.tokens) or 1
    return {
        "speaker": sum(token in speaking for token in claim.tokens) / count,
        "repeats": 1.0 - len(claim.stems) / len(claim.content) if claim.content else 0.0,
        "question": float(claim.is_question),
    }
