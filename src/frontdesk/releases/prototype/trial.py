"""What the logged questions say about the documents: what is answered, what is missing, what to offer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.turn import ConfidenceLevel
from frontdesk.releases.prototype.values import LoggedQuestion
from frontdesk.text.tokens import content_stems

Road = Literal["knowledge", "talk", "person", "refused"]
"""To the documents, or past them: a prepared reply, a person, a refusal."""
MAX_SEARCHED = 2_000
"""Distinct questions, the most frequent ones, that are searched: some seconds of work."""
_ALIKE = 0.5
"""Share of common content words from which two questions ask for the same; a guess that only sorts a list."""
_GAPS = 10
_STARTERS = 4
_SHORTEST_STARTER, _LONGEST_STARTER = 8, 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A logged question after it was searched."""

    question: LoggedQuestion
    road: Road
    level: ConfidenceLevel = "low"
    confidence: float = 0.0
    closest: str = ""
    """Title of the best document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions of one kind that the documents do not answer."""

    question: str
    """The one that was asked most."""
    times: int
    wordings: int
    closest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How the documents do with the logs; questions are counted as often as they were asked."""

    asked: int = 0
    searched: int = 0
    talk: int = 0
    """Greetings, thanks and the like, which need no document."""
    person: int = 0
    """A wish for a person, or a topic that the starter hands to one."""
    refused: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    """No document that the search is sure of."""
    gaps: tuple[Gap, ...] = ()
    starters: tuple[str, ...] = ()
    """Worth offering before the first message."""
    language: str = "en"
    """ISO 639-1 of these."""
    documents: int = 0
    chunks: int = 0
    kept_out: tuple[tuple[str, str], ...] = ()
    """Path and reason of what the reading-in refused."""
    by_meaning: bool = False
    """Whether an embedder took part."""
    notes: tuple[str, ...] = field(default=())


def sum_up(
    tried: Sequence[Tried], *, asked: int, language: str, documents: int, chunks: int,
    kept_out: Iterable[tuple[str, str]], by_meaning: bool, notes: Iterable[str],
) -> Trial:  # fmt: skip
    """Counts, the biggest gaps, and what to offer before the first message.

    Args:
        language: ISO 639-1 of the questions to offer.
    """
    unanswered = [item for item in tried if item.road == "knowledge" and item.level == "low"]
    return Trial(
        asked=asked,
        searched=sum(item.question.times for item in tried),
        talk=_times(tried, "talk"),
        person=_times(tried, "person"),
        refused=_times(tried, "refused"),
        high=_times(tried, "knowledge", "high"),
        medium=_times(tried, "knowledge", "medium"),
        low=_times(tried, "knowledge", "low"),
        gaps=tuple(_gap(group) for group in _grouped(unanswered)[:_GAPS]),
        starters=tuple(_starters(tried, language)),
        language=language,
        documents=documents,
        chunks=chunks,
        kept_out=tuple(kept_out),
        by_meaning=by_meaning,
        notes=tuple(notes),
    )


def _times(tried: Iterable[Tried], road: Road, level: ConfidenceLevel | None = None) -> int:
    return sum(item.question.times for item in tried if item.road == road and level in (None, item.level))


def _gap(group: Sequence[Tried]) -> Gap:
    return Gap(
        question=group[0].question.question,
        times=sum(item.question.times for item in group),
        wordings=len(group),
        closest=group[0].closest,
    )


def _grouped(tried: Iterable[Tried]) -> list[list[Tried]]:
    """Questions with about the same content words together, the group that was asked most first."""
    groups: list[tuple[frozenset[str], list[Tried]]] = []
    for item in sorted(tried, key=lambda one: -one.question.times):
        stems = frozenset(content_stems(item.question.question, item.question.language))
        home = next((group for known, group in groups if _are_alike(known, stems)), None)
        if home is None:
            groups.append((stems, [item]))
        else:
            home.append(item)
    return sorted((group for _, group in groups), key=lambda group: -sum(item.question.times for item in group))


def _are_alike(left: frozenset[str], right: frozenset[str]) -> bool:
    together = left | right
    return bool(together) and len(left & right) / len(together) >= _ALIKE


def _starters(tried: Iterable[Tried], language: str) -> list[str]:
    """A question of each of the groups asked most that can be answered; none that held personal data."""
    answerable = [
        item for item in tried if item.road == "knowledge" and item.level != "low" and _may_be_offered(item, language)
    ]
    return [_best_wording(group) for group in _grouped(answerable)[:_STARTERS]]


def _best_wording(group: Sequence[Tried]) -> str:
    """The one asked most among those written as a question, else among all."""
    texts = [" ".join(item.question.question.split()) for item in group]
    text = next((text for text in texts if text.endswith("?")), texts[0])
    return text[:1].upper() + text[1:]


def _may_be_offered(item: Tried, language: str) -> bool:
    question = item.question
    text = " ".join(question.question.split())
    return (
        question.language == language and not question.is_masked and _SHORTEST_STARTER <= len(text) <= _LONGEST_STARTER
    )
