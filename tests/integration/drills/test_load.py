"""`drill load` on a small scale: it measures what is there, and says so when a promise is broken."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from frontdesk.domain.errors import ConfigError, UnavailableError
from frontdesk.drills.load import LoadPlan, drill_load
from frontdesk.drills.load.arrivals import Visitors
from frontdesk.drills.load.gauges import watched
from frontdesk.drills.load.line import Address
from frontdesk.drills.load.readers import long_conversation, reading_slowly
from frontdesk.drills.load.scenery import own_server
from frontdesk.drills.load.visits import BROKEN, Host
from frontdesk.drills.stage import environ, frontdesk

DEMO = Path(__file__).parents[3] / "examples" / "harbor-and-pine"


def _command(*options: str) -> subprocess.CompletedProcess[str]:
    places = ("--assistant", str(DEMO), "--json", *options)
    command = frontdesk("drill", "load", *places)
    return subprocess.run(command, env=environ(), capture_output=True, text=True, timeout=120, check=False)


async def test_a_calm_crowd_is_served_and_everything_is_measured() -> None:
    plan = LoadPlan(assistant=DEMO, rate=10, seconds=6, within_s=20, first_token_ms=20, token_ms=1)
    said: list[str] = []
    report = await drill_load(plan, tell=said.append)
    (phase,) = report.phases
    assert report.is_passed, report.verdicts
    assert 20 <= phase.arrivals <= 70
    assert phase.outcomes.keys() <= {"answered", "refused", "clarified"}
    assert phase.goodput == pytest.approx(phase.arrivals / 6)
    for spread in (phase.stage, phase.text, phase.total):
        assert spread.p50_ms is not None
        assert spread.p50_ms > 0
    use = report.use["steady"]
    assert use.cores is not None
    assert use.cores > 0
    assert use.most_mb is not None
    assert use.most_mb > 50
    assert said[0] == "starting a simulated vendor and a server"


async def test_finds_the_capacity_by_itself() -> None:
    plan = LoadPlan(
        assistant=DEMO, seconds=4, within_s=20, first_token_ms=20, token_ms=1, profile="spike", capacity_step_s=1.5
    )
    report = await drill_load(plan)
    assert report.capacity > 1
    assert not report.is_given
    assert [phase.name for phase in report.phases] == ["calm", "spike x 10", "after"]
    assert sum(phase.lost + phase.broken for phase in report.phases) == 0


async def test_another_server_is_tried_as_it_is_and_what_it_uses_is_not_known() -> None:
    async with own_server(DEMO, database_url="", first_token_ms=0, token_ms=0, embedder="none") as server:
        report = await drill_load(LoadPlan(assistant=DEMO, server=f"{server.url}/", rate=8, seconds=4, within_s=20))
    (phase,) = report.phases
    assert report.server == server.url
    assert phase.goodput == phase.answered_rate > 0
    assert report.use["steady"].cores is None
    assert report.use["steady"].most_mb is None


def test_a_broken_promise_is_told_and_is_the_exit_code() -> None:
    done = _command("--rate", "30", "--seconds", "4", "--within", "0.05", "--first-token-ms", "300")
    assert done.returncode == 1, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["passed"] is False
    (late,) = (verdict for verdict in report["verdicts"] if verdict["is_met"] is False)
    assert late["name"] == "steady: 95% of answers within 0.05 s"


async def test_a_place_where_nobody_answers_is_a_sentence() -> None:
    plan = LoadPlan(assistant=DEMO, server="http://127.0.0.1:9", capacity_step_s=0.2)
    with pytest.raises(UnavailableError, match="Nobody answers at"):
        await drill_load(plan)
    with pytest.raises(ConfigError, match="--server"):
        await drill_load(LoadPlan(assistant=DEMO, server="desk.example"))
    with pytest.raises(ConfigError, match="There are steady, spike"):
        await drill_load(LoadPlan(assistant=DEMO, profile="tsunami"))


@pytest.fixture
async def stuck() -> AsyncIterator[str]:
    """A server that accepts and never says a word."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.close()
    for writer in taken:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in taken), return_exceptions=True)


async def test_people_keep_coming_while_nobody_is_served(stuck: str) -> None:
    visitors = Visitors(Host(address=Address.of(stuck), questions=("Hello?",), patience_s=1.5), seed=1)
    began = time.monotonic()
    await visitors.come("p", rate=50, seconds=1)
    assert time.monotonic() - began < 1.4
    assert 30 <= len(visitors.visits) <= 75
    await visitors.finish()
    assert {visit.outcome for visit in visitors.visits} == {BROKEN}


async def test_slow_readers_are_let_go_come_back_and_cost_little() -> None:
    async with own_server(DEMO, database_url="", first_token_ms=0, token_ms=0, embedder="none") as server:
        address = Address.of(server.url)
        conversation = await long_conversation(address)
        async with watched(server.pid) as gauge, reading_slowly(address, conversation, 50) as readers:
            began = time.monotonic()
            async with asyncio.timeout(40):
                while readers.dropped < 50 or readers.began < 100:
                    await asyncio.sleep(0.2)
        first, most = gauge.readings[0].rss_mb, gauge.most_mb(began, time.monotonic())
    assert most is not None
    assert most - first < 50
