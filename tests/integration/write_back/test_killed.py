"""Senders are killed with SIGKILL while the CRM is away and comes back: by its own log nothing is missing or doubled."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from crm import begin, say
from frontdesk.adapters.stores import open_database
from frontdesk.simulators.backoffice import start_backoffice

HERE = Path(__file__).parent
CONVERSATIONS = 24
_PATIENCE_S = 30.0


@contextmanager
def sending(url: str, office: str) -> Iterator[subprocess.Popen[bytes]]:
    """A sender that is killed at the end of the block."""
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE.parents[2])])
    command = [sys.executable, str(HERE / "sender_process.py"), url, office]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def effects(http: httpx.Client) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = http.get("/_effects", params={"system": "crm"}).json()["effects"]
    return told


def wait(is_so: Callable[[], bool]) -> None:
    """For what a process does; it ends as soon as that is done."""
    until = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


async def converse(url: str) -> None:
    database = await open_database(url)
    for number in range(CONVERSATIONS):
        await say(database, await begin(database, f"kill-{number}", subject="cust-5023"))
    await database.close()


def test_killed_senders_and_an_absent_crm_leave_nothing_missing_and_nothing_doubled(url: str) -> None:
    asyncio.run(converse(url))
    office = start_backoffice()
    try:
        with httpx.Client(base_url=office.url) as http:
            http.post("/_faults", json={"fault": "unavailable", "system": "crm", "count": 2}).raise_for_status()
            http.post("/_faults", json={"fault": "answer_held", "system": "crm", "share": 0.5, "count": 6})
            with sending(url, office.url):  # killed with calls that were made and never answered
                wait(lambda: len(effects(http)) >= 6)
            with sending(url, office.url):
                wait(lambda: len({one["reference"] for one in effects(http)}) == CONVERSATIONS)
            told = effects(http)
    finally:
        office.close()
    assert [key for key, times in Counter(one["key"] for one in told).items() if times > 1] == []
    assert Counter(one["reference"] for one in told) == {f"conv_kill-{number}": 1 for number in range(CONVERSATIONS)}
