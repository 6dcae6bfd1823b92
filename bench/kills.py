"""Kill the server with 20 turns in flight, start it again, and count what is lost or told twice.

    python -m bench kills                       10 rounds
    python -m bench.kills --rounds 100          as many as are wanted

The server is `frontdesk up` on SQLite, its vendor a slow simulated one, each a process of its own on loopback. A
round sends 20 messages, reads their streams, kills the server with SIGKILL at a random moment, starts it on
the same folder and port, and lets every client come back as a browser does: with `Last-Event-ID` when it
has heard of its turn, with the same Idempotency-Key when it has not.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

DEMO = Path(__file__).parents[1] / "examples" / "harbor-and-pine"
QUESTIONS = (
    "What do I have to spend for free delivery to Finland?",
    "How long does a PayPal refund take?",
    "What's the yearly price of the Pine Club, and does it go up?",
    "How much is standard delivery to mainland Spain?",
    "is there any interest if I pay in three monthly parts?",
)
TURNS = 20
FINAL = ("answer.completed", "turn.failed")
LEASE_S = 1.0
"""As short as the settings allow, so that a round is short; production's default is 5 s."""
PATIENCE_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event as a client received it."""

    seq: int
    kind: str
    data: str


@dataclass(slots=True, kw_only=True)
class Client:
    """Somebody who asks one question and does not give up."""

    url: str
    conversation_id: str
    token: str
    question: str
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    heard: list[Heard] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/v1/conversations/{self.conversation_id}"

    @property
    def is_done(self) -> bool:
        return bool(self.heard) and self.heard[-1].kind in FINAL

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Send, listen, and come back after every break until the turn has ended."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.is_done:
                try:
                    await self._listen(http)
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)

    async def _listen(self, http: httpx.AsyncClient) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream"}
        if self.heard:
            headers["Last-Event-ID"] = str(self.heard[-1].seq)
            request = http.stream("GET", f"{self.url}{self.path}/events", headers=headers)
        else:
            headers["Idempotency-Key"] = self.key
            body = {"text": self.question}
            request = http.stream("POST", f"{self.url}{self.path}/messages", headers=headers, json=body)
        async with request as response:
            response.raise_for_status()
            async for heard in read_events(response):
                self.heard.append(heard)
                if self.is_done:
                    return


async def read_events(response: httpx.Response) -> AsyncIterator[Heard]:
    """The numbered events of a stream; notices and heartbeats are left out."""
    text = ""
    async for piece in response.aiter_text():
        text += piece
        *blocks, text = text.split("\n\n")
        for block in blocks:
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
            if "id" in lines:
                yield Heard(seq=int(lines["id"]), kind=lines["event"], data=lines["data"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a round found; all zero is what was promised."""

    turns: int
    lost: int
    """Accepted turns without an event that ends them."""
    doubled: int
    """Turns that ended twice, or that a client heard twice."""
    gaps: int
    """Conversations whose numbers are not 1, 2, 3…, or whose client missed one."""
    differing: int
    """Clients whose text is not the one that is kept."""
    failed: int
    """Turns that ended with an apology and a case, which is allowed and should not be needed."""
    taken_over: int
    """Turns of which something was told before the kill, and which the new server began again."""

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.gaps or self.differing)


async def judge(http: httpx.AsyncClient, clients: list[Client]) -> Verdict:
    """Compare what the clients heard with what is kept."""
    logs = [await _log(http, client) for client in clients]
    words = [await _words(http, client) for client in clients]
    ends = [sum(event["kind"] in FINAL for event in log) for log in logs]
    heard_ends = [sum(event.kind in FINAL for event in client.heard) for client in clients]
    return Verdict(
        turns=len(clients),
        lost=sum(count == 0 for count in ends),
        doubled=sum(count > 1 or heard > 1 for count, heard in zip(ends, heard_ends, strict=True)),
        gaps=sum(not _is_gap_free(client, log) for client, log in zip(clients, logs, strict=True)),
        differing=sum(not _is_same(client, log, kept) for client, log, kept in zip(clients, logs, words, strict=True)),
        failed=sum(client.heard[-1].kind == "turn.failed" for client in clients),
        taken_over=sum(any(event["kind"] == "turn.reset" for event in log) for log in logs),
    )


def _is_gap_free(client: Client, log: list[dict[str, Any]]) -> bool:
    numbers = [event["seq"] for event in log]
    return numbers == list(range(1, len(log) + 1)) and [heard.seq for heard in client.heard] == numbers


def _is_same(client: Client, log: list[dict[str, Any]], kept: str) -> bool:
    """The client heard the log's own words; its sentences since the last reset are the kept text."""
    if [json.loads(heard.data) for heard in client.heard] != [event["data"] for event in log]:
        return False
    told = ""
    for heard in client.heard:
        data = json.loads(heard.data)
        if heard.kind == "turn.reset":
            told = ""
        elif heard.kind == "answer.sentence":
            told += data["separator"] + data["text"]
    final = json.loads(client.heard[-1].data)["text"]
    return bool(final == kept and (told in ("", final)))


async def _log(http: httpx.AsyncClient, client: Client) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {client.token}", "Accept": "application/json"}
    page = (await http.get(f"{client.url}{client.path}/events?limit=500", headers=headers)).json()
    found: list[dict[str, Any]] = page["events"]
    return found


async def _words(http: httpx.AsyncClient, client: Client) -> str:
    headers = {"Authorization": f"Bearer {client.token}"}
    messages = (await http.get(f"{client.url}{client.path}", headers=headers)).json()["messages"]
    return str(next((message["text"] for message in messages if message["role"] == "assistant"), ""))


@dataclass(slots=True, kw_only=True)
class House:
    """A data folder, a port, and the server that runs on them, or does not."""

    folder: Path
    port: int
    vendor_url: str
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    async def start(self) -> None:
        """Start `frontdesk up` and wait for its address."""
        await self.launch()
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start: {(self.folder / 'log').read_text()[-2000:]}")

    async def launch(self) -> None:
        """Start it, without waiting."""
        places = ["--assistant", str(self._assistant()), "--data-dir", str(self.data_dir), "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *frontdesk("up", *places, "--json"), env=environ(), stdout=asyncio.subprocess.PIPE, stderr=log
            )

    async def kill(self) -> None:
        """SIGKILL: no farewell."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            await self.process.wait()
        self.process = None

    def _assistant(self) -> Path:
        target = self.folder / "assistant"
        if not target.exists():
            shutil.copytree(DEMO, target)
            route = f"answer:\n  - {{name: sim, adapter: openai, base_url: '{self.vendor_url}', model: sim}}\ncache: {{entries: 0}}\n"
            (target / "models.yaml").write_text(route, encoding="utf-8")
        return target


async def run_round(house: House, http: httpx.AsyncClient, *, random: Random, turns: int = TURNS) -> Verdict:
    """Send, kill at a random moment, start again, and judge. The server runs before and after."""
    clients = [await _open(house, http, QUESTIONS[number % len(QUESTIONS)]) for number in range(turns)]
    asking = [asyncio.create_task(client.ask(http)) for client in clients]
    try:
        await asyncio.sleep(random.uniform(0.05, 1.5))
        await house.kill()
        await house.start()
        await asyncio.gather(*asking)
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    return await judge(http, clients)


async def _open(house: House, http: httpx.AsyncClient, question: str) -> Client:
    opened = (await http.post(f"{house.url}/v1/conversations", json={"channel": "api", "locale": "en"})).json()
    return Client(url=house.url, conversation_id=opened["conversation_id"], token=opened["token"], question=question)


@asynccontextmanager
async def a_house(folder: Path, *, first_token_ms: float = 300, token_ms: float = 20) -> AsyncIterator[House]:
    """A house whose vendor runs; all its processes end with the block."""
    port = free_port()
    times = ["--first-token-ms", str(first_token_ms), "--token-ms", str(token_ms)]
    vendor = await asyncio.create_subprocess_exec(
        *frontdesk("simulate", "vendor", "--port", str(port), *times), env=environ(), stdout=asyncio.subprocess.DEVNULL
    )
    house = House(folder=folder, port=free_port(), vendor_url=f"http://127.0.0.1:{port}/v1")
    try:
        await _answers(f"{house.vendor_url}/models")
        yield house
    finally:
        await house.kill()
        vendor.kill()
        await vendor.wait()


async def _answers(url: str) -> None:
    async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient() as http:
        while True:
            try:
                (await http.get(url)).raise_for_status()
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
            else:
                return


def new_client() -> httpx.AsyncClient:
    """Room for every stream at once; a client that was cut off opens a new connection."""
    return httpx.AsyncClient(timeout=httpx.Timeout(30.0), limits=httpx.Limits(max_keepalive_connections=0))


def frontdesk(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from frontdesk.cli import main; main()", *arguments]


def environ() -> Mapping[str, str]:
    """Ours, without anybody's own settings; words only, so that a start takes a second."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    return others | {
        "FRONTDESK_EMBEDDER": "none",
        "FRONTDESK_LEASE_S": str(LEASE_S),
        "FRONTDESK_TURN_DEADLINE_S": "60",
        "FRONTDESK_LOG_LEVEL": "warning",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _main(rounds: int, seed: int) -> None:
    random, began = Random(seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async with a_house(Path(folder)) as house, new_client() as http:
            await house.start()
            found = [await run_round(house, http, random=random) for _ in range(rounds)]
            await house.stop()
    turns = sum(one.turns for one in found)
    print(
        f"{rounds} kills, {turns} turns in flight: lost {sum(one.lost for one in found)}, "
        f"doubled {sum(one.doubled for one in found)}, with gaps {sum(one.gaps for one in found)}, "
        f"differing {sum(one.differing for one in found)}, failed {sum(one.failed for one in found)}, begun again {sum(one.taken_over for one in found)}; "
        f"{time.monotonic() - began:.0f} s, seed {seed}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asyncio.run(_main(options.rounds, options.seed))
