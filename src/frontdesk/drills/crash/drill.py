"""The campaign: as many kills and cuts as are wanted, one round after the other, each judged at its end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from frontdesk.drills.crash.blows import Signal, next_blow
from frontdesk.drills.crash.cuts import run_cuts
from frontdesk.drills.crash.findings import Findings, Report
from frontdesk.drills.crash.house import House, open_house
from frontdesk.drills.crash.kills import run_round
from frontdesk.drills.crash.visits import answerable
from frontdesk.drills.material import questions_of
from frontdesk.drills.visitor import new_client

_QUESTIONS = 12
"""Tried before the first round, which then asks those that are answered: a turn that is refused is over at once."""

Progress = Callable[[str, int, int, Findings], None]
"""Told what is being done, how much of it is done, how much there is, and what was found so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashOptions:
    assistant: Path
    database_url: str = ""
    """A PostgreSQL server for several replicas; empty for SQLite and one server that is restarted."""
    kills: int = 100
    turns: int = 20
    """In flight at each kill."""
    replicas: int = 2
    cuts: int = 500
    signal: Signal = "kill"
    restart_database: str = ""
    """Shell command that restarts the PostgreSQL server, for `database`."""
    seed: int = 1


async def run_crash_drill(options: CrashOptions, *, tell: Progress) -> Report:
    """Run the campaign on processes and a database of its own.

    Raises:
        ConfigError: the assistant has mistakes, or no database can be made.
        UnavailableError: a server does not start.
    """
    began, random = time.monotonic(), Random(options.seed)
    listed = questions_of(options.assistant)[:_QUESTIONS]
    async with (
        open_house(options.assistant, database_url=options.database_url, replicas=options.replicas) as house,
        new_client() as http,
    ):
        tell("preparing", 0, len(listed), Findings())
        questions = await answerable(http, house, listed)
        campaign = _Campaign(house, http, questions, random, tell)
        kills = await campaign.kill(options)
        cuts = await campaign.cut(options.cuts)
        return Report(
            database="PostgreSQL" if options.database_url else "SQLite",
            servers=len(house.servers),
            signal=options.signal,
            seed=options.seed,
            seconds=time.monotonic() - began,
            kills=kills,
            cuts=cuts,
        )


@dataclass(frozen=True, slots=True)
class _Campaign:
    house: House
    http: httpx.AsyncClient
    questions: tuple[str, ...]
    random: Random
    tell: Progress

    async def kill(self, options: CrashOptions) -> Findings:
        found = Findings()
        for done in range(options.kills):
            self.tell("kills", done, options.kills, found)
            blow = next_blow(
                self.house, options.signal, number=done, random=self.random, command=options.restart_database
            )
            found += await run_round(
                self.http, self.house, self.questions, turns=options.turns, random=self.random, blow=blow
            )
        self.tell("kills", options.kills, options.kills, found)
        return found

    async def cut(self, wanted: int) -> Findings:
        found = Findings()
        while found.cuts < wanted:
            self.tell("cuts", found.cuts, wanted, found)
            more = await run_cuts(self.http, self.house, self.questions, random=self.random)
            found += more
            if not more.cuts:  # the answers here are shorter than any cut
                break
        self.tell("cuts", found.cuts, max(wanted, found.cuts), found)
        return found
