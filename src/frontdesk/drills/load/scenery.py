"""The drill's own server: one's own assistant with a simulated vendor, as a process of its own."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from frontdesk.drills.material import prepared_assistant
from frontdesk.drills.stage import RunningServer, running_server, running_vendor, scratch_database

READER_PATIENCE_S = "10"
"""Shorter than by default, so that a drill of a minute sees slow readers go."""
_MODELS = "answer:\n  - {{name: drill, adapter: openai, base_url: '{url}', model: sim-fast}}\n"


@asynccontextmanager
async def own_server(
    assistant: Path, *, database_url: str, first_token_ms: float, token_ms: float, embedder: str
) -> AsyncIterator[RunningServer]:
    """It runs as long as the block, on a database that is thrown away.

    Raises:
        ConfigError: every mistake in the folder, or no database there.
        UnavailableError: vendor or server did not start.
    """
    env = {"READER_PATIENCE_S": READER_PATIENCE_S, "EMBEDDER": embedder, "PROXIES": "1"}
    with tempfile.TemporaryDirectory(prefix="frontdesk-load-") as folder:
        async with (
            running_vendor(first_token_ms=first_token_ms, token_ms=token_ms) as vendor,
            scratch_database(database_url) as url,
        ):
            models = _MODELS.format(url=vendor.base_url)
            served = prepared_assistant(assistant, models, into=Path(folder) / "assistant")
            async with running_server(served, Path(folder) / "data", database_url=url, env=env) as server:
                yield server
