"""Which list items say nothing, or the opposite of what is meant, without what stands above their list; English, Spanish and German."""

import re

_ASKS = re.compile(
    r"(?:what|who|which|where|when|how|not|no|never|qué|que|quién|quien|cuál|cuáles|dónde|cuándo|cómo|no|nunca"
    r"|was|wer|welche[rnsm]?|wo|wann|wie|nicht|nie|kein\w*)\b",
    re.IGNORECASE,
)
"""A heading that its items complete: `What is not covered`, `Who can use it`."""
_CLAUSE = re.compile(
    r"\b(?:that|which|who|whose|when|once|if|que|cuando|si)\b|, (?:die|der|das|deren|wenn|weil)\b", re.IGNORECASE
)
_SAYS = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|cannot|may|must|will|would|should|do|does|don't|doesn't|costs?|takes?|needs?"
    r"|gets?|pays?|keeps?|stays?|goes|comes?|holds?|you|we|please"
    r"|es|son|está|están|ha|han|hay|puede[ns]?|debe[ns]?|cuesta[ns]?|tarda[ns]?|tiene[ns]?|vale[ns]?|se"
    r"|ist|sind|war|wird|werden|hat|haben|kann|können|darf|dürfen|muss|müssen|kostet|kosten|dauert|dauern|gilt|gelten"
    r"|du|wir|sie|bitte)\b",
    re.IGNORECASE,
)
"""Words that a whole sentence has one of, as a rule, before its first clause."""


def introduction(item: str, *, intro: str, heading: str) -> str:
    """What has to be said before a list item; empty for one that can stand alone.

    Args:
        item: its first sentence.
        intro: the sentence with a colon that introduces the list; empty where there is none.
        heading: the heading above; only one that reads like a question is said.
    """
    is_whole = not item[:1].islower() and _SAYS.search(_CLAUSE.split(item, maxsplit=1)[0])
    if is_whole:
        return ""
    if intro:
        return intro
    return heading.rstrip("?.:") + ":" if _ASKS.match(heading) else ""
