"""Which words of a question are names."""

from frontdesk.text.tokens import Token

_NOUNS_ARE_CAPITALISED = frozenset({"de"})


def is_name(text: str, token: Token, language: str) -> bool:
    """Whether a capital inside a sentence marks the word as a name; in German it only marks a noun."""
    if language in _NOUNS_ARE_CAPITALISED or not token.text[0].isupper():
        return False
    return not _opens(text, token.start)


def _opens(text: str, start: int) -> bool:
    """Whether a sentence begins there."""
    before = text[:start].rstrip()
    return not before or before[-1] in '.!?¿¡:\n"“„«('
