"""BM25 over memory-mapped postings that are sorted by row, so that a permission cuts each list before it is scored."""

from collections.abc import Sequence
from copy import copy
from functools import lru_cache
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
from frontdesk.text.tokens import content_stems, fold, is_stopword, stem, strip_accents, words
from frontdesk.text.typos import intended

MAX_TERMS = 48
"""Stems of one question that are looked up; of more, the rarest. Bounds what a long message can cost."""
MAX_CORRECTED = 32
"""Unknown words of one question for which others stand in, the first ones; each costs about 1 ms."""
MAX_CORRECTIONS = 3
"""Stems that may stand in for a mistyped one; of more, the most frequent."""
CORRECTION_WEIGHT = 0.6
"""What a stand-in counts, shared among them; a guess."""
SYNONYM_WEIGHT = 0.7
"""What a word that means the same counts, in a phrase shared among its words; a guess."""
SHORTEST_CORRECTED = 5
"""Letters from which a word is corrected: in shorter ones one slip makes another word. A guess."""
COMPARED_CHARS = 20_000
"""Characters of a question that are read; messages are capped far below."""


class Bm25Index:
    """The lexical leg of one snapshot. Any text is safe: a question is only ever cut into words."""

    def __init__(self, folder: Path, permission: Permission, *, chunk_count: int, languages: Sequence[str]) -> None:
        self._vocabulary = Vocabulary(folder)
        self._ends = map_array(folder / ENDS)
        self._rows = map_array(folder / ROWS)
        self._weights: NDArray[np.float32] = map_array(folder / WEIGHTS)
        self.permission = permission
        self._chunk_count = chunk_count
        self._languages = tuple(languages)
        self._meant = lru_cache(maxsize=1024)(self._read_meant)

    def search(
        self, text: str, *, audiences: Audiences, language: str, limit: int, also: Sequence[str] = ()
    ) -> Ranking:
        ranges = self.permission.ranges(audiences)
        if not ranges:
            return ()
        scores = np.zeros(self._chunk_count, np.float32)
        for number, weight in self._terms(text, language, also).items():
            self._add(scores, number, weight, ranges)
        rows = np.flatnonzero(scores)
        return best(rows, scores[rows], limit)

    def corrections(self, word: str, *, audiences: Audiences, language: str) -> tuple[str, ...]:
        ranges = self.permission.ranges(audiences)
        if self._known(word, language) is not None:
            return ()
        return tuple(meant for meant, number in self._meant(word, language) if self._is_seen(number, ranges))

    def under(self, permission: Permission) -> "Bm25Index":
        """The same index, in which other rows may be seen."""
        other = copy(self)
        other.permission = permission
        return other

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

    def _is_seen(self, number: int, ranges: Ranges) -> bool:
        rows = self._rows[int(self._ends[number]) : int(self._ends[number + 1])]
        return any(np.searchsorted(rows, low) < np.searchsorted(rows, high) for low, high in ranges)

    def _terms(self, text: str, language: str, also: Sequence[str]) -> dict[int, float]:
        """Numbers of the stems a question asks for, each with what it counts."""
        asked = dict.fromkeys(
            token.text for token in words(text[:COMPARED_CHARS]) if not is_stopword(token.text, language)
        )
        known = {word: self._known(word, language) for word in asked}
        wanted = {number: 1.0 for number in known.values() if number is not None}
        for word in [word for word, number in known.items() if number is None][:MAX_CORRECTED]:
            for number, weight in self._stand_ins(word, language):
                wanted[number] = max(weight, wanted.get(number, 0.0))
        for phrase in also:
            others = content_stems(phrase, language)
            for number in (found for other in others if (found := self._vocabulary.find(other)) is not None):
                wanted[number] = max(SYNONYM_WEIGHT / len(others), wanted.get(number, 0.0))
        if len(wanted) > MAX_TERMS:
            rarest = sorted(wanted, key=lambda number: (self._frequency(number), number))[:MAX_TERMS]
            wanted = {number: wanted[number] for number in rarest}
        return wanted

    def _known(self, word: str, language: str) -> int | None:
        """The number of the word's own stem, or where no chunk has it, of its stem in the snapshot's other languages."""
        stems = (stem(word, other) for other in (language, *self._languages))
        return next((number for each in stems if (number := self._vocabulary.find(each)) is not None), None)

    def _stand_ins(self, word: str, language: str) -> list[tuple[int, float]]:
        """For a word that no chunk has: the stems of what was meant, or that are spelled like it."""
        own = stem(word, language)
        # a mistake near the end misleads the stemmer, so the word as it was typed is tried too
        near = {number for _, number in self._meant(word, language)} or {
            *self._vocabulary.near(own),
            *self._vocabulary.near(fold(word)),
        }
        chosen = sorted(near, key=lambda number: (-self._frequency(number), number))[:MAX_CORRECTIONS]
        return [(number, CORRECTION_WEIGHT / len(chosen)) for number in chosen]

    def _read_meant(self, word: str, language: str) -> tuple[tuple[str, int], ...]:
        """Words that one slip makes into this one and whose stems chunks have, the most frequent first."""
        typed = strip_accents(fold(word))
        if len(typed) < SHORTEST_CORRECTED:
            return ()
        by_stem: dict[str, str] = {}
        for other in intended(typed):
            if not is_stopword(other, language):
                by_stem.setdefault(stem(other, language), other)
        found = {by_stem[own]: number for own, number in self._vocabulary.find_any(by_stem)}
        return tuple(sorted(found.items(), key=lambda item: (-self._frequency(item[1]), item[1])))

    def _frequency(self, number: int) -> int:
        """In how many chunks the stem stands."""
        return int(self._ends[number + 1] - self._ends[number])
