"""The retrieve stage: both legs, fusion, passages, confidence."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Hit, Ranking
from frontdesk.domain.release import RetrievalSettings
from frontdesk.domain.turn import ConfidenceLevel, RetrievalResult, SearchLimits, SearchQuery
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.models import ChatTurn, Embedder
from frontdesk.text.rewordings import Ways, ways_to_say
from frontdesk.turn.retrieval.confidence import Signs, estimate_confidence, explain_confidence, read_signs
from frontdesk.turn.retrieval.expansion import Expansion
from frontdesk.turn.retrieval.fusion import fuse_scores
from frontdesk.turn.retrieval.legs import Parts, meaning_of, search_meaning, search_words, split_question
from frontdesk.turn.retrieval.passages import LegScores, assemble_passages
from frontdesk.turn.retrieval.rewrite import continues, rewrite_heuristically
from frontdesk.turn.retrieval.terms import ChunkTerms, Wording, coverage, question_terms, read_wording, share

RESCORED = 12
"""Chunks at the head of the fused ranking that are scored again by how much of the question they contain."""
COVERAGE_WEIGHT = 3.0
"""Standard deviations that a chunk with every word of the question gains over one with none. Measured in
bench/fusion.py."""
PAIRS_WEIGHT = 1.0
"""The same for all of the question's neighbouring words standing next to each other. Measured there too."""
FUNCTION_WORDS_WEIGHT = 0.5
"""The same for all of its function words: "before" and "without" tell too little to search for, and yet something."""
OWN_LANGUAGE = 2.0
"""Standard deviations that a chunk in the question's language gains: customers read what they are quoted. A guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A search before its chunks become passages."""

    query: SearchQuery
    terms: dict[str, float]
    """Distinct stems of the question with what each tells."""
    ranking: Ranking
    """Fused, best first."""
    legs: LegScores
    degraded: tuple[str, ...]
    timings_ms: dict[str, float]


OnStep = Callable[[str, float], None]
"""Told of a sub-step as it ends: its name, and the seconds it took."""


@dataclass(slots=True)
class _Watch:
    """Milliseconds per sub-step."""

    on_step: OnStep | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        finally:
            took_s = perf_counter() - began
            self.timings_ms[step] = self.timings_ms.get(step, 0.0) + took_s * 1000.0
            if self.on_step is not None:
                self.on_step(step, took_s)


class Retriever:
    """Searches one snapshot. Whoever asks sees permitted chunks only: the filter is inside each leg's query."""

    def __init__(
        self,
        index: KnowledgeIndex,
        embedder: Embedder | None,
        settings: RetrievalSettings,
        *,
        chunk_terms: ChunkTerms | None = None,
    ) -> None:
        """`chunk_terms` are what another retriever has read of the same snapshot."""
        self._index = index
        self._embedder = embedder
        self._settings = settings
        self._chunk_terms = chunk_terms or ChunkTerms(index)
        self._expansion = Expansion(settings.synonyms, index)

    @property
    def index(self) -> KnowledgeIndex:
        """The snapshot that is searched."""
        return self._index

    def under(self, withdrawn: Collection[DocumentId]) -> "Retriever":
        """The same search over the snapshot without these documents."""
        index = self._index.without(withdrawn)
        return Retriever(index, self._embedder, self._settings, chunk_terms=self._chunk_terms)

    async def retrieve(
        self,
        question: str,
        *,
        language: str,
        history: Sequence[ChatTurn],
        audiences: Audiences,
        query: SearchQuery | None = None,
        on_step: OnStep | None = None,
    ) -> RetrievalResult:
        """The passages that may answer the question, and the chance that they do.

        Args:
            language: ISO 639-1 of the question; of one that is not known, only words are compared.
            history: earlier turns, oldest first, without the question.
            query: the question made self-contained by a model; without it, heuristics do that.
        """
        found = await self.search(
            question, language=language, history=history, audiences=audiences, query=query, on_step=on_step
        )
        watch = _Watch(on_step=on_step, timings_ms=found.timings_ms)
        with watch.timed("fuse"):
            assembled = assemble_passages(
                found.ranking,
                self._index,
                self._chunk_terms,
                legs=found.legs,
                audiences=audiences,
                limit=self._settings.passages,
                token_limit=self._settings.passage_tokens,
            )
            confidence, signs, bias = explain_confidence(
                found.query, found.terms, found.ranking, legs=found.legs, chunks=self._chunk_terms
            )
        return RetrievalResult(
            query=found.query,
            passages=assembled.passages,
            confidence=confidence,
            level=self._level(confidence),
            degraded=found.degraded,
            timings_ms=watch.timings_ms,
            audiences=tuple(audiences),
            limits=self._limits(found),
            near_misses=assembled.near_misses,
            signs=signs,
            bias=bias,
        )

    async def search(
        self,
        question: str,
        *,
        language: str,
        history: Sequence[ChatTurn],
        audiences: Audiences,
        query: SearchQuery | None = None,
        on_step: OnStep | None = None,
    ) -> Found:
        """Every chunk that either leg returned, fused, best first.

        A short question that says nothing of going on is first searched as it stands: words of an earlier topic are
        carried into it only where that does not answer it.
        """
        query = query or rewrite_heuristically(question, history, language)
        if query.rewritten_by == "heuristic" and not continues(question, language):
            plain = SearchQuery(text=question, original=question, language=language)
            found = await self._search(plain, audiences, on_step)
            if self.confidence(found) >= self._settings.high_above:
                return found
        return await self._search(query, audiences, on_step)

    async def _search(self, query: SearchQuery, audiences: Audiences, on_step: OnStep | None) -> Found:
        language = query.language
        watch = _Watch(on_step=on_step)
        with watch.timed("rewrite"):
            query = self._expansion.expand(query, audiences)
            parts = split_question(query)
        weight = self._settings.dense_weight.get(language, 0.0) if self._index.dense is not None else 0.0
        with watch.timed("embed"):
            vectors = await self._embed(parts) if weight > 0.0 else None
        with watch.timed("lexical"):
            lexical = search_words(
                parts,
                self._index.lexical,
                audiences=audiences,
                language=language,
                limit=self._settings.lexical_limit,
            )
        dense: Ranking = ()
        if vectors is not None:
            with watch.timed("dense"):
                dense = self._search_meaning(parts, vectors, lexical, audiences)
        with watch.timed("fuse"):
            terms = question_terms(query, self._index)
            fused = fuse_scores(self._complete(lexical, dense), dense, dense_weight=weight if dense else 0.0)
            ranking = fused if parts.is_long else self._rescore(fused, query, terms)
        lacks_dense = vectors is None and self._settings.dense_weight.get(language, 0.0) > 0.0
        return Found(
            query=query,
            terms=terms,
            ranking=ranking,
            legs=LegScores(
                lexical={hit.row: hit.score for hit in lexical}, dense={hit.row: hit.score for hit in dense}
            ),
            degraded=("lexical_only",) if lacks_dense else (),
            timings_ms=watch.timings_ms,
        )

    def confidence(self, found: Found) -> float:
        """0 to 1: calibrated chance that the best chunks answer the question."""
        return estimate_confidence(found.query, found.terms, found.ranking, legs=found.legs, chunks=self._chunk_terms)

    def signs(self, found: Found) -> Signs:
        """What the confidence is computed from; for calibration. The search must have found something."""
        return read_signs(found.query, found.terms, found.ranking, legs=found.legs, chunks=self._chunk_terms)

    def stems(self, row: int) -> frozenset[str]:
        """Distinct content stems of a chunk."""
        return self._chunk_terms.of(row).stems

    async def _embed(self, parts: Parts) -> NDArray[np.float32] | None:
        """(n_parts, dim); None when there is no embedder or it fails."""
        if self._embedder is None:
            return None
        try:
            return await self._embedder.embed(parts.texts)
        except DependencyError:
            return None

    def _search_meaning(
        self, parts: Parts, vectors: NDArray[np.float32], lexical: Ranking, audiences: Audiences
    ) -> Ranking:
        """The dense leg, and the exact cosine of what only the lexical leg found."""
        limit = self._settings.dense_limit
        dense, basis = search_meaning(parts, vectors, self._index, audiences=audiences, limit=limit)
        known = {hit.row for hit in dense}
        others = ((hit.row, meaning_of(hit.row, basis, self._index)) for hit in lexical if hit.row not in known)
        return (*dense, *(Hit(row=row, score=score) for row, score in others if score is not None))

    def _complete(self, lexical: Ranking, dense: Ranking) -> Ranking:
        """With a score of 0 for what shares no word with the question; a full list hides what its tail would score."""
        if len(lexical) >= self._settings.lexical_limit:
            return lexical
        known = {hit.row for hit in lexical}
        return (*lexical, *(Hit(row=hit.row, score=0.0) for hit in dense if hit.row not in known))

    def _rescore(self, fused: Ranking, query: SearchQuery, terms: Mapping[str, float]) -> Ranking:
        """The head again: by how much of the question it contains, which BM25 blurs with length and repetition."""
        asked = read_wording(query.original, query.language)
        ways = ways_to_say(query.rewordings, query.language)
        head = [
            Hit(row=hit.row, score=hit.score + self._bonus(hit.row, asked, terms, ways, query.language))
            for hit in fused[:RESCORED]
        ]
        return (*sorted(head, key=lambda hit: (-hit.score, hit.row)), *fused[RESCORED:])

    def _bonus(self, row: int, asked: Wording, terms: Mapping[str, float], ways: Ways, language: str) -> float:
        there = self._chunk_terms.of(row)
        return (
            COVERAGE_WEIGHT * coverage(terms, there.stems, ways)
            + PAIRS_WEIGHT * share(asked.pairs, there.pairs)
            + FUNCTION_WORDS_WEIGHT * share(asked.function_words, there.function_words)
            + (OWN_LANGUAGE if self._index.chunk(row).language == language else 0.0)
        )

    def _limits(self, found: Found) -> SearchLimits:
        settings = self._settings
        return SearchLimits(
            answer_above=settings.answer_above,
            high_above=settings.high_above,
            dense_weight=settings.dense_weight.get(found.query.language, 0.0) if found.legs.dense else 0.0,
            lexical_limit=settings.lexical_limit,
            dense_limit=settings.dense_limit,
            passages=settings.passages,
            passage_tokens=settings.passage_tokens,
        )

    def _level(self, confidence: float) -> ConfidenceLevel:
        if confidence >= self._settings.high_above:
            return "high"
        return "medium" if confidence >= self._settings.answer_above else "low"
