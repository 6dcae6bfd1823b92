"""Chance that the best chunks answer the question: what they leave out, and how sure the legs are of them.

The weights are trained by `tools/calibrate_retrieval.py`; docs/models/confidence.md says on what and how well they do.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log1p
from typing import Literal

from frontdesk.domain.knowledge import Ranking
from frontdesk.domain.turn import ConfidenceSign, SearchQuery
from frontdesk.text.rewordings import Ways, credit_of, ways_to_say
from frontdesk.text.tokens import stem, words
from frontdesk.turn.retrieval.names import is_name
from frontdesk.turn.retrieval.passages import LegScores
from frontdesk.turn.retrieval.terms import ChunkTerms, likeness

WEIGHTS_FILE = "confidence.json"
READ = 3
"""Chunks at the head of the ranking that are looked at."""
NEAR = 5
"""Place in the lexical leg that the first one's score is compared with."""
FIELD = 20
"""Chunks at the tail of the dense leg that stand for what any question of this kind would find."""

Family = Literal["hybrid", "lexical"]
"""Which legs ran: each has weights of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What speaks for an answer and against it. Shares are 0 to 1, weighted by how much each word tells."""

    coverage: float
    """Share of the question in the chunk that contains most of it."""
    names: float
    """Share of the question in its heaviest name or number that this chunk lacks; these have no other spelling."""
    margin: float
    """How far the lexical score falls from the first chunk to the fifth, as a share of the first."""
    length: float
    """ln(1 + distinct content words); long questions are rarely covered whole."""
    cosine: float = 0.0
    """Cosine of the first chunk of the dense leg; this and what follows is 0 when that leg did not run."""
    contrast: float = 0.0
    """What this is above the mean of the dense leg's tail."""


def estimate_confidence(
    query: SearchQuery,
    terms: Mapping[str, float],
    ranking: Ranking,
    *,
    legs: LegScores,
    chunks: ChunkTerms,
) -> float:
    """0 to 1; 0 when nothing was found.

    Args:
        terms: distinct stems of the question with what each tells.
        ranking: fused, best first.
    """
    return explain_confidence(query, terms, ranking, legs=legs, chunks=chunks)[0]


def explain_confidence(
    query: SearchQuery,
    terms: Mapping[str, float],
    ranking: Ranking,
    *,
    legs: LegScores,
    chunks: ChunkTerms,
) -> tuple[float, tuple[ConfidenceSign, ...], float]:
    """The estimate, what each sign adds to its log odds, and what these start from."""
    if not ranking:
        return 0.0, (), 0.0
    signs = read_signs(query, terms, ranking, legs=legs, chunks=chunks)
    weights = load_weights()["hybrid" if legs.dense else "lexical"]
    shares = tuple(_share(name, getattr(signs, name), weight) for name, weight in weights.signs.items())
    return weigh(signs, weights), shares, weights.bias


def _share(name: str, value: float, weight: float) -> ConfidenceSign:
    return ConfidenceSign(name=name, value=round(value, 4), weight=weight, share=round(value * weight, 4))


def read_signs(
    query: SearchQuery,
    terms: Mapping[str, float],
    ranking: Ranking,
    *,
    legs: LegScores,
    chunks: ChunkTerms,
) -> Signs:
    """What the first chunks show; the ranking must not be empty."""
    ways = ways_to_say(query.rewordings, query.language)
    stems, missing = min(
        ((stems, _missing(terms, stems, ways)) for stems in (chunks.of(hit.row).stems for hit in ranking[:READ])),
        key=lambda pair: sum(pair[1].values()),
    )
    total = sum(terms.values()) or 1.0
    cosines = sorted(legs.dense.values(), reverse=True)
    tail = cosines[-FIELD:]
    return Signs(
        coverage=1.0 - sum(missing.values()) / total,
        names=max((terms.get(name, 0.0) * (1.0 - credit_of(name, stems, ways)) for name in _names(query)), default=0.0)
        / total,
        margin=_fall(sorted(legs.lexical.values(), reverse=True)),
        length=log1p(len(terms)),
        cosine=cosines[0] if cosines else 0.0,
        contrast=cosines[0] - sum(tail) / len(tail) if cosines else 0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A logistic model over signs."""

    bias: float
    signs: Mapping[str, float]


def weigh(signs: Signs, weights: Weights) -> float:
    """The chance the weights give to the signs."""
    total = weights.bias + sum(weight * getattr(signs, name) for name, weight in weights.signs.items())
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, total))))


@cache
def load_weights() -> Mapping[Family, Weights]:
    """The trained weights that come with the package."""
    stored = json.loads(files(__package__).joinpath(WEIGHTS_FILE).read_text("utf-8"))
    families: tuple[Family, ...] = ("hybrid", "lexical")
    return {family: Weights(bias=stored[family]["bias"], signs=stored[family]["signs"]) for family in families}


def _missing(terms: Mapping[str, float], stems: frozenset[str], ways: Ways) -> dict[str, float]:
    """What each word tells that the stems do not contain, another spelling counted in part."""
    return {
        term: weight * (1.0 - (credit_of(term, stems, ways) or likeness(term, stems))) for term, weight in terms.items()
    }


def _names(query: SearchQuery) -> list[str]:
    """Stems of the question's numbers, and of its capitalised words where a capital marks a name."""
    text = query.original
    return [
        stem(token.text, query.language)
        for token in words(text)
        if token.text[0].isdigit() or is_name(text, token, query.language)
    ]


def _fall(scores: Sequence[float]) -> float:
    if not scores or scores[0] <= 0.0:
        return 0.0
    return (scores[0] - scores[min(NEAR, len(scores)) - 1]) / scores[0]
