"""What customers and staff are shown of a workflow: sources, buttons, and the trace of what was done."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx

from frontdesk.adapters.clock import SystemTokens
from frontdesk.bootstrap import ReleaseBook
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.server.access import hash_secret
from frontdesk.server.app import create_app
from frontdesk.settings import load_settings
from payments import ADA, Till, a_till

STAFF, TOKEN = "fd_for-this-test", "a-customers-token"


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A till with its doors open."""

    till: Till
    client: httpx.AsyncClient
    conversation: ConversationId

    async def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        response = await self.client.get(f"/v1/conversations/{self.conversation}/{path}", headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def trace(self, turn_id: str) -> str:
        headers = {"Authorization": f"Bearer {STAFF}"}
        response = await self.client.get(f"/console/turns/{turn_id}", headers=headers)
        assert response.status_code == 200, response.text
        return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", response.text).split()))


@asynccontextmanager
async def a_counter(folder: Path) -> AsyncIterator[Counter]:
    async with a_till(folder) as till:
        world, releases = till.world, ReleaseBook()
        releases.go_live(world.release)
        served = SimpleNamespace(
            settings=load_settings({}),
            database=world.database,
            runner=world.runner,
            releases=releases,
            clock=world.clock,
            tokens=SystemTokens(),
            telemetry=world.telemetry,
        )
        at = world.clock.now()
        await world.database.write(lambda stores: stores.staff_keys.add("ops", key_hash=hash_secret(STAFF), at=at))
        conversation = await till.a_customer(ADA, token_hash=hash_secret(TOKEN))
        transport = httpx.ASGITransport(create_app(cast("Any", served)))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            yield Counter(till=till, client=client, conversation=conversation)


async def test_a_marker_opens_what_the_system_said_and_when(tmp_path: Path) -> None:
    async with a_counter(tmp_path) as counter:
        shown = await counter.till.say(counter.conversation, "start refund order_id=10482")
        source = await counter.get(f"citations/{shown['turn_id']}/1")
        assert (source["title"], source["is_from_system"], source["is_current"]) == ("the payment system", True, True)
        assert source["quote"].startswith("order_id: 10482; total: 49.90 (as of 20 November 2026")
        assert source["document"] is None


async def test_a_confirmation_and_a_choice_come_with_buttons(tmp_path: Path) -> None:
    async with a_counter(tmp_path) as counter:
        shown = await counter.till.say(counter.conversation, "start refund order_id=10482")
        offered = await counter.get(f"turns/{shown['turn_id']}/suggestions")
        assert offered["items"] == [{"label": "Yes", "text": "Yes"}, {"label": "No", "text": "No"}]


async def test_the_trace_shows_steps_calls_and_the_decision(tmp_path: Path) -> None:
    async with a_counter(tmp_path) as counter:
        shown = await counter.till.say(counter.conversation, "start refund order_id=10482")
        page = await counter.trace(shown["turn_id"])
        assert "The workflow refund asked and waits for confirm ." in page
        assert "set order_id: 10482" in page
        assert "payments.order" in page
        assert "payments.refund waits for a yes." in page
        done = await counter.till.say(counter.conversation, "yes")
        assert "changes something" in await counter.trace(done["turn_id"])


async def test_the_trace_names_the_system_that_failed_as_the_cause(tmp_path: Path) -> None:
    async with a_counter(tmp_path) as counter:
        counter.till.payments.failures["order"] = "silent"
        answer = await counter.till.say(counter.conversation, "start refund order_id=10482")
        page = await counter.trace(answer["turn_id"])
        assert "payments.order failed while the workflow refund was under way." in page
        assert "As the test wants it." in page
        metrics = counter.till.world.telemetry.render().decode()
        assert 'frontdesk_workflow_runs_total{failure="silent",status="handed_over",workflow="refund"} 1.0' in metrics
        assert (
            'frontdesk_workflow_step_failures_total{failure="silent",workflow="refund",workflow_step="look"} 1.0'
            in metrics
        )


async def test_the_trace_of_what_was_not_allowed_says_so(tmp_path: Path) -> None:
    async with a_counter(tmp_path) as counter:
        answer = await counter.till.say(counter.conversation, "start refund order_id=20777")
        page = await counter.trace(answer["turn_id"])
        assert "A record of payments.order belongs to somebody else." in page
        assert 'frontdesk_denied_total{denial="record.not_yours"} 1.0' in counter.till.world.telemetry.render().decode()


async def test_the_person_who_takes_over_reads_what_was_collected(tmp_path: Path) -> None:
    async with a_counter(tmp_path) as counter:
        await counter.till.say(counter.conversation, "start refund order_id=10484")
        headers = {"Authorization": f"Bearer {STAFF}"}
        page = await counter.client.get(f"/console/conversations/{counter.conversation}", headers=headers)
        listed = (await counter.client.get("/v1/admin/escalations", headers=headers)).json()["items"]
        assert "What the workflow found out" in page.text
        assert "order_id: 10484; total: 900.00; state: returned" in page.text
        assert "tok-10484" not in page.text
        assert listed[0]["collected"]["slots"] == {"order_id": "10484"}


async def test_an_erased_customer_leaves_nothing_of_what_systems_said(tmp_path: Path) -> None:
    async with a_counter(tmp_path) as counter:
        till, conversation = counter.till, counter.conversation
        shown = await till.say(conversation, "start refund order_id=10482")
        customer = await till.database.read(lambda stores: stores.conversations.get(conversation).principal.customer_id)
        at = till.world.clock.now()
        await till.database.write(lambda stores: stores.payloads.erase(CustomerId(customer), at=at))
        record = await till.database.read(lambda stores: stores.turns.record(shown["turn_id"]))
        events = await till.world.events(conversation)
        assert "49.90" not in str(events) + str(record)
        assert await till.runs(conversation) == ()
        assert "Erased" in await counter.trace(shown["turn_id"])
        assert (await counter.get(f"citations/{shown['turn_id']}/1"))["quote"] == ""
