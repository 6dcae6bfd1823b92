# ruff: noqa: SIM905 - word lists read better as text
"""How close a message is to the examples of each workflow.

Two readings of its words, of which the better counts: how much one example shares with it, and what its words say for
one workflow rather than the others. The first knows whole sentences; the second also long stories that share a word or
two with several examples.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from frontdesk.text.language import detect_language
from frontdesk.text.sentences import split_sentences
from frontdesk.text.tokens import fold, is_stopword, stem, strip_accents, words
from frontdesk.text.typos import intended
from frontdesk.turn.acting.heard import LANGUAGES

FUNCTION_WORD = 0.3
"""Weight of a function word among words. Measured, as the next ones, on tests/unit/turn/acting/sentences.yaml."""
UNKNOWN = 0.45
"""Weight of a content word that no example has, such as the name of a product."""
DISTINCT = 1.5
"""How much less a word says that other workflows use too: the power of this workflow's share in its use."""
RARE = 0.6
"""How much less a word says that few of the workflow's examples have: the power of their share."""
COMPOUND = 5
"""Letters from which a known word within a longer one is heard: Erstattung in Rückerstattung."""
APART = 3
"""Words that may stand between two words of a phrase, as in "send the jacket back"."""
ALIKE = 1
"""Function words by which a language may have fewer than another and still be the one; a guess."""
POLITE = frozenset(
    "please pls thanks thank hi hello hey bitte danke hallo hola buenas gracias favor gern gerne".split()
)
"""Words that say nothing of what is wanted."""
MAX_SENTENCES, MAX_WORDS = 8, 60
"""What is read of a long message; bounds what it can cost."""

Synonyms = Mapping[str, Sequence[Sequence[str]]]
"""Per language, groups of words and phrases that mean the same."""


class _Known(NamedTuple):
    """What one language's examples say."""

    weights: Mapping[str, float]
    """Per stem, as one example shares it with a message."""
    votes: Mapping[str, Mapping[str, float]]
    """Per stem, what it says for each workflow."""
    words: Mapping[str, str]
    """The stem of each word in the examples, by the word as it is typed, without accents."""
    within: Mapping[str, str]
    """Stems that are looked for in compounds."""


class Weighing:
    """Compares by word stems, sentence by sentence."""

    def __init__(self, examples: Sequence[tuple[str, str]], synonyms: Synonyms | None = None) -> None:
        """
        Args:
            examples: pairs of workflow and example.
        """
        self._phrases = {language: _phrases(groups, language) for language, groups in (synonyms or {}).items()}
        self._words: dict[str, dict[str, str]] = defaultdict(dict)
        self._names = [name for name, _ in examples]
        self._examples = [
            self._features(text, detect_language(text, default="en", among=LANGUAGES)) for _, text in examples
        ]
        self._known = {language: self._learn(language) for language in LANGUAGES}

    def _features(self, text: str, language: str) -> tuple[str, frozenset[str]]:
        said = _said(text)
        stems = [stem(word, language) for word in said]
        for word, key in zip(said, stems, strict=True):
            self._words[language][strip_accents(fold(word))] = key
        return language, frozenset((*stems, *(key for key, _ in _concepts(stems, self._phrases.get(language, {})))))

    def _learn(self, language: str) -> _Known:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        sizes: Counter[str] = Counter()
        for name, (spoken, stems) in zip(self._names, self._examples, strict=True):
            if spoken == language:
                sizes[name] += 1
                for key in stems:
                    counts[key][name] += 1
        groups = max(2, len(sizes))
        weights = {key: _weight(key, language, len(uses), groups) for key, uses in counts.items()}
        votes = {key: _votes(key, language, uses, sizes) for key, uses in counts.items()}
        within = {strip_accents(key): key for key in counts if len(key) >= COMPOUND and not is_stopword(key, language)}
        return _Known(weights, votes, self._words.get(language, {}), within)

    def scores(self, text: str) -> list[float]:
        if not self._examples:
            return []
        spans = split_sentences(text)
        parts = [text[span.start : span.end] for span in spans] if len(spans) > 1 else []
        every = [self._of_one(part) for part in (text, *parts[:MAX_SENTENCES])]
        return [max(scores) for scores in zip(*every, strict=True)]

    def _of_one(self, text: str) -> list[float]:
        scores = [0.0] * len(self._examples)
        tokens = _said(text)[:MAX_WORDS]
        for language in _spoken(tokens):
            meanings, size = self._heard(tokens, language)
            if not meanings:
                continue
            about, known = self._known[language], meanings.keys()
            evidence: dict[str, float] = defaultdict(float)
            for word in set(meanings.values()):
                for name, vote in _said_once(word, meanings, about).items():
                    evidence[name] += vote
            for place, (name, (spoken, stems)) in enumerate(zip(self._names, self._examples, strict=True)):
                if spoken == language:
                    shared = sum(about.weights[key] for key in stems & known)
                    whole = sum(about.weights[key] for key in stems)
                    alike = shared / math.sqrt(size * whole) if whole else 0.0
                    scores[place] = max(scores[place], alike, 1 - math.exp(-evidence[name]))
        return scores

    def _heard(self, tokens: Sequence[str], language: str) -> tuple[Mapping[str, str], float]:
        """The stems and groups of synonyms that some example has, each with the word that says it, and the weight of all
        words; numbers and codes weigh nothing."""
        about = self._known[language]
        known: dict[str, str] = {}
        size = 0.0
        stems = []
        for text in tokens:
            keys = _keys(text, language, about)
            stems.append(keys[0] if len(keys) == 1 else stem(text, language))
            if not keys and not any(character.isdigit() for character in text):
                size += UNKNOWN * (FUNCTION_WORD if is_stopword(text, language) else 1.0)
            size += sum(about.weights[key] for key in keys if key not in known)
            known.update(dict.fromkeys(keys, stems[-1]))
        found = _concepts(stems, self._phrases.get(language, {}))
        return known | {key: word for key, word in found if key in about.weights}, size or 1.0


def _said_once(word: str, meanings: Mapping[str, str], about: _Known) -> Mapping[str, float]:
    """What a word says for each workflow, as itself or by its synonyms, whichever says more."""
    votes: dict[str, float] = {}
    for key, by in meanings.items():
        if by == word:
            votes |= {name: max(vote, votes.get(name, 0.0)) for name, vote in about.votes[key].items()}
    return votes


def _said(text: str) -> list[str]:
    return [token.text for token in words(text) if fold(token.text) not in POLITE]


def _spoken(tokens: Sequence[str]) -> Sequence[str]:
    """The languages that it may be in, by their function words; all where it has none."""
    counts = {language: sum(is_stopword(token, language) for token in tokens) for language in LANGUAGES}
    most = max(counts.values())
    return [language for language, count in counts.items() if count >= most - ALIKE]


def _keys(word: str, language: str, about: _Known) -> Sequence[str]:
    """The stem by which some example knows the word, or what it was meant to be, or the parts of it that are known."""
    key = stem(word, language)
    if key in about.weights:
        return (key,)
    if len(word) < COMPOUND or is_stopword(word, language):
        return ()
    if (meant := next((other for other in _slips(word.casefold()) if other in about.words), None)) is not None:
        return (about.words[meant],)
    plain = strip_accents(key)
    return [about.within[part] for part in about.within if plain.startswith(part) or plain.endswith(part)]


@lru_cache(maxsize=4096)
def _slips(word: str) -> tuple[str, ...]:
    return intended(strip_accents(word))


def _weight(key: str, language: str, uses: int, groups: int) -> float:
    rare = 0.35 + 0.65 * math.log((1 + groups) / uses) / math.log(1 + groups)
    return rare * (FUNCTION_WORD if is_stopword(key, language) else 1.0)


def _votes(key: str, language: str, uses: Counter[str], sizes: Counter[str]) -> Mapping[str, float]:
    """What a word says for each workflow: more the more of its examples have it, and the fewer others do."""
    shares = {name: count / sizes[name] for name, count in uses.items()}
    total = sum(shares.values())
    weight = FUNCTION_WORD if is_stopword(key, language) else 1.0
    return {name: weight * (share / total) ** DISTINCT * share**RARE for name, share in shares.items()}


def _phrases(groups: Sequence[Sequence[str]], language: str) -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
    """By the first stem of each phrase: its stems, and a name for its group."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for number, group in enumerate(groups):
        for phrase in group:
            stems = tuple(stem(token.text, language) for token in words(phrase))
            if stems:
                found[stems[0]].append((stems, f"={number}"))
    return found


def _concepts(
    stems: Sequence[str], phrases: Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
) -> Iterator[tuple[str, str]]:
    """The groups of which a phrase is said, each with the phrase's first word."""
    for place, first in enumerate(stems):
        for wanted, concept in phrases.get(first, ()):
            if _follows(wanted[1:], stems[place + 1 :]):
                yield concept, first


def _follows(wanted: Sequence[str], stems: Sequence[str]) -> bool:
    place = -1
    for word in wanted:
        ahead = stems[place + 1 : place + 2 + APART]
        if word not in ahead:
            return False
        place += 1 + ahead.index(word)
    return True
