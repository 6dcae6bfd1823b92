"""Reasons that alone withhold a claim: it says of the same thing what the passages deny, or another amount."""

from collections.abc import Iterator, Sequence

from frontdesk.text.quantities import Quantity
from frontdesk.turn.grounding.amounts import contradiction, is_among, is_comparable
from frontdesk.turn.grounding.analysis import Piece
from frontdesk.turn.grounding.evidence import PassageEvidence, Rarity, Window, coverage, find_windows

_SAME_TOPIC = 0.6
"""Share of a claim's weight in one sentence from which the two speak of the same thing (0.5 to 0.7 measure alike)."""
_WHOLE = 0.9
"""Share of a claim's weight in one sentence from which that sentence says all of it (a guess)."""


def find_contradictions(
    claim: Piece, windows: Sequence[Window], passages: Sequence[PassageEvidence], question: Piece | None, rarity: Rarity
) -> tuple[str, ...]:
    """Any of number, date, price, unit, negation, yes_no, each once; none for what repeats a sentence."""
    if windows and windows[0].is_quoted:
        return ()
    found = dict.fromkeys(_amounts(claim, windows, passages, question, rarity))
    if _has_unknown_code(claim, passages, question):
        found["number"] = None
    if windows and (_denies_otherwise(claim, windows[0], rarity) or _is_turned_round(claim, windows, rarity)):
        found["negation"] = None
    if claim.opening and _answers_otherwise(claim, windows, passages, question, rarity):
        found["yes_no"] = None
    return tuple(found)


def _amounts(
    claim: Piece,
    windows: Sequence[Window],
    passages: Sequence[PassageEvidence],
    question: Piece | None,
    rarity: Rarity,
) -> Iterator[str]:
    near = [amount for window in windows[:1] for piece in window.pieces for amount in piece.amounts]
    everywhere = [amount for passage in passages for amount in passage.amounts]
    rival = _amounts_of_its_sentence(claim, windows, rarity)
    if len(rival) == len(claim.amounts):  # one for one, so what is left out was replaced, if only by a repeat
        yield from (contradiction(other, claim.amounts) for other in rival if not is_among(other, claim.amounts))
    for amount in claim.amounts:
        if question and is_among(amount, question.amounts) and not _replaces(amount, windows, claim):
            continue
        if rival and not is_among(amount, rival) and (swapped := _left_out(amount, rival, claim)):
            yield contradiction(amount, swapped)
        if is_among(amount, near):
            continue
        comparable = [other for other in near if is_comparable(amount, other)]
        if not is_among(amount, everywhere):
            yield contradiction(amount, near or everywhere)
        elif comparable and windows[0].coverage >= _SAME_TOPIC:
            yield contradiction(amount, comparable)


def _has_unknown_code(claim: Piece, passages: Sequence[PassageEvidence], question: Piece | None) -> bool:
    known = frozenset[str](question.codes if question else ()).union(*(passage.words for passage in passages))
    return not claim.codes <= known


def _amounts_of_its_sentence(claim: Piece, windows: Sequence[Window], rarity: Rarity) -> Sequence[Quantity]:
    """The amounts of the one sentence that carries all the claim says; empty when none does."""
    if not windows or coverage(claim, windows[0].pieces[0].stems, windows[0].pieces[0].joined, rarity) < _WHOLE:
        return ()
    return windows[0].pieces[0].amounts


def _left_out(amount: Quantity, rival: Sequence[Quantity], claim: Piece) -> list[Quantity]:
    """Amounts of the sentence that the claim should have repeated where it says another."""
    return [other for other in rival if is_comparable(amount, other) and not is_among(other, claim.amounts)]


def _replaces(amount: Quantity, windows: Sequence[Window], claim: Piece) -> bool:
    """Whether the customer's own amount stands where the bearing sentence has another that the claim leaves out."""
    if not windows or windows[0].coverage < _SAME_TOPIC:
        return False
    return bool(_left_out(amount, windows[0].pieces[0].amounts, claim))


def _is_turned_round(claim: Piece, windows: Sequence[Window], rarity: Rarity) -> bool:
    """Whether a sentence says exactly this but for a denial, and none says it as it stands."""
    alike = [window.pieces[0] for window in windows if _is_same_but_for_denials(claim, window.pieces[0], rarity)]
    return bool(alike) and all(piece.denials != claim.denials for piece in alike)


def _denies_otherwise(claim: Piece, window: Window, rarity: Rarity) -> bool:
    """One denies what the other affirms, in sentences that speak of the same thing and hold no other denial."""
    evidence = window.pieces[0]
    if window.coverage < _SAME_TOPIC or claim.is_hedged != evidence.is_hedged or _is_opposite(claim, evidence):
        return False
    if claim.denials and not any(piece.denials for piece in window.pieces):
        return bool(claim.denied & evidence.stems)
    if evidence.denials and not claim.denials:
        shared = coverage(claim, evidence.stems, evidence.joined, rarity)
        return bool(evidence.denied & claim.stems) and shared >= _SAME_TOPIC
    return False


def _is_same_but_for_denials(claim: Piece, evidence: Piece, rarity: Rarity) -> bool:
    alike = coverage(claim, evidence.stems, evidence.joined, rarity) >= _WHOLE
    return (
        alike and coverage(evidence, claim.stems, claim.joined, rarity) >= _WHOLE and not _is_opposite(claim, evidence)
    )


def _is_opposite(one: Piece, other: Piece) -> bool:
    """Whether one says by an opposite word what the other says by a denial: not charged, free."""
    return not (one.opposed & frozenset(other.tokens)).issubset(one.tokens)


def _answers_otherwise(
    claim: Piece,
    windows: Sequence[Window],
    passages: Sequence[PassageEvidence],
    question: Piece | None,
    rarity: Rarity,
) -> bool:
    if not claim.stems:
        return question is not None and _is_other_answer(claim.opening, question, passages, rarity)
    if not windows or windows[0].coverage < _SAME_TOPIC:
        return False
    answered = next((piece.opening for piece in windows[0].pieces if piece.opening), 0)
    if answered:
        return answered != claim.opening
    asked = question or next((piece for piece in windows[0].context if piece.is_question), None)
    if asked is None or asked.denials or claim.is_hedged or _is_opposite(claim, asked):
        return False
    own = -1 if claim.denials else 1
    return own != claim.opening and coverage(claim, asked.stems, asked.joined, rarity) >= _SAME_TOPIC


def _is_other_answer(opening: int, question: Piece, passages: Sequence[PassageEvidence], rarity: Rarity) -> bool:
    """A bare yes or no, against what the sentence closest to the question says."""
    windows = find_windows(question, passages, rarity)
    if not windows or windows[0].coverage < _SAME_TOPIC or question.denials:
        return False
    evidence = windows[0].pieces[0]
    if evidence.is_hedged or _is_opposite(question, evidence):
        return False
    answer = evidence.opening or (-1 if evidence.denied & question.stems else 1)
    return answer != opening
