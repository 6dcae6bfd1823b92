"""Several server processes on one PostgreSQL: any of them serves any conversation, and outlives any other."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import URL

from frontdesk.drills.crash.blows import end_and_start
from frontdesk.drills.crash.cuts import run_cuts
from frontdesk.drills.crash.findings import TAKE_OVER_S
from frontdesk.drills.crash.house import House, open_house
from frontdesk.drills.crash.kills import run_round
from frontdesk.drills.material import prepared_assistant
from frontdesk.drills.stage import SETTINGS, environ, read_in, running_server
from frontdesk.drills.visitor import Visitor, new_client, read_events
from shop import DEMO, SPAIN, tell

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio(loop_scope="module")]
ANSWERED = (SPAIN, "How long does a PayPal refund take?", "What do I have to spend for free delivery to Finland?")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as http:
        yield http


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(postgres_server: URL) -> AsyncIterator[House]:
    """Two servers on a database of their own, with a slow vendor."""
    url = postgres_server.render_as_string(hide_password=False)
    async with open_house(DEMO, database_url=url, replicas=2) as house:
        yield house


async def test_a_dead_servers_turns_are_finished_by_the_other(house: House, http: httpx.AsyncClient) -> None:
    found = await run_round(
        http, house, ANSWERED, turns=20, random=Random(3), blow=lambda: end_and_start(house.servers[0], is_sudden=True)
    )
    tell(found)
    assert found.violations == ()
    assert found.failed == 0
    assert found.taken_over_s
    assert sorted(found.taken_over_s)[len(found.taken_over_s) // 2] < TAKE_OVER_S


async def test_servers_that_are_replaced_one_after_the_other_lose_and_fail_nothing(
    house: House, http: httpx.AsyncClient
) -> None:
    for victim in house.servers:
        found = await run_round(
            http, house, ANSWERED, turns=20, random=Random(4), blow=partial(end_and_start, victim, is_sudden=False)
        )
        tell(found)
        assert found.violations == ()
        assert found.failed == 0


async def test_a_stream_goes_on_at_the_other_server_with_the_same_bytes(house: House, http: httpx.AsyncClient) -> None:
    found = await run_cuts(http, house, ANSWERED, random=Random(5))
    tell(found)
    assert found.violations == ()
    assert found.continued_elsewhere >= 10


async def test_a_reader_at_one_server_hears_at_once_what_the_other_writes(
    house: House, http: httpx.AsyncClient
) -> None:
    here, there = house.urls()
    visitor = Visitor(urls=(here,), question=SPAIN)
    await visitor.open(http)
    headers = {**visitor.headers, "Accept": "text/event-stream"}
    told_there: dict[int, float] = {}
    async with http.stream("GET", f"{there}{visitor.path}/events", headers=headers) as stream:
        asking = asyncio.create_task(visitor.ask(http))
        async for event in read_events(stream):
            told_there[event.seq] = time.monotonic()
            if event.kind == "answer.completed":
                break
        await asking
    late_s = sorted(told_there[event.seq] - event.at_s for event in visitor.heard)
    assert late_s[len(late_s) // 2] < 0.5  # without an announcement it would be a second
    assert set(told_there) == {event.seq for event in visitor.heard}


async def test_the_same_message_at_both_servers_at_once_is_one_turn(house: House, http: httpx.AsyncClient) -> None:
    here, there = house.urls()
    first = Visitor(urls=(here,), question=SPAIN)
    await first.open(http)
    second = Visitor(
        urls=(there,), question=SPAIN, key=first.key, conversation_id=first.conversation_id, token=first.token
    )
    await asyncio.gather(first.ask(http), second.ask(http))
    assert [event.frame for event in first.heard] == [event.frame for event in second.heard]
    assert len([event for event in await first.log(http) if event["kind"] == "turn.accepted"]) == 1


async def test_two_servers_that_start_at_once_make_the_tables_and_the_staff_key_once(
    bare_postgres_url: str, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    models = "answer:\n  - {name: built-in, adapter: extractive}\n"
    assistant = prepared_assistant(DEMO, models, into=tmp_path / "copy")
    await read_in(assistant, tmp_path / "data", env=environ(SETTINGS))
    async with AsyncExitStack() as stack:
        servers = await asyncio.gather(
            *(
                stack.enter_async_context(running_server(assistant, tmp_path / "data", database_url=bare_postgres_url))
                for _ in range(2)
            )
        )
        assert sorted(bool(server.staff_key) for server in servers) == [False, True]
        for server in servers:
            visitor = Visitor(urls=(server.url,), question=SPAIN)
            await visitor.visit(http)
            assert visitor.final["outcome"] == "answered"
