"""The vendor as a process of its own."""

import socket
from collections.abc import Callable
from contextlib import ExitStack

import uvicorn

from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.simulators.vendor.app import create_vendor
from frontdesk.simulators.vendor.behaviour import VendorBehaviour
from frontdesk.simulators.vendor.script import SimulatedConnection

_BACKLOG = 2048


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8081,
    behaviour: VendorBehaviour | None = None,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted.

    Args:
        port: 0 takes a free one.
        on_ready: told the address once it is listened on.
    Raises:
        ConfigError: it cannot be listened on.
    """
    with listening(host, port) as listener:
        on_ready(address_of(listener))
        uvicorn.Server(vendor_config(behaviour)).run(sockets=[listener])


def vendor_config(behaviour: VendorBehaviour | None = None) -> uvicorn.Config:
    """With a connection that faults can break."""
    return uvicorn.Config(
        create_vendor(behaviour),
        http=SimulatedConnection,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def listening(host: str, port: int) -> socket.socket:
    """A listening socket; requests wait in it until somebody accepts them."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as on_failure:
            listener = on_failure.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            on_failure.pop_all()
    except OSError as error:
        message = f"The address cannot be used: {error.strerror or error}."
        raise ConfigError(
            [ConfigProblem(where=f"{host}:{port}", message=message, hint="Choose another port.")]
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
