"""Text as a search box compares it: without case and accents."""

import re
import unicodedata

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What no database takes as text."""


def fold(text: str) -> str:
    """`MÁLAGA` and `malaga` become one, and so do `Straße` and `STRASSE`. Folding again changes nothing."""
    text = _NOT_TEXT.sub("", text)
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", "".join(char for char in apart if not unicodedata.combining(char))).casefold()
