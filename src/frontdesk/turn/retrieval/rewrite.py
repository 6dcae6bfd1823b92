"""Makes a question self-contained with words of earlier turns, without a model."""

from collections.abc import Sequence

from frontdesk.domain.turn import SearchQuery
from frontdesk.ports.models import ChatTurn
from frontdesk.text.tokens import fold, is_stopword, stem, words
from frontdesk.turn.retrieval.cues import OPENING, POINTERS

SHORT = 3
"""Content words up to which a question leans on the turns before it. Measured in bench/fusion.py, as the next two."""
POINTING = 8
"""Content words up to which a pronoun points outside the question; in a longer one it points inside."""
TURNS_BACK = 3
"""Earlier customer turns that may be carried."""
CARRIED_LIMIT = 12
"""Most words carried; recall is the same for 12 and for 40, and fewer mix less."""

RESTATED = 2
"""Content words that two questions share when one restates the other; one shared word is only their topic."""


def rewrite_heuristically(question: str, history: Sequence[ChatTurn], language: str) -> SearchQuery:
    """The question with the content words it leaves out, taken from the customer's earlier turns.

    A question that stands alone is left as it is, so that two topics never mix. Otherwise words come from the
    customer's latest turns, newest first, back to the first one that stood alone itself.
    """
    carried = _carried_words(question, history, language) if leans_on_history(question, language) else ()
    return SearchQuery(
        text=" ".join((question, *carried)),
        original=question,
        language=language,
        carried=carried,
        rewritten_by="heuristic" if carried else "none",
    )


def leans_on_history(question: str, language: str) -> bool:
    """Whether it opens like a continuation, points back with a pronoun, or names too little to search for."""
    return continues(question, language) or _named(question, language) <= SHORT


def continues(question: str, language: str) -> bool:
    """Whether its own words say that it goes on: an opening such as "and for", or a pronoun for what was named before."""
    opening = OPENING.get(language)
    if opening is not None and opening.match(question):
        return True
    folded = {fold(token.text) for token in words(question)}
    points_back = not POINTERS.get(language, frozenset()).isdisjoint(folded)
    return points_back and _named(question, language) <= POINTING


def _named(question: str, language: str) -> int:
    """How many content words it has, each once."""
    return sum(1 for word in {fold(token.text) for token in words(question)} if not is_stopword(word, language))


def _carried_words(question: str, history: Sequence[ChatTurn], language: str) -> tuple[str, ...]:
    asked = {stem(token.text, language) for token in words(question) if not is_stopword(token.text, language)}
    known = {stem(token.text, language) for token in words(question)}
    carried: list[str] = []
    for text in _earlier_turns(history, language):
        if _is_same_question(asked, {stem(token.text, language) for token in words(text)}):
            continue
        for token in words(text):
            root = stem(token.text, language)
            if root not in known and not is_stopword(token.text, language):
                known.add(root)
                carried.append(token.text)
    return tuple(carried[:CARRIED_LIMIT])


def _is_same_question(asked: set[str], earlier: set[str]) -> bool:
    """Whether a question says itself what an earlier one said, but for what it replaces: Spain, not Austria."""
    return RESTATED <= len(asked & earlier) < len(asked) <= 2 * len(asked & earlier)


def _earlier_turns(history: Sequence[ChatTurn], language: str) -> list[str]:
    """The customer's turns that a follow-up continues, newest first."""
    texts = [turn.text for turn in history if turn.role == "customer"][: -TURNS_BACK - 1 : -1]
    alone = next((i for i, text in enumerate(texts) if not leans_on_history(text, language)), len(texts))
    return texts[: alone + 1]
