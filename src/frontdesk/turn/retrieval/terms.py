"""What the words of a question and of a chunk have in common."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from frontdesk.domain.turn import SearchQuery
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.text.rewordings import Ways, credit_of, ways_to_say
from frontdesk.text.tokens import content_stems, fold, is_stopword, stem, words

REMEMBERED = 2048
"""Chunks whose wording is kept, about 15 kB each."""
CARRIED_WEIGHT = 0.5
"""Weight of a carried word against one of the question's own. Measured in bench/fusion.py: flat from 0.3 to 0.7."""
ALIKE_CREDIT = 0.5
"""What a word in another spelling counts: it may be a typing mistake or an inflection, and it may be Iceland for
Ireland. A guess."""
_ALIKE = 0.6
"""Dice coefficient of letter pairs from which two stems count as one word spelled differently; a guess."""
_SHARED_STEM = 5
"""Letters a stem must have to be recognised inside a compound; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A text's words, the way texts are compared."""

    stems: frozenset[str]
    """Of the words that carry content."""
    pairs: frozenset[tuple[str, str]]
    """Stems that follow each other, function words left out."""
    function_words: frozenset[str]


def read_wording(text: str, language: str) -> Wording:
    """The words of a text in one pass."""
    stems: list[str] = []
    function_words: set[str] = set()
    for token in words(text):
        if is_stopword(token.text, language):
            function_words.add(fold(token.text))
        else:
            stems.append(stem(token.text, language))
    return Wording(
        stems=frozenset(stems),
        pairs=frozenset(pairwise(stems)),
        function_words=frozenset(function_words),
    )


class ChunkTerms:
    """The wording of one index's chunks, breadcrumbs included, read when first asked for."""

    def __init__(self, index: KnowledgeIndex) -> None:
        self._index = index
        self._known: OrderedDict[int, Wording] = OrderedDict()

    def of(self, row: int) -> Wording:
        known = self._known.get(row)
        if known is None:
            chunk = self._index.chunk(row)
            known = self._known[row] = read_wording(chunk.indexed_text, chunk.language)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known


def question_terms(query: SearchQuery, index: KnowledgeIndex) -> dict[str, float]:
    """How much each distinct stem of the question tells: its inverse frequency, less for one that was carried.

    One that no chunk has tells as much as the most frequent of the other ways to say it.
    """
    ways = ways_to_say(query.rewordings, query.language)
    terms = {root: _rarity(root, ways, index) for root in content_stems(query.original, query.language)}
    for word in query.carried:
        for root in content_stems(word, query.language):
            terms.setdefault(root, CARRIED_WEIGHT * _rarity(root, ways, index))
    return terms


def _rarity(root: str, ways: Ways, index: KnowledgeIndex) -> float:
    own, unknown = index.inverse_frequency(root), index.inverse_frequency("")
    others = [max(index.inverse_frequency(stem) for stem in way.stems) for way in ways.get(root, ())]
    return own if own < unknown else min([own, *others])


def coverage(terms: Mapping[str, float], stems: frozenset[str], ways: Ways) -> float:
    """Share of what the question tells that the stems say, 0 to 1; 1 for a question without content words."""
    total = sum(terms.values())
    return sum(weight * credit_of(term, stems, ways) for term, weight in terms.items()) / total if total > 0.0 else 1.0


def share(wanted: frozenset[Any], there: frozenset[Any]) -> float:
    """How much of what is wanted is there, 0 to 1; 0 when nothing is wanted."""
    return len(wanted & there) / len(wanted) if wanted else 0.0


def likeness(term: str, stems: frozenset[str]) -> float:
    """How surely the stems contain the word: 1 as it is, `ALIKE_CREDIT` in a spelling like it, else 0."""
    if term in stems:
        return 1.0
    return ALIKE_CREDIT if any(_may_match(term, other) and _alike(term, other) for other in stems) else 0.0


def _may_match(term: str, other: str) -> bool:
    """A cheap look before the dear one; numbers match only as they are."""
    return (term[:1] == other[:1] and not term[:1].isdigit()) or (len(term) >= _SHARED_STEM and term in other)


@lru_cache(maxsize=65536)
def _alike(left: str, right: str) -> bool:
    short, long = sorted((left, right), key=len)
    if len(short) >= _SHARED_STEM and short in long:
        return True
    pairs, others = _pairs(left), _pairs(right)
    return 2.0 * len(pairs & others) >= _ALIKE * (len(pairs) + len(others))


def _pairs(word: str) -> frozenset[str]:
    framed = f"^{word}$"
    return frozenset(framed[i : i + 2] for i in range(len(framed) - 1))
