"""Senders over both databases, with dice that always say: at once."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from crm import SmallCrm, target_of
from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.stores import open_database
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.domain.occurrences import Severity
from frontdesk.domain.write_back import WriteBack
from frontdesk.ports.stores import Database
from frontdesk.turn.write_back import SenderPace, WriteBackSender


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/frontdesk.db"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await open_database(url)
    yield opened
    await opened.close()


class Noted:
    """Implements `ports.telemetry.Occurrences`."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.details: list[dict[str, str | int | float]] = []

    def note(self, kind: str, *, subject: str, severity: Severity = "warning", **detail: str | int | float) -> None:
        self.kinds.append(kind)
        self.details.append(detail)


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def a_sender(database: Database, noted: Noted) -> Callable[..., WriteBackSender]:
    """A sender that waits for nothing: pauses are multiplied with 0."""

    def build(crm: SmallCrm, *, rules: WriteBack | None = None, owner: str = "one", **pace: Any) -> WriteBackSender:
        target = target_of(crm, rules) if rules else target_of(crm)
        return WriteBackSender(
            database,
            lambda: target,
            owner=owner,
            clock=SystemClock(),
            telemetry=PrometheusTelemetry(),
            occurrences=noted,
            pace=SenderPace(look_s=0.0, **pace),
            dice=lambda: 0.0,
        )

    return build
