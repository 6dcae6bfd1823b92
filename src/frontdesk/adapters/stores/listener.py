"""A connection of its own that hears what other processes tell through PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

log = structlog.get_logger()

Hear = Callable[[str], None]

_CONNECT_S = 5.0
_AGAIN_S = 0.5
"""Before listening again after the connection was lost; meanwhile the waiters' poll is the net."""
_PROBE_EVERY_S = 5.0
"""A connection that died without a farewell tells nothing, and would be waited on for ever."""
_PROBE_S = 2.0


class Listener:
    """Keeps one connection listening, for as long as it runs."""

    def __init__(
        self, engine: AsyncEngine, channels: Mapping[str, Hear], *, on_listening: Callable[[], Awaitable[None]]
    ) -> None:
        """
        Args:
            channels: what to do with a notification, by channel.
            on_listening: called each time that listening begins; what was told before went unheard.
        """
        self._engine = engine
        self._channels = channels
        self._on_listening = on_listening
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_listening(), name="event-listener")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener_lost", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_S)

    async def _listen_until_lost(self) -> None:
        lost = asyncio.Event()
        _, options = self._engine.dialect.create_connect_args(self._engine.url)
        settings = {"application_name": "frontdesk listener"}
        connection = await asyncpg.connect(
            **options, timeout=_CONNECT_S, command_timeout=_PROBE_S, server_settings=settings
        )
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            for channel in self._channels:
                await connection.add_listener(channel, self._hear)
            await self._on_listening()
            while not await _is_set_within(lost, _PROBE_EVERY_S):
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _hear(self, _connection: Any, _process: int, channel: str, told: str) -> None:
        self._channels[channel](told)


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
