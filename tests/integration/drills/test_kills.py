"""The server dies without a farewell: nothing that was accepted is lost, nothing is told twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from frontdesk.adapters.index import FolderSnapshotStore
from frontdesk.drills.crash import CrashOptions, Report, run_crash_drill
from frontdesk.drills.stage import SETTINGS, RunningServer, environ, free_port
from frontdesk.drills.visitor import Visitor, new_client
from shop import DEMO, tell

MOMENTS_S = (1.2, 2.2, 3.2)
"""After the launch: imports, migrations, documents, sealing, the first requests."""


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as http:
        yield http


async def drilled(**options: object) -> Report:
    report = await run_crash_drill(CrashOptions(assistant=DEMO, **options), tell=lambda *_: None)  # type: ignore[arg-type]
    tell(report.as_json())
    return report


async def test_twenty_turns_in_flight_outlive_a_kill() -> None:
    report = await drilled(kills=1, turns=20, cuts=0, seed=7)
    assert report.is_clean, report.kills.violations
    assert report.kills.turns == 20
    assert report.kills.in_flight >= 10
    assert report.kills.taken_over_s
    assert report.kills.failed == 0


async def test_readers_who_hang_up_at_random_bytes_hear_every_byte_once() -> None:
    report = await drilled(kills=0, cuts=20)
    assert report.is_clean, report.cuts.violations
    assert report.cuts.cuts >= 20


async def test_a_start_that_was_killed_half_way_does_not_stop_the_next(tmp_path: Path, http: httpx.AsyncClient) -> None:
    data, port = tmp_path / "data", free_port()
    places = ("--assistant", str(DEMO), "--data-dir", str(data), "--port", str(port))
    server = RunningServer(
        arguments=("up", *places, "--empty", "--json"),
        env=environ(SETTINGS),
        log_file=tmp_path / "log",
        data_dir=data,
        port=port,
    )
    try:
        for moment_s in MOMENTS_S:
            await server.launch()
            await asyncio.sleep(moment_s)
            await server.kill()
        lock = data / "frontdesk.db.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.write_text("1")  # as a process of an earlier life, whose number somebody else has now, left it
        await server.start()
        visitor = Visitor(urls=(server.url,), question="How long does a PayPal refund take?")
        await visitor.visit(http)
    finally:
        await server.kill()
    assert visitor.final["outcome"] == "answered"
    latest = FolderSnapshotStore(data / "snapshots").latest()
    assert latest is not None
