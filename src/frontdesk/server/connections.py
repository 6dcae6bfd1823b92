"""Connections whose readers take what they are sent, or are let go: a slow reader holds little, and not for ever.

The same for who connects and does not ask.

Nothing is lost with a connection. A turn goes on, and its reader comes back with `Last-Event-ID`.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_WAITING = 65_536
"""Bytes that wait in this process for one reader before whoever writes to it is held up."""
_FEW_WAITING = 16_384
"""From so few on the writer goes on."""
_MOST_UNSENT = 32_768
"""Bytes the system takes beyond what is on its way; by itself it takes megabytes, and hides that nobody reads."""

_FAREWELL_S = 1.0
"""A reader that is behind when the server stops has so long."""


class Connection(HttpToolsProtocol):
    """One connection of a client."""

    patience_s = 30.0
    """A reader that is behind must take `MOST_WAITING` bytes in so long, or all that waits: 2 kB a second, below which
    no telephone of today falls; a guess."""
    on_dropped: Callable[[], None] = staticmethod(lambda: None)
    """Told of each reader that was let go."""

    _unasked: asyncio.TimerHandle | None = None
    """Runs until the head of a request is whole: who says nothing, or a letter at a time, is no customer."""
    _behind: asyncio.TimerHandle | None = None
    """Runs while the reader is behind."""
    _waited = 0
    """What waited for it when the timer was set."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=MOST_WAITING, low=_FEW_WAITING)
        _keep_little_unsent(transport.get_extra_info("socket"))
        self._unasked = self.loop.call_later(self.patience_s, self.transport.abort)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._unasked is None:
            self._unasked = self.loop.call_later(self.patience_s, self.transport.abort)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_looking()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_looking()
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops. Who is behind would hold it up, and soon gets the rest from another one."""
        if self._behind is not None:
            self._stop_looking()
            self._behind = self.loop.call_later(_FAREWELL_S, self._drop)
        super().shutdown()

    def _look_again(self) -> None:
        self._stop_looking()
        self._waited = self.transport.get_write_buffer_size()
        self._behind = self.loop.call_later(self.patience_s, self._check)

    def _check(self) -> None:
        if self._waited - self.transport.get_write_buffer_size() < MOST_WAITING:
            self._drop()
        else:
            self._look_again()

    def _drop(self) -> None:
        self._stop_looking()
        self.on_dropped()
        _forget_unsent(self.transport.get_extra_info("socket"))
        self.transport.abort()

    def _stop_looking(self) -> None:
        if self._behind is not None:
            self._behind.cancel()
            self._behind = None

    def _stop_waiting(self) -> None:
        if self._unasked is not None:
            self._unasked.cancel()
            self._unasked = None


def connections(*, patience_s: float, on_dropped: Callable[[], None]) -> type[Connection]:
    """The kind of connection that a server with these settings makes."""
    members: dict[str, Any] = {"patience_s": patience_s, "on_dropped": staticmethod(on_dropped)}
    return type("Connection", (Connection,), members)


def _keep_little_unsent(connection: Any) -> None:
    """Where the system can: what nobody reads waits with us, where it is seen and counted."""
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None and connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, option, _MOST_UNSENT)


def _forget_unsent(connection: Any) -> None:
    """Closing is then a reset: the system would go on offering its part to a reader that does not read."""
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
