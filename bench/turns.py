"""What a turn adds, how many there are a second, how late a checked sentence is, how fast the server starts.

Server, vendor and client share this machine, each in one process, as the peers were measured. The vendor answers at
once with about 50 tokens of the first passage; a second run gives it 300 ms to the first token and 20 ms a token, a
third 20 ms a token from the start. The floors are taken in the same run: the same client against the vendor alone, a
synchronous commit, a loopback request. A stored run of another day is printed beside as a ratio; nothing is asserted.

    python -m bench.turns [--seconds 8] [--save]
"""

import argparse
import asyncio
import json
import subprocess
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.lateness import sentences_after
from bench.surroundings import (
    assistant_with,
    commit_ms,
    cpu_s,
    describe_machine,
    frontdesk,
    own_cpu_s,
    resident_mb,
    started,
    wait_for,
)

BASELINE = Path(__file__).with_name("baseline.json")
CHECKS = ("guard_in", "ground", "guard_out")
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


@dataclass(slots=True)
class Report:
    """Prints each figure as it is taken, with its aim and its ratio to the stored run."""

    baseline: dict[str, float]
    figures: dict[str, float] = field(default_factory=dict)

    def say(self, name: str, value: float, unit: str, *, aim: str = "") -> None:
        self.figures[name] = round(value, 2)
        before = self.baseline.get(name)
        ratio = f"x {value / before:.2f}" if before else ""
        print(f"{name:58} {value:8.1f} {unit:8} {aim:10} {ratio}", flush=True)

    def say_times(self, name: str, times_ms: list[float], *, aims: tuple[str, str] = ("", "")) -> None:
        self.say(f"{name}, p50", median(times_ms), "ms", aim=aims[0])
        self.say(f"{name}, p95", percentile(times_ms, 0.95), "ms", aim=aims[1])


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[max(0, int(len(values) * share) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """So many clients, each with one request at a time."""

    times_ms: list[float]
    rate: float
    """A second."""
    cpu_ms: dict[str, float]
    """Processor time a request, of one core, per process."""


async def run_clients(
    clients: int, seconds: float, one: Callable[[int], Awaitable[object]], processes: dict[str, int]
) -> Run:
    times_ms: list[float] = []
    began = time.perf_counter()

    async def client(number: int) -> None:
        while time.perf_counter() < began + seconds:
            asked = time.perf_counter()
            await one(number)
            times_ms.append((time.perf_counter() - asked) * 1000)

    before = {name: cpu_s(pid) for name, pid in processes.items()} | {"client": own_cpu_s()}
    await asyncio.gather(*(client(number) for number in range(clients)))
    after = {name: cpu_s(pid) for name, pid in processes.items()} | {"client": own_cpu_s()}
    return Run(
        times_ms=times_ms,
        rate=len(times_ms) / (time.perf_counter() - began),
        cpu_ms={name: (after[name] - before[name]) / len(times_ms) * 1000 for name in after},
    )


class Customers:
    """Conversations, a new one every few questions, so that histories stay as short as real ones."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._open: dict[int, tuple[str, dict[str, str], int]] = {}
        self.checks_ms: list[float] = []
        """Guards and grounding of each JSON turn."""

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

    async def ask_json(self, number: int) -> None:
        path, headers = await self._conversation(number)
        key = uuid.uuid4().hex
        response = await self._http.post(path, json=_question(key), headers={**headers, "Idempotency-Key": key})
        response.raise_for_status()
        turn: dict[str, Any] = response.json()
        if turn["outcome"] not in ("answered", "refused", "escalated"):
            raise RuntimeError(turn)
        self.checks_ms.append(sum(turn["timings_ms"].get(stage, 0.0) for stage in CHECKS))

    async def ask_stream(self, number: int) -> list[tuple[float, bytes]]:
        """What came, and when on the clock of `time.perf_counter`."""
        path, headers = await self._conversation(number)
        key = uuid.uuid4().hex
        headers = {**headers, "Idempotency-Key": key, "Accept": "text/event-stream"}
        async with self._http.stream("POST", path, json=_question(key), headers=headers) as response:
            response.raise_for_status()
            came = [(time.perf_counter(), piece) async for piece in response.aiter_raw()]
        if b"answer.completed" not in came[-1][1]:
            raise RuntimeError(came)
        return came


def _question(key: str) -> dict[str, str]:
    return {"text": QUESTIONS[int(key[:8], 16) % len(QUESTIONS)]}


def client_of(base: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base, timeout=60, limits=httpx.Limits(max_connections=256, max_keepalive_connections=16)
    )


@contextmanager
def vendor(port: int, *, first_token_ms: float, token_ms: float) -> Iterator[tuple[str, int]]:
    """Its address and process."""
    times = ["--first-token-ms", str(first_token_ms), "--token-ms", str(token_ms)]
    with started(frontdesk("simulate", "vendor", "--port", str(port), *times)) as process:
        url = f"http://127.0.0.1:{port}/v1"
        wait_for(f"{url}/models")
        yield url, process.pid


@contextmanager
def server(folder: Path, vendor_url: str, port: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Frontdesk on the demo's documents, read in before, from its start on."""
    assistant = folder / "assistant"
    if not assistant.exists():
        assistant_with(folder, vendor_url)
        read_in = frontdesk("knowledge", "sync", "--assistant", str(assistant), "--data-dir", str(folder / "data"))
        subprocess.run(read_in, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    data = ["--assistant", str(assistant), "--data-dir", str(folder / "data"), "--port", str(port)]
    with started(frontdesk("up", *data)) as process:
        yield f"http://127.0.0.1:{port}", process


async def measure_floors(report: Report, url: str, pid: int, seconds: float) -> None:
    report.say("floor: a synchronous commit", median(commit_ms()), "ms")
    async with client_of(url) as http:
        pings = await run_clients(1, seconds / 4, lambda _: http.get("/models"), {"vendor": pid})
    report.say("floor: a loopback request", median(pings.times_ms), "ms")
    await vendor_alone(report, url, pid, 16, seconds / 2)


async def vendor_alone(report: Report, url: str, pid: int, clients: int, seconds: float) -> None:
    body = {"model": "sim-fast", "messages": [{"role": "user", "content": "<passage>x</passage>"}], "stream": True}
    async with client_of(url) as http:

        async def one(_: int) -> None:
            async with http.stream("POST", "/chat/completions", json=body) as response:
                await response.aread()

        run = await run_clients(clients, seconds, one, {"vendor": pid})
    report.say(f"floor: vendor alone, {clients} clients", run.rate, "/s")
    report.say(f"floor: vendor alone, {clients} clients, p95", percentile(run.times_ms, 0.95), "ms")


def start_and_ask(report: Report, folder: Path, url: str, port: int, *, times: int = 3) -> None:
    """From the command to the first answer; the first time of all, which fills caches, does not count."""
    taken, used = [], []
    for _ in range(times + 1):
        began = time.perf_counter()
        with server(folder, url, port) as (base, process):
            wait_for(f"{base}/healthz")
            asyncio.run(_ask_once(base))
            taken.append(time.perf_counter() - began)
            used.append(cpu_s(process.pid))
    report.say("start to the first answer", median(taken[1:]), "s", aim="<= 3")
    report.say("start to the first answer, server's processor time", median(used[1:]), "s")


async def _ask_once(base: str) -> None:
    async with client_of(base) as http:
        await Customers(http).ask_json(0)


async def measure_at_once(report: Report, base: str, processes: dict[str, int], seconds: float) -> None:
    async with client_of(base) as http:
        customers = Customers(http)
        await warm_up(customers)
        customers.checks_ms.clear()
        run = await run_clients(1, seconds, customers.ask_json, processes)
        report.say_times("JSON turn, 1 client", run.times_ms, aims=("<= 15", "<= 60"))
        report.say_times("guards and grounding of it", customers.checks_ms, aims=("<= 8", "<= 45"))
        _say_use(report, "JSON turn, 1 client", run)
        run = await run_clients(16, seconds, customers.ask_json, processes)
        report.say("JSON turns, 16 clients", run.rate, "/s", aim=">= 100")
        _say_use(report, "JSON turns, 16 clients", run)
        run = await run_clients(16, seconds, customers.ask_stream, processes)
        report.say("streamed turns, 16 clients", run.rate, "/s", aim=">= 80")
        _say_use(report, "streamed turns, 16 clients", run)
        report.say("resident memory of the server", resident_mb(processes["server"]), "MB", aim="<= 400")


async def measure_slow(report: Report, base: str, processes: dict[str, int], seconds: float) -> None:
    async with client_of(base) as http:
        customers = Customers(http)
        await warm_up(customers)
        run = await run_clients(64, seconds, customers.ask_stream, processes)
    report.say("64 clients, vendor 300 ms + 20 ms a token", run.rate, "/s", aim=">= 47")
    report.say("64 clients, total, p95", percentile(run.times_ms, 0.95), "ms", aim="<= 1450")
    _say_use(report, "64 clients", run)


async def warm_up(customers: Customers) -> None:
    await asyncio.gather(*(customers.ask_json(-number) for number in range(1, 65)))


def _say_use(report: Report, name: str, run: Run) -> None:
    for process, used_ms in run.cpu_ms.items():
        report.say(f"  {name}: processor time of the {process}", used_ms, "ms")


async def measure_lateness(report: Report, folder: Path, port: int, seconds: float) -> None:
    """One client; the vendor runs in this process, so that what it sends and what comes out share a clock."""
    async with sentences_after(port + 1, ms_per_token=20.0) as (url, late_ms):
        with server(folder, url, port) as (base, _):
            await asyncio.to_thread(wait_for, f"{base}/healthz")
            async with client_of(base) as http:
                customers = Customers(http)
                await customers.ask_stream(0)
                deadline = time.perf_counter() + seconds
                late: list[float] = []
                whole: list[float] = []
                while time.perf_counter() < deadline:
                    decided, written = late_ms(await customers.ask_stream(0))
                    late += decided
                    whole += written
    report.say_times("confirmed sentence after the token that decides it", late, aims=("", "<= 30"))
    report.say("confirmed sentence after its own last token, p95", percentile(whole, 0.95), "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each run")
    parser.add_argument("--port", type=int, default=8971)
    parser.add_argument("--save", action="store_true", help="store this run as the one that others are compared with")
    options = parser.parse_args()
    port, seconds = options.port, options.seconds
    stored = json.loads(BASELINE.read_text()) if BASELINE.exists() else {"machine": None, "figures": {}}
    machine = describe_machine()
    print(f"this machine    {machine}\ncompared with   {stored['machine']}")
    report = Report(stored["figures"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with vendor(port + 1, first_token_ms=0, token_ms=0) as (url, pid):
            asyncio.run(measure_floors(report, url, pid, seconds))
            start_and_ask(report, folder, url, port)
            with server(folder, url, port) as (base, process):
                wait_for(f"{base}/healthz")
                asyncio.run(measure_at_once(report, base, {"server": process.pid, "vendor": pid}, seconds))
        with vendor(port + 1, first_token_ms=300, token_ms=20) as (url, pid):
            asyncio.run(vendor_alone(report, url, pid, 64, seconds))
            with server(folder, url, port) as (base, process):
                wait_for(f"{base}/healthz")
                asyncio.run(measure_slow(report, base, {"server": process.pid, "vendor": pid}, seconds * 2))
        asyncio.run(measure_lateness(report, folder, port, seconds * 2))
    if options.save:
        BASELINE.write_text(json.dumps({"machine": machine, "figures": report.figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
