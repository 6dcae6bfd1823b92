"""The loop of `chat`: a line is a question or a command; what goes wrong ends an answer and never the program."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from frontdesk.cli.answers import UNSAID, AnswerView, show_quote
from frontdesk.cli.output import complain, err, harmless, out, print_line
from frontdesk.cli.talk import Event, GoneError, Server, Talk
from frontdesk.cli.terminal import Terminal, look_at
from frontdesk.domain.errors import FrontdeskError, InputError, NotFoundError, UnavailableError
from frontdesk.domain.feedback import FeedbackReason

COMMANDS = {
    "/human": "ask for a person",
    "/quote N": "show what source [N] says, in its document",
    "/good": "say that the last answer was good",
    "/bad [REASON] [WORDS]": f"say that it was not; reasons: {', '.join(FeedbackReason)}",
    "/wait": "wait again for an answer that was interrupted",
    "/new": "begin a new conversation",
    "/help": "show this list",
    "/quit": "end; so does Ctrl-D",
}
_COMMANDS_WIDTH = 22
_HISTORY = "chat_history"
_REMEMBERED = 500


class _Ended(Exception):  # noqa: N818  (not an error)
    """Nobody wants to say anything more."""


class Chat:
    """One person at a terminal, or a program that sends lines."""

    def __init__(
        self, runner: asyncio.Runner, server: Server, *, locale: str, identity_token: str | None, as_json: bool
    ) -> None:
        self._runner = runner
        self._server = server
        self._locale = locale
        self._identity_token = identity_token
        self._as_json = as_json
        self._terminal: Terminal = look_at(sys.stdout)
        self._is_person = not as_json and sys.stdin.isatty()
        self._talk: Talk
        self._last: dict[str, Any] = {}
        self.has_failed = False
        """Whether anything that was asked for did not work."""

    def hold(self, read: Callable[[], str]) -> None:
        """Until nothing more is said.

        Args:
            read: gives the next line; raises EOFError after the last one.
        """
        self._begin()
        with suppress(_Ended):
            while True:
                try:
                    self._take(read())
                except EOFError:
                    break
                except KeyboardInterrupt:
                    if not self._is_person:
                        raise
                    self._tell_interrupted()
                except FrontdeskError as error:
                    self._tell_problem(error)

    def _begin(self) -> None:
        self._talk = self._runner.run(Talk.open(self._server, locale=self._locale, identity_token=self._identity_token))
        self._last = {}
        opened = self._talk.opened
        if self._as_json:
            self._print_event(Event("conversation.opened", opened, None))
            return
        _tell(err, str(opened["notice"]), style="dim")
        _tell(out, str(opened["greeting"]))
        if self._is_person:
            _tell(err, "/help lists the commands.", style="dim")

    def _take(self, line: str) -> None:
        if line.startswith("/"):
            self._obey(line.strip())
        elif line.strip():
            self._last = {}
            self._runner.run(self._show(self._talk.stream(line.strip(), on_lost=self._lost)))

    def _obey(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "/human": lambda _: self._ask_for_person(),
            "/quote": self._quote,
            "/good": lambda words: self._rate("up", words),
            "/bad": lambda words: self._rate("down", words),
            "/wait": lambda _: self._wait(),
            "/new": lambda _: self._begin(),
            "/help": lambda _: self._help(),
            "/quit": lambda _: _end(),
        }
        if name not in commands:
            raise InputError(f"There is no command {name}. /help lists them; begin with a space to say it.")
        commands[name](rest.strip())

    async def _show(self, events: Any) -> None:
        """Print a turn to its end, or as far as it is waited for."""
        self._view = AnswerView(out, err, self._terminal)
        if not self._as_json:
            self._view.wait()
        try:
            async for event in events:
                if event.kind in UNSAID:
                    continue
                if self._as_json:
                    self._print_event(event)
                else:
                    self._view.show(event)
                if "outcome" in event.data:
                    self._last = event.data
        finally:
            self._view.stop()
            await events.aclose()

    def _lost(self) -> None:
        if not self._as_json:
            self._view.lost()

    def _ask_for_person(self) -> None:
        answer = self._runner.run(self._talk.ask_for_person())
        if self._as_json:
            self._print_event(Event("escalation.opened", answer, None))
        else:
            _tell(out, str(answer["text"]))

    def _rate(self, rating: str, words: str) -> None:
        first, _, rest = words.partition(" ")
        reasons = [first] if rating == "down" and first in {*FeedbackReason} else []
        comment = rest.strip() if reasons else words
        given = self._runner.run(self._talk.rate(self._rated(), rating, reasons, comment))
        if self._as_json:
            self._print_event(Event("feedback.given", given, None))
        else:
            noted = ", ".join(given.get("reasons", []))
            what = "good" if rating == "up" else f"not good ({noted})" if noted else "not good"
            _tell(out, f"Noted: {what}.", style="dim")

    def _rated(self) -> str:
        if turn_id := self._last.get("turn_id"):
            return str(turn_id)
        raise NotFoundError("There is no answer yet.")

    def _quote(self, words: str) -> None:
        citations = {str(citation["marker"]): citation for citation in self._last.get("citations", [])}
        wanted = words.strip("[]") or (next(iter(citations)) if len(citations) == 1 else "")
        if wanted not in citations:
            known = ", ".join(citations)
            raise NotFoundError(
                f"Say which source, as /quote {next(iter(citations))}: there are {known}."
                if known
                else "The last answer has no sources."
            )
        try:
            found = self._runner.run(self._talk.quote(str(self._last["turn_id"]), wanted))
        except GoneError:
            raise
        except NotFoundError:  # the words were shown to this reader with the answer
            found = {**citations[wanted], "document": None}
        if self._as_json:
            self._print_event(Event("citation", found, None))
        else:
            show_quote(found, out, self._terminal)

    def _wait(self) -> None:
        if not self._talk.is_waiting:
            raise NotFoundError("No answer is being waited for.")
        self._runner.run(self._show(self._talk.read_on(on_lost=self._lost)))

    def _help(self) -> None:
        if self._as_json:
            self._print_event(Event("help", dict(COMMANDS), None))
            return
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(style="bold", max_width=_COMMANDS_WIDTH)
        table.add_column()
        for name, what in COMMANDS.items():
            table.add_row(Text(name), Text(what))
        out.print(table)

    def _tell_interrupted(self) -> None:
        if self._talk.is_waiting:
            _tell(err, "\nNo longer waiting. The answer is still being written; /wait shows it.", style="dim")
        else:
            _tell(err, "\n/quit or Ctrl-D ends.", style="dim")

    def _tell_problem(self, error: FrontdeskError) -> None:
        self.has_failed = True
        if self._as_json:
            self._print_event(Event("problem", {"code": error.code, "message": error.public_message}, None))
            return
        complain(error.public_message)
        if isinstance(error, UnavailableError):
            _tell(err, "Try again in a moment; /wait goes on where an answer stopped.", style="dim")
        elif isinstance(error, GoneError):
            _tell(err, "The server does not know this conversation any more. /new begins another.", style="dim")

    def _print_event(self, event: Event) -> None:
        print_line({"kind": event.kind, "seq": event.seq, "data": event.data})
        sys.stdout.flush()


def _tell(console: Console, text: str, *, style: str = "") -> None:
    """Text of anybody, broken at words on a terminal only."""
    console.print(Text(harmless(text), style=style), soft_wrap=not console.file.isatty())


def _end() -> NoReturn:
    raise _Ended


@contextmanager
def lines(folder: Path) -> Iterator[Callable[[], str]]:
    """Reads lines: from a person with editing and history where the system has it, else as they come.

    Args:
        folder: keeps the history, for this user only, where it is there.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield _next_line
        return
    with _history(folder / _HISTORY):
        yield lambda: input("> ")


def _next_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


@contextmanager
def _history(path: Path) -> Iterator[None]:
    try:
        import readline  # noqa: PLC0415  (not on every system; importing it gives `input` its editing)
    except ImportError:
        yield
        return
    with suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(_REMEMBERED)
    try:
        yield
    finally:
        with suppress(OSError):
            if path.parent.is_dir():
                path.touch(mode=0o600)
                readline.write_history_file(path)
