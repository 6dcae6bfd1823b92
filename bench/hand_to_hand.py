"""A simulated vendor without a network between."""

import asyncio
from collections.abc import AsyncIterator

import httpx
from starlette.types import ASGIApp, Message, Scope


class HandToHand(httpx.AsyncBaseTransport):
    """Passes each piece of a reply from the vendor's hand to the client's: nothing is ever on its way.

    Over a socket a vendor may have written what a client that hangs up has not read; here the two agree on every byte,
    so that a difference between their sums is an error of ours.
    """

    def __init__(self, vendor: ASGIApp) -> None:
        self._vendor = vendor

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        scope: Scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": request.url.path,
            "query_string": request.url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
        }
        line = _Line(self._vendor, scope, body)
        status, headers = await line.head()
        return httpx.Response(status, headers=headers, stream=line)


class _Line(httpx.AsyncByteStream):
    """One request: the vendor is told that the client has left when the stream is closed."""

    def __init__(self, vendor: ASGIApp, scope: Scope, body: bytes) -> None:
        self._head: asyncio.Future[tuple[int, list[tuple[bytes, bytes]]]] = asyncio.get_running_loop().create_future()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)
        self._has_head, self._left = asyncio.Event(), asyncio.Event()
        self._requests: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._serving = asyncio.ensure_future(vendor(scope, self._receive, self._send))

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        try:
            head = await asyncio.shield(self._head)
        except BaseException:
            await self.aclose()
            raise
        self._has_head.set()
        return head

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            self._pieces.task_done()
            yield piece

    async def aclose(self) -> None:
        self._left.set()
        await asyncio.gather(self._serving, return_exceptions=True)

    async def _receive(self) -> Message:
        if self._requests:
            return self._requests.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if not self._head.done():
                self._head.set_result((message["status"], message["headers"]))
            await self._has_head.wait()
        elif message.get("body"):
            await self._pieces.put(message["body"])
            await self._pieces.join()  # it is in the client's hand
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await self._pieces.put(None)
