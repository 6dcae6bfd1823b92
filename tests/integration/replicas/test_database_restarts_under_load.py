"""PostgreSQL is restarted again and again while customers write: each gets an answer, once, and none waits in the dark."""

import asyncio
import time
from random import Random

import pytest

from frontdesk.drills.crash.findings import WORD_S
from frontdesk.drills.crash.house import open_house
from frontdesk.drills.crash.kills import judge, newest_request
from frontdesk.drills.crash.visits import Visit, histories_of, invite
from frontdesk.drills.visitor import new_client
from own_postgres import OwnPostgres
from shop import DEMO, SPAIN, tell

pytestmark = pytest.mark.postgres
QUESTIONS = (SPAIN, "How long does a PayPal refund take?", "What do I have to spend for free delivery to Finland?")


async def test_messages_are_kept_or_refused_within_5_s_while_the_database_restarts(own_postgres: OwnPostgres) -> None:
    random = Random(11)
    async with open_house(DEMO, database_url=own_postgres.url, replicas=2) as house, new_client() as http:
        newest, visits, restarts = await newest_request(house), list[Visit](), list[float]()
        restarting = asyncio.create_task(restart_again_and_again(own_postgres, random, restarts))
        for _ in range(2):
            group = await invite(http, house, QUESTIONS, count=16, random=random)
            await asyncio.gather(*(visit.pay(http) for visit in group))
            visits += group
        restarting.cancel()
        await asyncio.gather(restarting, return_exceptions=True)
        violations = await judge(house, await histories_of(http, house, visits), after=newest)
    words_s = [seconds for visit in visits for seconds in visit.words_s]
    refusals = sum(len(visit.visitor.refusals) for visit in visits)
    tell({"restarts": len(restarts), "slowest word": max(words_s), "refusals": refusals, "violations": violations})
    assert violations == ()
    assert len(restarts) >= 2
    assert max(words_s) < WORD_S


async def restart_again_and_again(postgres: OwnPostgres, random: Random, done: list[float]) -> None:
    """Each time, everybody who is connected is cut off without a word."""
    while True:
        await asyncio.sleep(random.uniform(2, 4))
        await postgres.restart()
        done.append(time.monotonic())
