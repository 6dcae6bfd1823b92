"""How long after the vendor sent a sentence it is confirmed: one clock for what goes in and what comes out."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.simulators.vendor import VendorBehaviour, create_vendor
from frontdesk.turn.generation import SentenceStream

Came = list[tuple[float, bytes]]
"""Pieces off the network and when, on the clock of `time.perf_counter`."""
LateMs = Callable[[Came], tuple[list[float], list[float]]]
"""For a stream: how late each of its sentences was, in ms, after the token that decided it and after its own last one."""


class _Stamped:
    """The vendor, and when it sent which piece of its newest reply."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.sent: Came = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.sent = sent = []

        async def stamped(message: Message) -> None:
            if message.get("body"):
                sent.append((time.perf_counter(), message["body"]))
            await send(message)

        await self._app(scope, receive, stamped)


@asynccontextmanager
async def sentences_after(port: int, *, ms_per_token: float) -> AsyncIterator[tuple[str, LateMs]]:
    """A vendor in this process for one client: its address, and the rule for what came of its newest reply.

    It is there before the server that asks it has started.
    """
    app = _Stamped(create_vendor(VendorBehaviour(ms_per_token=ms_per_token)))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    try:
        yield f"http://127.0.0.1:{port}/v1", lambda came: _late_ms(app.sent, came)
    finally:
        server.should_exit = True
        await serving


def _late_ms(sent: Came, came: Came) -> tuple[list[float], list[float]]:
    texts = [(at, _text_of(piece)) for at, piece in sent]
    drafted = iter(_drafted(texts))
    late: list[float] = []
    whole: list[float] = []
    for sentence, at in _sentences_of(came):
        found = next((entry for entry in drafted if entry[0] == sentence), None)  # in order: some stand there twice
        if found is not None:
            late.append((at - found[2]) * 1000)
            whole.append((at - found[1]) * 1000)
    return late, whole


def _drafted(texts: list[tuple[float, str]]) -> Iterator[tuple[str, float, float]]:
    """Each sentence of a reply, when its last token was sent, and when the one that showed it to be whole.

    That is the end of the word after it, or of the reply.
    """
    stream = SentenceStream()
    whole, end = "", 0
    written: list[float] = []
    for at, text in texts:
        whole += text
        written += [at] * len(text)
        is_last = at == texts[-1][0]
        for sentence in [*stream.feed(text), *(stream.finish() if is_last else ())]:
            end = max(end, whole.find(sentence, end) + len(sentence))
            yield sentence, written[end - 1], at


def _text_of(piece: bytes) -> str:
    chunks = [json.loads(line[6:]) for line in piece.split(b"\n") if line.startswith(b"data: {")]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in choices)


def _sentences_of(came: Came) -> list[tuple[str, float]]:
    """The confirmed sentences of an event stream, without their citation markers."""
    found = []
    for at, piece in came:
        for event in piece.decode().split("\n\n"):
            if "event: answer.sentence\n" in event:
                body = json.loads(event.partition("data: ")[2])
                found.append((body["text"].partition(" [")[0], at))
    return found
