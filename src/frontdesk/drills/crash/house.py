"""The scenery: a simulated vendor, a database of its own, and servers that die and come back."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from frontdesk.domain.errors import UnavailableError
from frontdesk.drills.material import prepared_assistant
from frontdesk.drills.stage import RunningServer, RunningVendor, running_server, running_vendor, scratch_database

FIRST_TOKEN_MS, TOKEN_MS = 500.0, 80.0
"""A slow vendor: a turn takes two seconds and more, so that a kill finds it at any of its steps."""
MODELS = """
answer:
  - name: sim
    adapter: openai
    base_url: {}
    model: sim
    price: {{input_usd_per_million: 1, output_usd_per_million: 4}}
budget: {{per_conversation_usd: 1000, per_day_usd: 1000000}}
"""
"""With ceilings nobody reaches, so that money is set aside for every request, also for those whose worker dies."""
_STARTS = 5
"""While a server is down, its port may be taken for a moment by somebody's outgoing connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    servers: tuple[RunningServer, ...]
    vendor: RunningVendor
    database_url: str
    """Of the database that all servers share."""

    def urls(self, *, first: int = 0) -> tuple[str, ...]:
        """Every server's address, beginning with the one of that number."""
        begin = first % len(self.servers)
        return tuple(server.url for server in (*self.servers[begin:], *self.servers[:begin]))


@asynccontextmanager
async def open_house(assistant: Path, *, database_url: str, replicas: int) -> AsyncIterator[House]:
    """Started, on a copy of the assistant whose model is simulated; everything ends with the block.

    Args:
        database_url: a PostgreSQL server, on which a database is made and dropped; empty for SQLite and one server.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontdesk-crash-")))
        vendor = await stack.enter_async_context(running_vendor(first_token_ms=FIRST_TOKEN_MS, token_ms=TOKEN_MS))
        copied = prepared_assistant(assistant, MODELS.format(vendor.base_url), into=folder / "assistant")
        own_url = await stack.enter_async_context(scratch_database(database_url))
        data = folder / "data"
        servers = [
            await stack.enter_async_context(running_server(copied, data, database_url=own_url))
            for _ in range(replicas if own_url else 1)
        ]
        url = own_url or f"sqlite:///{(data / 'frontdesk.db').resolve()}"
        yield House(servers=tuple(servers), vendor=vendor, database_url=url)


async def start_again(server: RunningServer) -> None:
    """Raises: UnavailableError: it does not start any more."""
    for start in range(1, _STARTS + 1):
        try:
            await server.start()
        except UnavailableError:
            if start == _STARTS:
                raise
        else:
            return


def log_lines(servers: Sequence[RunningServer]) -> list[str]:
    """What all servers logged so far, over all their lives."""
    return [line for server in servers for line in server.log().splitlines()]
