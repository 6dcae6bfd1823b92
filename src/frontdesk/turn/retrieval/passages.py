"""Ranked chunks made into passages: near-duplicates removed, neighbours joined, no document alone on the stage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.knowledge import Chunk, Hit, Passage, Ranking
from frontdesk.domain.turn import NearMiss
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.turn.retrieval.terms import ChunkTerms

DUPLICATE = 0.9
"""Jaccard similarity of two chunks' stems from which the second says nothing new; a guess."""
PER_DOCUMENT = 3
"""Chunks one document may give, so that a long article does not push out a second opinion; a guess."""
CHARACTERS_PER_TOKEN = 3.5
"""Of European languages in word-piece vocabularies, on the low side, so that the token bound is kept."""
WIDEST_GAP = 200
"""Characters of headings and blank lines between two neighbours that are taken over when they are joined; a guess."""
NEAR_MISSES = 5
"""Chunks that were not used and are kept for whoever looks into the turn."""

FAR = 4.0
"""Standard deviations of the fused score that a passage may lie below the best one. What is further below hardly ever
holds what was asked for, and every prompt pays for it. Measured in bench/prompts.py."""

Cut = Literal["limit", "far", "same_document", "duplicate", "length"]
"""Why a chunk was not used."""
Ranks = tuple[Mapping[int, int], Mapping[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegScores:
    """What each leg gave, per row; a row that a leg did not return is missing there."""

    lexical: Mapping[int, float]
    dense: Mapping[int, float]

    def ranks(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Place of each row in the lexical and in the dense leg, from 1."""
        return _places(self.lexical), _places(self.dense)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What became of a ranking."""

    passages: tuple[Passage, ...]
    """Best first."""
    near_misses: tuple[NearMiss, ...]
    """The best chunks that were not used, best first."""


@dataclass(slots=True)
class _Choice:
    """Chunks in the order they were chosen, and those that were passed over."""

    terms: ChunkTerms
    limit: int
    token_limit: int
    chosen: list[tuple[int, Chunk]] = field(default_factory=list)
    passed_over: list[tuple[Hit, Chunk, Cut]] = field(default_factory=list)
    _tokens: float = 0.0

    @property
    def is_over(self) -> bool:
        return len(self.chosen) >= self.limit and len(self.passed_over) >= NEAR_MISSES

    def offer(self, hit: Hit, chunk: Chunk) -> None:
        size = len(chunk.text) / CHARACTERS_PER_TOKEN
        cut = self._cut(hit.row, chunk, size)
        if cut is None:
            self.chosen.append((hit.row, chunk))
            self._tokens += size
        elif len(self.passed_over) < NEAR_MISSES:
            self.passed_over.append((hit, chunk, cut))

    def _cut(self, row: int, chunk: Chunk, size: float) -> Cut | None:
        """Why the chunk is not used; None where it is."""
        if len(self.chosen) >= self.limit:
            return "limit"
        if sum(other.document_id == chunk.document_id for _, other in self.chosen) >= PER_DOCUMENT:
            return "same_document"
        if self.chosen and self._tokens + size > self.token_limit:
            return "length"
        return "duplicate" if _is_known(row, (other for other, _ in self.chosen), self.terms) else None


def assemble_passages(
    ranking: Ranking,
    index: KnowledgeIndex,
    terms: ChunkTerms,
    *,
    legs: LegScores,
    audiences: Audiences,
    limit: int,
    token_limit: int,
) -> Assembled:
    """The best chunks as passages, and what was left out for them.

    Args:
        ranking: best first.
        limit: chunks used, and so most passages.
        token_limit: bound on the passages' length together; the first is kept in any case.
    """
    choice = _Choice(terms, limit, token_limit)
    for hit in ranking:
        if choice.is_over:
            break
        chunk = index.chunk(hit.row)
        if audiences.may_see(chunk.audience):
            choice.offer(hit, chunk)
    scores = {hit.row: hit.score for hit in ranking}
    ranks = legs.ranks()
    passages = [_join(run, index, scores, legs, ranks) for run in _runs(choice.chosen)]
    passages.sort(key=lambda passage: (-passage.score, passage.chunk_id))
    near = tuple(passage for passage in passages if passage.score >= passages[0].score - FAR)
    left_out = [*choice.passed_over, *_far(choice.chosen, near, scores)]
    left_out.sort(key=lambda item: (-item[0].score, item[0].row))
    return Assembled(
        passages=near,
        near_misses=tuple(_near_miss(hit, chunk, cut, legs, ranks) for hit, chunk, cut in left_out[:NEAR_MISSES]),
    )


def _far(
    chosen: Sequence[tuple[int, Chunk]], near: Sequence[Passage], scores: Mapping[int, float]
) -> Iterator[tuple[Hit, Chunk, Cut]]:
    """Chosen chunks that are part of no passage which is near enough to the best."""
    used = {chunk_id for passage in near for chunk_id in passage.chunk_ids}
    for row, chunk in chosen:
        if chunk.chunk_id not in used:
            yield Hit(row=row, score=scores[row]), chunk, "far"


def _is_known(row: int, others: Iterable[int], terms: ChunkTerms) -> bool:
    stems = terms.of(row).stems
    return any(_jaccard(stems, terms.of(other).stems) >= DUPLICATE for other in others)


def _jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    if min(len(left), len(right)) < DUPLICATE * max(len(left), len(right)):
        return 0.0
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared) if shared else 0.0


def _runs(chosen: Sequence[tuple[int, Chunk]]) -> list[list[tuple[int, Chunk]]]:
    """Chunks that follow each other in their document, together."""
    runs: list[list[tuple[int, Chunk]]] = []
    for row, chunk in sorted(chosen, key=lambda item: (item[1].document_id, item[1].position)):
        last = runs[-1][-1][1] if runs else None
        follows = (
            last is not None
            and last.document_id == chunk.document_id
            and last.position + 1 == chunk.position
            and chunk.start - last.end <= WIDEST_GAP
        )
        if follows:
            runs[-1].append((row, chunk))
        else:
            runs.append([(row, chunk)])
    return runs


def _places(scores: Mapping[int, float]) -> dict[int, int]:
    ordered = sorted(scores, key=lambda row: (-scores[row], row))
    return {row: place for place, row in enumerate(ordered, start=1)}


def _near_miss(hit: Hit, chunk: Chunk, cut: Cut, legs: LegScores, ranks: Ranks) -> NearMiss:
    return NearMiss(
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        title=chunk.title,
        score=hit.score,
        lexical_score=legs.lexical.get(hit.row),
        dense_score=legs.dense.get(hit.row),
        lexical_rank=ranks[0].get(hit.row),
        dense_rank=ranks[1].get(hit.row),
        cut_by=cut,
    )


def _join(
    run: Sequence[tuple[int, Chunk]],
    index: KnowledgeIndex,
    scores: Mapping[int, float],
    legs: LegScores,
    ranks: Ranks,
) -> Passage:
    """One passage of a run; its score, id and breadcrumb are its best chunk's."""
    best_row, best = max(run, key=lambda item: (scores[item[0]], -item[0]))
    first, last = run[0][1], run[-1][1]
    document = index.document(first.document_id) if len(run) > 1 else None
    text = best.text if document is None else document.text[first.start : last.end]
    return Passage(
        chunk_id=best.chunk_id,
        chunk_ids=tuple(chunk.chunk_id for _, chunk in run) if document is not None else (best.chunk_id,),
        document_id=best.document_id,
        title=best.title,
        url=best.url,
        breadcrumb=best.breadcrumb,
        language=best.language,
        audience=best.audience,
        text=text,
        start=first.start if document is not None else best.start,
        score=scores[best_row],
        lexical_score=legs.lexical.get(best_row),
        dense_score=legs.dense.get(best_row),
        lexical_rank=ranks[0].get(best_row),
        dense_rank=ranks[1].get(best_row),
    )
