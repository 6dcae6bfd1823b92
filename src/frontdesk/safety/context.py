"""Words that stand near a number and say what it is."""

import re
from functools import cache

_REACH = 40
"""Characters before a value in which its name is looked for: 'my card number, the new one, is '."""


def has_word_before(text: str, start: int, words: str, *, reach: int = _REACH) -> bool:
    """Whether one of `words` (alternatives of a pattern, matched at word starts) stands shortly before `start`."""
    return _compiled(words).search(text, max(0, start - reach), start) is not None


def has_word_after(text: str, end: int, words: str, *, reach: int = 16) -> bool:
    return _compiled(words).search(text, end, end + reach) is not None


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{words})", re.IGNORECASE)
