"""Which sentences of an answer state something that can be checked."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from frontdesk.domain.turn import Claim
from frontdesk.text.sentences import split_sentences
from frontdesk.turn.grounding.analysis import masked
from frontdesk.turn.grounding.talk import is_talk

FEWEST_WORDS = 4
"""Words from which a half of a sentence can state something on its own; a guess."""
_PARTING = re.compile(r";\s+")
_OPENER = re.compile(
    r"(?:(?:in short|in brief|to sum up|briefly)\s*[:,]|(?:according to|as per) (?:the|our) [\w ]{0,20}?"
    r"(?:pages?|articles?|documentation|policy)\s*[:,]|(?:the|our) (?:help )?(?:pages?|articles?) (?:says?|states?) that\b"
    r"|(?:en resumen|en pocas palabras|en breve)\s*[:,]|según (?:las|nuestras|los|nuestros) [\w ]{0,30}?\s*[:,]"
    r"|(?:kurz gesagt|kurzum|kurz)\s*[:,]|laut (?:den|unseren|der|unserer) \w{1,20}(?: gilt)?\s*[:,])\s*",
    re.IGNORECASE,
)
"""Words that name the source of what follows. One with a denial in it is no such opener and stays in the claim."""


class Statement(NamedTuple):
    """One sentence of an answer."""

    claim: Claim
    is_checkable: bool
    """False for greetings, thanks, offers of help, questions, lead-ins and admissions of not knowing."""


def split_statements(text: str, language: str) -> list[Statement]:
    """Every sentence of a text in order."""
    visible = masked(text)
    return [
        Statement(
            claim=Claim(text=text[start:end], start=start, end=end),
            is_checkable=not is_talk(visible[start:end], language),
        )
        for span in split_sentences(text)
        for start, end in _parts(text, span.start, span.end)
    ]


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence without the words that only say where it comes from, and its halves where a semicolon parts it."""
    opener = _OPENER.match(text, start, end)
    start = opener.end() if opener and opener.end() < end else start
    for parting in _PARTING.finditer(text, start, end):
        if _is_long(text[start : parting.start()]) and _is_long(text[parting.end() : end]):
            yield start, parting.start()
            start = parting.end()
    yield start, end


def _is_long(part: str) -> bool:
    return len(part.split()) >= FEWEST_WORDS
