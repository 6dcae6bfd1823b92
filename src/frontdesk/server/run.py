"""The server process: uvicorn with our settings, and streams that end when it is asked to stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from frontdesk.bootstrap import App
from frontdesk.domain.errors import ConfigError, ConfigProblem, UnavailableError
from frontdesk.server.app import create_app
from frontdesk.server.connections import connections

GRACE_S = 5
"""Requests under way get so long once the process is told to stop; turns are kept whatever happens."""
_BACKLOG = 2048


class Server(uvicorn.Server):
    """Stops in three steps: says that it is no longer ready, ends event streams, lets requests that answer finish."""

    def __init__(self, config: uvicorn.Config, web: FastAPI, on_ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._web, self._on_ready = web, on_ready
        self._drain_s = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready(self._address())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._drain()
        self._web.state.frontdesk.runner.drain()
        self._web.state.closing.set()
        await super().shutdown(sockets)

    async def _drain(self) -> None:
        """Serve on while whoever sends people here notices that they should go elsewhere."""
        self._web.state.is_draining = True
        loop = asyncio.get_running_loop()
        until = loop.time() + self._drain_s
        while loop.time() < until and not self.force_exit:  # noqa: ASYNC110  (a signal sets it)
            await asyncio.sleep(0.05)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """A second signal does not wait, and Ctrl-C has nobody to tell."""
        if self.should_exit:
            self.force_exit = True
        self._drain_s = self._web.state.frontdesk.settings.drain_s if sig == signal.SIGTERM else 0.0
        self.should_exit = True

    def _address(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{port}"


async def serve(app: App, *, host: str, port: int, on_ready: Callable[[str], None] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        port: 0 takes a free one.
        on_ready: called once with the address, when requests are accepted.
    Raises:
        ConfigError: the address cannot be listened on.
        UnavailableError: the workers could not start.
    """

    def begin(address: str) -> None:
        _spare_the_collector()
        on_ready(address)

    web = create_app(app)
    server = make_server(web, on_ready=begin)
    await server.serve(sockets=[_listen(host, port)])
    if not server.started:
        raise UnavailableError("The server could not start; the log says why.")


def _spare_the_collector() -> None:
    """What was loaded stays for good. Looked through again at each full collection, it stopped everything for as long as
    250 ms."""
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def running_server(app: App, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """A server beside other work of this process, for as long as the block lasts; gives its address.

    Signals stay with whoever has them.
    """
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = make_server(create_app(app), on_ready=ready.set_result, server_class=_Beside)
    task = asyncio.create_task(server.serve(sockets=[_listen(host, port)]), name="server")
    try:
        task.add_done_callback(lambda _: ready.cancel())
        try:
            address = await ready
        except asyncio.CancelledError:
            if not task.done():
                raise
            raise UnavailableError("The server could not start; the log says why.") from None
        yield address
    finally:
        server.should_exit = True
        await task


class _Beside(Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def make_server(
    web: FastAPI, *, on_ready: Callable[[str], None] = lambda _: None, server_class: type[Server] = Server
) -> Server:
    """A uvicorn server with our settings; it is given its listening sockets."""
    app: App = web.state.frontdesk
    config = uvicorn.Config(
        web,
        http=connections(patience_s=app.settings.reader_patience_s, on_dropped=app.telemetry.dropped_readers.inc),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=65_536,
    )
    return server_class(config, web, on_ready)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Opened by us, so that a taken port is a sentence and not an exit of the process."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as on_failure:
            listener = on_failure.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            on_failure.pop_all()
            return listener
    except OSError as error:
        message = f"The address cannot be used: {error.strerror or error}."
        raise ConfigError(
            [ConfigProblem(where=f"{host}:{port}", message=message, hint="Choose another port.")]
        ) from error
