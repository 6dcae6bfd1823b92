"""Instructions to the model where a question should be: overrides, personas, extraction, forged markup.

Every rule carries a weight, and the weights of all rules that match combine. What only hints (a customer who says
"forget what I said") stays below the line alone; together with more it counts.
"""

import base64
import binascii
import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety.detector import without_overlaps
from frontdesk.safety.injection_phrases import RULES, Rule
from frontdesk.text.surface import Surface, matching_surface, undo_leet

_THRESHOLD = 0.5
"""Combined weight from which a text is reported; weights are set so that one plain attack phrase is enough."""
_WHOLE_CHARS = 8_000
"""Messages are read whole. Documents are read by paragraph: hints pages apart do not add up."""
_PIECE_CHARS = 1_500
_WORD = re.compile(r"[a-z]+")
_SPACED = re.compile(r"(?<![a-z0-9])(?:[a-z0-9][^a-z0-9]{1,3}){9,400}[a-z0-9](?![a-z0-9])")
_ENCODED = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{20,4000}={0,2}|(?:[0-9a-fA-F]{2}[ :]?){16,2000})(?![A-Za-z0-9+/=])"
)
_ROTATED_WORDS = frozenset(codecs.encode(word, "rot13") for word in ("ignore", "instructions", "prompt", "system"))
_REVERSED_WORDS = frozenset(word[::-1] for word in ("ignore", "instructions", "prompt", "system", "previous"))
_PRINTABLE_SHARE = 0.9
_NEEDLESS = frozenset(place for place, rule in enumerate(RULES) if not rule.needs)
_BY_FIRST_NEED: Mapping[str, frozenset[int]] = {
    word: frozenset(place for place, rule in enumerate(RULES) if rule.needs and word in rule.needs[0])
    for word in frozenset[str]().union(*(rule.needs[0] for rule in RULES if rule.needs))
}
"""Word to places in `RULES`. Most texts have words of few rules, and asking every rule would cost more than the matching."""


class Injections:
    """Prompt injection and jailbreak phrases in English, Spanish and German, the plainest also in fr, it and pt.

    Reads through lookalike letters, leet, letters set apart, base64, hex, rot13 and reversed text.
    """

    name = "injection"
    version = "1"

    def find(self, text: str) -> Sequence[Finding]:
        if len(text) <= _WHOLE_CHARS:
            return _reported(text)
        return [_moved(item, start) for start, end in _paragraphs(text) for item in _reported(text[start:end])]

    def score(self, text: str) -> float:
        """0 to 1: combined weight of everything found, whether or not it is reported."""
        return _combined(_everything(text))


def _reported(text: str) -> Sequence[Finding]:
    found = _everything(text)
    return without_overlaps(found) if _combined(found) >= _THRESHOLD else ()


def _everything(text: str) -> list[Finding]:
    surface = matching_surface(text)
    return [*_plain(surface), *_disguised(surface)]


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """A long text in pieces that end at an empty line, or at their size where there is none."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _PIECE_CHARS)
        border = text.rfind("\n\n", start + 1, end)
        end = border if border > start and end < len(text) else end
        yield start, end
        start = end


def _moved(finding: Finding, by: int) -> Finding:
    return _finding(finding.rule, finding.score, finding.start + by, finding.end + by)


def _combined(findings: Sequence[Finding]) -> float:
    """1 - product of (1 - weight) over the rules that fired, each counted once."""
    strongest: dict[str, float] = {}
    for finding in findings:
        strongest[finding.rule] = max(finding.score, strongest.get(finding.rule, 0.0))
    miss = 1.0
    for weight in strongest.values():
        miss *= 1.0 - weight
    return 1.0 - miss


def _plain(surface: Surface) -> Iterator[Finding]:
    for rule, start, end in _matches(surface.text):
        yield _finding(rule.name, rule.weight, *surface.span(start, end))


def _matches(text: str) -> Iterator[tuple[Rule, int, int]]:
    for rule in _possible(set(_WORD.findall(text))):
        if rule.is_hinted(text):
            for match in rule.pattern.finditer(text):
                yield rule, match.start(), match.end()


def _possible(words: set[str]) -> list[Rule]:
    """The rules of which the text has a word of each set they need, in their order."""
    places = _NEEDLESS.union(*(_BY_FIRST_NEED[word] for word in words & _BY_FIRST_NEED.keys()))
    rules = [RULES[place] for place in sorted(places)]
    return [rule for rule in rules if all(not words.isdisjoint(needed) for needed in rule.needs[1:])]


def _disguised(surface: Surface) -> Iterator[Finding]:
    """The same rules on what a text says underneath; a disguise adds to the weight."""
    for reading in undo_leet(surface.text):
        for rule, start, end in _matches(reading):
            yield _finding(rule.name, max(rule.weight, 0.6), *surface.span(start, end))
    yield from _spaced(surface)
    yield from _encoded(surface.source)
    words = set(_WORD.findall(surface.text))
    for name, markers, undone in (
        ("rot13", _ROTATED_WORDS, codecs.decode(surface.text, "rot13")),
        ("reversed", _REVERSED_WORDS, surface.text[::-1]),
    ):
        if not words.isdisjoint(markers) and any(rule.weight >= _THRESHOLD for rule, _, _ in _matches(undone)):
            yield _finding(f"{name}_instructions", 0.9, 0, len(surface.source))


def _spaced(surface: Surface) -> Iterator[Finding]:
    for run in _SPACED.finditer(surface.text):
        squeezed = re.sub("[^a-z0-9]", "", run[0])
        for reading in (squeezed, *undo_leet(squeezed)):
            for rule in RULES:
                if rule.weight >= _THRESHOLD and rule.squeezed is not None and rule.squeezed.search(reading):
                    yield _finding("spaced_instructions", 0.9, *surface.span(run.start(), run.end()))
                    return


def _encoded(text: str) -> Iterator[Finding]:
    for match in _ENCODED.finditer(text):
        for decoded in _decodings(match[0]):
            if any(rule.weight >= _THRESHOLD for rule, _, _ in _matches(matching_surface(decoded).text)):
                yield _finding("encoded_instructions", 0.9, match.start(), match.end())
                break


def _decodings(encoded: str) -> Iterator[str]:
    compact = re.sub("[ :]", "", encoded)
    with_padding = compact.rstrip("=") + "=" * (-len(compact.rstrip("=")) % 4)
    for decode in (binascii.unhexlify, base64.b64decode):
        try:
            text = decode(compact if decode is binascii.unhexlify else with_padding).decode("utf-8")
        except ValueError:  # not hex, not base64, not text
            continue
        if sum(character.isprintable() for character in text) >= _PRINTABLE_SHARE * len(text):
            yield text


def _finding(rule: str, score: float, start: int, end: int) -> Finding:
    return Finding(kind=FindingKind.INJECTION, rule=rule, start=start, end=end, score=score)


@cache
def rule_weights() -> Mapping[str, float]:
    """Every rule and its weight, for the documentation."""
    return {rule.name: rule.weight for rule in RULES}
