"""Where a quotation stands in its document."""

import re
import unicodedata

_MARKUP = re.compile(
    r"\]\((?:[^\s()]|\([^\s()]{0,200}\)){0,1000}+[^()\n]{0,300}\)|&(?:#\w{1,8}|\w{2,32});"
    r"|^[ \t>]{0,40}\d{1,9}[.)](?=[ \t])",
    re.MULTILINE,
)
"""Targets of links, which nobody reads, entities, and numbers of list items."""
_CLOSING = ".!?…:;)]\"'”’»"


def find_quote(text: str, quote: str, *, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
    """Offsets of the quote in the Markdown, or None.

    First as it stands, then by its letters, digits and signs alone: blanks, marks of emphasis, borders of tables, markers of
    lists and targets of links may lie between them on either side.

    Args:
        start, end: where it is looked for, for example within the passage it was taken from.
    """
    end = len(text) if end is None else end
    quote = quote.strip()
    if not quote:
        return None
    exact = _as_it_stands(text, quote, start, end)
    if exact >= 0:
        return exact, exact + len(quote)
    wanted, _ = _letters(quote, 0, len(quote))
    there, places = _letters(text, start, end)
    at = there.find(wanted) if wanted else -1
    if at < 0:
        return None
    return places[at], _with_last_mark(text, quote, places[at + len(wanted) - 1] + 1, end)


def _as_it_stands(text: str, quote: str, start: int, end: int) -> int:
    """The first place where readers see it, else the first one, else -1."""
    first = place = text.find(quote, start, end)
    if first < 0:
        return -1
    for unread in _MARKUP.finditer(text, start, end):
        if place < 0 or place < unread.start():
            break
        if place + len(quote) <= unread.end():  # all of it is the target of a link, or the like
            place = text.find(quote, unread.end(), end)
    return first if place < 0 else place


def _letters(text: str, start: int, end: int) -> tuple[str, list[int]]:
    """What a reader would compare, and where each character of it stands."""
    places: list[int] = []
    position = start
    for match in _MARKUP.finditer(text, start, end):
        places += (place for place in range(position, match.start()) if _counts(text[place]))
        position = match.end()
    places += (place for place in range(position, end) if _counts(text[place]))
    return "".join(text[place] for place in places), places


def _counts(character: str) -> bool:
    """Letters, digits, accents and signs, but none that Markdown is made of."""
    return character.isalnum() or (not character.isascii() and unicodedata.category(character)[0] in "MS")


def _with_last_mark(text: str, quote: str, end: int, limit: int) -> int:
    """With the full stop or bracket that ends the quote, where it follows."""
    tail = quote[len(quote.rstrip(_CLOSING)) :]
    return end + len(tail) if tail and text[end : min(limit, end + len(tail))] == tail else end
