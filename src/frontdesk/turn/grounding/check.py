"""Claims of an answer against passages: how likely each is unsupported, what carries it, what contradicts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import GroundingSettings
from frontdesk.domain.turn import Claim, ClaimSupport, GroundingReport
from frontdesk.ports.models import Embedder
from frontdesk.turn.grounding.analysis import analyse, masked
from frontdesk.turn.grounding.citations import Grounds, cite, prepare, window_text
from frontdesk.turn.grounding.claims import Statement, split_statements
from frontdesk.turn.grounding.doubts import Doubts, doubts_about
from frontdesk.turn.grounding.features import Comparison, compare, summarise
from frontdesk.turn.grounding.risk import RiskModel, shipped_model
from frontdesk.turn.grounding.talk import asks_something

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CONTRADICTED = 0.98
"""Risk of a claim that a hard check contradicts, at least."""
_QUOTED = 0.02
"""Risk of a claim that repeats a sentence of a passage, at most."""
_PART_QUOTED = 0.1
"""Risk of a claim that repeats part of a sentence, at most: what was left out may have limited it."""
_LEAST_PART = 5
"""Words from which a literal part of a sentence counts as quoted (a guess)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Features in the order of `features.NAMES`, and the risk that words alone tell from them."""

    features: Sequence[float]
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text held against its passages, before any risk is told."""

    grounds: Grounds
    claims: tuple[Claim, ...]
    comparisons: tuple[Comparison, ...]
    alone: tuple[Measured, ...]
    """Each claim by itself."""
    whole: Measured | None
    """The text as a whole; None when it has no claims."""

    @property
    def texts(self) -> list[str]:
        """What an embedder must embed to decide the claims: each claim and the sentences that bear on it."""
        found: dict[str, None] = {}
        for claim, comparison in zip(self.claims, self.comparisons, strict=True):
            if comparison.windows:
                found[claim.text] = None
                found[window_text(comparison.windows[0], self.grounds)] = None
        return list(found)


def read(text: str, grounds: Grounds, model: RiskModel, *, counts_talk: bool) -> Reading:
    """Take a text's claims and compare each with the passages.

    Args:
        counts_talk: hold a text that claims nothing against the passages all the same, and take what opens as talk
            for talk; without it only what leaves nothing to be checked is talk.
    """
    statements = split_statements(text, grounds.language, is_lenient=counts_talk)
    checkable = [entry for entry in statements if entry.is_checkable]
    chosen = checkable or (statements if counts_talk else [])
    visible = masked(text)
    comparisons = [_compare(visible, entry.claim, grounds, model) for entry in chosen]
    alone = [
        _measured(summarise([comparison], talk_share=0.0, asks=0, claims_nothing=False), model)
        for comparison in comparisons
    ]
    return Reading(
        grounds=grounds,
        claims=tuple(entry.claim for entry in chosen),
        comparisons=tuple(comparisons),
        alone=tuple(alone),
        whole=_whole(statements, comparisons, alone, visible, grounds.language, model) if comparisons else None,
    )


class Grounder:
    """Checks answers against passages. Words decide most claims; an embedder, where there is one, the undecided."""

    def __init__(
        self, embedder: Embedder | None, settings: GroundingSettings, *, model: RiskModel | None = None
    ) -> None:
        self._embedder = embedder
        self._model = model or shipped_model()
        self.settings = settings

    async def check(self, text: str, passages: Sequence[Passage], *, question: str, language: str) -> GroundingReport:
        """Every claim of a text, in order; a text that claims nothing has no claims and no risk."""
        reading = self._read(text, passages, question=question, language=language, counts_talk=False)
        vectors: Mapping[str, NDArray[np.float32]] = {}
        if self._embedder is not None and self._is_undecided(reading):
            texts = reading.texts
            vectors = dict(zip(texts, await self._embedder.embed(texts), strict=True))
        return self._report(reading, vectors)

    def doubts(self, text: str, passages: Sequence[Passage], *, question: str, language: str) -> Doubts | None:
        """What spoke against the riskiest claim of a text, by words alone; None where it claims nothing."""
        reading = self._read(text, passages, question=question, language=language, counts_talk=False)
        if not reading.claims:
            return None
        worst = max(range(len(reading.claims)), key=lambda place: _doubt(reading, place))
        comparison = reading.comparisons[worst]
        return doubts_about(reading.claims[worst].text, comparison.piece, comparison.values, reading.grounds)

    def check_now(
        self, text: str, passages: Sequence[Passage], *, question: str, language: str, counts_talk: bool = False
    ) -> GroundingReport:
        """As `check`, without asyncio.

        Args:
            counts_talk: give a text that claims nothing the risk of having no support, instead of none; for
                scoring whole answers, where a reply that says nothing is no good either.
        """
        reading = self._read(text, passages, question=question, language=language, counts_talk=counts_talk)
        vectors: Mapping[str, NDArray[np.float32]] = {}
        if self._embedder is not None and self._is_undecided(reading):
            texts = reading.texts
            vectors = dict(zip(texts, self._embedder.embed_now(texts), strict=True))
        return self._report(reading, vectors)

    def _read(
        self, text: str, passages: Sequence[Passage], *, question: str, language: str, counts_talk: bool
    ) -> Reading:
        grounds = prepare(passages, question=question, language=language)
        return read(text, grounds, self._model, counts_talk=counts_talk)

    def _is_undecided(self, reading: Reading) -> bool:
        pairs = zip(reading.alone, reading.comparisons, strict=True)
        every = [measured for measured, comparison in pairs if not comparison.contradictions]
        if reading.whole is not None and len(reading.comparisons) > 1:
            every.append(reading.whole)
        return any(self._is_between(measured.risk) for measured in every)

    def _is_between(self, risk: float) -> bool:
        low, high = self._model.undecided
        return low < risk < high

    def _report(self, reading: Reading, vectors: "Mapping[str, NDArray[np.float32]]") -> GroundingReport:
        cosines = [
            _cosine(claim, comparison, reading.grounds, vectors)
            for claim, comparison in zip(reading.claims, reading.comparisons, strict=True)
        ]
        supports = tuple(
            _support(claim, comparison, reading.grounds, self._risk(measured, [cosine], [comparison]))
            for claim, comparison, measured, cosine in zip(
                reading.claims, reading.comparisons, reading.alone, cosines, strict=True
            )
        )
        risk = self._risk(reading.whole, cosines, reading.comparisons) if reading.whole else 0.0
        return GroundingReport(claims=supports, risk=risk)

    def _risk(self, measured: Measured, cosines: Sequence[float | None], comparisons: Sequence[Comparison]) -> float:
        if not self._is_between(measured.risk) or all(cosine is None for cosine in cosines):
            return measured.risk
        known = [0.0 if cosine is None else cosine for cosine in cosines]
        return self._model.vectors.risk([*measured.features, *summarise_cosines(known, comparisons)])


def _doubt(reading: Reading, place: int) -> tuple[int, float]:
    return len(reading.comparisons[place].contradictions), reading.alone[place].risk


def _measured(features: Sequence[float], model: RiskModel) -> Measured:
    return Measured(features=features, risk=model.words.risk(features))


def _whole(
    statements: Sequence[Statement],
    comparisons: Sequence[Comparison],
    alone: Sequence[Measured],
    visible: str,
    language: str,
    model: RiskModel,
) -> Measured:
    """All claims together; of one claim and no talk, the same as the claim alone."""
    spoken = (visible[entry.claim.start : entry.claim.end] for entry in statements)
    features = summarise(
        comparisons,
        talk_share=_talk_share(statements),
        asks=sum(asks_something(sentence, language) for sentence in spoken),
        claims_nothing=not any(entry.is_checkable for entry in statements),
    )
    return alone[0] if features == alone[0].features else _measured(features, model)


def summarise_cosines(cosines: Sequence[float], comparisons: Sequence[Comparison]) -> list[float]:
    """The features named `VECTOR_NAMES`: the mean by content, and the least."""
    weights = [len(comparison.piece.content) + 1.0 for comparison in comparisons]
    mean = sum(weight * cosine for weight, cosine in zip(weights, cosines, strict=True)) / sum(weights)
    return [mean, min(cosines)]


def _compare(visible: str, claim: Claim, grounds: Grounds, model: RiskModel) -> Comparison:
    language = grounds.language
    piece = analyse(visible, claim.start, claim.end, language)
    return compare(piece, grounds.evidence, grounds.question, model.rarity_in(language), language)


def _support(claim: Claim, comparison: Comparison, grounds: Grounds, risk: float) -> ClaimSupport:
    """What is told of a claim whose features alone have this risk."""
    contradicted = bool(comparison.contradictions)
    risk = max(risk, _CONTRADICTED) if contradicted else min(risk, _quote_bound(comparison, grounds))
    return ClaimSupport(
        claim=claim,
        risk=risk,
        evidence=cite(comparison.windows[0], grounds) if comparison.windows else None,
        contradictions=comparison.contradictions,
    )


def _cosine(
    claim: Claim, comparison: Comparison, grounds: Grounds, vectors: "Mapping[str, NDArray[np.float32]]"
) -> float | None:
    if not vectors or not comparison.windows:
        return None
    return float(vectors[claim.text] @ vectors[window_text(comparison.windows[0], grounds)])


def _quote_bound(comparison: Comparison, grounds: Grounds) -> float:
    """The most that a literal quotation can be at risk; 1 for what is none."""
    tokens = comparison.piece.tokens
    if any(tokens in evidence.sentences for evidence in grounds.evidence):
        return _QUOTED
    if len(tokens) >= _LEAST_PART:
        wanted = f" {' '.join(tokens)} "
        if any(wanted in evidence.running for evidence in grounds.evidence):
            return _PART_QUOTED
    return 1.0


def _talk_share(statements: Sequence[Statement]) -> float:
    total = sum(len(entry.claim.text) for entry in statements)
    return sum(len(entry.claim.text) for entry in statements if not entry.is_checkable) / total if total else 0.0
