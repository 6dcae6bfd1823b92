"""Added time a turn, turns a second, start to the first answer, resident memory.

Server, vendor and client share this machine, each in one process, as the peers were measured. The
vendor answers at once with about 50 tokens built from the first passage; a second run gives it
300 ms to the first token and 20 ms a token. The floor is taken in the same run: the same client
against the vendor alone.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

DEMO = Path(__file__).parents[1] / "examples" / "harbor-and-pine"
QUESTIONS = (
    "How long do I have to return something?",
    "How much is shipping to Austria?",
    "Is the warranty on boots two years?",
    "When is the Hamburg store open on Saturday?",
    "How do I wash a down jacket?",
    "What does the Pine Club cost?",
    "How long is a gift card valid?",
    "How much does resoling cost?",
)


@contextmanager
def started(command: list[str], *, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended with the block."""
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def frontdesk(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from frontdesk.cli import main; main()", *arguments]


@contextmanager
def vendor(port: int, *, first_token_ms: float, token_ms: float) -> Iterator[str]:
    times = ["--first-token-ms", str(first_token_ms), "--token-ms", str(token_ms)]
    with started(frontdesk("simulate", "vendor", "--port", str(port), *times), environ={}):
        url = f"http://127.0.0.1:{port}/v1"
        wait_for(f"{url}/models")
        yield url


def wait_for(url: str) -> float:
    """Seconds until the address answers."""
    began = time.perf_counter()
    while time.perf_counter() - began < 60:
        try:
            if httpx.get(url, timeout=1).status_code < 500:
                return time.perf_counter() - began
        except httpx.HTTPError:
            time.sleep(0.02)
    raise TimeoutError(url)


def assistant_with(folder: Path, base_url: str) -> Path:
    """A copy of the demo's assistant whose answers come from the simulated vendor."""
    target = folder / "assistant"
    shutil.copytree(DEMO, target)
    route = f"answer:\n  - {{name: sim, adapter: openai, base_url: '{base_url}', model: sim-fast}}\n"
    (target / "models.yaml").write_text(route)
    return target


async def run_clients(clients: int, seconds: float, one: Callable[[int], Awaitable[None]]) -> tuple[list[float], float]:
    """Latencies in ms and turns a second of so many clients, each with one request at a time."""
    latencies: list[float] = []
    stop_at = time.perf_counter() + seconds

    async def client(number: int) -> None:
        while time.perf_counter() < stop_at:
            began = time.perf_counter()
            await one(number)
            latencies.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(clients)))
    return latencies, len(latencies) / (time.perf_counter() - began)


class Customers:
    """Conversations, a new one every few questions, so that histories stay as short as real ones."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._open: dict[int, tuple[str, dict[str, str], int]] = {}

    async def _conversation(self, number: int) -> tuple[str, dict[str, str]]:
        path, headers, asked = self._open.get(number, ("", {}, 99))
        if asked >= 4:
            response = await self._http.post("/v1/conversations", json={"channel": "web_chat", "locale": "en"})
            response.raise_for_status()
            opened = response.json()
            path, asked = f"/v1/conversations/{opened['conversation_id']}/messages", 0
            headers = {"Authorization": f"Bearer {opened['token']}"}
        self._open[number] = (path, headers, asked + 1)
        return path, headers

    async def ask_json(self, number: int) -> dict[str, Any]:
        path, headers = await self._conversation(number)
        key = uuid.uuid4().hex
        response = await self._http.post(
            path, json={"text": QUESTIONS[hash(key) % len(QUESTIONS)]}, headers={**headers, "Idempotency-Key": key}
        )
        response.raise_for_status()
        turn: dict[str, Any] = response.json()
        if turn["outcome"] not in ("answered", "refused", "escalated"):
            raise RuntimeError(turn)
        return turn

    async def ask_stream(self, number: int) -> None:
        path, headers = await self._conversation(number)
        key = uuid.uuid4().hex
        headers = {**headers, "Idempotency-Key": key, "Accept": "text/event-stream"}
        body = {"text": QUESTIONS[hash(key) % len(QUESTIONS)]}
        last = b""
        async with self._http.stream("POST", path, json=body, headers=headers) as response:
            response.raise_for_status()
            async for chunk in response.aiter_raw():
                last = chunk
        if b"answer.completed" not in last:
            raise RuntimeError(last)


def report(name: str, latencies: list[float], rate: float) -> None:
    ordered = sorted(latencies)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95) - 1]
    print(f"{name:46} p50 {p50:8.1f} ms   p95 {p95:8.1f} ms   {rate:7.1f} turns/s   n={len(ordered)}", flush=True)


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


async def vendor_alone(url: str, clients: int, seconds: float) -> None:
    body = {"model": "sim-fast", "messages": [{"role": "user", "content": "<passage>x</passage>"}], "stream": True}
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=256)) as http:

        async def one(_: int) -> None:
            async with http.stream("POST", f"{url}/chat/completions", json=body) as response:
                await response.aread()

        report(f"floor: vendor alone, streamed, {clients} client(s)", *await run_clients(clients, seconds, one))


async def measure(base: str, plan: list[tuple[str, int, str]], seconds: float) -> None:
    async with httpx.AsyncClient(base_url=base, timeout=60, limits=httpx.Limits(max_connections=256)) as http:
        customers = Customers(http)
        for _ in range(8):
            await customers.ask_json(-1)
        for name, clients, mode in plan:
            one = customers.ask_json if mode == "json" else customers.ask_stream
            report(name, *await run_clients(clients, seconds, one))  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each run")
    parser.add_argument("--port", type=int, default=8971)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with vendor(options.port + 1, first_token_ms=0, token_ms=0) as url:
            asyncio.run(vendor_alone(url, 16, options.seconds / 2))
            fast_plan = [
                ("JSON turns, 1 client, vendor at once", 1, "json"),
                ("JSON turns, 16 clients", 16, "json"),
                ("streamed turns, 16 clients", 16, "stream"),
            ]
            serve_and_measure(folder / "fast", url, options.port, fast_plan, options.seconds)
        with vendor(options.port + 1, first_token_ms=300, token_ms=20) as url:
            asyncio.run(vendor_alone(url, 64, options.seconds))
            slow_plan = [("64 clients, vendor 300 ms + 20 ms a token", 64, "stream")]
            serve_and_measure(folder / "slow", url, options.port, slow_plan, options.seconds * 2)


def serve_and_measure(folder: Path, url: str, port: int, plan: list[tuple[str, int, str]], seconds: float) -> None:
    assistant = assistant_with(folder, url)
    data = ["--assistant", str(assistant), "--data-dir", str(folder / "data"), "--port", str(port)]
    subprocess.run(
        frontdesk("knowledge", "sync", *data[:4]), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    began = time.perf_counter()
    with started(frontdesk("up", *data), environ={"FRONTDESK_LOG_LEVEL": "warning"}) as server:
        base = f"http://127.0.0.1:{port}"
        wait_for(f"{base}/healthz")
        asyncio.run(measure(base, [], 0))
        print(f"{'start to the first answers (9 of them)':46} {time.perf_counter() - began:8.2f} s", flush=True)
        asyncio.run(measure(base, plan, seconds))
        print(f"{'resident memory of the server':46} {resident_mb(server.pid):8.0f} MB", flush=True)


if __name__ == "__main__":
    print(json.dumps({"cores": os.cpu_count(), "python": sys.version.split()[0]}))
    main()
