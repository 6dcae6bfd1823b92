"""One round: customers ask, a blow falls at a random moment, everybody finishes, and we judge."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random

import httpx

from frontdesk.domain.events import TurnFailed
from frontdesk.drills.crash.blows import Blow
from frontdesk.drills.crash.findings import Findings
from frontdesk.drills.crash.house import House, log_lines
from frontdesk.drills.crash.visits import Visit, histories_of, invite
from frontdesk.drills.invariants import History, Violation, check, check_asked, read_kept
from frontdesk.drills.stage import RunningServer
from frontdesk.drills.visitor import PATIENCE_S

_MOMENTS_S = (0.0, 1.0)
"""An answer takes longer."""
_WHILE_ACCEPTING = 0.25
"""Share of the rounds whose moment is counted from the first message and not from the last acceptance."""
_TAKEN_OVER = "turn_taken_over"
"""The log line of a process that has got a dead one's turn."""


async def run_round(
    http: httpx.AsyncClient,
    house: House,
    questions: Sequence[str],
    *,
    turns: int,
    random: Random,
    blow: Blow,
) -> Findings:
    """All servers run before and after; the blow falls in between."""
    visits, newest = await invite(http, house, questions, count=turns, random=random), await newest_request(house)
    paying = [asyncio.create_task(visit.pay(http)) for visit in visits]
    try:
        if random.random() > _WHILE_ACCEPTING:
            await _until_accepted(visits)
        await asyncio.sleep(random.uniform(*_MOMENTS_S))
        in_flight = sum(not visit.visitor.is_done for visit in visits)
        died_at, died_at_s = time.time(), time.monotonic()
        await blow()
        ends = await asyncio.gather(*paying, return_exceptions=True)
    finally:
        for task in paying:
            task.cancel()
        await asyncio.gather(*paying, return_exceptions=True)
    taken_over = _taken_over_since(house.servers, died_at)
    histories = await histories_of(http, house, visits)
    return Findings(
        rounds=1,
        turns=turns,
        in_flight=in_flight,
        taken_over_s=tuple(taken_over.values()),
        silences_s=tuple(_silences(visits, set(taken_over), died_at_s)),
        asked_for_person=sum(visit.person_after_s is not None for visit in visits),
        words_s=tuple(seconds for visit in visits for seconds in visit.words_s),
        failed=sum(_has_failed(visit) for visit in visits),
        violations=(*gave_up(visits, ends), *await judge(house, histories, after=newest)),
    )


async def newest_request(house: House) -> int:
    """Number of the last request that the vendor has had."""
    return max((request.number for request in await house.vendor.requests()), default=0)


async def judge(house: House, histories: Sequence[History], *, after: int) -> tuple[Violation, ...]:
    """
    Args:
        after: number of the vendor's last request before these customers came.
    """
    kept = await read_kept(house.database_url, [history.conversation_id for history in histories])
    asked = len(await house.vendor.requests(after=after))
    return (*check(kept, tuple(histories)), *check_asked(kept, asked))


async def _until_accepted(visits: Sequence[Visit]) -> None:
    """Until every customer has heard of their turn."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if all(visit.visitor.heard for visit in visits):
                return
            await asyncio.sleep(0.01)


def gave_up(visits: Sequence[Visit], ends: Sequence[BaseException | None]) -> Iterator[Violation]:
    """Of customers to whom nobody answered within their patience, or whom a server refused for good."""
    for visit, end in zip(visits, ends, strict=True):
        if isinstance(end, BaseException):
            what = f"the customer got no end: {type(end).__name__}"
            yield Violation(invariant="I2", harm="lost", where=visit.visitor.conversation_id, what=what)


def _taken_over_since(servers: Sequence[RunningServer], died_at: float) -> dict[str, float]:
    """Seconds until another process had each turn that changed hands since then, by turn."""
    found: dict[str, float] = {}
    for line in log_lines(servers):
        if _TAKEN_OVER in line:
            said = json.loads(line)
            seconds = datetime.fromisoformat(said["timestamp"]).timestamp() - died_at
            if said["event"] == _TAKEN_OVER and seconds >= 0:
                found[said["turn_id"]] = min(seconds, found.get(said["turn_id"], seconds))
    return found


def _silences(visits: Sequence[Visit], turn_ids: set[str], died_at_s: float) -> Iterator[float]:
    """Seconds until each customer of these turns heard anything new of it."""
    for visit in visits:
        heard = visit.visitor.heard
        if heard and json.loads(heard[0].data).get("turn_id") in turn_ids:
            after = [event.at_s - died_at_s for event in heard if event.at_s > died_at_s]
            if after:
                yield after[0]


def _has_failed(visit: Visit) -> bool:
    return any(event.kind == TurnFailed.kind for event in visit.visitor.heard)
