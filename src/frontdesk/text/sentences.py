# ruff: noqa: SIM905 - word lists read better as text
"""Sentences of plain and Markdown text."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# A line that stands for itself, with the mark-up before its words.
_OWN_LINE = re.compile(r"[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]+|[-*+•–][ \t]+|\d{1,3}[.)][ \t]+|(?=\|))(?:\[[ xX]\][ \t]+)?")
_QUOTE_MARK = re.compile(r"[ \t]*(?:>[ \t]*)+")
# Possessive, and no run of marks is entered in its middle: what does not match is given up at once.
_RULE_LINE = re.compile(r"[ \t|:=*_~`#>-]*+(?:(?<=```)\w*+)?+[ \t]*+")
_END = re.compile(r"(?:(?<![.!?…])[.!?…]++[\"'”’“»)\]*_]*+(?=\s|$)|[。！？]++[」』”）]*+)")
_CLOSING = "\"'”’“»)]*_"
_MARKS = ".!?…"
_OPENING = frozenset('(["“„«')
_NEXT_WORD = re.compile(r"\s*[\"'“„«¿¡(\[*_]*(\w+)")
_VOWEL = re.compile(r"[aeiouyáéíóúäöü]", re.IGNORECASE)

_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof st jr sr vs etc e.g i.e eg ie approx no nos nr art fig inc ltd co corp dept est tel ext min max
    incl excl a.m p.m u.s u.k jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
    sra srta ud uds pág núm aprox ee.uu p.ej ej av avda
    bzw ca evtl ggf inkl exkl usw u.a z.b d.h o.ä u.u i.d.r s.o s.u z.t zzgl abs std tgl mo di mi fr sa so hr fr str
    """.split()
)
# Abbreviations that may also end a sentence: the next word's capital decides.
_OPEN_ABBREVIATIONS = frozenset(
    "etc usw a.m p.m u.s u.k inc ltd co corp aprox no sun sat sa so mi min max art est".split()
)
_MONTHS = frozenset(
    """
    januar februar märz april mai juni juli august september oktober november dezember
    january february march may june july october december jan feb mär apr jun jul aug sep okt nov dez
    """.split()
)
# German words before which a number with a full stop is an ordinal: "am 3. Werktag".
_BEFORE_ORDINAL = frozenset("am im der die das den dem des zum zur vom bis ab beim jeden jedem ins seit".split())
_LONGEST_WORD = 60
"""Characters of a word that are looked at; no abbreviation or ordinal comes near it."""
_LINE_WIDTH = 60
"""Characters from which a line without an end mark is taken to be wrapped and not a title (a guess)."""


class Span(NamedTuple):
    """A piece of a text: `text[start:end]`."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """Sentences in order, trimmed, never overlapping; every letter of the text is in one.

    Headings, list items and table rows are sentences of their own, without their leading mark-up.
    """
    return [span for block in _blocks(text) for span in _sentences(text, block)]


def _blocks(text: str) -> Iterator[Span]:
    """Lines that stand for themselves, and paragraphs: lines that go on from one to the next."""
    start = end = -1
    for line in _lines(text):
        marked = _OWN_LINE.match(text, line.start, line.end)
        blank = _RULE_LINE.fullmatch(text, line.start, line.end) is not None
        joins = start >= 0 and not marked and not blank and _goes_on(text, Span(start, end), line)
        if joins:
            end = line.end
            continue
        if start >= 0:
            yield Span(start, end)
        start, end = (-1, -1) if blank else (_content_start(text, line, marked), line.end)
    if start >= 0:
        yield Span(start, end)


def _lines(text: str) -> Iterator[Span]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield Span(start, end)
        start = end + 1


def _content_start(text: str, line: Span, marked: "re.Match[str] | None") -> int:
    prefix = marked or _QUOTE_MARK.match(text, line.start, line.end)
    return prefix.end() if prefix else line.start


def _goes_on(text: str, block: Span, line: Span) -> bool:
    """Whether a line continues the paragraph before it; a short line without an end mark is taken for a title."""
    last_start = max(block.start, text.rfind("\n", block.start, block.end) + 1)
    last_line = text[last_start : block.end].rstrip()
    first = text[line.start : line.end].lstrip("> \t")[:1]
    ended = last_line[-1:] in ".!?…:;,)"
    return ended or first.islower() or len(last_line) >= _LINE_WIDTH


def _sentences(text: str, block: Span) -> Iterator[Span]:
    start = block.start
    if text.startswith("|", start, block.end):
        yield from _trimmed(text, start, block.end, "| \t\r")
        return
    for match in _END.finditer(text, block.start, block.end):
        if _is_end(text, Span(start, match.end()), block.end):
            yield from _trimmed(text, start, match.end())
            start = match.end()
    yield from _trimmed(text, start, block.end)


def _trimmed(text: str, start: int, end: int, strip: str | None = None) -> Iterator[Span]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip(strip))
    right = len(piece.rstrip(strip))
    if left >= right:
        return
    yield Span(start + left, start + right)


def _is_end(text: str, sentence: Span, block_end: int) -> bool:
    following = _NEXT_WORD.match(text, sentence.end, block_end)
    if following is None:
        return True
    next_word = following.group(1)
    ending = _last_word(text, sentence)
    if ending.start == ending.end:  # the mark stands alone, as in " . "
        return True
    if text[ending.end] != ".":
        return not (next_word[0].islower() and text[sentence.end - 1] in "\"'”’“»)")
    return _full_stop_ends(
        text[max(sentence.start, ending.start - _LONGEST_WORD) : ending.start],
        text[ending.start : ending.end],
        next_word,
    )


def _last_word(text: str, sentence: Span) -> Span:
    """The word before the end mark; a very long one is told by its last characters."""
    end = sentence.end
    while end > sentence.start and text[end - 1] in _CLOSING:
        end -= 1
    while end > sentence.start and text[end - 1] in _MARKS:
        end -= 1
    start, least = end, max(sentence.start, end - _LONGEST_WORD)
    while start > least and not text[start - 1].isspace() and text[start - 1] not in _OPENING:
        start -= 1
    return Span(start, end)


def _full_stop_ends(before: str, word: str, next_word: str) -> bool:
    folded = word.casefold().strip("*_")
    if folded in _ABBREVIATIONS:
        return folded in _OPEN_ABBREVIATIONS and next_word[0].isupper()
    if len(folded) == 1 and folded.isalpha():
        return not next_word[0].isupper() and folded != "i"
    if folded.isdigit() and len(folded) <= 2:
        return not _is_ordinal(before, next_word)
    if next_word[0].islower():
        return len(folded) >= 4 and _VOWEL.search(folded) is not None and "." not in folded
    return True


def _is_ordinal(before: str, next_word: str) -> bool:
    if next_word.casefold() in _MONTHS or next_word[0].islower():
        return True
    earlier = before.split()
    return bool(earlier) and earlier[-1].casefold() in _BEFORE_ORDINAL
