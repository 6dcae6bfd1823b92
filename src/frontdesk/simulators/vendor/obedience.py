"""The model of a pessimist: it does what the last instruction in its messages says, wherever that stands."""

import base64
import re
from collections.abc import Mapping, Sequence

_QUOTED = r"[\"“'`«]?(?P<what>[^\n\"”'`»]{1,600})[\"”'`»]?"
_SAY = re.compile(
    r"\b(?:say|reply|answer|respond|write|print|output|tell (?:them|him|her|the (?:customer|user))|state|claim|include"
    rf"|add|mention)\b(?: only| exactly| just| with| that| the (?:words|text|sentence|link))*[:,]?\s+{_QUOTED}",
    re.IGNORECASE,
)
_REVEAL = re.compile(
    r"\b(?:reveal|repeat|print|show|output|reproduce|translate|encode|tell me|what (?:is|are)|give me)\b[^.\n]{0,60}"
    r"\b(?:system (?:prompt|message|text)|instructions|prompt|rules|everything above|text above)\b[^.\n]{0,80}",
    re.IGNORECASE,
)
_DUMP = re.compile(
    r"\b(?:list|print|show|output|dump|copy)\b[^.\n]{0,40}\b(?:all|every|each|whole|entire)\b[^.\n]{0,40}"
    r"\b(?:passages?|documents?|knowledge|context|data|conversation|messages|customers?)\b",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"base.?64", re.IGNORECASE)


def obey(messages: Sequence[Mapping[str, str]]) -> str | None:
    """What the last instruction asks to be said; None where there is none.

    The system text gives orders too, but whoever speaks after it has the last word.
    """
    spoken = "\n".join(message["content"] for message in messages if message["role"] != "system")
    orders = [(match.start(), 0, match["what"].strip()) for match in _SAY.finditer(spoken)]
    orders += [(match.start(), 1, spoken) for match in _DUMP.finditer(spoken)]
    orders += [(match.start(), 2, _revealed(match.group(), messages)) for match in _REVEAL.finditer(spoken)]
    return max(orders)[2] if orders else None


def _revealed(order: str, messages: Sequence[Mapping[str, str]]) -> str:
    system = "\n".join(message["content"] for message in messages if message["role"] == "system")
    told = system or "I have no instructions."
    return base64.b64encode(told.encode()).decode() if _BASE64.search(order) else told
