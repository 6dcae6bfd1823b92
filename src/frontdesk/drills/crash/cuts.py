"""Readers who hang up at random bytes and go on reading elsewhere: they hear every byte once."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

import httpx

from frontdesk.drills.crash.findings import Findings
from frontdesk.drills.crash.house import House
from frontdesk.drills.crash.kills import gave_up, judge, newest_request
from frontdesk.drills.crash.visits import histories_of, invite
from frontdesk.drills.visitor import Heard

READERS = 20
CUTS_EACH = 5
_LATEST_BYTE = 2500
"""Of one connection: an event with its sources has a thousand bytes, and some are to be heard whole."""


async def run_cuts(http: httpx.AsyncClient, house: House, questions: Sequence[str], *, random: Random) -> Findings:
    """Some readers at once, each of whom hangs up several times."""
    wanted = [[random.randint(0, _LATEST_BYTE) for _ in range(CUTS_EACH)] for _ in range(READERS)]
    newest = await newest_request(house)
    visits = await invite(http, house, questions, count=READERS, random=random, cuts=wanted, people=False)
    ends = await asyncio.gather(*(visit.pay(http) for visit in visits), return_exceptions=True)
    histories = await histories_of(http, house, visits)
    return Findings(
        rounds=1,
        turns=READERS,
        cuts=sum(CUTS_EACH - len(visit.visitor.cuts) for visit in visits),
        continued_elsewhere=sum(sum(_moves(visit.visitor.heard)) for visit in visits),
        violations=(*gave_up(visits, ends), *await judge(house, histories, after=newest)),
    )


def _moves(heard: Sequence[Heard]) -> Iterator[bool]:
    for before, after in pairwise(heard):
        yield before.place != after.place
