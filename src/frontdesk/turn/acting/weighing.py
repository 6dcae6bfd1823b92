"""How alike a message and an example are, by words that weigh the more the fewer workflows use them."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from frontdesk.text.language import detect_language
from frontdesk.text.sentences import split_sentences
from frontdesk.text.tokens import is_stopword, stem, words
from frontdesk.text.typos import intended
from frontdesk.turn.acting.heard import LANGUAGES

FUNCTION_WORD = 0.25
"""Weight of a function word among words; measured, as the next one, on the sentences of tests/unit/turn/acting."""
UNKNOWN = 0.45
"""Weight of a content word that no example has, such as the name of a product."""


class Weighing:
    """Compares by the cosine of weighted word stems, sentence by sentence."""

    def __init__(self, examples: Sequence[tuple[str, str]]) -> None:
        """
        Args:
            examples: pairs of workflow and example.
        """
        self._examples = [_stems_of(text, detect_language(text, default="en", among=LANGUAGES)) for _, text in examples]
        self._weights = _weigh([(name, stems) for (name, _), (_, stems) in zip(examples, self._examples, strict=True)])
        self._sizes = [sum(self._weights[key] for key in stems) for _, stems in self._examples]
        self._by_stem: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, (_, stems) in enumerate(self._examples):
            for key in stems:
                self._by_stem[key].append(place)

    def scores(self, text: str) -> list[float]:
        spans = split_sentences(text)
        parts = [text[span.start : span.end] for span in spans] if len(spans) > 1 else []
        every = [self._of_one(part) for part in (text, *parts[:8])]
        return [max(scores) for scores in zip(*every, strict=True)] if self._examples else []

    def _of_one(self, text: str) -> list[float]:
        scores = [0.0] * len(self._examples)
        for language in LANGUAGES:
            known, size = self._known(text, language)
            shared: dict[int, float] = defaultdict(float)
            for key in known:
                for place in self._by_stem[key]:
                    shared[place] += self._weights[key]
            for place, weight in shared.items():
                scores[place] = max(scores[place], weight / math.sqrt(size * self._sizes[place]))
        return scores

    def _known(self, text: str, language: str) -> tuple[set[tuple[str, str]], float]:
        """The stems that some example has, and the weight of all of the text's words."""
        known: set[tuple[str, str]] = set()
        size = 0.0
        for token in words(text):
            key = self._key(token.text, language)
            if key is not None and key not in known:
                known.add(key)
                size += self._weights[key]
            elif key is None:
                size += UNKNOWN * (FUNCTION_WORD if is_stopword(token.text, language) else 1.0)
        return known, size or 1.0

    def _key(self, word: str, language: str) -> tuple[str, str] | None:
        key = (language, stem(word, language))
        if key in self._by_stem:
            return key
        if is_stopword(word, language) or len(word) < 5:
            return None
        slips = ((language, stem(other, language)) for other in intended(word.casefold()))
        return next((other for other in slips if other in self._by_stem), None)


def _stems_of(text: str, language: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return language, frozenset((language, stem(token.text, language)) for token in words(text))


def _weigh(examples: Sequence[tuple[str, frozenset[tuple[str, str]]]]) -> Mapping[tuple[str, str], float]:
    """1 for a word of a single workflow, less for one that several use; a function word a fixed share of that."""
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, stems in examples:
        for key in stems:
            used[key].add(name)
    groups = max(1, len({name for name, _ in examples}))
    return {key: _weight(key, len(names), groups) for key, names in used.items()}


def _weight(key: tuple[str, str], uses: int, groups: int) -> float:
    language, word = key
    rare = 0.35 + 0.65 * math.log((1 + groups) / uses) / math.log(1 + groups)
    return rare * (FUNCTION_WORD if is_stopword(word, language) else 1.0)
