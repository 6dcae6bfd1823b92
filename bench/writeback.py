"""A customer record system that is away for ten minutes under load, and servers that are killed: what is missing, and what doubled.

Everything runs as processes of their own: the back office on a file, and one server, or two on PostgreSQL. Customers write
all the while. The back office is killed and comes back after the outage, then breaks calls in every way in which nobody
knows whether they took place; servers are killed with SIGKILL before, during and after that. Time is compressed thirty to
one: an outage of 20 s with pauses of 0.07 to 10 s stands for one of ten minutes with pauses of 2 to 300 s.

At the end the back office's own log is counted: every conversation is one record that knows of its last turn, and no change
was made twice.

    python -m bench writeback                                     SQLite, one server
    python -m bench.writeback postgresql://user@/postgres?host=…  two servers on a database of their own
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from frontdesk.adapters.stores import open_database
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import StoredWriteBack
from frontdesk.drills.crash.house import start_again
from frontdesk.drills.material import prepared_assistant
from frontdesk.drills.stage import Process, RunningServer, environ, free_port, running_server, scratch_database
from frontdesk.ports.stores import Stores

DEMO = Path(__file__).parents[1] / "examples" / "harbor-and-pine"
MODELS = "answer:\n  - {name: quotes, adapter: extractive}\n"
QUESTIONS = ("How long does a return take?", "What does shipping to Spain cost?", "I want to talk to a person.")
COMPRESSED = 30.0
QUIET_S = 1.0
DRAIN_S = 100.0
"""After the last message, for everything to arrive: a lease of a killed server, and the longest pauses."""
_KEY = {"X-Api-Key": "backoffice-crm"}
_FAULTS = ("answer_lost", "half_body", "error", "unavailable", "reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    conversations: int = 300
    clients: int = 8
    outage_s: float = 600 / COMPRESSED
    kills: int = 6
    broken_calls: int = 25
    """After the outage: calls that fail before or after their change."""
    seed: int = 7


@dataclass(slots=True, kw_only=True)
class Result:
    conversations: int = 0
    turns: int = 0
    kills: int = 0
    outage_s: float = 0.0
    records: int = 0
    changes: int = 0
    missing: list[str] = field(default_factory=list)
    """Conversations that have no record, or one that does not know of their last turn."""
    doubled: list[str] = field(default_factory=list)
    """Changes made twice, by their keys, and records with more versions than were written."""
    stuck: int = 0
    drained_s: float = 0.0
    """From the last message until everything was there."""

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.doubled or self.stuck)


@dataclass(slots=True, kw_only=True)
class House:
    servers: list[RunningServer]
    office: Process
    office_url: str
    database_url: str


@asynccontextmanager
async def open_house(postgres: str) -> AsyncIterator[House]:
    """Servers and a back office, started; everything ends with the block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontdesk-write-back-")))
        port = free_port()
        arguments = ("simulate", "backoffice", "--port", str(port), "--file", str(folder / "office.db"))
        office = Process(arguments=arguments, env=environ(), log_file=folder / "office.log")
        stack.push_async_callback(office.kill)
        await office.first_line()
        assistant = _assistant(folder / "assistant")
        own_url = await stack.enter_async_context(scratch_database(postgres))
        data, env = folder / "data", {"BACKOFFICE_URL": f"http://127.0.0.1:{port}"}
        servers = [
            await stack.enter_async_context(running_server(assistant, data, database_url=own_url, env=env))
            for _ in range(2 if own_url else 1)
        ]
        yield House(
            servers=servers,
            office=office,
            office_url=f"http://127.0.0.1:{port}",
            database_url=own_url or f"sqlite:///{(data / 'frontdesk.db').resolve()}",
        )


def _assistant(folder: Path) -> Path:
    """The demo, which here writes down also who has not proved who they are, soon, and with compressed pauses."""
    copied = prepared_assistant(DEMO, MODELS, into=folder)
    rules = yaml.safe_load((copied / "write_back.yaml").read_text(encoding="utf-8"))
    rules |= {"customers": "all", "first_pause_s": 2.0 / COMPRESSED, "longest_pause_s": 300.0 / COMPRESSED}
    rules["when"] = {"quiet_minutes": QUIET_S / 60}
    rules["fields"]["contact"] = "customer.subject"
    (copied / "write_back.yaml").write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
    connectors = yaml.safe_load((copied / "connectors.yaml").read_text(encoding="utf-8"))
    arguments = connectors["connectors"]["crm"]["operations"]["save_conversation"]["arguments"]
    arguments["contact"] = {"type": "id", "is_required": False}
    (copied / "connectors.yaml").write_text(yaml.safe_dump(connectors, allow_unicode=True), encoding="utf-8")
    return copied


async def play(plan: Plan, *, postgres: str = "") -> Result:
    """Let customers write while the back office is away and servers die; count at the back office."""
    result, dice = Result(), random.Random(plan.seed)
    async with open_house(postgres) as house, asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(_write(house, plan))
        await _misfortunes(house, plan, result, dice)
        await writing
        ended_s = time.monotonic()
        for server in house.servers:
            if not server.is_alive:
                await start_again(server)
        rows = await _drained(house, until_s=ended_s + DRAIN_S)
        result.drained_s = time.monotonic() - ended_s
        await _count(house, rows, result)
    return result


async def _misfortunes(house: House, plan: Plan, result: Result, dice: random.Random) -> None:
    """Half of the kills fall into the outage, the others into the time in which calls break."""
    await asyncio.sleep(2.0)
    await house.office.kill()
    away_s = time.monotonic()
    await _kill_servers(house, plan.kills // 2, plan.outage_s, result, dice)
    await asyncio.sleep(max(0.0, away_s + plan.outage_s - time.monotonic()))
    result.outage_s = time.monotonic() - away_s
    await _open_again(house.office)
    async with httpx.AsyncClient(base_url=house.office_url) as http:
        for number in range(len(_FAULTS) if plan.broken_calls else 0):
            fault = {
                "fault": _FAULTS[number],
                "system": "crm",
                "share": 0.05,
                "count": plan.broken_calls // len(_FAULTS),
            }
            (await http.post("/_faults", json=fault)).raise_for_status()
    await _kill_servers(house, plan.kills - plan.kills // 2, plan.outage_s, result, dice)


async def _kill_servers(house: House, kills: int, within_s: float, result: Result, dice: random.Random) -> None:
    for number in range(kills):
        await asyncio.sleep(dice.uniform(0.2, 0.8) * within_s / max(1, kills))
        server = house.servers[number % len(house.servers)]
        await server.kill()
        result.kills += 1
        await start_again(server)


async def _open_again(office: Process) -> None:
    for attempt in range(5):  # its port may be taken for a moment by somebody's outgoing connection
        with suppress(UnavailableError):
            await office.first_line()
            return
        await asyncio.sleep(0.5 * (attempt + 1))
    raise UnavailableError("The back office does not come back.")


async def _write(house: House, plan: Plan) -> None:
    numbers = iter(range(plan.conversations))

    async def client(http: httpx.AsyncClient, dice: random.Random) -> None:
        for number in numbers:
            await _converse(http, house, number, dice)

    async with httpx.AsyncClient(timeout=30) as http, asyncio.TaskGroup() as tasks:
        for one in range(plan.clients):
            tasks.create_task(client(http, random.Random(plan.seed * 1_000 + one)))


async def _converse(http: httpx.AsyncClient, house: House, number: int, dice: random.Random) -> None:
    """One to three messages; whatever a killed server leaves open is asked again under the same key."""
    opened = await _insist(http, house, number, "/v1/conversations", {"channel": "web_chat", "locale": "en"})
    headers = {"Authorization": f"Bearer {opened['token']}"}
    path = f"/v1/conversations/{opened['conversation_id']}/messages"
    for message in range(dice.choice((1, 1, 2, 3))):
        body = {"text": QUESTIONS[0 if message == 0 and number % 10 else (number + message) % 3]}
        key = {"Idempotency-Key": f"key-{number}-{message}"}
        await _insist(http, house, number, path, body, headers={**headers, **key})
        await asyncio.sleep(dice.uniform(0.2, 2.0 * QUIET_S))


async def _insist(
    http: httpx.AsyncClient, house: House, number: int, path: str, body: Any, *, headers: Any = None
) -> dict[str, Any]:
    for attempt in range(200):
        server = house.servers[(number + attempt) % len(house.servers)]
        with suppress(httpx.HTTPError, ValueError):
            answered = await http.post(f"{server.url}{path}", json=body, headers=headers)
            if answered.status_code < 500 and answered.status_code != 429:
                answered.raise_for_status()
                return dict(answered.json())
        await asyncio.sleep(0.2)
    raise UnavailableError(f"No server took {path}.")


async def _drained(house: House, *, until_s: float) -> Sequence[StoredWriteBack]:
    """Everything that is to be written, once nothing of it waits any more, or at the time-out."""
    headers = {"Authorization": f"Bearer {house.servers[0].staff_key}"}
    async with httpx.AsyncClient(base_url=house.servers[0].url, headers=headers, timeout=30) as http:
        while time.monotonic() < until_s:
            states = (await http.get("/v1/admin/integrations")).json()["write_back"]["by_state"]
            if not states.get("queued", 0) + states.get("sending", 0):
                break
            await asyncio.sleep(0.5)
    for server in house.servers:
        await server.terminate()
    database = await open_database(house.database_url)
    try:
        return await database.read(_everything)
    finally:
        await database.close()


def _everything(stores: Stores) -> Sequence[StoredWriteBack]:
    return stores.write_backs.list_in(("queued", "sending", "sent", "refused", "dead", "discarded"), limit=100_000)


async def _count(house: House, rows: Sequence[StoredWriteBack], result: Result) -> None:
    """What the back office's own log says, beside what our conversations say."""
    turns = await _turns_of(house, [row.conversation_id for row in rows])
    async with httpx.AsyncClient(base_url=house.office_url, headers=_KEY, timeout=30) as http:
        await http.delete("/_faults")  # they would break our own reading too
        records = await _records(http)
        told = (await http.get("/_effects", params={"system": "crm"})).json()["effects"]
    result.conversations, result.turns = len(turns), sum(turns.values())
    result.records, result.changes = len(records), len(told)
    for conversation_id, count in turns.items():
        record = records.get(conversation_id)
        if record is None or record["fields"].get("messages") != count:
            result.missing.append(conversation_id)
    times = Counter(one["key"] for one in told)
    result.doubled = [key for key, count in times.items() if count > 1]
    versions = {row.conversation_id: row.versions for row in rows}
    result.doubled += [one for one, record in records.items() if record["version"] != versions.get(ConversationId(one))]
    result.stuck = sum(row.state != "sent" for row in rows)


async def _turns_of(house: House, marked: Sequence[ConversationId]) -> dict[str, int]:
    """Ended turns of every conversation that has one, read from our own database; also of those nobody marked."""
    database = await open_database(house.database_url)
    try:

        def read(stores: Stores) -> dict[str, int]:
            known = {one.conversation_id for one in stores.conversations.list_recent(limit=100_000)} | set(marked)
            counts = {one: sum(turn.outcome is not None for turn in stores.turns.list_of(one)) for one in known}
            return {one: count for one, count in counts.items() if count}

        return await database.read(read)
    finally:
        await database.close()


async def _records(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = {}
    cursor = ""
    while True:
        parameters: dict[str, str | int] = {"limit": 200, "cursor": cursor}
        page = (await http.get("/crm/objects/conversations/records", params=parameters)).raise_for_status().json()
        found |= {one["external_id"]: one for one in page["records"]}
        cursor = page.get("next") or ""
        if not cursor:
            return found


def _report(name: str, result: Result) -> None:
    print(
        f"{name}: {result.conversations} conversations, {result.turns} turns, {result.kills} kills, CRM away "
        f"{result.outage_s:.0f} s (stands for {result.outage_s * COMPRESSED / 60:.0f} min); "
        f"{result.records} records after {result.changes} changes, "
        f"{len(result.missing)} missing, {len(result.doubled)} doubled, {result.stuck} stuck, "
        f"all there {result.drained_s:.0f} s after the last message"
    )
    for label, names in (("missing", result.missing), ("doubled", result.doubled)):
        if names:
            print(f"  {label}: {', '.join(names[:10])}")


if __name__ == "__main__":
    urls = sys.argv[1:] or [""]
    results = {url: asyncio.run(play(Plan(), postgres=url)) for url in urls}
    for url, result in results.items():
        _report("PostgreSQL, two servers" if url else "SQLite, one server", result)
    sys.exit(0 if all(result.is_whole for result in results.values()) else 1)
