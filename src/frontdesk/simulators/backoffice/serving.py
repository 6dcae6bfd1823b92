"""The back office as a process of its own, or beside other work of one."""

import socket
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import uvicorn

from frontdesk.domain.errors import UnavailableError
from frontdesk.simulators.backoffice.app import BackofficeApp, create_backoffice
from frontdesk.simulators.backoffice.behaviour import BackofficeBehaviour
from frontdesk.simulators.vendor.script import SimulatedConnection
from frontdesk.simulators.vendor.serving import address_of, listening

_START_S = 15.0


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8082,
    behaviour: BackofficeBehaviour | None = None,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted.

    Args:
        port: 0 takes a free one.
        on_ready: told the address once it is listened on.
    Raises:
        ConfigError: it cannot be listened on, or the file cannot be used.
    """
    app = create_backoffice(behaviour)
    with closing(app), listening(host, port) as listener:
        on_ready(address_of(listener))
        uvicorn.Server(backoffice_config(app)).run(sockets=[listener])


def backoffice_config(app: BackofficeApp) -> uvicorn.Config:
    """With a connection that faults can break."""
    return uvicorn.Config(
        app,
        http=SimulatedConnection,
        ws="none",
        lifespan="off",
        log_level="warning",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoffice:
    """One that runs in a thread of this process."""

    url: str
    _server: uvicorn.Server
    _thread: Thread
    _resources: ExitStack

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._resources.close()


class _Beside(uvicorn.Server):
    """Leaves signals to whoever has them, and says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Event) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()


def start_backoffice(behaviour: BackofficeBehaviour | None = None, *, port: int = 0) -> Backoffice:
    """One on loopback, in a thread with a loop of its own: its disk never holds up whoever asks it.

    Raises:
        ConfigError: it cannot be listened on, or the file cannot be used.
        UnavailableError: it did not start.
    """
    with ExitStack() as resources:
        listener = resources.enter_context(listening("127.0.0.1", port))
        app = create_backoffice(behaviour)
        resources.enter_context(closing(app))
        ready = Event()
        server = _Beside(backoffice_config(app), ready)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="backoffice", daemon=True)
        thread.start()
        if not ready.wait(_START_S):
            raise UnavailableError("The simulated back office did not start.")
        return Backoffice(url=address_of(listener), _server=server, _thread=thread, _resources=resources.pop_all())
