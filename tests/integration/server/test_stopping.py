"""A server that is told to stop: who is told, who may finish, and where the others go on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from frontdesk.drills.stage import RunningServer, running_server

EXAMPLE = Path(__file__).parents[3] / "examples" / "harbor-and-pine"


@pytest.fixture
async def stopping(tmp_path: Path) -> AsyncIterator[tuple[RunningServer, httpx.AsyncClient]]:
    """A server with seconds to spare, and somebody who talks to it."""
    async with (
        running_server(EXAMPLE, tmp_path / "data", env={"DRAIN_S": "3"}) as server,
        httpx.AsyncClient(base_url=server.url, timeout=10) as client,
    ):
        yield server, client


async def _stop(server: RunningServer) -> None:
    os.kill(server.pid, signal.SIGTERM)
    await asyncio.sleep(0.4)


async def _opened(client: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    opened = (await client.post("/v1/conversations")).json()
    return f"/v1/conversations/{opened['conversation_id']}", {"Authorization": f"Bearer {opened['token']}"}


async def test_says_that_it_is_draining_and_answers_meanwhile(
    stopping: tuple[RunningServer, httpx.AsyncClient],
) -> None:
    server, client = stopping
    assert (await client.get("/readyz")).json()["status"] == "ready"
    await _stop(server)
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    path, headers = await _opened(client)
    said = await client.post(f"{path}/messages", json={"text": "hello"}, headers={**headers, "Idempotency-Key": "a"})
    assert said.json()["outcome"] == "answered"
    assert server.running is not None
    async with asyncio.timeout(10):
        assert await server.running.wait() == 0


async def test_a_stream_ends_whole_and_goes_on_at_the_next_server(
    stopping: tuple[RunningServer, httpx.AsyncClient],
) -> None:
    server, client = stopping
    path, headers = await _opened(client)
    for key in ("a", "b"):
        said = {**headers, "Idempotency-Key": key}
        await client.post(f"{path}/messages", json={"text": "hello"}, headers=said)
    sse = {**headers, "Accept": "text/event-stream"}
    async with client.stream("GET", f"{path}/events", headers=sse) as response:
        await _stop(server)
        before = b"".join([piece async for piece in response.aiter_raw()])
    assert before.endswith(b"\n\n")
    assert before.count(b"\nevent: ") == 4
    assert server.running is not None
    await server.running.wait()
    await server.start()
    sse["Last-Event-ID"] = "2"
    async with client.stream("GET", f"{path}/events", headers=sse) as response:
        after = await anext(response.aiter_raw())
    assert before.endswith(after)
    assert after.startswith(b"id: 3\n")


async def test_who_sits_at_the_terminal_does_not_wait(tmp_path: Path) -> None:
    async with running_server(EXAMPLE, tmp_path / "data", env={"DRAIN_S": "100"}) as server:
        os.kill(server.pid, signal.SIGINT)
        assert server.running is not None
        async with asyncio.timeout(20):
            assert await server.running.wait() == 0
