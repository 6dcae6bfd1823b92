"""Emphasis, code, links and breaks within one piece of Markdown.

Every pattern looks ahead a bounded number of characters, and every delimiter is looked at a bounded number of times, so
that no text takes more than its length. Longer links and code spans are shown as they were typed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

_LABEL = r"(?:\\[^\n]|[^\[\]\\]|\[[^\[\]]{0,100}\]){0,300}+"
_TARGET = r"<[^<>\n]{0,1000}>|(?:[^\s()<>]|\([^\s()]{0,200}\)){0,1000}+"
_TITLE = r"""(?:\s{1,9}(?:"[^"]{0,300}"|'[^']{0,300}'|\([^()]{0,300}\)))?"""
_TOKEN = re.compile(
    r"(?P<hard>(?: {2,80}|\\)\n[ \t]*)"
    r"|(?P<soft>[ \t]?\n[ \t]*)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?<!`)(?P<ticks>`{1,4})(?!`)(?P<code>.{1,1000}?)(?<!`)(?P=ticks)(?!`)"
    rf"|(?P<image>!?)\[(?P<label>{_LABEL})\](?:\(\s{{0,9}}(?P<target>{_TARGET}){_TITLE}\s{{0,9}}\)"
    r"|\[(?P<reference>[^\[\]]{0,200})\]|(?P<shortcut>))"
    r"|<(?P<address>https?://[^\s<>]{1,1000}|(?:mailto:)?[\w.+-]{1,64}@[\w.-]{1,255})>"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<run>\*+|_+)",
    re.DOTALL,
)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\\<>\"`{}|^]")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?:\?[^#]{0,500})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Text of one appearance, read from `start` to `end` of the piece.

    As long as that it is that text itself, and may be cut; else it stands for the whole of it.
    """

    text: str
    start: int
    end: int
    is_strong: bool = False
    is_emphasis: bool = False
    is_code: bool = False
    href: str = ""


def read_inline(text: str, references: Mapping[str, str]) -> tuple[Span, ...]:
    """The visible text in order.

    Args:
        references: targets of `[text][label]` by folded label.
    """
    return tuple(span for span in _read(text, 0, len(text), references) if span.text)


def fold_label(label: str) -> str:
    """How labels of references are compared."""
    return " ".join(label.split()).casefold()


def safe_href(target: str) -> str:
    """The address when it leads to a website or a mailbox and can be read in one way only, else nothing."""
    target = target.strip()
    if not target or len(target) > 2000 or _UNSEEN.search(target):
        return ""
    try:
        parts = urlsplit(target)
        is_website = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return ""
    return target if is_website or (parts.scheme == "mailto" and _MAIL.fullmatch(target[7:])) else ""


@dataclass(slots=True)
class _Delimiter:
    """A run of `*` or `_` while its partners are sought."""

    place: int
    """Among the spans."""
    start: int
    end: int
    can_open: bool
    can_close: bool
    closed: int = 0
    """Characters used up from the left."""
    opened: int = 0
    """The same from the right."""

    @property
    def left(self) -> int:
        return self.end - self.start - self.closed - self.opened


@dataclass(slots=True)
class _Found:
    """Spans as they were met; those of delimiters are filled in at the end."""

    spans: list[list[Span]] = field(default_factory=list)
    delimiters: list[_Delimiter] = field(default_factory=list)

    def add(self, *spans: Span) -> None:
        self.spans.append(list(spans))


def _read(text: str, start: int, end: int, references: Mapping[str, str] | None) -> list[Span]:
    """Args: references: None within a link, where no other link begins."""
    found = _Found()
    position = start
    while match := _TOKEN.search(text, position, end):
        if match.start() > position:
            found.add(_plain(text, position, match.start()))
        position = _take(match, found, references)
    found.add(_plain(text, position, end))
    return _emphasise(text, found)


def _plain(text: str, start: int, end: int) -> Span:
    return Span(text=text[start:end], start=start, end=end)


def _take(match: re.Match[str], found: _Found, references: Mapping[str, str] | None) -> int:
    """Add what the token says; where reading goes on."""
    text, (start, end) = match.string, match.span()
    if match["run"]:
        found.delimiters.append(_delimiter(text, start, end, len(found.spans)))
        found.add()
    elif match["code"]:
        inside = _trimmed_code(text, *match.span("code"))
        found.add(replace(_plain(text, *inside), is_code=True))
    elif match["label"] is not None:
        return _take_link(match, found, references)
    elif match["address"]:
        address = match["address"]
        target = address if "://" in address or address.startswith("mailto:") else f"mailto:{address}"
        found.add(replace(_plain(text, start + 1, end - 1), href=safe_href(target)))
    elif match["hard"] or match["soft"]:
        found.add(Span(text="\n" if match["hard"] else " ", start=start, end=end))
    else:
        shown = match["escaped"] or unescape(match["entity"]) or match["entity"]
        found.add(Span(text=shown, start=start, end=end))
    return end


def _trimmed_code(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the one blank on both sides that parts code from its ticks."""
    inside = text[start:end]
    is_padded = len(inside) > 2 and inside[0] == inside[-1] == " " and bool(inside.strip())
    return (start + 1, end - 1) if is_padded else (start, end)


def _take_link(match: re.Match[str], found: _Found, references: Mapping[str, str] | None) -> int:
    target = _target(match, references)
    label_start, label_end = match.span("label")
    if target is None or (references is None and not match["image"]):
        found.add(_plain(match.string, match.start(), label_start))
        return label_start
    href = "" if match["image"] else safe_href(unescape(target))
    found.add(*(replace(span, href=href) for span in _read(match.string, label_start, label_end, None)))
    return match.end()


def _target(match: re.Match[str], references: Mapping[str, str] | None) -> str | None:
    """Where the link leads; None when these brackets are only brackets."""
    if match["target"] is not None:
        return match["target"].removeprefix("<").removesuffix(">")
    return (references or {}).get(fold_label(match["reference"] or match["label"]))


def _delimiter(text: str, start: int, end: int, place: int) -> _Delimiter:
    before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
    is_left = not after.isspace() and (_is_word(after) or not _is_word(before))
    is_right = not before.isspace() and (_is_word(before) or not _is_word(after))
    if text[start] == "*":
        return _Delimiter(place, start, end, is_left, is_right)
    return _Delimiter(
        place,
        start,
        end,
        can_open=is_left and (not is_right or not _is_word(before)),
        can_close=is_right and (not is_left or not _is_word(after)),
    )


def _is_word(character: str) -> bool:
    """Neither a blank nor punctuation."""
    return character.isalnum() or (not character.isspace() and not character.isascii())


class _Change(NamedTuple):
    strong: int
    emphasis: int


def _emphasise(text: str, found: _Found) -> list[Span]:
    """All spans in order with their emphasis; delimiters without a partner are text."""
    changes = _pair(text, found.delimiters)
    for delimiter in found.delimiters:
        left = _plain(text, delimiter.start + delimiter.closed, delimiter.end - delimiter.opened)
        found.spans[delimiter.place] = [left]
    spans: list[Span] = []
    strong = emphasis = 0
    for place, group in enumerate(found.spans):
        for change in changes.get(place, ()):
            strong += change.strong
            emphasis += change.emphasis
        spans += (_stressed(span, strong > 0, emphasis > 0) for span in group) if strong or emphasis else group
    return spans


def _stressed(span: Span, is_strong: bool, is_emphasis: bool) -> Span:
    return replace(span, is_strong=span.is_strong or is_strong, is_emphasis=span.is_emphasis or is_emphasis)


def _pair(text: str, delimiters: Sequence[_Delimiter]) -> dict[int, list[_Change]]:
    """Where emphasis begins and ends, by place: what changes before the spans that stand there."""
    changes: dict[int, list[_Change]] = {}
    open_ones: dict[str, list[_Delimiter]] = {"*": [], "_": []}
    for closer in delimiters:
        mine = open_ones[text[closer.start]]
        while closer.can_close and closer.left and mine and _fit(mine[-1], closer):
            opener = mine[-1]
            for others in open_ones.values():  # what was opened in between crosses this pair
                while others and others[-1].place > opener.place:
                    others.pop()
            used = min(2, opener.left, closer.left)
            opener.opened += used
            closer.closed += used
            change = _Change(used // 2, used % 2)
            changes.setdefault(opener.place + 1, []).append(change)
            changes.setdefault(closer.place, []).append(_Change(-change.strong, -change.emphasis))
            if not opener.left:
                mine.pop()
        if closer.can_open and closer.left:
            mine.append(closer)
    return changes


def _fit(opener: _Delimiter, closer: _Delimiter) -> bool:
    """CommonMark's rule of three: `**a*b**` is one pair, not two."""
    either_way = opener.can_close or closer.can_open
    first, second = opener.end - opener.start, closer.end - closer.start
    return not (either_way and (first + second) % 3 == 0 and (first % 3 or second % 3))
