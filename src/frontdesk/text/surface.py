"""What detectors match on: a text as it reads, whatever it is written with.

Fullwidth, mathematical and circled letters, accents, lookalikes from other alphabets and invisible characters all
fold to plain lower-case Latin. A match on the surface maps back to offsets in the text that was scanned. The
lookalikes are a subset of UTS 39 (confusables): those that stand for a basic Latin letter and can be typed or
copied as running text.
"""

import re
import unicodedata
from dataclasses import dataclass

_LOOKALIKES: dict[str, str] = {}
for _pairs in (
    "аaАaвbВbеeЕeкkКkмmМmнhНhоoОoпnрpРpсcСcтtТtуyУyхxХxѕsЅsіiІiјjЈjԁdԛqԝwһhҺhӏlӀlьbѵvԍgгrүyҮyԀdԚqԜw",
    "αaΑaβbΒbγyεeΕeζzΖzηnΗhιiΙiκkΚkμuΜmνvΝnοoΟoρpΡpτtΤtυuΥyχxΧxωwςsϲcϳjϹcͿj",
    "օoՕoսuհhոnցgզqյjօoոnԼlՏs",
    "ɑaɡgɩiıiʏyłlŁlđdĐdøoØoħhĦhŧtŦtðdÐdþpɴnɪiʟlʜhɢgʙbʀrꜱsᴀaᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwᴢzƒfɛeɐaǝeɹrʇtɯmʍwʌvǀlꞁl",
    "ᎪaᏴbᏟcᎠdᎬeᏀgᎻhᎥiᎫjᏦkᏞlᎷmᏢpᏒrᏚsᎢtᏙvᎳwᏃz",
):
    _LOOKALIKES.update(zip(_pairs[::2], _pairs[1::2], strict=True))
_LOOKALIKES |= {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ß": "ss", "ẞ": "ss"}
_LETTER_BLOCKS = (0x1F150, 0x1F170, 0x1F1E6)
"""Negative circled, negative squared and regional indicator letters, which NFKC leaves alone."""
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_LEET = str.maketrans("013457@$!|", "oieastasii")
_LEET_TOKEN = re.compile(
    r"[a-z][0134578@$!|]{1,3}[a-z]|(?<![^\s\"'(])[0134578@$!|]{1,2}[a-z]{2}|[a-z][013457@$]{2,3}(?![\w])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A text folded for matching."""

    text: str
    source: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `self.text[start:end]` stands in the source."""
        if self.source.isascii():
            return start, end
        offsets = _offsets(self.source)
        last = offsets[end - 1] + 1 if end > start else offsets[start]
        while last < len(self.source) and not _FOLDED[ord(self.source[last])]:
            last += 1  # marks and invisible characters belong to the letter before them
        return offsets[start], last


class _Folding(dict[int, str]):
    """Code point to what it reads as; filled as characters are met."""

    def __missing__(self, point: int) -> str:
        folded = self[point] = _fold_character(chr(point))
        return folded


_FOLDED = _Folding()


def matching_surface(text: str) -> Surface:
    """The text in plain lower-case letters, with accents, lookalikes and invisible characters folded away."""
    return Surface(text=text.lower() if text.isascii() else text.translate(_FOLDED), source=text)


def undo_leet(surface: str) -> tuple[str, ...]:
    """The surface with digits and signs read as letters, of the same length; nothing where no word mixes them.

    `1` reads as `i` or as `l`, so there may be two readings.
    """
    if not _LEET_TOKEN.search(surface):
        return ()
    reading = surface.translate(_LEET)
    return (reading, surface.replace("1", "l").translate(_LEET)) if "1" in surface else (reading,)


def _fold_character(character: str) -> str:
    if character in _LOOKALIKES:
        return _LOOKALIKES[character]
    for first in _LETTER_BLOCKS:
        if first <= ord(character) < first + 26:
            return chr(ord("a") + ord(character) - first)
    if unicodedata.category(character) in ("Cf", "Mn", "Me", "Cs"):
        return ""
    if _DASHES.match(character):
        return "-"
    parts = unicodedata.normalize("NFKD", character)
    kept = [part for part in parts if unicodedata.category(part) not in ("Mn", "Me", "Cf")]
    return "".join(_LOOKALIKES.get(part, part).casefold() for part in kept)


def _offsets(source: str) -> list[int]:
    return [index for index, character in enumerate(source) for _ in _FOLDED[ord(character)]]
