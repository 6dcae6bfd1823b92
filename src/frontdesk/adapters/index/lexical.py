"""BM25 over memory-mapped postings that are sorted by row, so that a permission cuts each list before it is scored."""

from collections.abc import Sequence
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.index.permission import Permission, Ranges
from frontdesk.adapters.index.postings import ENDS, ROWS, WEIGHTS
from frontdesk.adapters.index.ranking import best
from frontdesk.adapters.index.records import map_array
from frontdesk.adapters.index.vocabulary import Vocabulary
from frontdesk.domain.conversation import Audiences
from frontdesk.domain.knowledge import Ranking
from frontdesk.text.tokens import fold, is_stopword, stem, words

MAX_TERMS = 48
"""Stems of one question that are looked up; of more, the rarest. Bounds what a long message can cost."""
MAX_CORRECTIONS = 3
"""Stems that may stand in for a mistyped one; of more, the most frequent."""
CORRECTION_WEIGHT = 0.6
"""What a stand-in counts, shared among them; a guess."""
COMPARED_CHARS = 20_000
"""Characters of a question that are read; messages are capped far below."""


class Bm25Index:
    """The lexical leg of one snapshot. Any text is safe: a question is only ever cut into words."""

    def __init__(self, folder: Path, permission: Permission, *, chunk_count: int, languages: Sequence[str]) -> None:
        self._vocabulary = Vocabulary(folder)
        self._ends = map_array(folder / ENDS)
        self._rows = map_array(folder / ROWS)
        self._weights: NDArray[np.float32] = map_array(folder / WEIGHTS)
        self._permission = permission
        self._chunk_count = chunk_count
        self._languages = tuple(languages)

    def search(self, text: str, *, audiences: Audiences, language: str, limit: int) -> Ranking:
        ranges = self._permission.ranges(audiences)
        if not ranges:
            return ()
        scores = np.zeros(self._chunk_count, np.float32)
        for number, weight in self._terms(text, language).items():
            self._add(scores, number, weight, ranges)
        rows = np.flatnonzero(scores)
        return best(rows, scores[rows], limit)

    def inverse_frequency(self, stem: str) -> float:
        number = self._vocabulary.find(stem)
        found = self._frequency(number) if number is not None else 0
        return log(1 + (self._chunk_count - found + 0.5) / (found + 0.5))

    def _add(self, scores: NDArray[np.float32], number: int, weight: float, ranges: Ranges) -> None:
        start, end = int(self._ends[number]), int(self._ends[number + 1])
        rows = self._rows[start:end]
        for low, high in ranges:
            first, last = np.searchsorted(rows, (low, high)).tolist()
            scores[rows[first:last]] += weight * self._weights[start + first : start + last]

    def _terms(self, text: str, language: str) -> dict[int, float]:
        """Numbers of the stems a question asks for, each with what it counts."""
        wanted: dict[int, float] = {}
        for word in dict.fromkeys(token.text for token in words(text[:COMPARED_CHARS])):
            if not is_stopword(word, language):
                for number, weight in self._stand_ins(word, language):
                    wanted[number] = max(weight, wanted.get(number, 0.0))
        if len(wanted) > MAX_TERMS:
            rarest = sorted(wanted, key=lambda number: (self._frequency(number), number))[:MAX_TERMS]
            wanted = {number: wanted[number] for number in rarest}
        return wanted

    def _stand_ins(self, word: str, language: str) -> list[tuple[int, float]]:
        """The word's own stem; where no chunk has it, its stem in the snapshot's other languages; else corrections."""
        own = stem(word, language)
        for candidate in dict.fromkeys((own, *(stem(word, other) for other in self._languages))):
            if (number := self._vocabulary.find(candidate)) is not None:
                return [(number, 1.0)]
        # a mistake near the end misleads the stemmer, so the word as it was typed is tried too
        near = {*self._vocabulary.near(own), *self._vocabulary.near(fold(word))}
        chosen = sorted(near, key=lambda number: (-self._frequency(number), number))[:MAX_CORRECTIONS]
        return [(number, CORRECTION_WEIGHT / len(chosen)) for number in chosen]

    def _frequency(self, number: int) -> int:
        """In how many chunks the stem stands."""
        return int(self._ends[number + 1] - self._ends[number])
