"""A draft's text, cut into pieces that can be checked and confirmed one by one."""

import re
from collections.abc import Sequence

from frontdesk.text.sentences import split_sentences

LONG_CHARS = 280
"""A sentence that is still open after so many characters is cut at a clause (a guess: three lines on a phone)."""
LOOK_AHEAD_CHARS = 64
"""How far beyond that the next word is looked for."""
SHORTEST_CLAUSE_CHARS = 80

_NUMBERS = r"\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*"
_MARKER = re.compile(
    rf"\s*(?:\[\s*\^?(?:(?:passage|source|doc(?:ument)?|ref)s?\s*)?{_NUMBERS}\s*\](?!\()|【[^】\n]{{0,24}}】)",
    re.IGNORECASE,
)
_MAYBE_MARKER = re.compile(r"\s*(?:\[[^\]\n]{0,24}\]?|【[^】\n]{0,24})?\Z")
_NEXT_WORD_ENDS = re.compile(r"\s+[^\w\s]*\w+[^\w]")
_LINE_MARK = re.compile(r"\A\s*(?:>\s*)*(?:#{1,6}\s+|[-*+•–]\s+|\d{1,3}[.)]\s+|\|)?(?:\[[ xX]\]\s+)?")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")
_ENDED = re.compile(r"[.!?…。！？][\"'”’»)]*\Z")
_MAY_END = re.compile(r"[.!?…。！？]\S*\s+\S+\W|[。！？\n]")
_OPEN_LINK = re.compile(r"!?\[[^\]\n]*(?:\]\([^)\s]*\)?|\Z)")
_OPEN_MARKUP = re.compile(r"(?:!?\[[^\]\n]*(?:\](?:\([^)\s]*)?)?|(?<![\w*])[*_](?=[^\s*_])[^*_\n]*)\Z")
_STRONG = re.compile(r"\*\*|__(?=\S)|(?<=\S)__|`+")
_EMPHASIS = re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?![\w*])")
_CLAUSE_END = re.compile(r"[;:,–—](?=\s)")


class SentenceStream:
    """Turns deltas into sentences as soon as each is complete, whatever the deltas' borders.

    A sentence is complete once the word after it is, since that word decides whether a full stop ended it; a line
    is complete with its line break. Citation markers of the model and Markdown mark-up are left out, words never are.
    """

    def __init__(self, whole: Sequence[str] = ()) -> None:
        """
        Args:
            whole: texts that stay one piece when the draft begins with one of them, for example a lead-in.
        """
        self._whole = tuple(filter(None, (text.strip() for text in whole)))
        self._raw = ""
        self._text = ""
        self._starts_line = True

    def feed(self, delta: str) -> list[str]:
        """The pieces that the delta completed."""
        self._raw += delta
        held = _MAYBE_MARKER.search(self._raw)
        keep = held.start() if held else len(self._raw)
        self._text += _MARKER.sub("", self._raw[:keep])
        self._raw = self._raw[keep:]
        return self._pieces(is_over=False)

    def finish(self, *, is_cut: bool = False) -> list[str]:
        """The rest, once the draft is over.

        Args:
            is_cut: the draft ran out of tokens; its last sentence is left out unless an end mark shows it is whole.
        """
        self._text += _MARKER.sub("", self._raw)
        self._raw = ""
        pieces = self._pieces(is_over=True)
        return pieces[:-1] if is_cut and pieces and not _ENDED.search(pieces[-1]) else pieces

    @property
    def forming(self) -> str:
        """What has come of the next piece, as plain words; without mark-up that is still open. Ends in white space where
        its last word is whole."""
        text = _OPEN_MARKUP.sub("", self._text)
        is_whole = text[-1:].isspace() or (text == self._text and self._raw[:1].isspace())
        return plain(text, starts_line=self._starts_line) + (" " if is_whole else "")

    def _pieces(self, *, is_over: bool) -> list[str]:
        pieces: list[str] = []
        if not is_over and not self._may_end():
            return pieces
        while (end := self._next_end(is_over=is_over)) > 0:
            cut, self._text = self._text[:end], self._text[end:]
            piece = plain(cut, starts_line=self._starts_line)
            self._starts_line = cut.endswith("\n")
            if piece:
                pieces.append(piece)
        return pieces

    def _may_end(self) -> bool:
        """Whether a piece can end in this text at all; asked for every delta, so it has to be cheap."""
        is_long = len(self._text) >= LONG_CHARS + LOOK_AHEAD_CHARS
        return bool(self._whole) or is_long or _MAY_END.search(self._text) is not None

    def _next_end(self, *, is_over: bool) -> int:
        """Where the first piece of the text ends; 0 while that is not known. More text never changes the answer."""
        if (end := self._end_of_whole(is_over=is_over)) is not None:
            return end
        line_end = self._line_end(is_over=is_over)
        limit = len(self._text) if line_end is None else line_end
        window = self._text[: min(limit, LONG_CHARS + LOOK_AHEAD_CHARS)]
        is_whole_line = line_end is not None and line_end < LONG_CHARS + LOOK_AHEAD_CHARS
        if end := _sentence_end(window, is_whole_line=is_whole_line):
            return end
        if is_whole_line:
            return min(len(window) + 1, len(self._text)) if self._text else 0
        return _clause_end(window) if len(window) >= LONG_CHARS + LOOK_AHEAD_CHARS else 0

    def _end_of_whole(self, *, is_over: bool) -> int | None:
        """The end of a text that must stay whole, 0 while one may still come, None when none can."""
        text = self._text.lstrip()
        for whole in self._whole:
            if text.startswith(whole):
                self._whole = ()
                return len(self._text) - len(text) + len(whole)
        if not is_over and any(whole.startswith(text) for whole in self._whole):
            return 0
        self._whole = ()
        return None

    def _line_end(self, *, is_over: bool) -> int | None:
        """Where the first line ends; None while it may go on. A line that goes on in lower case is only wrapped."""
        start = 0
        while (end := self._text.find("\n", start)) >= 0:
            after = self._text[end:].lstrip()
            if not after and not is_over and self._text.count("\n", end) == 1:
                return None
            is_wrapped = after[:1].islower() and self._text[end + 1 :].lstrip(" \t")[:1] == after[:1]
            if not is_wrapped or not self._text[:end].strip():
                return end
            self._text = f"{self._text[:end]} {self._text[end + 1 :]}"
            start = end
        return len(self._text) if is_over else None


def plain(text: str, *, starts_line: bool = True) -> str:
    """A piece of Markdown as plain words; list numbers and the like are mark-up only where a line starts."""
    text = _LINE_MARK.sub("", text) if starts_line else text
    text = _LINK.sub(r"\1", text)
    text = _EMPHASIS.sub(r"\2", _STRONG.sub("", text))
    text = re.sub(r"[ \t]+", " ", text.replace("|", " ")).strip()
    return text if any(char.isalnum() for char in text) or not re.fullmatch(r"[-=*_~#:\s]*", text) else ""


def _sentence_end(window: str, *, is_whole_line: bool) -> int:
    """The end of the first sentence of a line, 0 where none is sure."""
    spans = split_sentences(window)
    if len(spans) < 2:
        return 0
    end = spans[0].end
    return end if is_whole_line or _NEXT_WORD_ENDS.match(window, end) else 0


def _clause_end(window: str) -> int:
    """Where an overlong sentence is cut: after its last clause, else between words, else anywhere; never in a link."""
    head = window[:LONG_CHARS]
    ends = [match.end() for match in _CLAUSE_END.finditer(head)]
    spaces = [max(head.rfind(" "), head.rfind("\t"))]
    end = next((end for end in [*reversed(ends), *spaces] if end >= SHORTEST_CLAUSE_CHARS), LONG_CHARS)
    inside = next((link for link in _OPEN_LINK.finditer(window) if link.start() < end < link.end()), None)
    return inside.start() if inside and inside.start() else end
