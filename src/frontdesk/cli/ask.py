"""`ask` and `chat`: talk to the assistant in the terminal, over the same HTTP interface as every other client."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import typer
from rich.text import Text

from frontdesk.cli.options import AssistantOption, DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless, out, print_json, progress_of_ingest
from frontdesk.cli.reaching import checked, running_address
from frontdesk.domain.events import FINAL_KINDS
from frontdesk.settings import Settings

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

Event = tuple[str, dict[str, Any]]


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

    async def run() -> dict[str, Any]:
        async with _client(settings, url) as client:
            talk = await Talk.open(client, locale=locale, identity_token=identity_token)
            return await (talk.ask(question) if as_json else _show(talk, question))

    turn = asyncio.run(run())
    if as_json:
        print_json(turn)
    raise typer.Exit(0 if turn.get("outcome") == "answered" else 1)


def chat(
    assistant: AssistantOption = None,
    data_dir: DataOption = None,
    url: UrlOption = None,
    identity_token: TokenOption = None,
    locale: LocaleOption = "en",
) -> None:
    """Hold a conversation. An empty line or Ctrl-D ends it; /human asks for a person."""
    settings = settings_for(assistant, data_dir)

    async def run() -> None:
        async with _client(settings, url) as client:
            talk = await Talk.open(client, locale=locale, identity_token=identity_token)
            err.print(harmless(talk.notice), style="dim", markup=False)
            out.print(harmless(talk.greeting), markup=False)
            while line := (await asyncio.to_thread(_read_line)).strip():
                if line == "/human":
                    out.print(harmless(await talk.ask_for_person()), markup=False)
                else:
                    await _show(talk, line)

    asyncio.run(run())


class Talk:
    """One conversation over HTTP."""

    def __init__(self, client: httpx.AsyncClient, opened: dict[str, Any]) -> None:
        self._client = client
        self._path = f"/v1/conversations/{opened['conversation_id']}"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        self.notice: str = opened["notice"]
        self.greeting: str = opened["greeting"]

    @classmethod
    async def open(cls, client: httpx.AsyncClient, *, locale: str, identity_token: str | None) -> "Talk":
        body = {"channel": "api", "locale": locale}
        if identity_token:
            body["identity_token"] = identity_token
        return cls(client, checked(await client.post("/v1/conversations", json=body)))

    async def ask(self, text: str) -> dict[str, Any]:
        """The finished turn."""
        response = await self._client.post(
            f"{self._path}/messages",
            json={"text": text},
            headers={**self._headers, "Idempotency-Key": uuid.uuid4().hex},
        )
        return checked(response)

    async def stream(self, text: str) -> AsyncIterator[Event]:
        """The turn's events as they happen, its final one last."""
        headers = {**self._headers, "Idempotency-Key": uuid.uuid4().hex, "Accept": "text/event-stream"}
        async with self._client.stream(
            "POST", f"{self._path}/messages", json={"text": text}, headers=headers
        ) as response:
            if response.is_error:
                await response.aread()
                checked(response)
            kind = ""
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    yield kind, json.loads(value)

    async def ask_for_person(self) -> str:
        """What happens next, in the assistant's words."""
        answer = checked(await self._client.post(f"{self._path}/escalation", headers=self._headers))
        return str(answer["text"])


async def _show(talk: Talk, question: str) -> dict[str, Any]:
    """Print a turn as it is confirmed, then its sources; return its last event."""
    shown = ""
    last: dict[str, Any] = {}
    async for kind, data in talk.stream(question):
        if kind == "answer.sentence":
            piece = harmless(data["separator"] + data["text"])
            shown += piece
            out.print(piece, end="", markup=False)
        elif kind == "turn.reset":
            out.print("\n(starting again)\n", style="dim")
            shown = ""
        elif kind in FINAL_KINDS:
            last = data
            rest = harmless(data["text"]).removeprefix(shown) if shown else harmless(data["text"])
            out.print(rest, markup=False)
    for citation in last.get("citations", []):
        line = Text(f"[{citation['marker']}] ", style="dim")
        line.append(harmless(citation["title"]), style="bold")
        line.append(f"  {harmless(citation['url'])}", style="dim")
        out.print(line)
    if last.get("degraded"):
        err.print(f"degraded: {', '.join(last['degraded'])}", style="yellow", markup=False)
    return last


@asynccontextmanager
async def _client(settings: Settings, url: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the given server, of the one that runs on this data folder, or of one started for the purpose."""
    if url or (url := await running_address(settings)):
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            yield client
        return
    from frontdesk.bootstrap import open_app, start_logging  # noqa: PLC0415  (half a second; a running server has it)
    from frontdesk.server.run import running_server  # noqa: PLC0415

    start_logging(settings.model_copy(update={"log_level": "error"}))
    with progress_of_ingest() as tell:
        app = await open_app(settings, progress=tell)
    async with (
        running_server(app, host="127.0.0.1", port=0) as local,
        httpx.AsyncClient(base_url=local, timeout=60) as client,
    ):
        yield client


def _read_line() -> str:
    try:
        return input("> ")
    except EOFError:
        return ""
