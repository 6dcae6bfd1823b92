"""Event streams: readers of the log, framed as server-sent events.

A stream that breaks loses nothing; the client comes back with `Last-Event-ID` and reads the same bytes.
A slow reader holds up its own reading of the log and nothing else: it keeps one batch of events in memory, what
its connection lets wait, and no connection for longer than `frontdesk.server.connections` has patience.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing

import structlog
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from frontdesk.bootstrap import App
from frontdesk.domain.events import FINAL_KINDS, StoredEvent, to_wire
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.turn.delivery import Notice, read_log

log = structlog.get_logger()

HEARTBEAT_S = 15.0
"""A comment goes out after so long without an event: proxies cut silent connections after 30 to 60 s."""
HEARTBEAT = b": still here\n\n"

PIECE_CHARS = 16_384
"""Events that come together are sent together up to about so much."""

Batch = tuple[StoredEvent, ...]


class EventStream(Response):
    """Sends chunks as they come; ends, with everything it waits for, when the reader goes."""

    media_type = "text/event-stream"

    def __init__(self, app: App, closing: asyncio.Event, chunks: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._app, self._closing, self._chunks = app, closing, chunks
        self._has_ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._app.telemetry.streams.inc()
        tasks = [
            asyncio.create_task(self._send_chunks(send)),
            asyncio.create_task(_until_gone(receive)),
            asyncio.create_task(self._closing.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._app.telemetry.streams.dec()
        if self._closing.is_set() and not self._has_ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_chunks(self, send: Send) -> None:
        try:
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except OSError:
            return
        except Exception:
            log.exception("stream_broke")  # the reader comes back for the rest
        self._has_ended = True
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def stream_turn(
    app: App, conversation_id: ConversationId, turn_id: TurnId, *, after: int
) -> AsyncGenerator[bytes, None]:
    """The turn's own events beyond `after`, up to the one that ends it."""
    async with aclosing(follow(app, conversation_id, after=after)) as steps:
        async for step in steps:
            if not isinstance(step, tuple):
                if step.turn_id == turn_id:
                    yield frame_notice(step)
                continue
            mine = _up_to_its_end([event for event in step if event.turn_id == turn_id])
            if not step:
                yield HEARTBEAT
            for piece in in_pieces(mine):
                yield piece
            if mine and mine[-1].kind in FINAL_KINDS:
                return


async def stream_conversation(app: App, conversation_id: ConversationId, *, after: int) -> AsyncGenerator[bytes, None]:
    """Everything in the conversation beyond `after`, for as long as the reader stays."""
    async with aclosing(follow(app, conversation_id, after=after)) as steps:
        async for step in steps:
            if not isinstance(step, tuple):
                yield frame_notice(step)
                continue
            if not step:
                yield HEARTBEAT
            for piece in in_pieces(step):
                yield piece


async def follow(app: App, conversation_id: ConversationId, *, after: int) -> AsyncGenerator[Batch | Notice, None]:
    """The log beyond `after` in batches, an empty one per heartbeat, with notices in their place between them."""
    log_of = read_log(app.database, conversation_id, after=after, idle_s=HEARTBEAT_S)
    with app.runner.notices.listen(conversation_id, seen=after) as notices:
        async with aclosing(log_of) as batches:
            first = await anext(batches)
            notices.pass_on(first)
            yield first
            next_batch = asyncio.ensure_future(anext(batches))
            next_notice = asyncio.ensure_future(notices.wait())
            try:
                while True:
                    for notice in notices.take():
                        yield notice
                    if next_batch.done():
                        batch = next_batch.result()
                        for notice in notices.pass_on(batch):
                            yield notice
                        yield batch
                        next_batch = asyncio.ensure_future(anext(batches))  # not before this one was taken
                        continue
                    if next_notice.done():
                        next_notice = asyncio.ensure_future(notices.wait())
                    await asyncio.wait({next_batch, next_notice}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                next_batch.cancel()
                next_notice.cancel()
                await asyncio.gather(next_batch, next_notice, return_exceptions=True)


def in_pieces(events: Iterable[StoredEvent]) -> Iterator[bytes]:
    """Whole events, framed, as few pieces as `PIECE_CHARS` allows."""
    text = ""
    for event in events:
        text += _frame(event)
        if len(text) >= PIECE_CHARS:
            yield text.encode("utf-8", "replace")
            text = ""
    if text:
        yield text.encode("utf-8", "replace")


def _frame(event: StoredEvent) -> str:
    """Its body is a single line of JSON."""
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {event.body}\n\n"


def frame_notice(notice: Notice) -> bytes:
    """A notice has no id: it is not in the log and is not sent again."""
    data = json.dumps(to_wire(notice), ensure_ascii=False, separators=(",", ":"))
    return f"event: {notice.kind}\ndata: {data}\n\n".encode()


def _up_to_its_end(events: list[StoredEvent]) -> list[StoredEvent]:
    """A turn's events without those that name it later, such as its rating."""
    end = next((place for place, event in enumerate(events) if event.kind in FINAL_KINDS), len(events))
    return events[: end + 1]


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
