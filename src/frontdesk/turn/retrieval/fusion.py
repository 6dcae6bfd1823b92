"""Weighted fusion of two scored rankings."""

from math import sqrt

from frontdesk.domain.errors import InputError
from frontdesk.domain.knowledge import Hit, Ranking


def fuse_scores(lexical: Ranking, dense: Ranking, *, dense_weight: float) -> Ranking:
    """Merge two scored rankings into one, best first.

    Args:
        lexical, dense: each row once, in any order; scores on any scale.
        dense_weight: 0 (lexical only) to 1 (dense only), as measured for the language.
    Returns:
        Every row of either ranking once; `score` is the weighted sum of z-scores, where a row that a leg did not
        return has that leg's lowest; ties ordered by row. The order of the inputs does not matter.
    Raises:
        InputError: a ranking repeats a row.
    Source: convex combination after Bruch, Gai and Ingber, TOIS 2023; weights are ours, measured in bench/fusion.
    """
    by_words, by_meaning = _z_scores(lexical, "lexical"), _z_scores(dense, "dense")
    least_words, least_meaning = min(by_words.values(), default=0.0), min(by_meaning.values(), default=0.0)
    words_weight = 1.0 - dense_weight
    fused = sorted(
        (-(words_weight * by_words.get(row, least_words) + dense_weight * by_meaning.get(row, least_meaning)), row)
        for row in by_words.keys() | by_meaning.keys()
    )
    return tuple(Hit(row=row, score=-lost) for lost, row in fused)


def _z_scores(ranking: Ranking, leg: str) -> dict[int, float]:
    """Score per row, less the mean, over the standard deviation; all 0 when the scores do not differ."""
    scores = sorted((hit.score, hit.row) for hit in ranking)  # a fixed order of summation
    if len({row for _, row in scores}) != len(scores):
        raise InputError(f"The {leg} ranking names a row twice.", leg=leg)
    if not scores:
        return {}
    mean = sum(score for score, _ in scores) / len(scores)
    spread = sqrt(sum((score - mean) ** 2 for score, _ in scores) / len(scores))
    scale = 1.0 / spread if spread > 0.0 else 0.0
    return {row: (score - mean) * scale for score, row in scores}
