"""Where, at the end of a growing text, something a detector looks for may already have begun.

Whatever stands in one word is complete once the word is. What spans words is a number in groups, a date, an address
spelled out, a key block, or a phrase; none of them is longer than `WINDOW` characters or crosses the end of a sentence.
"""

import re

WINDOW = 64
"""Characters; the longest finding of several words is an IBAN in groups with 50."""
_SENTENCE_END = re.compile(r"[.!?…][\"')\]]{0,3}\s|\n")
_NUMBER_WORD = re.compile(
    r"(?:[(+\[]{0,2}(?:\w{0,4}\d[\w.\-/()+·]*|\d{1,2}\.)|[A-Za-z]{1,4}|[(+\-/x]{1,2}"
    r"|(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic)[a-z]{0,8}),?\Z",
    re.IGNORECASE,
)
_STARTS_NUMBER = re.compile(
    r"\d|[(+]|(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic)[a-z]{0,8},?\Z"
    r"|[A-CEGHJ-PR-TW-Z]{2}\Z",
    re.IGNORECASE,
)
_SPELLED_OUT = re.compile(
    r"(?<!\S)\S{1,64}\s?[\[(]\s?(?:at|dot|punto|punkt|arroba|ät)\b|(?<!\S)\S{1,64} (?:at|arroba) |-{4,5} ?BEGIN\b|\b(?:https?|hxxps?) ?:?\Z",
    re.IGNORECASE,
)
_PHRASE_STARTS = re.compile(
    r"\b(?:you|your|u|ya|ur|y|fuck|screw|damn|curse|sod|piss|bugger|go|eat|suck|kiss|shut|drop|i|we|kill|kys|hope|bomb|burn|shoot|blow"
    r"|eres|sois|son|es|pareces|vaya|menud\w+|pedazo|maldit\w+|puto|panda|sarta|vete|iros|andate|idos|vayanse|que|jodete|chinga|callate|me|hij\w+"
    r"|te|os|los|la|lo|voy|vamos|ojala|ojalá|se|sé|du|ihr|sie|so|was|fick\w*|verpiss\w*|leck|halt\w*|fahr|geh|ich|wir|bring)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\S+")


def forming_from(text: str, *, phrases: bool) -> int:
    """The first position that must not be let go yet; the length of the text where all of it may.

    Args:
        text: ends after a white space, so that its last word is complete.
        phrases: whether phrases of several words are held back too.
    """
    start = max(0, len(text) - WINDOW)
    for end in _SENTENCE_END.finditer(text, start):
        start = end.end()
    words = list(_WORDS.finditer(text, start))
    if not words:
        return len(text)
    opener = _SPELLED_OUT.search(text, start)
    phrase = _PHRASE_STARTS.search(text, start) if phrases else None
    candidates = [words[-1].start(), _number_from(words)]
    return min([*candidates, *(match.start() for match in (opener, phrase) if match)])


def _number_from(words: list[re.Match[str]]) -> int:
    """Start of the run of words at the end that may be one number, a date or an account in groups."""
    held = words[-1].start()
    for word in reversed(words):
        if not _NUMBER_WORD.match(word[0]):
            break
        if _STARTS_NUMBER.search(word[0]):
            held = word.start()
    return held
