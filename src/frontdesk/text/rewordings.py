"""Other words that say the same, compared as stems: retrieval and the quoting model count them alike."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from frontdesk.domain.turn import Rewording
from frontdesk.text.tokens import content_stems

CREDIT: Mapping[str, float] = {"synonym": 0.95, "correction": 0.9}
"""What another word counts beside the word itself; guesses, near 1 because a person or two guards vouch for it."""


class Way(NamedTuple):
    """One way to say a word of the question."""

    stems: frozenset[str]
    """All of them are needed."""
    credit: float
    """0 to 1."""


Ways = Mapping[str, tuple[Way, ...]]
"""Per stem of a question."""


def ways_to_say(rewordings: Iterable[Rewording], language: str) -> Ways:
    """The other ways to say what the stems of a question say; a stem that has none is missing."""
    ways: dict[str, tuple[Way, ...]] = {}
    for rewording in rewordings:
        credit = CREDIT[rewording.kind]
        others = (frozenset(content_stems(phrase, language)) for phrase in rewording.meant)
        found = tuple(Way(stems, credit) for stems in others if stems)
        for stem in content_stems(" ".join(rewording.said), language):
            ways[stem] = (*ways.get(stem, ()), *found)
    return ways


def credit_of(stem: str, stems: frozenset[str], ways: Ways) -> float:
    """How surely the stems say the word: 1 as it is, less in another way, else 0."""
    if stem in stems:
        return 1.0
    return max((way.credit for way in ways.get(stem, ()) if way.stems <= stems), default=0.0)
