"""A server to talk to: the one that is named, the one that runs here, or one of our own beside this command."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from frontdesk.cli.output import progress_of_ingest
from frontdesk.cli.reaching import running_address
from frontdesk.cli.talk import Server
from frontdesk.settings import Settings

_STOP_S = 10.0
"""Our own server gets so long to finish what it does."""


@contextmanager
def reached(settings: Settings, url: str | None, runner: asyncio.Runner) -> Iterator[Server]:
    """The server that commands talk to, closed at the end where it is our own.

    Args:
        url: as given; empty looks for the server of the data folder, and starts one where there is none.
        runner: runs what is asked of it.
    """
    if url:
        yield from _used(Server(url, _nowhere_else), runner)
    elif found := runner.run(running_address(settings)):
        yield from _used(Server(found, lambda: running_address(settings)), runner)
    else:
        with _own_server(settings) as own:
            yield from _used(Server(own, _nowhere_else), runner)


def _used(server: Server, runner: asyncio.Runner) -> Iterator[Server]:
    try:
        yield server
    finally:
        runner.run(server.client.aclose())


async def _nowhere_else() -> str | None:
    return None


@contextmanager
def _own_server(settings: Settings) -> Iterator[str]:
    """The address of a server in a thread of its own, so that it goes on while somebody thinks about a question."""
    ready: Future[str] = Future()
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(settings, ready, stop), name="server", daemon=True)
    thread.start()
    try:
        yield ready.result()
    finally:
        stop.set()
        thread.join(_STOP_S)


def _run(settings: Settings, ready: "Future[str]", stop: threading.Event) -> None:
    try:
        asyncio.run(_serve(settings, ready, stop))
    except BaseException as error:  # told to the thread that waits; nobody else would hear of it
        if not ready.done():
            ready.set_exception(error)


async def _serve(settings: Settings, ready: "Future[str]", stop: threading.Event) -> None:
    from frontdesk.bootstrap import open_app, start_logging  # noqa: PLC0415  (half a second; a running server has it)
    from frontdesk.server.run import running_server  # noqa: PLC0415

    start_logging(settings.model_copy(update={"log_level": "error"}))
    with progress_of_ingest() as tell:
        app = await open_app(settings, progress=tell)
    async with running_server(app, host="127.0.0.1", port=0) as url:
        ready.set_result(url)
        await asyncio.to_thread(stop.wait)
