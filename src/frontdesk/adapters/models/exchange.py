"""One HTTP/1.1 connection to a vendor: a request, and its reply as it comes, on asyncio and httptools alone.

A reply of 50 tokens comes in 50 pieces, and what httpx's own layers do for each of them costs a seventh of a turn.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import httptools
import httpx

_FORGOTTEN_S = 5.0
"""As httpx has it."""
_MOST_UNREAD = 262_144
"""Bytes of a body that wait to be read; beyond it the vendor is not listened to."""


class Connection(asyncio.Protocol):
    """Carries one exchange after another; `is_free` says whether it may carry the next."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._status = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head: asyncio.Future[int] | None = None
        self._unread: list[bytes] = []
        self._unread_bytes = 0
        self._reader: asyncio.Future[None] | None = None
        self._is_whole = True
        self._error: httpx.TransportError | None = None
        self._is_open = False
        self._may_stay = False
        self._patience_s: float | None = None
        self._heard_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_free(self) -> bool:
        """Open, with nothing under way on it, and used not so long ago that something between may have forgotten it."""
        is_fresh = self._loop.time() - self._heard_s < _FORGOTTEN_S
        return self._is_open and self._is_whole and self._may_stay and is_fresh

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return self._headers

    async def ask(self, request: bytes, *, patience_s: float | None) -> int:
        """Send a request; the status of the reply, whose headers are there then.

        Args:
            patience_s: the longest silence, here and while the body is read; None waits for ever.
        Raises:
            httpx.TransportError: no reply came.
        """
        assert self._transport is not None  # noqa: S101 - a connection is made before it is used
        self._parser = httptools.HttpResponseParser(self)
        self._headers, self._unread, self._unread_bytes = [], [], 0
        self._is_whole, self._may_stay, self._error = False, False, None
        self._head = self._loop.create_future()
        self._patience_s, self._heard_s = patience_s, self._loop.time()
        self._watch()
        if not self._is_open:
            raise httpx.ReadError("The connection was closed.")
        self._transport.write(request)
        return await self._head

    async def body(self) -> AsyncIterator[bytes]:
        """What has come of the body, each time there is more.

        Raises:
            httpx.TransportError: it broke off, or nothing came for too long.
        """
        while True:
            if self._unread:
                piece = self._unread[0] if len(self._unread) == 1 else b"".join(self._unread)
                self._unread, self._unread_bytes = [], 0
                self._listen(is_wanted=True)
                yield piece
            elif self._is_whole:
                return
            elif self._error is not None:
                raise self._error
            else:
                self._reader = self._loop.create_future()
                await self._reader

    def abort(self) -> None:
        """Hang up at once; the vendor notices with its next word."""
        self._stop_watching()
        self._is_open = False
        if self._transport is not None:
            self._transport.abort()

    # -- what the connection does ----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._is_open = cast("asyncio.Transport", transport), True  # uvloop's is none by name

    def data_received(self, data: bytes) -> None:
        self._heard_s = self._loop.time()
        if self._parser is None or self._is_whole:  # nobody asked
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(httpx.RemoteProtocolError(f"The reply is no HTTP: {error}"))
            self.abort()
        self._wake()

    def eof_received(self) -> None:
        """Closing is what follows."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        if not self._is_whole:
            if self._ends_with_the_connection and exc is None:
                self.on_message_complete()
            else:
                self._fail(_broken(exc, has_begun=self._head is not None and self._head.done()))
        self._stop_watching()
        self._wake()

    @property
    def _ends_with_the_connection(self) -> bool:
        """Whether closing is how this reply ends: it has neither a length nor chunks."""
        names = {name for name, _ in self._headers}
        has_head = self._head is not None and self._head.done()
        return has_head and not names & {b"content-length", b"transfer-encoding"}

    # -- what the parser finds -------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        assert self._parser is not None  # noqa: S101 - it is what calls
        status = self._parser.get_status_code()
        if status < 200:  # the real one follows
            self._headers.clear()
        elif self._head is not None and not self._head.done():
            self._head.set_result(status)

    def on_body(self, body: bytes) -> None:
        self._unread.append(body)
        self._unread_bytes += len(body)
        if self._unread_bytes > _MOST_UNREAD:
            self._listen(is_wanted=False)

    def on_message_complete(self) -> None:
        if self._parser is None or self._head is None or not self._head.done():  # a 1xx
            return
        self._is_whole = True
        self._may_stay = bool(self._parser.should_keep_alive())
        self._stop_watching()

    # -- waiting ---------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _fail(self, error: httpx.TransportError) -> None:
        self._error = error
        self._stop_watching()
        if self._head is not None and not self._head.done():
            self._head.set_exception(error)

    def _listen(self, *, is_wanted: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if is_wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _watch(self) -> None:
        """One timer for all pieces: it looks when the last one came, and waits for the rest of the time."""
        self._stop_watching()
        if self._patience_s is not None:
            left_s = self._heard_s + self._patience_s - self._loop.time()
            if left_s <= 0:
                self._fail(httpx.ReadTimeout("Nothing came for too long."))
                self._wake()
                self.abort()
            else:
                self._timer = self._loop.call_later(left_s, self._watch)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _broken(cause: Exception | None, *, has_begun: bool) -> httpx.TransportError:
    if cause is not None:
        return httpx.ReadError(str(cause) or type(cause).__name__)
    what = "in the middle of its reply" if has_begun else "without a reply"
    return httpx.RemoteProtocolError(f"The vendor closed the connection {what}.")
