"""BM25 over memory-mapped postings that are sorted by row, so that a permission cuts each list before it is scored."""

from collections import Counter
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.index.permission import Permission, Ranges
from frontdesk.adapters.index.ranking import best
from frontdesk.adapters.index.records import map_array, save_array
from frontdesk.adapters.index.vocabulary import Vocabulary
from frontdesk.domain.conversation import Audiences
from frontdesk.domain.knowledge import Chunk, Ranking
from frontdesk.text.tokens import content_stems, is_stopword, stem, words

K1, B = 1.2, 0.75
"""Robertson and Zaragoza, 2009; the defaults of Lucene."""
BREADCRUMB_WEIGHT = 2.0
"""A stem in the title or a heading counts as this many in the text, in the manner of BM25F; a guess."""
MAX_TERMS = 48
"""Stems of one question that are looked up; of more, the rarest. Bounds what a long message can cost."""
MAX_CORRECTIONS = 3
"""Stems that may stand in for a mistyped one; of more, the most frequent."""
CORRECTION_WEIGHT = 0.6
"""What a stand-in counts, shared among them; a guess."""
COMPARED_CHARS = 20_000
"""Characters of a question that are read; messages are capped far below."""


def write_lexical(folder: Path, chunks: Sequence[Chunk]) -> None:
    """Write stems, postings and weights of the chunks, which come in row order."""
    frequencies = [_frequencies(chunk) for chunk in chunks]
    stems = sorted({stem for counts in frequencies for stem in counts})  # code points sort as their UTF-8 bytes do
    numbers = {stem: number for number, stem in enumerate(stems)}
    sizes = [len(counts) for counts in frequencies]
    total = sum(sizes)
    terms = np.fromiter((numbers[stem] for counts in frequencies for stem in counts), np.int32, total)
    counts = np.fromiter((count for item in frequencies for count in item.values()), np.float32, total)
    rows = np.repeat(np.arange(len(chunks), dtype=np.int32), sizes)
    order = np.argsort(terms, kind="stable")  # rows are ascending already, and stay so within each stem
    ends = np.concatenate([[0], np.cumsum(np.bincount(terms, minlength=len(stems)))]).astype(np.int64)
    Vocabulary.write(folder, stems)
    save_array(folder / "postings.ends.npy", ends)
    save_array(folder / "postings.rows.npy", rows[order])
    save_array(folder / "postings.weights.npy", _weights(terms, counts, rows, ends, len(chunks))[order])


def _frequencies(chunk: Chunk) -> dict[str, float]:
    """How often each stem stands in the chunk, weighted by where."""
    counts: dict[str, float] = {}
    counts.update(Counter(content_stems(chunk.text, chunk.language)))
    for part in chunk.breadcrumb:
        for item in content_stems(part, chunk.language):
            counts[item] = counts.get(item, 0.0) + BREADCRUMB_WEIGHT
    return counts


def _weights(
    terms: NDArray[Any], counts: NDArray[np.float32], rows: NDArray[Any], ends: NDArray[Any], chunk_count: int
) -> NDArray[np.float32]:
    """(n_postings,) float32: what each posting adds to its chunk's score."""
    lengths = np.bincount(rows, weights=counts, minlength=chunk_count)
    mean = lengths.mean() if lengths.any() else 1.0
    frequency = np.diff(ends)
    rarity = np.log1p((chunk_count - frequency + 0.5) / (frequency + 0.5))
    damping = K1 * (1 - B + B * lengths / mean)
    weights: NDArray[np.float32] = (rarity[terms] * counts * (K1 + 1) / (counts + damping[rows])).astype(np.float32)
    return weights


class Bm25Index:
    """The lexical leg of one snapshot. Any text is safe: a question is only ever cut into words."""

    def __init__(self, folder: Path, permission: Permission, *, chunk_count: int, languages: Sequence[str]) -> None:
        self._vocabulary = Vocabulary(folder)
        self._ends = map_array(folder / "postings.ends.npy")
        self._rows = map_array(folder / "postings.rows.npy")
        self._weights: NDArray[np.float32] = map_array(folder / "postings.weights.npy")
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
        near = sorted(self._vocabulary.near(own), key=lambda number: (-self._frequency(number), number))
        chosen = near[:MAX_CORRECTIONS]
        return [(number, CORRECTION_WEIGHT / len(chosen)) for number in chosen]

    def _frequency(self, number: int) -> int:
        """In how many chunks the stem stands."""
        return int(self._ends[number + 1] - self._ends[number])
