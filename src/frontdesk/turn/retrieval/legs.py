"""The two legs of a search over one snapshot, short questions and long ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.knowledge import Hit, Ranking
from frontdesk.domain.turn import Rewording, SearchQuery
from frontdesk.ports.index import KnowledgeIndex, LexicalIndex
from frontdesk.text.sentences import split_sentences
from frontdesk.text.tokens import content_stems, words
from frontdesk.turn.retrieval.terms import CARRIED_WEIGHT

LONG_WORDS = 60
"""Words from which a question is searched sentence by sentence: one vector of so much text says little about any part
of it. The embedder reads about 190 words."""
MAX_SENTENCES = 32
"""Sentences of a long question that are searched, those with most content first. Bounds what one message can cost."""
SENTENCES_HEARD = 3
"""A chunk's score for a long question is the mean over the sentences it fits best. Measured in bench/fusion.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is searched for: the question and, apart, the question with its carried words; or many sentences."""

    texts: tuple[str, ...]
    is_long: bool
    rewordings: tuple[Rewording, ...] = ()

    def also(self, text: str) -> tuple[str, ...]:
        """What means the same as words of one of the texts. Corrections are left to the index, which makes its own."""
        there = {token.text for token in words(text)} if self.rewordings else set()
        said = (item for item in self.rewordings if item.kind == "synonym" and there.issuperset(item.said))
        return tuple(dict.fromkeys(phrase for item in said for phrase in item.meant))


def split_question(query: SearchQuery) -> Parts:
    """One text, two for a question with carried words, or the sentences of a long one."""
    if len(query.original.split()) > LONG_WORDS and (sentences := _telling_sentences(query)):
        return Parts(texts=sentences, is_long=True, rewordings=query.rewordings)
    texts = tuple(dict.fromkeys((query.original, query.text)))
    return Parts(texts=texts, is_long=False, rewordings=query.rewordings)


def _telling_sentences(query: SearchQuery) -> tuple[str, ...]:
    """Those with most content; none where there are not two."""
    sentences = [query.original[span.start : span.end] for span in split_sentences(query.original)]
    weighed = Counter({text: len(set(content_stems(text, query.language))) for text in sentences})
    chosen = {text for text, size in weighed.most_common(MAX_SENTENCES) if size > 1}
    return tuple(text for text in weighed if text in chosen) if len(chosen) > 1 else ()


def search_words(parts: Parts, index: LexicalIndex, *, audiences: Audiences, language: str, limit: int) -> Ranking:
    """The lexical leg: BM25, added up over the parts; carried words count `CARRIED_WEIGHT`."""
    found = [
        index.search(text, audiences=audiences, language=language, limit=limit, also=parts.also(text))
        for text in parts.texts
    ]
    if len(found) == 1:
        return found[0]
    weights = [1.0] * len(found) if parts.is_long else [1.0 - CARRIED_WEIGHT, CARRIED_WEIGHT]
    total: dict[int, float] = {}
    for ranking, weight in zip(found, weights, strict=True):
        for hit in ranking:
            total[hit.row] = total.get(hit.row, 0.0) + weight * hit.score
    # A full list hides the scores below its last one; a row missing from it is given that, at most.
    for ranking, weight in zip(found, weights, strict=True):
        if len(ranking) >= limit and not parts.is_long:
            listed = {hit.row for hit in ranking}
            for row in total.keys() - listed:
                total[row] += weight * ranking[-1].score
    return _best(total, limit)


def search_meaning(
    parts: Parts, vectors: NDArray[np.float32], index: KnowledgeIndex, *, audiences: Audiences, limit: int
) -> tuple[Ranking, NDArray[np.float32]]:
    """The dense leg, and the vectors it scored with.

    Args:
        vectors: (n_parts, dim) float32, rows of unit length.
    Returns:
        The ranking by cosine; for a long question by the mean of the best sentences' cosines. The second value is what
        `meaning_of` scores further rows with.
    """
    assert index.dense is not None  # noqa: S101 - the caller has looked
    if parts.is_long:
        return _search_sentences(vectors, index, audiences=audiences, limit=limit), vectors
    question = _blend(vectors)
    return index.dense.search(question[0], audiences=audiences, limit=limit), question


def meaning_of(row: int, vectors: NDArray[np.float32], index: KnowledgeIndex) -> float | None:
    """The dense score of one row, as `search_meaning` scores it; None when it has no vector."""
    vector = index.vector(row)
    return None if vector is None else _mean_of_best(vectors @ vector)


def _blend(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(1, dim): the question's own vector, moved towards the one with carried words."""
    if len(vectors) == 1:
        return vectors
    mixed = vectors[:1] + CARRIED_WEIGHT * vectors[1:2]
    blended: NDArray[np.float32] = mixed / np.linalg.norm(mixed)
    return blended


def _search_sentences(
    vectors: NDArray[np.float32], index: KnowledgeIndex, *, audiences: Audiences, limit: int
) -> Ranking:
    assert index.dense is not None  # noqa: S101
    rows = {hit.row for vector in vectors for hit in index.dense.search(vector, audiences=audiences, limit=limit)}
    scores = {row: score for row in rows if (score := meaning_of(row, vectors, index)) is not None}
    return _best(scores, limit)


def _mean_of_best(cosines: NDArray[np.float32]) -> float:
    if len(cosines) <= SENTENCES_HEARD:
        return float(cosines.mean())
    return float(np.partition(cosines, -SENTENCES_HEARD)[-SENTENCES_HEARD:].mean())


def _best(scores: dict[int, float], limit: int) -> Ranking:
    ordered: Sequence[tuple[int, float]] = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Hit(row=row, score=score) for row, score in ordered[:limit])
