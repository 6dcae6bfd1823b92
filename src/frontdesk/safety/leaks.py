"""What must never be said: canaries that were planted, and long stretches of protected texts such as instructions.

A canary is recognised with anything put between its characters, in either case, reversed, in rot13, hex and base64.
"""

import base64
import codecs
import re
from collections.abc import Iterator, Sequence

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety.detector import without_overlaps
from frontdesk.text.surface import Surface, matching_surface

MIN_CANARY_CHARS = 8
SHINGLE_WORDS = 8
"""A stretch this long of a protected text is a quotation, not a coincidence; a guess, common for n-gram filters."""
_WORD = re.compile(r"[a-z0-9]+")


class Leaks:
    """Finds canaries (rule `canary`) and quotations of protected texts (rule `protected_text`)."""

    name = "leaks"
    version = "1"

    def __init__(self, *, canaries: Sequence[str] = (), protected: Sequence[str] = ()) -> None:
        """
        Raises:
            ValueError: a canary has fewer than `MIN_CANARY_CHARS` letters and digits.
        """
        for canary in canaries:
            if len(_squeeze(canary)) < MIN_CANARY_CHARS:
                raise ValueError(f"a canary needs at least {MIN_CANARY_CHARS} letters and digits")
        self._canaries = tuple(dict.fromkeys(variant for canary in canaries for variant in _variants(canary)))
        words = [_WORD.findall(matching_surface(text).text) for text in protected]
        self._protected = tuple(" " + " ".join(text) + " " for text in words)

    def find(self, text: str) -> Sequence[Finding]:
        if not self._canaries and not self._protected:
            return ()
        surface = matching_surface(text)
        return without_overlaps([*self._canaries_in(surface), *self._quotations_in(surface)])

    def forming_from(self, text: str) -> int:
        """Where at the end of the text something to be found may have begun; the text's length where nothing has."""
        surface = matching_surface(text)
        return min(self._canary_forming(surface), self._quotation_forming(surface))

    def _canaries_in(self, surface: Surface) -> Iterator[Finding]:
        if not self._canaries:
            return
        squeezed, places = _squeezed_with_places(surface.text)
        for canary in self._canaries:
            at = squeezed.find(canary)
            while at >= 0:
                yield _finding("canary", surface, places[at], places[at + len(canary) - 1] + 1)
                at = squeezed.find(canary, at + len(canary))

    def _canary_forming(self, surface: Surface) -> int:
        if not self._canaries:
            return len(surface.source)
        squeezed, places = _squeezed_with_places(surface.text)
        longest = max(_overlap(squeezed, canary) for canary in self._canaries)
        return surface.span(places[-longest], len(surface.text))[0] if longest else len(surface.source)

    def _quotations_in(self, surface: Surface) -> Iterator[Finding]:
        if not self._protected:
            return
        words = list(_WORD.finditer(surface.text))
        first = last = -1
        for index in range(len(words) - SHINGLE_WORDS + 1):
            if self._is_quoted([word[0] for word in words[index : index + SHINGLE_WORDS]]):
                if first >= 0 and index > last:
                    yield _finding("protected_text", surface, words[first].start(), words[last].end())
                    first = -1
                first, last = (index if first < 0 else first), index + SHINGLE_WORDS - 1
        if first >= 0:
            yield _finding("protected_text", surface, words[first].start(), words[last].end())

    def _quotation_forming(self, surface: Surface) -> int:
        if not self._protected:
            return len(surface.source)
        words = list(_WORD.finditer(surface.text))[-SHINGLE_WORDS + 1 :]
        for start in range(len(words)):
            if self._is_quoted([word[0] for word in words[start:]]):
                return surface.span(words[start].start(), len(surface.text))[0]
        return len(surface.source)

    def _is_quoted(self, words: Sequence[str]) -> bool:
        phrase = " " + " ".join(words) + " "
        return any(phrase in text for text in self._protected)


def _variants(canary: str) -> Iterator[str]:
    plain = _squeeze(canary)
    yield plain
    yield plain[::-1]
    yield codecs.encode(plain, "rot13")
    for spelled in {canary, canary.lower(), plain}:
        yield spelled.encode().hex()
        for shift in range(3):
            yield from _base64_core(spelled.encode(), shift)


def _base64_core(data: bytes, shift: int) -> Iterator[str]:
    """The part of a base64 text that depends on `data` alone when `shift` other bytes (mod 3) stand before it."""
    encoded = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
    is_ragged = (shift + len(data)) % 3 != 0
    core = _squeeze(encoded[(0, 2, 3)[shift] : -1 if is_ragged else None])
    if len(core) >= MIN_CANARY_CHARS:
        yield core


def _overlap(text: str, canary: str) -> int:
    """Length of the longest proper beginning of `canary` that `text` ends with."""
    for length in range(min(len(text), len(canary) - 1), 0, -1):
        if text.endswith(canary[:length]):
            return length
    return 0


def _squeeze(text: str) -> str:
    return "".join(_WORD.findall(matching_surface(text).text))


def _squeezed_with_places(surface: str) -> tuple[str, list[int]]:
    words = list(_WORD.finditer(surface))
    return "".join(word[0] for word in words), [place for word in words for place in range(word.start(), word.end())]


def _finding(rule: str, surface: Surface, start: int, end: int) -> Finding:
    begins, ends = surface.span(start, end)
    return Finding(kind=FindingKind.SECRET, rule=rule, start=begins, end=ends)
