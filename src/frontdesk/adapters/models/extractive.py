"""The built-in model: it quotes the passages and says nothing of its own, so it needs no vendor and no key.

A sentence is chosen for the question's words it holds (rare ones count more), for the kind of thing that is
asked for (a price, a duration, a date), for its heading, for its passage's rank, and, where an embedder is at
hand, for its meaning. When nothing is relevant enough the reply is empty, and the caller says so honestly.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontdesk.adapters.models.extractive_candidates import Candidate, candidates
from frontdesk.adapters.models.extractive_cues import Cue, cues, meets
from frontdesk.adapters.models.extractive_wanted import Wanted, read_wanted
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest, Embedder, ModelEvent, StreamEnd, TextDelta

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SENTENCES = 3
MAX_STEPS = 6
"""A numbered procedure is quoted whole up to this length: half of one misleads."""
EMBEDDED_SENTENCES = 6
"""About 7 ms on two cores for sentences that were not embedded before."""
REMEMBERED = 4096
"""Sentences whose vectors are kept, the newest: 6 MB."""

# Chosen on a plateau of the demo's answerable, follow-up and unanswerable questions: no neighbouring value changes more
# than three answers.
HEADING, CUE, RANK, MEANING = 0.5, 0.3, 0.3, 1.5
"""What the other reasons count beside the words of the sentence, which count 1."""
NEUTRAL_COSINE = 0.5
RELEVANT = 0.5
"""Below this score nothing is said."""
ALSO_RELEVANT = 0.6
"""Further sentences reach this share of the best one's score."""
DUPLICATE = 0.6
"""Jaccard overlap of stems from which two sentences say the same."""
PARALLEL = 0.35
"""Jaccard overlap of stems from which a sentence with fewer of the question's words is about a sibling; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    candidate: Candidate
    rank: int
    """The passage it comes from, 0 for the best."""
    score: float


class ExtractiveChatModel:
    """Quotes at most three sentences, or one numbered procedure, under the request's lead-in."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def vendor(self) -> str:
        return "frontdesk"

    @property
    def model(self) -> str:
        return "extractive"

    def render(self, request: ChatRequest) -> str:
        lines = (f"[{number}] {passage.text}" for number, passage in enumerate(request.passages, start=1))
        return "\n\n".join([request.question, *lines])

    async def stream(self, request: ChatRequest) -> AsyncIterator[ModelEvent]:
        sentences = await self.choose(request)
        if sentences and request.lead_in:
            yield TextDelta(text=request.lead_in.strip() + "\n\n")
        for position, sentence in enumerate(sentences):
            ending = "" if sentence[-1:] in ".!?…:;。！？" else "."
            separator = "\n" if position < len(sentences) - 1 else ""
            yield TextDelta(text=sentence + ending + separator)
        yield StreamEnd(finish_reason="stop", usage=Usage(), model=self.model)

    async def choose(self, request: ChatRequest) -> list[str]:
        """The sentences to quote, in reading order; empty when none is relevant enough."""
        wanted, scored = _score_all(request)
        if self._embedder is not None and request.language == "en" and scored:
            scored = await self._with_meaning(self._embedder, request.question, scored)
        if not scored or scored[0].score < RELEVANT:
            return []
        chosen = _procedure(request, scored) or _distinct(scored, wanted)
        return [item.candidate.text for item in _in_reading_order(chosen)]

    async def _with_meaning(self, embedder: Embedder, question: str, scored: list[_Scored]) -> list[_Scored]:
        """The best few by words, ordered again with the cosine to the question."""
        head, tail = scored[:EMBEDDED_SENTENCES], scored[EMBEDDED_SENTENCES:]
        (asked,) = await embedder.embed([question])  # alone, because retrieval has just embedded it
        vectors = await self._vectors(embedder, [item.candidate.text for item in head])
        again = [
            _Scored(
                candidate=item.candidate,
                rank=item.rank,
                score=item.score + MEANING * (float(vector @ asked) - NEUTRAL_COSINE),
            )
            for item, vector in zip(head, vectors, strict=True)
        ]
        return sorted(again, key=lambda item: -item.score) + tail

    async def _vectors(self, embedder: Embedder, texts: Sequence[str]) -> "list[NDArray[np.float32]]":
        """(n_texts) vectors of unit length; the help pages' sentences come back again and again."""
        found = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            fresh = dict(zip(missing, await embedder.embed(missing), strict=True))
            found |= fresh
            self._known |= fresh
        while len(self._known) > REMEMBERED:
            self._known.pop(next(iter(self._known)))
        return [found[text] for text in texts]


def _score_all(request: ChatRequest) -> tuple[Wanted, list[_Scored]]:
    """The question's words with their weights, and every candidate, best first.

    Those in the question's language alone, where there are relevant ones.
    """
    pool = [
        (rank, passage.language, candidate)
        for rank, passage in enumerate(request.passages)
        for candidate in candidates(passage)
    ]
    wanted = read_wanted(request, [candidate for _, _, candidate in pool])
    asked = cues(request.question)
    scored = [
        (language, _Scored(candidate=candidate, rank=rank, score=_score(candidate, rank, wanted, asked)))
        for rank, language, candidate in pool
    ]
    native = [item for language, item in scored if language == request.language]
    is_native_enough = any(item.score >= RELEVANT for item in native)
    kept = native if is_native_enough else [item for _, item in scored]
    return wanted, sorted(kept, key=lambda item: (-item.score, item.rank))


def _score(candidate: Candidate, rank: int, wanted: Wanted, asked: frozenset[Cue]) -> float:
    in_sentence = wanted.said_by(candidate.stems)
    in_heading = wanted.said_by(candidate.stems | candidate.heading_stems) - in_sentence
    if not in_sentence and not in_heading:
        return 0.0
    met = sum(1 for cue in asked if meets(cue, candidate.text, is_step=candidate.kind == "step"))
    bonus = CUE * met / len(asked) if asked else 0.0
    return in_sentence + HEADING * in_heading + bonus + RANK / (1 + rank)


def _procedure(request: ChatRequest, scored: list[_Scored]) -> list[_Scored]:
    """All steps of the numbered list that the best sentence belongs to, if it does and they are few."""
    best = scored[0]
    if best.candidate.kind != "step" or "steps" not in cues(request.question):
        return []
    steps = [
        item
        for item in scored
        if item.rank == best.rank and item.candidate.block == best.candidate.block and item.candidate.kind == "step"
    ]
    return steps if len(steps) <= MAX_STEPS else []


def _distinct(scored: list[_Scored], wanted: Wanted) -> list[_Scored]:
    """The best sentence and what adds to it."""
    chosen: list[_Scored] = []
    for item in scored:
        if len(chosen) == MAX_SENTENCES or item.score < max(RELEVANT, ALSO_RELEVANT * scored[0].score):
            break
        if any(_same(item.candidate, other.candidate) for other in chosen) or _is_other_row(item, scored, wanted):
            continue
        if not _is_parallel(item.candidate, scored[0].candidate, wanted):
            chosen.append(item)
    return chosen


def _is_parallel(candidate: Candidate, best: Candidate, wanted: Wanted) -> bool:
    """Whether it says of something else what the best sentence says of what was asked: another country's price."""
    if not wanted.words_in(candidate.stems) < wanted.words_in(best.stems):
        return False
    common = len(candidate.stems & best.stems)
    return common >= PARALLEL * len(candidate.stems | best.stems)


def _is_other_row(item: _Scored, scored: list[_Scored], wanted: Wanted) -> bool:
    """Whether another row of its table says all that this one says of the question, and more."""
    if item.candidate.kind != "row":
        return False
    said = wanted.words_in(item.candidate.stems)
    return any(
        other.rank == item.rank
        and other.candidate.block == item.candidate.block
        and said < wanted.words_in(other.candidate.stems)
        for other in scored
    )


def _same(left: Candidate, right: Candidate) -> bool:
    common = len(left.stems & right.stems)
    return common >= DUPLICATE * len(left.stems | right.stems)


def _in_reading_order(chosen: list[_Scored]) -> list[_Scored]:
    """Passages in the order of their best sentence, sentences as they stand in their passage."""
    order = list(dict.fromkeys(item.rank for item in chosen))
    return sorted(chosen, key=lambda item: (order.index(item.rank), item.candidate.position))
