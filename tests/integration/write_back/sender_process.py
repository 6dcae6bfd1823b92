"""A process that does nothing but send: `python sender_process.py DATABASE BACKOFFICE`, until it is killed."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from crm import GUARD
from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.stores import open_database
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.connectors import open_connectors
from frontdesk.domain.connector_source import operations_of
from frontdesk.ports.telemetry import NoOccurrences
from frontdesk.releases.connectors_file import read_connectors
from frontdesk.releases.write_back_file import read_write_back
from frontdesk.settings import load_settings
from frontdesk.turn.write_back import SenderPace, Target, WriteBackSender

DEMO = Path(__file__).parents[3] / "examples" / "harbor-and-pine"


class HurriedClock(SystemClock):
    """Fifty seconds pass in one: a breaker that opens for 15 s is tried again soon."""

    def monotonic(self) -> float:
        return super().monotonic() * 50


async def main(database_url: str, office_url: str) -> None:
    described = read_connectors(DEMO)
    written = read_write_back(DEMO, operations_of(described), [])
    assert written is not None
    database, clock, telemetry = await open_database(database_url), HurriedClock(), PrometheusTelemetry()
    if database_url.startswith("sqlite"):
        await database.write(lambda stores: stores.write_backs.release_all())
    sources = [_hurried(one) for one in described if one.name == "crm"]
    async with httpx.AsyncClient(timeout=None) as client:
        connectors = open_connectors(
            sources, load_settings({}), clock, telemetry, client=client, simulators=lambda _: office_url
        )
        rules = replace(written, first_pause_s=0.02, longest_pause_s=0.2)
        target = Target(rules=rules, connector=connectors["crm"], guard=GUARD)
        sender = WriteBackSender(
            database,
            lambda: target,
            owner=f"sender-{id(database)}",
            clock=clock,
            telemetry=telemetry,
            occurrences=NoOccurrences(),
            pace=SenderPace(poll_s=0.02, lease_s=1.0, held_s=0.05, at_once=4),
        )
        sender.start()
        await asyncio.Event().wait()


def _hurried(source: Any) -> Any:
    operations = (replace(one, spec=replace(one.spec, timeout_s=0.3)) for one in source.operations)
    return replace(source, operations=tuple(operations))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
