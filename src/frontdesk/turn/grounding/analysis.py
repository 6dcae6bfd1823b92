"""One sentence taken apart: content, amounts, what it denies, and the yes or no it opens with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from frontdesk.text.quantities import Quantity, quantities
from frontdesk.text.quantity_words import NUMBER_WORDS
from frontdesk.text.tokens import Token, fold, is_stopword, stem, words
from frontdesk.turn.grounding.lexicon import (
    denials,
    for_free,
    limiting_words,
    no_denials,
    no_words,
    not_denying,
    opposites,
    same_meaning,
    yes_words,
)

_MARKER = re.compile(r"\[\^?\d+(?:\s*[,;]\s*\d+)*\]|\]\(\s*<?https?://[^)\s]*>?\s*\)|https?://\S+")
_CLAUSE_END = re.compile(r"[,;:.!?()]")
_ASKS = re.compile(r"[?？][\"'”’»)\s]*$")
_OF_NOUNS = frozenset({"without", "sin", "ohne", "sans", "senza", "sem", "zonder"})
"""Denials that concern the noun behind them and leave what the sentence says of it open."""
_SCOPE = 4
"""Content words that one denial reaches, counted from it to the end of its clause (a guess, steady from 3 to 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sentence of an answer or of a passage, ready to be compared."""

    start: int
    end: int
    """Offsets into the text it stands in."""
    tokens: tuple[str, ...]
    """All its words, folded."""
    content: tuple[str, ...]
    """Content stems in order, without numbers; words of one meaning share a stem."""
    stems: frozenset[str]
    joined: frozenset[str]
    """Neighbouring words written together, for `high chair` against `highchair`."""
    pairs: frozenset[tuple[str, str]]
    """Neighbouring words."""
    names: frozenset[str]
    """Stems of capitalised words inside the sentence and of codes."""
    codes: frozenset[str]
    """Words of letters and digits, folded: U4, A123."""
    amounts: tuple[Quantity, ...]
    denied: frozenset[str]
    """Content stems that a word of denial reaches."""
    denials: int
    opening: int
    """1 for a sentence that opens with a yes, -1 with a no, 0 otherwise."""
    is_hedged: bool
    """It limits what it says (only, unless, no later than), so that its denials cannot be counted."""
    opposed: frozenset[str]
    """Words that exclude one it uses."""
    is_question: bool


def masked(text: str) -> str:
    """The text with citation markers and link targets blanked out, of the same length."""
    return _MARKER.sub(lambda match: " " * len(match.group()), text)


def analyse(text: str, start: int, end: int, language: str) -> Piece:
    """Take `text[start:end]` apart; `text` has been through `masked`."""
    sentence = text[start:end]
    found = words(sentence)
    spoken, folded = _read_words(found, language)
    kept = [
        (index, meaning(word, language))
        for index, word in enumerate(spoken)
        if not is_stopword(word, language) and not _is_numeral(word, language)
    ]
    denied, count = _denied(sentence, found, folded, kept, language)
    opening = _opening(folded, language)
    return Piece(
        start=start,
        end=end,
        tokens=folded,
        content=tuple(word for _, word in kept),
        stems=frozenset(word for _, word in kept),
        joined=frozenset(f"{left}{right}".rstrip("s") for left, right in pairwise(folded)),
        pairs=frozenset(pairwise(folded)),
        names=_names(found, kept),
        codes=frozenset(word for word in folded if _is_code(word)),
        amounts=tuple(quantities(sentence, language)),
        denied=denied,
        denials=count,
        opening=opening,
        is_hedged=_is_hedged(folded, language),
        opposed=_opposed(folded, language),
        is_question=_ASKS.search(sentence) is not None,
    )


def _read_words(found: Sequence[Token], language: str) -> tuple[Sequence[str], tuple[str, ...]]:
    """The words and their folded forms; the second of two that mean "free" together is read as that word."""
    spoken = [token.text for token in found]
    folded = [fold(word) for word in spoken]
    free, pairs = for_free(language)
    for index in range(1, len(folded)):
        if (folded[index - 1], folded[index]) in pairs:
            spoken[index] = folded[index] = free
    return spoken, tuple(folded)


def _is_numeral(word: str, language: str) -> bool:
    """Numbers are compared as amounts, whatever way they are written."""
    return word[0].isdigit() or fold(word) in NUMBER_WORDS.get(language, {})


def meaning(word: str, language: str) -> str:
    """The stem that stands for a word, the same for words of one meaning."""
    root = stem(word, language)
    return same_meaning(language).get(root, root)


def _names(found: Sequence[Token], kept: Sequence[tuple[int, str]]) -> frozenset[str]:
    return frozenset(
        root
        for index, root in kept
        if (index and found[index].text[0].isupper() and not found[index].text.isupper()) or _is_code(found[index].text)
    )


def _is_code(word: str) -> bool:
    return word[0].isalpha() and any(letter.isdigit() for letter in word)


def _opening(folded: Sequence[str], language: str) -> int:
    if not folded:
        return 0
    if folded[0] in yes_words(language):
        return 1
    return -1 if folded[0] in no_words(language) else 0


def _denied(
    sentence: str, found: Sequence[Token], folded: Sequence[str], kept: Sequence[tuple[int, str]], language: str
) -> tuple[frozenset[str], int]:
    """The content stems that denials reach, and how many denials there are; a leading `No,` is an answer, not a denial."""
    known, exempt = denials(language), no_denials(language)
    reached: set[str] = set()
    count = 0
    for index, word in enumerate(folded):
        if word not in known and not word.endswith("n't"):
            continue
        if (index + 1 < len(folded) and (word, folded[index + 1]) in exempt) or _is_answer(sentence, found, index):
            continue
        count += 1
        if word not in _OF_NOUNS:
            reached.update(_reached(sentence, found, kept, index))
    return frozenset(reached), count


def _is_hedged(folded: Sequence[str], language: str) -> bool:
    exempt = not_denying(language)
    return not limiting_words(language).isdisjoint(folded) or any(pair in exempt for pair in pairwise(folded))


def _is_answer(sentence: str, found: Sequence[Token], index: int) -> bool:
    end = found[index].end
    return index == 0 and (end == len(sentence.rstrip(".!")) or sentence[end : end + 1] in {",", ".", "!", ";", ":"})


def _reached(sentence: str, found: Sequence[Token], kept: Sequence[tuple[int, str]], index: int) -> list[str]:
    """Content after the denial in its clause; where there is none, the content before it (`is included: no`)."""
    stop = _CLAUSE_END.search(sentence, found[index].end)
    limit = stop.start() if stop else len(sentence)
    after = [root for place, root in kept if place > index and found[place].start < limit][:_SCOPE]
    return after or [root for place, root in kept if place < index][-_SCOPE:]


def _opposed(folded: Sequence[str], language: str) -> frozenset[str]:
    known = opposites(language)
    return frozenset(other for word in folded if word in known for other in known[word])
