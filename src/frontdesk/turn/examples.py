"""What a message is like, by example: intents, topics and workflows are told apart in one way."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog

from frontdesk.domain.errors import DependencyError
from frontdesk.ports.models import Embedder
from frontdesk.text.tokens import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = structlog.get_logger()


class Match(NamedTuple):
    """The example closest to a message."""

    name: str
    """Whose example it is; empty when there are none."""
    score: float
    """Similarity, 0 to 1."""
    example: str = ""


class Comparison(Protocol):
    """A way to compare a message with examples by its words."""

    def scores(self, text: str) -> list[float]:
        """Similarity to each example in order, 0 to 1."""
        ...


class SharedWords:
    """The share of words that two texts have in common, each word once."""

    def __init__(self, examples: Sequence[tuple[str, str]]) -> None:
        self._examples = [_word_set(text) for _, text in examples]

    def scores(self, text: str) -> list[float]:
        asked = _word_set(text)
        return [_dice(asked, example) for example in self._examples]


class ExampleMatcher:
    """Finds the example closest to a message."""

    def __init__(
        self,
        groups: Sequence[tuple[str, Sequence[str]]],
        embedder: Embedder | None,
        *,
        compare: Callable[[Sequence[tuple[str, str]]], Comparison] = SharedWords,
    ) -> None:
        """
        Args:
            groups: a name and its examples each.
            compare: makes the comparison by words, of pairs of name and example.
        """
        self._examples = [(name, text) for name, texts in groups for text in texts]
        self._comparison = compare(self._examples)
        self._vectors: NDArray[np.float32] | None = None
        self._embedder = embedder
        if embedder is not None and self._examples:
            self._vectors = embedder.embed_now([text for _, text in self._examples])

    async def closest(self, text: str, *, by_meaning: bool) -> Match:
        """The closest example; one without a name, at 0, when there are none.

        Args:
            by_meaning: also compare embeddings; only for languages that the embedder was measured to understand.
                Where the embedder cannot be asked, words decide alone.
        """
        if not self._examples:
            return Match("", 0.0)
        scores = await self._scores(text, by_meaning=by_meaning)
        return self._match(max(range(len(scores)), key=scores.__getitem__), scores)

    async def by_group(self, text: str, *, by_meaning: bool) -> Mapping[str, Match]:
        """The closest example of each name; `by_meaning` as for `closest`."""
        scores = await self._scores(text, by_meaning=by_meaning) if self._examples else []
        best: dict[str, Match] = {}
        for place in range(len(scores)):
            match = self._match(place, scores)
            if match.name not in best or match.score > best[match.name].score:
                best[match.name] = match
        return best

    def _match(self, place: int, scores: Sequence[float]) -> Match:
        name, example = self._examples[place]
        return Match(name, float(scores[place]), example)

    async def _scores(self, text: str, *, by_meaning: bool) -> list[float]:
        scores = self._comparison.scores(text)
        if not by_meaning or self._vectors is None or self._embedder is None:
            return scores
        try:
            vector = (await self._embedder.embed([text]))[0]
        except DependencyError as error:
            log.warning("routed_by_words_alone", code=error.code)
            return scores
        return [max(pair) for pair in zip(scores, (self._vectors @ vector).tolist(), strict=True)]


def _word_set(text: str) -> frozenset[str]:
    return frozenset(token.text.casefold() for token in words(text))


def _dice(left: frozenset[str], right: frozenset[str]) -> float:
    """2·|A∩B| / (|A|+|B|), 0 to 1 (Dice 1945)."""
    total = len(left) + len(right)
    return 2 * len(left & right) / total if total else 0.0
