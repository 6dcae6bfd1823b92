"""Who a prompt says that the assistant is: "You are Aria, the assistant of Acme"."""

import re

from frontdesk.releases.prototype.values import Introduction

_READ = 1_500
"""Characters that are looked at: prompts introduce themselves at once."""
_CAPITAL = "A-ZÀ-ÖØ-Þ"
_NAME = rf"[{_CAPITAL}][\w’'\-]{{0,30}}(?: [{_CAPITAL}][\w’'\-]{{0,30}}){{0,2}}"
_ORGANISATION = (
    rf"[{_CAPITAL}0-9][\w&’'\-]{{0,30}}"
    rf"(?:(?: (?:&|and|of|the|de|la|del|y|und|für))?(?: the)? (?:& )?[{_CAPITAL}0-9][\w&’'\-]{{0,30}}){{0,6}}"
)
_YOU_ARE = r"(?:You are|You're|You will be|Your name is|Eres|Te llamas|Du bist|Du heißt|Sie sind)"
_NAMED = (
    re.compile(rf"\b{_YOU_ARE}\s+[\"“*]{{0,2}}(?P<name>{_NAME})"),
    re.compile(rf"\b(?:named|called|llamad[oa]|namens)\s+[\"“*]{{0,2}}(?P<name>{_NAME})"),
)
_ARTICLE = r"(?:the |la |el |der |die |das |dem )?"
_SPEAKS_FOR = (
    re.compile(rf"\b{_YOU_ARE}\s+(?:the )?(?P<name>{_ORGANISATION})['’]s?\s"),
    re.compile(
        r"\b(?:assistant|bot|chatbot|agent|representative|advis[eo]r|helper|desk|support|service|team|asistente"
        rf"|[Aa]ssistent(?:in)?|Kundenservice)\s+(?:for|of|at|from|by|with|de|del|von|für|bei)\s+{_ARTICLE}(?P<name>{_ORGANISATION})"
    ),
    re.compile(
        r"\b(?:[Yy]ou work (?:for|at)|on behalf of|[Yy]ou represent|[Tt]rabajas (?:para|en)|[Dd]u arbeitest (?:für|bei))"
        rf"\s+{_ARTICLE}(?P<name>{_ORGANISATION})"
    ),
)
_NOBODY = frozenset({"ai", "an", "a", "the", "gpt", "chatgpt", "now", "always", "not"})


def read_introduction(prompt: str) -> Introduction:
    """Name and organisation as the prompt has them; each empty where it does not say."""
    text = " ".join(prompt[:_READ].split())
    organisation = _first(_SPEAKS_FOR, text)
    name = _first(_NAMED, text)
    return Introduction(name="" if name.startswith(organisation) and organisation else name, organisation=organisation)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str:
    for pattern in patterns:
        for match in pattern.finditer(text):
            name = re.sub(r"['’]s\Z", "", match["name"].strip("'’- "))
            if name.casefold().split("-")[0] not in _NOBODY:
                return name
    return ""
