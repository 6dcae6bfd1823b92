"""Text on a terminal: what it can do, where lines break, and what never reaches it."""

import io
import os
from collections.abc import Mapping
from typing import Any

import pytest
from rich.console import Console

from frontdesk.cli.answers import AnswerView, show_quote
from frontdesk.cli.output import harmless, harmless_line
from frontdesk.cli.talk import Event
from frontdesk.cli.terminal import Flow, StageLine, Terminal, linked, look_at

PIPE = Terminal(is_terminal=False, can_erase=False, has_links=False)
HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b2J\u202egnihtyna\u202c\u2066x\u2069 \u200bzero\r\n\u2028line\ud83d"


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def _screen(monkeypatch: pytest.MonkeyPatch, columns: int = 30, *, has_links: bool = False) -> tuple[Console, Terminal]:
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((columns, 24)))
    monkeypatch.setattr("sys.stdout", type("Stdout", (), {"fileno": lambda _: 1})())
    console = Console(file=_Tty(), width=columns, highlight=False, color_system=None, force_terminal=True)
    return console, Terminal(is_terminal=True, can_erase=True, has_links=has_links)


def _written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_nothing_of_what_people_write_can_steer_a_terminal() -> None:
    shown = harmless(HOSTILE)

    assert shown == "[31mred]0;title 2Jgnihtynax zero\nline"
    assert "\n" not in harmless_line(HOSTILE)


@pytest.mark.parametrize(
    ("environ", "shows"),
    [
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4999"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "new"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, True),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"}, False),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, False),
        ({"TERM": "xterm"}, False),
        ({"TERM": "xterm", "FORCE_HYPERLINK": "1"}, True),
        ({"TERM": "xterm-kitty", "FORCE_HYPERLINK": "0"}, False),
        ({"TERM": "dumb", "FORCE_HYPERLINK": "1"}, False),
        ({}, False),
    ],
)
def test_links_are_made_where_the_terminal_is_known_to_show_them(environ: Mapping[str, str], shows: bool) -> None:
    assert look_at(_Tty(), environ).has_links == shows
    assert not look_at(io.StringIO(), environ).has_links


def test_a_dumb_terminal_gets_no_line_that_would_have_to_be_taken_back() -> None:
    assert not look_at(_Tty(), {"TERM": "dumb"}).can_erase
    assert look_at(_Tty(), {"TERM": "vt100"}).can_erase


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/help/returns",
        "https://",
        "https://[bad",
        "https://a.example/x y",
        "ssh://host",
        "",
    ],
)
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    terminal = Terminal(is_terminal=True, can_erase=True, has_links=True)

    assert linked("here", url, terminal) == "here"


def test_an_address_cannot_leave_its_link() -> None:
    terminal = Terminal(is_terminal=True, can_erase=True, has_links=True)

    shown = linked("here", "https://a.example/ü?x=\x1b\\\x07\x1b]8;;http://evil.example\x1b\\", terminal)

    assert shown.count("\x1b") == 4
    assert "\x07" not in shown
    assert shown.startswith("\x1b]8;;https://a.example/%C3%BC?x=%5C]8;;http://evil.example%5C\x1b\\here")


def test_lines_break_between_words_however_the_text_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 20)
    flow = Flow(console, terminal)

    for piece in ("Standard delivery", " to Norway costs", " 16.90 EUR. [1]", "\n\nMore."):
        flow.write(piece)
    flow.end()

    assert _written(console) == "Standard delivery to\nNorway costs 16.90\nEUR. [1]\n\nMore.\n"


def test_wide_letters_count_as_two_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 20)
    flow = Flow(console, terminal)

    flow.write("配送料は 九百円です 追加 料金")

    assert _written(console) == "配送料は 九百円です\n追加 料金"


def test_a_word_longer_than_the_line_is_left_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 20)
    flow = Flow(console, terminal)

    flow.write("see https://help.example/a/very/long/path now")

    assert "https://help.example/a/very/long/path" in _written(console)


def test_a_pipe_gets_the_text_as_it_is() -> None:
    console = Console(file=io.StringIO(), width=20, highlight=False)
    flow = Flow(console, PIPE)

    flow.write("Standard delivery to Norway costs 16.90 EUR. ")
    flow.write(HOSTILE)
    flow.end()

    assert _written(console) == f"Standard delivery to Norway costs 16.90 EUR. {harmless(HOSTILE)}\n"


def test_the_stage_is_one_line_that_goes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 20)
    stage = StageLine(console, terminal)

    stage.show("Looking through the help pages")
    stage.clear()
    stage.clear()

    line, erased = _written(console).split("\r\x1b[2K")
    assert len(line) <= 20
    assert line.startswith("Looking through")
    assert erased == ""


def test_a_pipe_gets_no_stage() -> None:
    console = Console(file=io.StringIO())

    StageLine(console, PIPE).show("Looking")

    assert _written(console) == ""


def _sentence(text: str, separator: str = "") -> Event:
    return Event("answer.sentence", {"turn_id": "turn_1", "separator": separator, "text": text}, 1)


def _end(text: str, **fields: Any) -> Event:
    return Event("answer.completed", {"turn_id": "turn_1", "outcome": "answered", "text": text, **fields}, 2)


def test_a_source_whose_title_and_address_attack_the_terminal_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 200, has_links=True)
    view = AnswerView(console, console, terminal)
    citation = {"marker": "1\x1b[8m", "title": f"Fees{HOSTILE}", "url": f"https://a.example/{HOSTILE}"}

    view.show(_sentence(f"Two euros {HOSTILE}"))
    view.show(_end(f"Two euros {harmless(HOSTILE)}", citations=[citation], degraded=[HOSTILE]))

    shown = _written(console)
    assert "\x1b" not in shown
    assert not set("\x07\x9b\u202e\u2066\u200b\u2028\r") & set(shown)
    assert "\nline" not in shown.partition("Fees")[2]


def test_a_reset_starts_again_and_the_rest_is_not_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 60)
    view = AnswerView(console, console, terminal)

    for event in (
        _sentence("Nine EUR."),
        Event("turn.reset", {"turn_id": "turn_1", "reason": "taken_over"}, 2),
        _sentence("Eight EUR."),
        _end("Eight EUR. That is all."),
    ):
        view.show(event)

    assert _written(console) == "Nine EUR.\n(starting again)\n\nEight EUR. That is all.\n"


BLOCKS = [
    {"kind": "heading", "level": 1, "marker": "", "runs": [{"text": "Fees"}], "cells": []},
    {"kind": "paragraph", "runs": [{"text": "Books are free. "}, {"text": "Films cost 2 EUR.", "is_marked": True}, {"text": " Ask us."}]},
    {"kind": "item", "marker": "•", "runs": [{"text": "Pay by card"}]},
    {"kind": "row", "level": 1, "cells": [[{"text": "Film"}], [{"text": "2 EUR"}]]},
]  # fmt: skip


def test_a_quotation_is_shown_among_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 60)
    found = {
        "title": "Fees",
        "breadcrumb": ["Library", "Fees"],
        "url": "https://a.example/fees",
        "quote": "Films cost 2 EUR.",
        "is_current": True,
        "document": {"blocks": BLOCKS},
    }

    show_quote(found, console, terminal)

    lines = [line.strip() for line in _written(console).splitlines() if line.strip()]
    assert lines == [
        "Fees  Library",
        "Fees",
        "Books are free. »Films cost 2 EUR.« Ask us.",
        "• Pay by card",
        "https://a.example/fees",
    ]


def test_a_quotation_that_no_run_marks_is_found_by_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 60)
    blocks = [{"kind": "row", "cells": [[{"text": "Film"}], [{"text": "2 EUR"}]]}, BLOCKS[0]]

    show_quote({"title": "Fees", "quote": "| Film | 2 EUR |", "document": {"blocks": blocks}}, console, terminal)

    assert "Film | 2 EUR" in _written(console)


def test_a_withdrawn_document_shows_the_quotation_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    console, terminal = _screen(monkeypatch, 60)

    show_quote(
        {"title": "Fees", "quote": "Films cost 2 EUR.", "is_current": False, "document": None}, console, terminal
    )

    assert "»Films cost 2 EUR.«" in _written(console)
    assert "changed or was withdrawn" in _written(console)
