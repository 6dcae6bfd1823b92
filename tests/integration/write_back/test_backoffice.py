"""The demo's own rules against the back office over HTTP: what its CRM holds is what was said, once, whatever it does."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders import DEMO
from crm import GUARD, begin, say
from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.connectors import open_connectors
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.turn import Outcome
from frontdesk.domain.write_back import FieldRule, WriteBack
from frontdesk.ports.stores import Database
from frontdesk.ports.telemetry import NoOccurrences
from frontdesk.releases import read_assistant
from frontdesk.settings import load_settings
from frontdesk.simulators.backoffice import Backoffice, start_backoffice
from frontdesk.turn.write_back import SenderPace, Target, WriteBackSender
from frontdesk.turn.write_back.mending import mend

CUSTOMER = "cust-5023"
CONTENT = read_assistant(DEMO)
assert CONTENT.write_back is not None
_numbers = itertools.count(1)
RULES: WriteBack = CONTENT.write_back


@pytest.fixture
def url(tmp_path: Path) -> str:
    """What other systems do has nothing to do with which database it is."""
    return f"sqlite:///{tmp_path}/frontdesk.db"


@pytest.fixture(scope="module")
def backoffice() -> Iterator[Backoffice]:
    running = start_backoffice()
    yield running
    running.close()


@dataclass(frozen=True, slots=True)
class Crm:
    """The CRM as its owner sees it."""

    http: httpx.AsyncClient

    async def record(self, conversation_id: ConversationId) -> dict[str, Any]:
        path = f"/crm/objects/conversations/records/{conversation_id}"
        found = await self.http.get(path, headers={"X-Api-Key": "backoffice-crm"})
        return dict(found.raise_for_status().json())

    async def effects(self, conversation_id: ConversationId) -> list[dict[str, Any]]:
        told = (await self.http.get("/_effects", params={"system": "crm"})).json()["effects"]
        return [one for one in told if one["reference"] == conversation_id]

    async def fail(self, fault: str, **values: Any) -> None:
        told = await self.http.post("/_faults", json={"fault": fault, "system": "crm", **values})
        assert told.status_code == 201, told.text


@pytest.fixture
async def crm(backoffice: Backoffice) -> AsyncIterator[Crm]:
    async with httpx.AsyncClient(base_url=backoffice.url) as http:
        yield Crm(http)
        await http.delete("/_faults")


class JumpingClock(SystemClock):
    """A minute passes in no time: breakers open and close by it."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead_s

    def jump(self, seconds: float = 60.0) -> None:
        self._ahead_s += seconds


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
async def a_sender_to(
    database: Database, backoffice: Backoffice, clock: JumpingClock
) -> AsyncIterator[Callable[..., tuple[WriteBackSender, Target]]]:
    async with httpx.AsyncClient(timeout=None) as client:

        def build(rules: WriteBack = RULES, *, timeout_s: float = 2.0) -> tuple[WriteBackSender, Target]:
            sources = [_patient(one, timeout_s) for one in CONTENT.connectors if one.name == "crm"]
            connectors = open_connectors(
                sources,
                load_settings({}),
                clock,
                PrometheusTelemetry(),
                client=client,
                simulators=lambda _: backoffice.url,
            )
            target = Target(rules=rules, connector=connectors["crm"], guard=GUARD)
            sender = WriteBackSender(
                database,
                lambda: target,
                owner="one",
                clock=clock,
                telemetry=PrometheusTelemetry(),
                occurrences=NoOccurrences(),
                pace=SenderPace(look_s=0.0),
                dice=lambda: 0.0,
            )
            return sender, target

        yield build


def _patient(source: Any, timeout_s: float) -> Any:
    """The system with this time for every attempt."""
    operations = (replace(one, spec=replace(one.spec, timeout_s=timeout_s)) for one in source.operations)
    return replace(source, operations=tuple(operations))


async def a_conversation(database: Database, *, subject: str = CUSTOMER) -> ConversationId:
    """Each has a name of its own: the back office outlives a test."""
    return await begin(database, f"office-{next(_numbers)}", subject=subject)


async def state(database: Database, conversation_id: ConversationId) -> str:
    found = await database.read(lambda stores: stores.write_backs.get(conversation_id))
    assert found is not None
    return found.state


async def test_the_demo_s_conversation_is_a_record_that_the_crm_accepts(
    database: Database, crm: Crm, a_sender_to: Any
) -> None:
    sender, _ = a_sender_to()
    one = await a_conversation(database)
    await say(database, one, "Where is order 1234? Mail me at ann@example.com", topic="order-specific")
    await sender.step()
    record = await crm.record(one)
    fields = record["fields"]
    assert (fields["contact"], fields["channel"], fields["outcome"]) == (CUSTOMER, "WEB_CHAT", "SOLVED")
    assert (fields["topic"], fields["messages"], fields["handled_by"]) == ("ORDER", 1, "ASSISTANT")
    assert fields["started_at"] == "2026-11-25T09:30:00Z"
    assert "ann@example.com" not in str(record)
    await say(database, one, "Let me talk to a person", outcome=Outcome.ESCALATED)
    await sender.step()
    record = await crm.record(one)
    assert (record["version"], record["fields"]["outcome"], record["fields"]["handled_by"]) == (
        2,
        "HANDED_OVER",
        "PERSON",
    )
    assert len(await crm.effects(one)) == 2


@pytest.mark.parametrize(
    "fault",
    ["error", "unavailable", "unauthorised", "reset", "half_body", "answer_lost", "html"],
)
async def test_whatever_the_crm_does_to_a_call_the_record_is_there_once(
    database: Database, crm: Crm, a_sender_to: Any, clock: JumpingClock, fault: str
) -> None:
    sender, target = a_sender_to()
    one = await a_conversation(database)
    await say(database, one)
    await crm.fail(fault, count=3)
    for _ in range(6):
        await sender.send_due(target)
        clock.jump()
    assert await state(database, one) == "sent"
    assert (await crm.record(one))["version"] == 1
    assert len(await crm.effects(one)) == 1


async def test_an_answer_that_never_comes_leaves_one_record(database: Database, crm: Crm, a_sender_to: Any) -> None:
    sender, _ = a_sender_to(timeout_s=0.2)
    one = await a_conversation(database)
    await say(database, one)
    await crm.fail("answer_held", count=1)
    await crm.fail("silent", count=1)
    for _ in range(4):
        await sender.step()
    assert await state(database, one) == "sent"
    assert len(await crm.effects(one)) == 1


async def test_a_record_that_the_crm_refuses_is_mended_and_goes_through(
    database: Database, crm: Crm, a_sender_to: Any
) -> None:
    wrong = replace(RULES, fields={**RULES.fields, "language": FieldRule(text="EN")})
    sender, target = a_sender_to(wrong)
    one = await a_conversation(database)
    await say(database, one)
    await sender.step()
    found = await database.read(lambda stores: stores.write_backs.get(one))
    assert found is not None
    assert [(error.field, error.message) for error in found.errors] == [("language", "It must look like [a-z]{2}.")]
    assert await crm.effects(one) == []
    await mend(database, one, {"language": "en"}, target, by="ann", at=SystemClock().now())
    await sender.step()
    assert (await crm.record(one))["fields"]["language"] == "en"


async def test_a_customer_whom_the_crm_does_not_know_is_told_of_by_name_of_the_field(
    database: Database, a_sender_to: Any
) -> None:
    sender, _ = a_sender_to()
    one = await a_conversation(database, subject="cust-0000")
    await say(database, one)
    await sender.step()
    found = await database.read(lambda stores: stores.write_backs.get(one))
    assert found is not None
    assert [(error.field, error.message) for error in found.errors] == [("contact", "There is no such contact.")]
