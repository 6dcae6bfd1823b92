"""Words, stems and content words."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import Stemmer

from frontdesk.text.stopwords import STOPWORDS

_ALGORITHMS = {
    "en": "english",
    "es": "spanish",
    "de": "german",
    "fr": "french",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
    "da": "danish",
    "fi": "finnish",
    "no": "norwegian",
    "nb": "norwegian",
    "sv": "swedish",
    "ro": "romanian",
    "ru": "russian",
    "tr": "turkish",
    "hu": "hungarian",
    "el": "greek",
    "ar": "arabic",
}
# People leave the accents of these languages out, and their stemmers do as well without them, measured on XQuAD-R.
# Other stemmers read endings by their accents (ções, ée) or by letters that a mark makes (å, ő, ı).
_ACCENTS_LEFT_OUT = frozenset({"en", "es", "de"})
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Python's \w leaves out combining marks: accents, Hebrew and Arabic points, and the vowels of Indic scripts.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u0652\u0900-\u0963\u0966-\u0dff"
_LETTER = rf"[^\W\d_{_UNSPACED}]"
_UNITS = "am|pm|a|p|h|hrs?|mins?|s|k|kg|g|mg|km|cm|mm|m|l|ml|gb|mb|tb|ft|lbs?|oz|eur|usd|gbp|chf|uhr"
_WORD = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)"
    rf"|\d+(?:[.,:'’/]\d+)*(?=(?:{_UNITS})\b)"  # 10kg is two words, as 10 kg is
    rf"|\d+(?:[.,:'’/]\d+)*(?:{_LETTER}|\d)*"
    rf"|{_LETTER}(?:{_LETTER}|[\d{_MARKS}]|['’](?={_LETTER}))*",
    re.IGNORECASE,
)
_stemmers = threading.local()


class Token(NamedTuple):
    """One word as it stands in a text: `text[start:end]`."""

    text: str
    start: int
    end: int


def words(text: str) -> list[Token]:
    """The words of a text in order; numbers stay whole and hyphens separate.

    Runs of scripts written without spaces give overlapping pairs of characters (a lone character gives itself).
    """
    found: list[Token] = []
    for match in _WORD.finditer(text):
        if match.lastgroup == "unspaced":
            found.extend(_pairs(match.group(), match.start()))
        else:
            found.append(Token(match.group(), match.start(), match.end()))
    return found


@lru_cache(maxsize=65536)
def stem(word: str, language: str) -> str:
    """The word's stem, case folded, in some languages without accents; only folded in one without a stemmer."""
    folded = fold(word)
    if language in _ACCENTS_LEFT_OUT and not folded.isascii():
        folded = strip_accents(folded)
    algorithm = _ALGORITHMS.get(language)
    return _stemmer(algorithm).stemWord(folded) if algorithm else folded


def content_stems(text: str, language: str) -> list[str]:
    """Stems of the words that carry content, in order, repeats kept."""
    stopwords = _function_words(language)
    return [stem(token.text, language) for token in words(text) if fold(token.text) not in stopwords]


def is_stopword(word: str, language: str) -> bool:
    """Whether it is a function word of the language; never for a language without a list."""
    return fold(word) in _function_words(language)


def fold(word: str) -> str:
    """The word without case and with plain apostrophes."""
    return word.casefold().replace("’", "'")


def strip_accents(word: str) -> str:
    """The word's letters without the marks on them: garantía as garantia."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


@cache
def _function_words(language: str) -> frozenset[str]:
    """Also as people type them without accents; a word that has one keeps it here: German schön is not schon."""
    listed = STOPWORDS.get(language, frozenset())
    if language not in _ACCENTS_LEFT_OUT:
        return listed
    return listed.union(*({strip_accents(word), word.translate(_SPELLED_OUT)} for word in listed))


def _pairs(run: str, start: int) -> Iterator[Token]:
    if len(run) == 1:
        yield Token(run, start, start + 1)
    for offset in range(len(run) - 1):
        yield Token(run[offset : offset + 2], start + offset, start + offset + 2)


def _stemmer(algorithm: str) -> "Stemmer.Stemmer":
    """One per thread: a stemmer keeps state between calls."""
    known: dict[str, Stemmer.Stemmer] = _stemmers.__dict__
    if algorithm not in known:
        known[algorithm] = Stemmer.Stemmer(algorithm)
    return known[algorithm]
