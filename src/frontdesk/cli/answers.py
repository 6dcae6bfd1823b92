"""How an answer is shown in a terminal: sentence by sentence, then its sources; and a quotation in its document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from frontdesk.cli.output import harmless, harmless_line
from frontdesk.cli.talk import Event
from frontdesk.cli.terminal import MARKER_STYLE, Flow, StageLine, Terminal, linked
from frontdesk.domain.events import FINAL_KINDS

UNSAID = frozenset({"answer.provisional", "answer.withdrawn"})
"""Text that is not confirmed is not for people who can scroll back to it."""
_WITH_A_PERSON = "A person has this conversation now; the assistant is silent."
_AROUND = 1
"""Paragraphs shown before and after the quoted one."""
_WORD = re.compile(r"\w+")


class AnswerView:
    """Prints one turn as it is confirmed."""

    def __init__(self, out: Console, err: Console, terminal: Terminal) -> None:
        self._out, self._err, self._terminal = out, err, terminal
        self._flow = Flow(out, terminal)
        self._stage = StageLine(out, terminal)
        self._shown = ""
        self._was_lost = False
        self.last: dict[str, Any] = {}
        """Its final event; empty until it came."""

    def lost(self) -> None:
        """The connection broke and is tried again; said once where it cannot be taken back."""
        if self._terminal.can_erase and not self._shown:
            self._stage.show("Connection lost, trying again")
        elif not self._was_lost:
            self._flow.pause()
            self._err.print(Text("Connection lost, trying again.", style="dim"))
        self._was_lost = True

    def wait(self) -> None:
        self._stage.show("Sending")

    def show(self, event: Event) -> None:
        if event.kind == "turn.stage":
            if not self._shown:
                self._stage.show(str(event.data.get("label") or event.data.get("stage", "")))
        elif event.kind == "turn.delayed":
            self._say_aside(str(event.data["text"]))
        elif event.kind == "answer.sentence":
            self._say(str(event.data["separator"]) + str(event.data["text"]))
        elif event.kind == "turn.reset":
            self._start_again()
        elif event.kind in FINAL_KINDS:
            self._end(event.data)

    def stop(self) -> None:
        """Leave the screen tidy where an answer was not waited for."""
        self._stage.clear()
        if self._shown and not self.last:
            self._flow.end()

    def _say(self, text: str) -> None:
        self._stage.clear()
        self._shown += text
        self._flow.write(text)

    def _say_aside(self, text: str) -> None:
        """What is no answer: it stays on the screen, and out of the pipe."""
        self._stage.clear()
        self._err.print(Text(harmless(text), style="dim"))

    def _start_again(self) -> None:
        self._stage.clear()
        if self._shown:
            self._flow.end()
            self._out.print(Text("(starting again)", style="dim"))
            self._out.print()
        self._shown = ""

    def _end(self, last: dict[str, Any]) -> None:
        self._stage.clear()
        self.last = last
        text = str(last.get("text", ""))
        if rest := text.removeprefix(self._shown):
            self._flow.write(rest)
        self._flow.end()
        if not text:
            was_overtaken = "superseded" in (last.get("degraded") or ())
            why = "The next message took its place." if was_overtaken else _WITH_A_PERSON
            self._out.print(Text(f"({why})", style="dim"))
        self.show_sources(last.get("citations", []))
        if degraded := last.get("degraded"):
            self._err.print(Text(f"degraded: {harmless_line(', '.join(degraded))}", style="dim"))

    def show_sources(self, citations: Sequence[Mapping[str, Any]]) -> None:
        """One numbered line each, in two where it would not fit."""
        for citation in citations:
            marker, title = f"[{harmless_line(str(citation['marker']))}]", harmless_line(str(citation["title"]))
            url = harmless_line(str(citation.get("url", "")))
            width = self._terminal.width
            fits = width is None or cell_len(f"{marker} {title}  {url}") <= width
            between = "  " if fits else f"\n{' ' * (len(marker) + 1)}"
            self._out.print(Text(f"{marker} ", style=MARKER_STYLE), Text(title, style="bold"), sep="", end="")
            self._out.print(Text(between if url else "", style="dim"), end="")
            self._put_link(url)
            self._out.print()

    def _put_link(self, url: str) -> None:
        """Written past the console, which would count the address's escapes as letters."""
        shown = linked("\0", url, self._terminal)
        before, _, after = shown.partition("\0")
        self._out.file.write(before)
        self._out.print(Text(url, style="dim"), end="", soft_wrap=True)
        self._out.file.write(after)


def show_quote(found: Mapping[str, Any], out: Console, terminal: Terminal) -> None:
    """A cited sentence among the paragraphs around it, or alone where its document may not be shown any more.

    Args:
        found: as the server gives a citation.
    """
    title, trail = harmless_line(str(found.get("title", ""))), found.get("breadcrumb") or []
    names = [harmless_line(str(name)) for name in ([trail] if isinstance(trail, str) else trail)]
    others = " › ".join(name for name in names if name != title)
    out.print(Text(title, style="bold").append(f"  {others}" if others else "", style="not bold dim"))
    if not found.get("is_current", True):
        out.print(Text("(This document has changed or was withdrawn since the answer was given.)", style="dim"))
    quoted = str(found.get("quote", ""))
    lines = [*_around(found.get("document") or {}, quoted)] or [Text(f"»{harmless(quoted)}«")]
    for line in lines:
        out.print()
        for wrapped in line.wrap(out, terminal.width - 2) if terminal.width else [line]:
            out.print(Text("  ").append_text(wrapped), soft_wrap=True)
    if url := harmless_line(str(found.get("url", ""))):
        out.print()
        out.print(Text(f"  {url}", style="dim"), soft_wrap=True)


def _around(document: Mapping[str, Any], quoted: str) -> Iterator[Text]:
    """The block that the quotation stands in, with its neighbours, dim; nothing where it is not found."""
    blocks = [block for block in document.get("blocks") or [] if _plain(block).strip()]
    marked = [place for place, block in enumerate(blocks) if any(run.get("is_marked") for run in _runs(block))]
    if not marked:
        marked = [
            place for place, block in enumerate(blocks) if _words(quoted) and _words(quoted) in _words(_plain(block))
        ]
    if not marked:
        return
    for place in range(max(0, marked[0] - _AROUND), min(len(blocks), marked[-1] + _AROUND + 1)):
        yield _drawn(blocks[place], is_near=place not in marked, has_marks=place in marked)


def _drawn(block: Mapping[str, Any], *, is_near: bool, has_marks: bool) -> Text:
    """A block as one text; the marked words stand between »«, so that they are seen without colours too."""
    text = Text(
        f"{harmless_line(str(block.get('marker', '')))} " if block.get("marker") else "", style="dim" if is_near else ""
    )
    inside = False
    for cell in _cells(block):
        if text.plain and block.get("kind") == "row":
            text.append(" | ")
        for run in cell:
            if has_marks and bool(run.get("is_marked")) != inside:
                inside = not inside
                text.append("»" if inside else "«", style=MARKER_STYLE)
            text.append(harmless(str(run.get("text", ""))), style="bold" if run.get("is_marked") else None)
    if inside:
        text.append("«", style=MARKER_STYLE)
    return text


def _cells(block: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    return block.get("cells") or [block.get("runs") or []]


def _runs(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [run for cell in _cells(block) for run in cell]


def _plain(block: Mapping[str, Any]) -> str:
    return "".join(str(run.get("text", "")) for run in _runs(block))


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
