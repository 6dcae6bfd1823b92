"""Why a text was not let through: what spoke against its riskiest claim, for whoever looks into the turn."""

from collections.abc import Mapping
from dataclasses import dataclass

from frontdesk.text.tokens import is_stopword, words
from frontdesk.turn.grounding.analysis import Piece, meaning
from frontdesk.turn.grounding.citations import Grounds
from frontdesk.turn.grounding.evidence import covered, kin

DOUBTFUL = 0.5
"""Share of the risk that withholds a claim from which it is in doubt: a second reader sees it where there is one, and an
answer with it is no longer called certain; a guess."""
SIGNS = ("cover_best", "cover_all", "names_missing", "amounts_absent", "amounts_apart", "denial_clash", "opposites")
"""The features that people can read; `features` says what each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """About one claim."""

    signs: Mapping[str, float]
    """The features named in `SIGNS`."""
    missing: tuple[str, ...]
    """Its words that no passage has, nor the question."""


def is_doubtful(risk: float, *, withhold_above: float) -> bool:
    """Whether a claim that is not withheld, or the answer that holds it, is nevertheless in doubt."""
    return risk > DOUBTFUL * withhold_above


def doubts_about(text: str, claim: Piece, values: Mapping[str, float], grounds: Grounds) -> Doubts:
    """
    Args:
        text: what the claim says.
        values: its features by name.
    """
    asked = grounds.question.stems if grounds.question else frozenset[str]()
    told = asked.union(*(passage.stems | passage.heading for passage in grounds.evidence))
    joined = frozenset[str]().union(*(passage.joined for passage in grounds.evidence))
    gone = claim.stems - covered(claim, told, joined)
    gone -= kin(gone, told)
    spoken = (token.text for token in words(text) if not is_stopword(token.text, grounds.language))
    missing = dict.fromkeys(word for word in spoken if meaning(word, grounds.language) in gone)
    return Doubts(signs={name: round(values[name], 3) for name in SIGNS}, missing=tuple(missing))
