"""`ask` and `chat`: talk to the assistant in the terminal, over the same HTTP interface as every other client."""

import asyncio
import sys
from typing import Annotated, Any

import typer

from frontdesk.cli.answers import UNSAID, AnswerView
from frontdesk.cli.chatting import Chat, lines
from frontdesk.cli.local import reached
from frontdesk.cli.options import AssistantOption, DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, out, print_json
from frontdesk.cli.talk import Server, Talk
from frontdesk.cli.terminal import look_at

UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="A running server; otherwise the one of the data folder, or one just for this."),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--identity-token",
        help="Signed token of a customer.",
        show_default=False,
    ),
]
LocaleOption = Annotated[str, typer.Option("--locale", help="Language of the conversation, as a BCP 47 tag.")]


def ask(
    question: Annotated[str, typer.Argument(help="What a customer would write.")],
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    url: UrlOption = None,
    identity_token: TokenOption = None,
    locale: LocaleOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Ask one question. Exit code 0 when it was answered, 1 when it was not."""
    settings = settings_for(assistant, data_dir)
    with asyncio.Runner() as runner, reached(settings, url, runner) as server:
        turn = runner.run(_ask(server, question, locale=locale, identity_token=identity_token, as_json=as_json))
    if as_json:
        print_json(turn)
    raise typer.Exit(0 if turn.get("outcome") == "answered" else 1)


def chat(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    url: UrlOption = None,
    identity_token: TokenOption = None,
    locale: LocaleOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Hold a conversation. /help lists what can be said besides questions; /quit or Ctrl-D ends it.

    Ctrl-C stops waiting for an answer, which goes on being written. With --json every line of standard input is a
    question or a command, and every event is printed as one line: {"kind","seq","data"}. Exit code 1 when something
    that was said could not be done.
    """
    settings = settings_for(assistant, data_dir)
    _never_fail_on_letters()
    with asyncio.Runner() as runner, reached(settings, url, runner) as server, lines(settings.data_dir) as read:
        talk = Chat(runner, server, locale=locale, identity_token=identity_token, as_json=as_json)
        talk.hold(read)
    raise typer.Exit(1 if talk.has_failed and as_json else 0)


async def _ask(
    server: Server, question: str, *, locale: str, identity_token: str | None, as_json: bool
) -> dict[str, Any]:
    """The turn's last event, printed as it came unless it is for a program."""
    talk = await Talk.open(server, locale=locale, identity_token=identity_token)
    if as_json:
        return await talk.ask(question)
    _never_fail_on_letters()
    view = AnswerView(out, err, look_at(sys.stdout))
    view.wait()
    events = talk.stream(question, on_lost=view.lost)
    try:
        async for event in events:
            if event.kind not in UNSAID:
                view.show(event)
    finally:
        view.stop()
        await events.aclose()
    return view.last


def _never_fail_on_letters() -> None:
    """A terminal that cannot show a letter shows `?` in its place."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
