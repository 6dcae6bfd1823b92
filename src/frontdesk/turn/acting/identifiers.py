"""Order numbers and the like, as customers type them: in any case, with or without the hyphen, with their number alone."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_WORDLIKE = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_JOINT = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_NUMBERED = re.compile(
    r"(?:#|\b(?:no|nr|nro|num|number|nummer|numero|número|id|order|bestellung|pedido|ticket|case|fall))\s*\.?:?\s*(?:is\s+|ist\s+|es\s+)?"
    r"(?P<id>(?:(?!no|nr|num|is|ist|es|id)[a-z]{1,4}[ -])?[^\W_]*\d[\w-]*)",
    re.IGNORECASE,
)
_PARTS = 3
"""Words that an identifier may be torn into, as in "HP 44 8120"; a guess."""
MIN_DIGITS = 3
"""Digits from which a number may be an identifier that has no pattern; a guess: less is a quantity."""


class Identifier(NamedTuple):
    """An identifier as it stands in a text: `text[start:end]`."""

    value: str
    """As the pattern wants it."""
    start: int
    end: int
    is_named: bool = False
    """Whether a word such as "number" or "order" stands before it."""


def identifiers(text: str, pattern: str, examples: Sequence[str] = ()) -> list[Identifier]:
    """Every identifier in order of place.

    Args:
        pattern: for the whole value; where it is empty, any word with some digits is one.
        examples: valid ones; what they all begin with may be left out by customers.
    """
    if not pattern:
        return _by_look(text)
    compiled = _compiled(pattern)
    found: list[Identifier] = []
    spans = [match.span() for match in _WORDLIKE.finditer(text)]
    place = 0
    while place < len(spans):
        taken = _from(text, spans[place : place + _PARTS], compiled, _prefix(tuple(examples)))
        if taken is not None:
            found.append(taken)
        place = (
            next((i for i, (start, _) in enumerate(spans) if taken and start >= taken.end), len(spans))
            if taken
            else place + 1
        )
    return found


def _from(text: str, spans: Sequence[tuple[int, int]], compiled: "re.Pattern[str]", prefix: str) -> Identifier | None:
    """The longest identifier that the words make, the first of them included."""
    for size in range(len(spans), 0, -1):
        start, end = spans[0][0], spans[size - 1][1]
        if size > 1 and re.search(r"[^\w\s\-/.]|\n", text[start:end]):
            continue
        for written in _spellings(text[start:end], prefix, is_one=size == 1):
            if (value := _canonical(written, compiled)) is not None:
                return Identifier(value, start, end)
    return None


def _spellings(written: str, prefix: str, *, is_one: bool) -> Iterator[str]:
    yield written
    compact = re.sub(r"[\s\-/.]+", "", written)
    yield compact
    yield "-".join(written.split())
    yield _JOINT.sub("-", compact)
    if prefix and is_one and compact.isdigit():
        yield prefix + compact


def _canonical(written: str, compiled: "re.Pattern[str]") -> str | None:
    """In the letters' case that the pattern writes, where it writes one."""
    if not re.search(r"\d", written) and not compiled.fullmatch(written):
        return None
    strict = re.compile(compiled.pattern)
    for variant in (written, written.upper(), written.lower()):
        if strict.fullmatch(variant):
            return variant
    return written if compiled.fullmatch(written) else None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern.removeprefix("^").removesuffix("$"), re.IGNORECASE)


@lru_cache(maxsize=256)
def _prefix(examples: tuple[str, ...]) -> str:
    """What every example begins with before its first digit."""
    heads = {re.split(r"\d", example, maxsplit=1)[0] for example in examples}
    return heads.pop() if len(heads) == 1 else ""


def _by_look(text: str) -> list[Identifier]:
    named = [Identifier(match["id"], *match.span("id"), is_named=True) for match in _NUMBERED.finditer(text)]
    if named:
        return named
    return [
        Identifier(match.group(), match.start(), match.end())
        for match in _WORDLIKE.finditer(text)
        if sum(character.isdigit() for character in match.group()) >= MIN_DIGITS
        and not re.fullmatch(r"\d+[.]\d+", match.group())
    ]
