"""The words that may stand for those of a question: the company's own synonyms, and what a slip was meant to be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.turn import Rewording, SearchQuery
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.text.tokens import Token, content_stems, is_stopword, stem, words
from frontdesk.turn.retrieval.names import is_name

APART = 3
"""Content words that may stand between two words of a phrase: send the jacket back. A guess."""
DOMINANT = 3.0
"""A correction counts when it is this much more frequent than the next; a guess."""
COMPARED_WORDS = 400
"""Words of a message that are compared; bounds what a long one can cost."""
CORRECTED_WORDS = 32
"""Words of a question, the first ones, of which a slip is looked for; one costs up to 4 ms."""

Groups = Mapping[str, Sequence[Sequence[str]]]
"""Per language, groups of words and phrases that mean the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    stems: tuple[str, ...]
    others: tuple[str, ...]
    """The rest of its group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str
    stem: str
    """Of what was meant, where the word was corrected."""


class Expansion:
    """Finds the rewordings of a question."""

    def __init__(self, synonyms: Groups, index: KnowledgeIndex) -> None:
        self._index = index
        self._members = {language: _by_first_stem(groups, language) for language, groups in synonyms.items()}

    def expand(self, query: SearchQuery, audiences: Audiences) -> SearchQuery:
        """The query with its rewordings; corrections first."""
        found: dict[Rewording, None] = {}
        for text in dict.fromkeys((query.original, query.text)):
            tokens = [token for token in words(text) if not is_stopword(token.text, query.language)][:COMPARED_WORDS]
            corrections = list(self._corrections(text, tokens[:CORRECTED_WORDS], query.language, audiences))
            meant = {rewording.said[0]: rewording.meant[0] for rewording in corrections}
            asked = [
                _Word(text=token.text, stem=stem(meant.get(token.text, token.text), query.language)) for token in tokens
            ]
            found |= dict.fromkeys((*corrections, *self._synonyms(asked, query.language)))
        return replace(query, rewordings=tuple(found)) if found else query

    def _corrections(
        self, text: str, tokens: Sequence[Token], language: str, audiences: Audiences
    ) -> Iterator[Rewording]:
        """What unknown words were meant to be, where that is clear; names are as they are."""
        for token in tokens:
            if is_name(text, token, language):
                continue
            close = self._index.lexical.corrections(token.text, audiences=audiences, language=language)
            if close and self._is_clear(close, language):
                yield Rewording(said=(token.text,), meant=(close[0],), kind="correction")

    def _is_clear(self, close: Sequence[str], language: str) -> bool:
        """Whether the most frequent correction is far more frequent than the next."""
        if len(close) == 1:
            return True
        first, second = (self._index.inverse_frequency(stem(word, language)) for word in close[:2])
        return second - first >= log(DOMINANT)

    def _synonyms(self, asked: Sequence[_Word], language: str) -> Iterator[Rewording]:
        members = self._members.get(language, {})
        for place, word in enumerate(asked):
            for member in members.get(word.stem, ()):
                if said := _match(member.stems, asked[place:]):
                    yield Rewording(said=said, meant=member.others, kind="synonym")


def _by_first_stem(groups: Sequence[Sequence[str]], language: str) -> dict[str, list[_Member]]:
    members: dict[str, list[_Member]] = {}
    for group in groups:
        for phrase in group:
            if stems := tuple(content_stems(phrase, language)):
                others = tuple(other for other in group if tuple(content_stems(other, language)) != stems)
                members.setdefault(stems[0], []).append(_Member(stems=stems, others=others))
    return members


def _match(stems: Sequence[str], asked: Sequence[_Word]) -> tuple[str, ...]:
    """The words that say the phrase, of a question that begins with its first; empty where it does not."""
    said, place = [asked[0].text], 0
    for wanted in stems[1:]:
        ahead = range(place + 1, min(len(asked), place + APART + 2))
        following = next((there for there in ahead if asked[there].stem == wanted), None)
        if following is None:
            return ()
        said.append(asked[following].text)
        place = following
    return tuple(said)
