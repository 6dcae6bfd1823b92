"""The server dies without a farewell: nothing that was accepted is lost, nothing is told twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import httpx
import pytest
from bench.kills import Client, House, a_house, new_client, run_round

from frontdesk.adapters.index import FolderSnapshotStore
from shop import tell

MOMENTS_S = (1.2, 2.2, 3.2)
"""After the launch: imports, migrations, documents, sealing, the first requests."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A folder, a port and a slow vendor; the server is not started."""
    async with a_house(tmp_path) as house:
        yield house


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as http:
        yield http


async def test_twenty_turns_in_flight_outlive_a_kill(house: House, http: httpx.AsyncClient) -> None:
    await house.start()
    verdict = await run_round(house, http, random=Random(7))
    tell(verdict)
    assert verdict.is_clean, verdict
    assert verdict.turns == 20
    assert verdict.failed == 0


async def test_a_start_that_was_killed_half_way_does_not_stop_the_next(house: House, http: httpx.AsyncClient) -> None:
    for moment_s in MOMENTS_S:
        await house.launch()
        await asyncio.sleep(moment_s)
        await house.kill()
    lock = house.data_dir / "frontdesk.db.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("1")  # as a process of an earlier life, whose number somebody else has now, left it
    await house.start()
    opened = (await http.post(f"{house.url}/v1/conversations")).json()
    client = Client(
        url=house.url,
        conversation_id=opened["conversation_id"],
        token=opened["token"],
        question="How long does a PayPal refund take?",
    )
    await client.ask(http)
    assert json.loads(client.heard[-1].data)["outcome"] == "answered"
    latest = FolderSnapshotStore(house.data_dir / "snapshots").latest()
    assert latest is not None
