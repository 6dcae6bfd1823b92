"""What the terminal can do, and text that is written to it piece by piece."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO
from urllib.parse import quote, urlsplit

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from frontdesk.cli.output import harmless, harmless_line

_LINK_PROGRAMS = frozenset({"ghostty", "Hyper", "iTerm.app", "rio", "Tabby", "vscode", "WezTerm", "zed"})
_LINK_TERMS = ("alacritty", "contour", "foot", "ghostty", "kitty", "wezterm", "xterm-ghostty", "xterm-kitty")
_LINK_VTE = 5000
"""GNOME's terminals show links from version 0.50 on."""
_NARROWEST = 20
_PIECE = re.compile(r"\n|[^\S\n]+|\S+")
_MARKER = re.compile(r"\[\d{1,3}\]")
MARKER_STYLE = "bold green"
"""Colours of the terminal's own palette only: they are chosen to be read on its own ground, light or dark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What stdout can do."""

    is_terminal: bool
    """Whether a person sees it at once."""
    can_erase: bool
    """Whether a line can be taken back: not on a dumb terminal, not in a pipe."""
    has_links: bool
    """Whether it makes a link of OSC 8."""

    @property
    def width(self) -> int | None:
        """Columns now, for people resize windows; None where lines are not broken."""
        if not self.is_terminal:
            return None
        try:
            return max(_NARROWEST, os.get_terminal_size(sys.stdout.fileno()).columns)
        except (OSError, ValueError):
            return 80


def look_at(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Terminal:
    is_terminal = stream.isatty()
    can_erase = is_terminal and environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
    return Terminal(is_terminal=is_terminal, can_erase=can_erase, has_links=can_erase and _shows_links(environ))


def _shows_links(environ: Mapping[str, str]) -> bool:
    """Told by what terminals say of themselves; a multiplexer in between hides it."""
    if (forced := environ.get("FORCE_HYPERLINK")) is not None:
        return forced not in ("", "0")
    if environ.get("TMUX") or environ.get("STY") or environ.get("TERM", "").startswith(("screen", "tmux")):
        return False
    vte = environ.get("VTE_VERSION", "")
    return (
        environ.get("TERM_PROGRAM") in _LINK_PROGRAMS
        or environ.get("TERM", "").startswith(_LINK_TERMS)
        or any(environ.get(name) for name in ("KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM"))
        or (vte.isdecimal() and int(vte) >= _LINK_VTE)
    )


def linked(text: str, url: str, terminal: Terminal) -> str:
    """The text as a link where the terminal shows links and the address is one of the web; else the text alone."""
    target = _web_address(url)
    if not target or not terminal.has_links:
        return text
    return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\"


def _web_address(url: str) -> str:
    """The address in plain ASCII without anything a terminal could read as its own; empty for any other kind."""
    shown = harmless_line(url)
    try:
        parts = urlsplit(shown)
        has_place = bool(parts.hostname)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and has_place and " " not in shown
    return quote(shown, safe="%/:?#[]@!$&'()*+,;=~") if is_web else ""


class Flow:
    """Writes text as it comes, broken between words where the terminal ends; markers of sources stand out."""

    def __init__(self, console: Console, terminal: Terminal) -> None:
        self._console = console
        self._terminal = terminal
        self._column = 0
        self._space = ""

    def write(self, text: str) -> None:
        width = self._terminal.width
        if width is None:
            self._put(harmless(text))
            return
        for piece in _PIECE.findall(harmless(text).expandtabs(4)):
            if piece == "\n":
                self._put("\n")
                self._column, self._space = 0, ""
            elif piece.isspace():
                self._space = piece
            else:
                self._put_word(piece, width)

    def end(self) -> None:
        """Go to a new line, unless one was just begun."""
        if self._column or self._terminal.width is None:
            self._put("\n")
        self._column, self._space = 0, ""

    def pause(self) -> None:
        """Go to a new line in the middle of a text, for a word on something else."""
        if self._column:
            self._put("\n")
            self._column, self._space = 0, ""

    def _put_word(self, word: str, width: int) -> None:
        cells = cell_len(word)
        if self._column and self._column + len(self._space) + cells > width:
            self._put("\n")
            self._column = 0
        elif self._space:
            self._put(self._space)
            self._column += len(self._space)
        self._space = ""
        self._put(word)
        self._column = (self._column + cells) % width if cells > width else self._column + cells

    def _put(self, text: str) -> None:
        shown = Text(text)
        shown.highlight_regex(_MARKER, MARKER_STYLE)
        self._console.print(shown, end="", soft_wrap=True)
        self._console.file.flush()


class StageLine:
    """One quiet line about what is going on, gone as soon as there is something to read; nothing where a line stays."""

    def __init__(self, console: Console, terminal: Terminal) -> None:
        self._console = console
        self._terminal = terminal
        self._is_shown = False

    def show(self, label: str) -> None:
        if not self._terminal.can_erase:
            return
        self.clear()
        text = harmless_line(label)
        room = (self._terminal.width or 80) - 2
        fitting = text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…"
        self._console.print(
            Text(f"{fitting} …" if cell_len(fitting) + 2 <= room else fitting, style="dim"), end="", soft_wrap=True
        )
        self._console.file.flush()
        self._is_shown = True

    def clear(self) -> None:
        if self._is_shown:
            self._console.file.write("\r\x1b[2K")
            self._console.file.flush()
            self._is_shown = False
