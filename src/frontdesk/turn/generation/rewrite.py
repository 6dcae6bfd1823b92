"""Whether what a model wrote is the customer's question made self-contained."""

import re
from collections.abc import Sequence

from frontdesk.ports.models import ChatTurn
from frontdesk.text.language import detect_language

MAX_GROWTH = 4
"""A rewritten question is at most so many times as long as the question, plus room for a name."""

_ANSWERS = re.compile(
    r"^(?:sure|certainly|of course|here (?:is|are)|the answer|yes\b|no\b|i\b|as an ai|claro|por supuesto|sí\b|"
    r"gerne|natürlich|ja\b|nein\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:rewritten |self-contained |standalone )?(?:question|query|pregunta|frage)\s*:\s*", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def accepted_rewrite(written: str, question: str, history: Sequence[ChatTurn], language: str) -> str | None:
    """The model's text if it can be a rewrite of the question, else None.

    It must be one line of a sane length in the customer's language, no answer, and every number in it must have
    been said before: a rewrite that invents one would fetch, and so support, the wrong thing.
    """
    lines = [line.strip() for line in written.strip().splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    text = _LABEL.sub("", lines[0]).strip("\"'“”«» ")
    if not 2 <= len(text) <= MAX_GROWTH * len(question) + 120 or _ANSWERS.match(text):
        return None
    said = " ".join([question, *(turn.text for turn in history)])
    if not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(said)):
        return None
    if "?" in question and "?" not in text:
        return None
    spoken = detect_language(text, default=language)
    return text if spoken == language or len(text) < 40 else None
