"""The systems of connectors.yaml, opened."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.connectors import Gate, McpTransport, OutsideSystem, pin_of
from frontdesk.adapters.connectors.failing import CallError
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.book import MOST_OPEN
from frontdesk.bootstrap.outside import Addresses, Surroundings, open_transport, outside_client
from frontdesk.bootstrap.simulated import SimulatedSystems
from frontdesk.domain.connector_source import ConnectorSource, McpSource
from frontdesk.domain.errors import NotFoundError, UnavailableError
from frontdesk.ports.clock import Clock
from frontdesk.ports.telemetry import NoOccurrences, Occurrences, Telemetry
from frontdesk.settings import Settings

PIN_WAIT_S = 20.0
"""For a server that has to start first."""


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
        ConfigError: a function can't be imported, or certificates can't be read.
    """
    around = Surroundings(
        folder=settings.assistant_dir.absolute(), client=client, monotonic=clock.monotonic, simulators=simulators
    )

    told = occurrences or NoOccurrences()

    def opened(source: ConnectorSource) -> OutsideSystem:
        return OutsideSystem(
            source,
            open_transport(source, around),
            gate=Gate(source.name, source.bounds, monotonic=clock.monotonic, occurrences=told),
            clock=clock,
            telemetry=telemetry,
            occurrences=told,
        )

    return {source.name: opened(source) for source in sources}


@asynccontextmanager
async def one_system(settings: Settings, source: ConnectorSource) -> AsyncIterator[OutsideSystem]:
    """One system on its own, as the command line asks it; a simulated one runs as long.

    Raises:
        ConfigError: it can't be opened.
    """
    simulated = SimulatedSystems(settings, is_for_a_moment=True)
    async with outside_client() as client, AsyncExitStack() as resources:
        resources.push_async_callback(asyncio.to_thread, simulated.close)
        await asyncio.to_thread(simulated.start_for, [source])
        systems = open_connectors(
            [source], settings, SystemClock(), PrometheusTelemetry(), client=client, simulators=simulated.address
        )
        try:
            yield systems[source.name]
        finally:
            await systems[source.name].close()


async def pins_of(settings: Settings, source: McpSource) -> Mapping[str, str]:
    """Digests of the tools that its operations name, by operation, as the server has them now.

    Raises:
        UnavailableError: it can't be asked.
        NotFoundError: it has no such tool.
    """
    async with one_system(settings, source) as system:
        assert isinstance(system.transport, McpTransport)  # noqa: S101 - it is what the source is opened as
        try:
            async with asyncio.timeout(PIN_WAIT_S):
                tools = await system.transport.tools()
        except (CallError, TimeoutError) as error:
            why = str(error) or "it does not answer in time"
            raise UnavailableError(f"The server of `{source.name}` can't be asked: {why}.") from error
    if missing := [one.tool for one in source.operations if one.tool not in tools]:
        has = ", ".join(sorted(tools)) or "none"
        raise NotFoundError(f"The server of `{source.name}` has no tool '{missing[0]}'. It has {has}.")
    return {one.spec.name: pin_of(tools[one.tool]) for one in source.operations}


class ConnectorShelf:
    """Systems that a process has opened. One that is described as before is given out again, with what it remembers."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        telemetry: Telemetry,
        *,
        occurrences: Occurrences,
        simulators: Addresses,
    ) -> None:
        """Made where the event loop runs."""
        self._client = client = outside_client()

        def opened(source: ConnectorSource) -> OutsideSystem:
            return open_connectors(
                [source], settings, clock, telemetry, client=client, occurrences=occurrences, simulators=simulators
            )[source.name]

        self._open = opened
        self._loop = asyncio.get_running_loop()
        self._opened: dict[str, list[tuple[ConnectorSource, OutsideSystem]]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def open(self, sources: Sequence[ConnectorSource]) -> Mapping[str, OutsideSystem]:
        """In any thread. As many descriptions of one system stay open as there are releases open.

        Raises:
            ConfigError: a function can't be imported.
        """
        return {source.name: self._one(source) for source in sources}

    def live(self) -> Iterator[OutsideSystem]:
        """The newest of each name."""
        for versions in list(self._opened.values()):
            yield versions[-1][1]

    async def close(self) -> None:
        await asyncio.gather(*self._closing)
        for versions in self._opened.values():
            for _, system in versions:
                await system.close()
        self._opened.clear()
        await self._client.aclose()

    def _one(self, source: ConnectorSource) -> OutsideSystem:
        known = next((version for version in self._opened.get(source.name, ()) if version[0] == source), None)
        newest = known or (source, self._open(source))
        versions = self._opened.setdefault(source.name, [])
        if known is not None:
            versions.remove(known)
        versions.append(newest)
        while len(versions) > MOST_OPEN:
            _, unused = versions.pop(0)
            self._loop.call_soon_threadsafe(self._retire, unused)
        return versions[-1][1]

    def _retire(self, system: OutsideSystem) -> None:
        task = self._loop.create_task(system.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
