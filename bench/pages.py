"""How long the console's pages take over a database of 10,000 conversations with three turns each, through HTTP.

The database is made from a seed (half a minute) and may be kept. Each page is asked for one after the other by one
client, compressed as browsers get it; the floor is a page-sized loopback request of the same run. The server's own
processor time stands beside the wall clock: on a shared machine only that can be compared.

    python -m bench.pages [--conversations 10000] [--times 30] [--keep FOLDER]
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

from bench.pages_data import COMMON, RARE, Crowd, batches
from bench.surroundings import DEMO, cpu_s, describe_machine, frontdesk, started
from frontdesk.adapters.stores import open_database

LIST_MS, TRACE_MS = 150, 200
"""What the 95th percentile should stay under."""
LIST = "/console/conversations"
_SEARCHES = {
    "plain": "",
    "text that half of them have": f"?q={COMMON}",
    "text that few have": f"?q={RARE}",
    "text that none has": "?q=xyzzy",
    "three words, the last of which none has": f"?q={COMMON}+may+xyzzy",
    "text beyond ASCII": "?q=m%C3%A1laga",
    "an id of a turn": "?q=turn_bench000042n1",
    "outcome, common": "?outcome=refused",
    "outcome, rare": "?outcome=failed",
    "outcome, none": "?outcome=acted",
    "low confidence": "?confidence=low",
    "degraded in any way": "?degraded=any",
    "degraded by a label none has": "?degraded=route_failed",
    "rated down": "?rating=down",
    "customer": "?customer=C-1002",
    "customer, none": "?customer=nobody",
    "language": "?language=es",
    "language, none": "?language=fr",
    "channel": "?channel=voice",
    "origin": "?origin=staff",
    "waiting": "?status=waiting",
    "a month": "?since=2026-03-01&until=2026-03-31",
    "everything at once": f"?q={COMMON}&outcome=answered&confidence=low&degraded=any&language=en&channel=web_chat"
    "&origin=customer&since=2026-03-01",
}


def main() -> None:
    options = _options()
    print("  ".join(f"{name} {value}" for name, value in describe_machine().items()))
    with _folder(options.keep) as folder:
        crowd = Crowd(conversations=options.conversations)
        asyncio.run(_make(folder, crowd))
        size_mb = (folder / "frontdesk.db").stat().st_size / 1e6
        print(f"{crowd.conversations} conversations, {crowd.turns} turns each, {size_mb:.0f} MB\n")
        with _server(folder) as (url, key, pid):
            _measure(httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}), pid, options.times)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=30, help="requests of each page")
    parser.add_argument("--keep", default="", help="folder in which the database is made once and found again")
    return parser.parse_args()


@contextmanager
def _folder(kept: str) -> Iterator[Path]:
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as name:
        yield Path(name)


async def _make(folder: Path, crowd: Crowd) -> None:
    """Fill the database, unless it was kept."""
    path = folder / "frontdesk.db"
    if path.exists():
        return
    database = await open_database(f"sqlite:///{path}")
    for batch in batches(crowd):
        await database.write(batch)
    await database.close()


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Its address, a staff key that was made for this run, and its process."""
    os.environ["FRONTDESK_EMBEDDER"] = "none"
    key = _staff_key(folder)
    with started(frontdesk("up", "--assistant", str(DEMO), "--data-dir", str(folder), "--port", "0")) as process:
        assert process.stdout is not None
        url = next(line.strip() for line in process.stdout if line.startswith("http"))
        yield url, key, process.pid


def _staff_key(folder: Path) -> str:
    command = frontdesk("user", "add", f"bench-{time.time_ns()}", "--data-dir", str(folder), "--json")
    with started(command) as process:
        output, _ = process.communicate(timeout=60)
    return next(word.strip('",') for word in output.split() if word.strip('",').startswith("fd_"))


def _measure(client: httpx.Client, pid: int, times: int) -> None:
    print(f"{'page':46} {'p50':>7} {'p95':>7} {'most':>6}   {'cpu':>6}   size, kB compressed")
    _report("floor: loopback", "/healthz", client, pid, times, aim=0)
    for name, query in _SEARCHES.items():
        _report(f"list, {name}", f"{LIST}{query}", client, pid, times, aim=LIST_MS)
    _report("list, second page", _second_page(client), client, pid, times, aim=LIST_MS)
    _report("one conversation", f"{LIST}/conv_bench004242", client, pid, times, aim=LIST_MS)
    _report("trace of a turn", "/console/turns/turn_bench004242n1", client, pid, times, aim=TRACE_MS)
    _report("API, plain", "/v1/admin/conversations", client, pid, times, aim=LIST_MS)


def _report(name: str, path: str, client: httpx.Client, pid: int, times: int, *, aim: int) -> None:
    client.get(path).raise_for_status()
    taken: list[float] = []
    before = cpu_s(pid)
    for _ in range(times):
        began = time.perf_counter()
        response = client.get(path)
        taken.append((time.perf_counter() - began) * 1000)
    cpu_ms = (cpu_s(pid) - before) / times * 1000
    p95 = sorted(taken)[max(0, int(times * 0.95) - 1)]
    sent = int(response.headers.get("content-length", 0)) / 1000
    verdict = "" if not aim else f"{aim:6}" if p95 < aim else f"{aim:6} MISSED"
    print(f"{name:46} {median(taken):7.1f} {p95:7.1f} {verdict:>6}   {cpu_ms:6.1f}   {sent:6.1f}", flush=True)


def _second_page(client: httpx.Client) -> str:
    page = client.get("/v1/admin/conversations?limit=30").json()
    return f"{LIST}?before={page['next']}"


if __name__ == "__main__":
    main()
