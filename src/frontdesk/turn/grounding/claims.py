"""Which sentences of an answer state something that can be checked."""

from typing import NamedTuple

from frontdesk.domain.turn import Claim
from frontdesk.text.sentences import split_sentences
from frontdesk.turn.grounding.analysis import masked
from frontdesk.turn.grounding.talk import is_talk


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
            claim=Claim(text=text[span.start : span.end], start=span.start, end=span.end),
            is_checkable=not is_talk(visible[span.start : span.end], language),
        )
        for span in split_sentences(text)
    ]
