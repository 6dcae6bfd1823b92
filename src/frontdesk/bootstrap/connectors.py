"""The systems of connectors.yaml, opened."""

from collections.abc import Callable, Mapping, Sequence

import httpx

from frontdesk.adapters.connectors import Gate, HttpTransport, OutsideSystem, PythonTransport, Transport
from frontdesk.bootstrap.simulated import simulated_secret
from frontdesk.domain.connector_source import SIMULATOR, ConnectorSource, HttpSource, PythonSource
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.ports.clock import Clock
from frontdesk.ports.telemetry import NoOccurrences, Occurrences, Telemetry
from frontdesk.settings import Settings, read_secret

Addresses = Callable[[str], str]
"""Where a simulated system is, by its name; empty while it isn't known."""


def open_connectors(
    sources: Sequence[ConnectorSource],
    settings: Settings,
    clock: Clock,
    telemetry: Telemetry,
    *,
    client: httpx.AsyncClient,
    occurrences: Occurrences | None = None,
    simulators: Addresses = lambda _: "",
) -> Mapping[str, OutsideSystem]:
    """By their names; nothing is asked of any of them yet.

    Args:
        client: for HTTP; belongs to the caller.
        simulators: where `simulator:` leads.
    Raises:
        ConfigError: a function can't be imported.
    """

    def opened(source: ConnectorSource) -> OutsideSystem:
        return OutsideSystem(
            source,
            _transport(source, settings, client, simulators),
            gate=Gate(
                source.name,
                source.bounds,
                monotonic=clock.monotonic,
                occurrences=occurrences or NoOccurrences(),
            ),
            clock=clock,
            telemetry=telemetry,
        )

    return {source.name: opened(source) for source in sources}


def _transport(
    source: ConnectorSource, settings: Settings, client: httpx.AsyncClient, simulators: Addresses
) -> Transport:
    folder = settings.assistant_dir.absolute()
    match source:
        case HttpSource():
            secret = simulated_secret if source.base_url.startswith(SIMULATOR) else read_secret
            return HttpTransport(source, client, base_url=_address(source.base_url, simulators), secret=secret)
        case PythonSource():
            return PythonTransport(source, folder=(folder / source.folder).resolve())
        case _:
            problem = ConfigProblem(where=str(folder / "connectors.yaml"), message=f"`{source.name}` can't be opened.")
            raise ConfigError([problem])


def _address(base_url: str, simulators: Addresses) -> Callable[[], str]:
    if base_url.startswith(SIMULATOR):
        name = base_url.removeprefix(SIMULATOR)
        return lambda: simulators(name).rstrip("/")
    return lambda: base_url
