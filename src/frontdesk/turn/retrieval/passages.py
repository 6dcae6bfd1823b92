"""Ranked chunks made into passages: near-duplicates removed, neighbours joined, no document alone on the stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Chunk, Passage, Ranking
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LegScores:
    """What each leg gave, per row; a row that a leg did not return is missing there."""

    lexical: Mapping[int, float]
    dense: Mapping[int, float]


def assemble_passages(
    ranking: Ranking,
    index: KnowledgeIndex,
    terms: ChunkTerms,
    *,
    legs: LegScores,
    audiences: Audiences,
    limit: int,
    token_limit: int,
) -> tuple[Passage, ...]:
    """The best chunks as passages, best first.

    Args:
        ranking: best first.
        limit: chunks used, and so most passages.
        token_limit: bound on the passages' length together; the first is kept in any case.
    """
    chosen = _choose(ranking, index, terms, audiences=audiences, limit=limit, token_limit=token_limit)
    scores = {hit.row: hit.score for hit in ranking}
    passages = [_join(run, index, scores, legs) for run in _runs(chosen)]
    return tuple(sorted(passages, key=lambda passage: (-passage.score, passage.chunk_id)))


def _choose(
    ranking: Ranking, index: KnowledgeIndex, terms: ChunkTerms, *, audiences: Audiences, limit: int, token_limit: int
) -> list[tuple[int, Chunk]]:
    chosen: list[tuple[int, Chunk]] = []
    per_document: dict[DocumentId, int] = {}
    tokens = 0.0
    for hit in ranking:
        if len(chosen) >= limit:
            break
        chunk = index.chunk(hit.row)
        size = len(chunk.text) / CHARACTERS_PER_TOKEN
        is_full = per_document.get(chunk.document_id, 0) >= PER_DOCUMENT or (chosen and tokens + size > token_limit)
        if is_full or not audiences.may_see(chunk.audience) or _is_known(hit.row, (row for row, _ in chosen), terms):
            continue
        chosen.append((hit.row, chunk))
        per_document[chunk.document_id] = per_document.get(chunk.document_id, 0) + 1
        tokens += size
    return chosen


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


def _join(
    run: Sequence[tuple[int, Chunk]], index: KnowledgeIndex, scores: Mapping[int, float], legs: LegScores
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
    )
