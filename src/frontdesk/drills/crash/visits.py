"""Customers of a round: each asks one question and signs it with an address of their own; some lose patience."""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import httpx

from frontdesk.domain.turn import Outcome
from frontdesk.drills.crash.house import House
from frontdesk.drills.invariants import History, hear_again
from frontdesk.drills.visitor import Visitor

PERSON_EVERY = 10
"""One in so many asks for a person while the answer is being written."""
_PERSON_WITHIN_S = 1.5
_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    visitor: Visitor
    canary: str
    person_after_s: float | None = None
    """When they ask for a person; None where they do not."""

    @property
    def words_s(self) -> list[float]:
        """Seconds until each word on whether the message is kept: every refusal, or else the acceptance."""
        visitor = self.visitor
        if visitor.refusals or not visitor.heard:
            return [seconds for _, seconds in visitor.refusals]
        return [visitor.heard[0].at_s - visitor.sent_at_s]

    async def pay(self, http: httpx.AsyncClient) -> None:
        """Ask until there is an end, and for a person in between."""
        asking = asyncio.create_task(self.visitor.ask(http))
        try:
            if self.person_after_s is not None:
                await asyncio.sleep(self.person_after_s)
                await self._ask_for_person(http)
            await asking
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking

    async def _ask_for_person(self, http: httpx.AsyncClient) -> None:
        """At whichever server answers first."""
        visitor, turn = self.visitor, 0
        async with asyncio.timeout(visitor.patience_s):
            while True:
                url = visitor.urls[turn % len(visitor.urls)]
                with suppress(httpx.HTTPError):
                    reply = await http.post(f"{url}{visitor.path}/escalation", headers=visitor.headers)
                    reply.raise_for_status()
                    return
                turn += 1
                await asyncio.sleep(_AGAIN_S)


async def invite(
    http: httpx.AsyncClient,
    house: House,
    questions: Sequence[str],
    *,
    count: int,
    random: Random,
    cuts: Sequence[Sequence[int]] = (),
    people: bool = True,
) -> list[Visit]:
    """Customers with an open conversation each, spread over the servers.

    Args:
        cuts: for each customer, the bytes after which they hang up.
        people: whether some ask for a person.
    """
    visits = [
        _visit(house, questions, number, random, cuts=cuts[number] if cuts else (), asks=people)
        for number in range(count)
    ]
    await asyncio.gather(*(visit.visitor.open(http) for visit in visits))
    return visits


def _visit(
    house: House, questions: Sequence[str], number: int, random: Random, *, cuts: Sequence[int], asks: bool
) -> Visit:
    canary = f"{secrets.token_hex(6)}@example.com"
    visitor = Visitor(
        urls=house.urls(first=number),
        question=f"{random.choice(questions)}\n--\n{canary}",
        cuts=deque(cuts),
    )
    loses_patience = asks and number % PERSON_EVERY == PERSON_EVERY - 1
    moment = random.uniform(0, _PERSON_WITHIN_S) if loses_patience else None
    return Visit(visitor=visitor, canary=canary, person_after_s=moment)


async def answerable(http: httpx.AsyncClient, house: House, questions: Sequence[str]) -> tuple[str, ...]:
    """Those of the questions that are answered here; all where none is."""
    visitors = [Visitor(urls=house.urls(first=number), question=one) for number, one in enumerate(questions)]
    await asyncio.gather(*(visitor.visit(http) for visitor in visitors))
    found = tuple(visitor.question for visitor in visitors if visitor.final["outcome"] == Outcome.ANSWERED)
    return found or tuple(questions)


async def histories_of(http: httpx.AsyncClient, house: House, visits: Sequence[Visit]) -> tuple[History, ...]:
    """What they sent and heard, and what every server tells of it now."""
    urls = [server.url for server in house.servers]
    return tuple(
        await asyncio.gather(*(hear_again(http, visit.visitor, urls, canary=visit.canary) for visit in visits))
    )
