"""Which sentences of an answer state something that can be checked."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from frontdesk.domain.turn import Claim
from frontdesk.text.sentences import split_sentences
from frontdesk.turn.grounding.analysis import masked
from frontdesk.turn.grounding.courtesy import claimed_part, states_nothing
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


def split_statements(text: str, language: str, *, is_lenient: bool = False) -> list[Statement]:
    """Every sentence of a text in order.

    Args:
        is_lenient: take whatever opens as a courtesy, introduces or asks for talk, whatever else it says; the share
            of such sentences is what the ruler of whole answers learnt from.
    """
    visible = masked(text)
    return [
        _statement(text, visible, start, end, language, is_lenient=is_lenient)
        for span in split_sentences(text)
        for start, end in _parts(text, span.start, span.end)
    ]


def _statement(text: str, visible: str, start: int, end: int, language: str, *, is_lenient: bool) -> Statement:
    sentence = visible[start:end]
    is_checkable = not (is_talk(sentence, language) if is_lenient else states_nothing(sentence, language))
    if is_checkable and not is_lenient:
        start, end = claimed_part(visible, start, end, language)
    return Statement(claim=Claim(text=text[start:end], start=start, end=end), is_checkable=is_checkable)


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
