""" "Where is my refund?", asked of a running server before the back office, in every situation that we could think of.

Whatever is said is held against what the systems themselves say over HTTP: each date, each amount, each number.
"""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk.bootstrap import App, open_app
from frontdesk.domain.escalation import Escalation
from frontdesk.server import running_server
from frontdesk.settings import load_settings
from integration.workflows.backoffice_facts import ORDER, Facts, facts_of
from shop import DEMO, a_key

QUESTION = {"en": "Where is my refund?", "de": "Wo bleibt meine Erstattung?", "es": "¿Dónde está mi reembolso?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A customer of the back office, what is wrong with its systems, and what has to come of the question."""

    story: str
    """As `GET /_situations` names it."""
    says: tuple[str, ...]
    """Words that must stand in the answer, in this order."""
    cites: tuple[str, ...] = ()
    """Systems that are cited in the end."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """By system."""
    queue: str = ""
    """Where a person takes it from; nobody has to where it is empty."""
    then: tuple[str, ...] = ()
    """What the customer says after the question."""
    language: str = "en"
    never: tuple[str, ...] = ()
    """Words that must not be said."""

    @property
    def name(self) -> str:
        faults = " ".join(f"{system}-{fault.partition(';')[0]}" for system, fault in self.faults.items())
        return f"{self.story} {faults}".strip()


P, O, S, R, T = "payments", "orders", "shipping", "rules", "tickets"  # noqa: E741  (short names for a table)
FIRST = Situation(story="paid", faults={R: "html"}, says=("went back on",), cites=(P,), never=("working days",))
"""Before the rules are remembered."""
STATES = (
    Situation(story="paid", says=("€189.00", "went back on", "3 to 5 working days"), cites=(P, R)),
    Situation(story="partial", says=("€189.00", "went back on"), cites=(P, R), never=("€368.00",)),
    Situation(story="gift_card", says=("€69.00", "went back on", "its balance"), cites=(P, P)),
    Situation(story="invoice", says=("€179.00", "went back on", "still owe"), cites=(P, P)),
    Situation(story="processing", says=("was approved on", "on its way back to you", "by"), cites=(P,)),
    Situation(story="paypal", says=("€129.00", "on its way back to you"), cites=(P,)),
    Situation(story="pounds", says=("£189.00", "on its way back to you"), cites=(P,)),
    Situation(story="francs", language="de", says=("189,00 CHF", "auf dem Weg zu dir"), cites=(P,)),
    Situation(story="spanish", language="es", says=("189,00 €", "están en camino"), cites=(P,)),
    Situation(story="approved", says=("was approved on", "has not been sent yet"), cites=(P,)),
    Situation(story="parcel_lost", says=("was approved on", "has not been sent yet"), cites=(P,)),
    Situation(story="requested", says=("is not approved yet", "on its way to us", "5 working days"), cites=(P, S, R)),
    Situation(story="german", language="de", says=("noch nicht genehmigt", "auf dem Weg zu uns"), cites=(P, S, R)),
    Situation(story="not_sent_back", says=("is not approved yet", "has not got the parcel yet"), cites=(P, S)),
    Situation(story="inspected", says=("is not approved yet", "delivered your return to us"), cites=(P, S, R)),
    Situation(story="refused_at_the_door", says=("not approved yet", "brought the parcel back"), cites=(P, S, R)),
    Situation(story="cancelled", says=("was cancelled on",), cites=(P,)),
    Situation(story="nothing_ordered", says=("no order in your account",), cites=(O, P)),
    Situation(story="two_refunds", says=("more than one refund", "Which one"), then=("HP20100022",), cites=(P,)),
)
TO_A_PERSON = (
    Situation(story="late", says=("should have arrived by", "That day has passed"), cites=(P,), queue="refunds"),
    Situation(story="often_escalated", says=("That day has passed", "open case"), cites=(P, T), queue="complaints"),
    Situation(story="failed", says=("came back to us", "the card has expired"), cites=(P,), queue="refunds"),
    Situation(story="declined", says=("was declined on",), cites=(P,), queue="refunds"),
    Situation(story="return_lost", says=("reported your return as lost",), cites=(P, S), queue="refunds"),
    Situation(story="disputed", says=("knows of no refund", "your bank disputes"), cites=(P, P), queue="refunds"),
)
CONTRADICTIONS = (
    Situation(
        story="payments_says_paid", says=("payment system says", "order system does not"), cites=(P, O), queue="refunds"
    ),
    Situation(
        story="orders_says_refunded", says=("order system says", "knows of no refund"), cites=(O, P), queue="refunds"
    ),
    Situation(story="too_much", says=("€239.00", "€189.00"), cites=(P, O), queue="refunds"),
    Situation(story="refunded_and_disputed", says=("says two things",), cites=(P, P), queue="refunds"),
    Situation(
        story="asked_twice",
        says=("Which one",),
        then=("the first one",),
        cites=(P,),
        queue="refunds",
    ),
)
HOSTILE = (
    Situation(story="hostile_name", says=("on its way back to you",), cites=(P,), never=("SYSTEM",)),
    Situation(story="hostile_reason", says=("was declined on",), cites=(P,), queue="refunds", never=("SYSTEM", "500")),
)
FAULTS = (
    Situation(
        story="processing", faults={P: "contradiction"}, says=("order system does not",), cites=(P, O), queue="refunds"
    ),
    Situation(story="processing", faults={P: "stale; seconds=7200"}, says=("on its way back to you",), cites=(P,)),
    Situation(
        story="paid",
        faults={P: "stale; seconds=777600"},
        says=("order system says", "does not say"),
        cites=(O, P),
        queue="refunds",
    ),
    Situation(story="processing", faults={O: "slow; seconds=0.2"}, says=("on its way back to you",), cites=(P,)),
    Situation(
        story="processing", faults={O: "hostile_name"}, says=("on its way back to you",), cites=(P,), never=("SYSTEM",)
    ),
    Situation(
        story="requested", faults={S: "foreign_record"}, says=("not approved yet", "gives no answer"), cites=(P,)
    ),
    Situation(story="paid", faults={O: "foreign_record"}, says=("went back on", "could not compare"), cites=(P, R)),
    Situation(story="processing", faults={O: "unknown_choice"}, says=("could not compare",), cites=(P,)),
    Situation(
        story="processing",
        faults={P: "amount_text"},
        says=("can't say whether money was sent",),
        cites=(O,),
        queue="refunds",
    ),
    Situation(
        story="often_escalated", faults={T: "unavailable"}, says=("That day has passed",), cites=(P,), queue="refunds"
    ),
    Situation(story="requested", faults={S: "unavailable"}, says=("not approved yet", "gives no answer"), cites=(P,)),
    Situation(story="processing", faults={O: "unavailable"}, says=("could not compare",), cites=(P,)),
    Situation(
        story="disputed", faults={O: "reset"}, says=("knows of no refund", "can't compare"), cites=(P,), queue="refunds"
    ),
    Situation(story="processing", faults={P: "error"}, says=("can't say whether money was sent",), queue="refunds"),
)
"""Answers that are wrong come first: after some that fail, a system is left alone for a while."""
SITUATIONS = (FIRST, *STATES, *TO_A_PERSON, *CONTRADICTIONS, *HOSTILE, *FAULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of a situation."""

    situation: Situation
    turns: tuple[Mapping[str, Any], ...]
    facts: Facts
    own_orders: frozenset[str]
    effects: tuple[Mapping[str, Any], ...]
    escalation: Escalation | None

    @property
    def text(self) -> str:
        return "\n\n".join(turn["text"] for turn in self.turns)

    @property
    def citations(self) -> list[Mapping[str, Any]]:
        return [citation for turn in self.turns for citation in turn["citations"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    app: App
    http: httpx.AsyncClient
    office: httpx.AsyncClient
    customers: Mapping[str, str]

    async def ask(self, situation: Situation) -> Asked:
        customer = self.customers[situation.story]
        facts = await facts_of(self.office, customer, situation.faults)
        own = await facts_of(self.office, customer, {})
        for system, fault in situation.faults.items():
            await self._order(system, fault)
        try:
            turns = await self._talk(situation, customer)
        finally:
            await self.office.delete("/_faults")
        effects = (await self.office.get("/_effects", params={"customer_id": customer})).json()["effects"]
        conversation = turns[0]["conversation_id"]
        opened = await self.app.database.read(lambda stores: stores.escalations.open_on(conversation))
        return Asked(
            situation=situation,
            turns=tuple(turns),
            facts=facts,
            own_orders=frozenset(own.orders),
            effects=tuple(effects),
            escalation=opened,
        )

    async def _order(self, system: str, fault: str) -> None:
        name, _, seconds = fault.partition("; seconds=")
        body = {"system": system, "fault": name, **({"seconds": float(seconds)} if seconds else {})}
        assert (await self.office.post("/_faults", json=body)).status_code == 201

    async def _talk(self, situation: Situation, customer: str) -> list[dict[str, Any]]:
        assert self.app.demo is not None
        token = self.app.demo.login.sign_in(customer, [])
        body = {"locale": situation.language, "identity_token": token}
        opened = (await self.http.post("/v1/conversations", json=body)).json()
        path, headers = (
            f"/v1/conversations/{opened['conversation_id']}/messages",
            {"Authorization": f"Bearer {opened['token']}"},
        )
        turns = []
        for text in (QUESTION[situation.language], *situation.then):
            answer = await self.http.post(path, json={"text": text}, headers={**headers, **a_key()})
            assert answer.status_code == 200, answer.text
            turns.append(answer.json())
        return turns


@asynccontextmanager
async def a_desk(data_dir: Path) -> AsyncIterator[Desk]:
    settings = load_settings({}, data_dir=data_dir, assistant_dir=DEMO, embedder="none", demo=True)
    app = await open_app(settings, should_sync=False)
    async with running_server(app) as url:
        office_url = app.simulated.address("backoffice")
        async with (
            httpx.AsyncClient(base_url=url, timeout=60) as http,
            httpx.AsyncClient(base_url=office_url) as office,
        ):
            told = (await office.get("/_situations")).json()["situations"]
            yield Desk(app=app, http=http, office=office, customers={one["name"]: one["customer_id"] for one in told})


async def _ask_all(data_dir: Path) -> Mapping[str, Asked]:
    found: dict[str, Asked] = {}
    for situations in ((FIRST,), SITUATIONS[1:]):  # a start forgets that the rules were not to be had
        async with a_desk(data_dir) as desk:
            found |= {situation.name: await desk.ask(situation) for situation in situations}
    return found


@pytest.fixture(scope="module")
def rehearsal(_words: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Asked]:
    """Every situation, asked once of one server."""
    data_dir = tmp_path_factory.mktemp("refunds") / "data"
    shutil.copytree(_words, data_dir)
    return asyncio.run(_ask_all(data_dir))


@pytest.fixture(params=[situation.name for situation in SITUATIONS])
def asked(request: pytest.FixtureRequest, rehearsal: Mapping[str, Asked]) -> Asked:
    return rehearsal[request.param]


def test_there_are_at_least_25_situations() -> None:
    names = [situation.name for situation in SITUATIONS]
    assert len(set(names)) == len(names) >= 25


def test_the_ruler_finds_what_no_system_said() -> None:
    facts = Facts(orders={"HP20100001"}, dates={date(2026, 5, 3)}, amounts={(Decimal(5), "EUR")}, numbers={"7"})
    said = "€5.00 of HP20100001 on 3 May 2026, within 7 working days. [1]"
    made_up = said.replace("5.00", "6.00").replace("0001", "0002").replace("3 May", "4 May").replace("7 w", "8 w")

    assert facts.unsupported(said, "en") == []
    assert facts.unsupported(made_up, "en") == ["4 May 2026", "€6.00", "HP20100002", "8"]


def test_the_state_is_told(asked: Asked) -> None:
    place = -1
    for words in asked.situation.says:
        assert words in asked.text, asked.text
        assert (place := asked.text.find(words, place + 1)) >= 0, asked.text
    for words in asked.situation.never:
        assert words not in asked.text, asked.text


def test_every_figure_is_found_in_what_the_systems_say(asked: Asked) -> None:
    assert asked.facts.unsupported(asked.text, asked.situation.language) == [], asked.text


def test_what_a_system_says_is_cited_with_the_time_it_was_read(asked: Asked) -> None:
    last = asked.turns[-1]["citations"]
    assert sorted(one["document_id"] for one in last) == sorted(f"doc_system-{name}" for name in asked.situation.cites)
    assert all(re.search(r"\((as of|a fecha de|Stand)\b.+UTC\)$", one["quote"]) for one in last), last


def test_nobody_elses_records_are_told_or_handed_on(asked: Asked) -> None:
    collected = asked.escalation.collected if asked.escalation else None
    told = f"{asked.text} {json.dumps(asked.citations)} {collected}"
    assert set(ORDER.findall(told)) <= asked.own_orders


def test_a_question_changes_nothing(asked: Asked) -> None:
    assert [effect for effect in asked.effects if effect["system"] != "crm"] == []  # where conversations are noted


def test_a_person_gets_everything_that_was_collected_where_one_is_needed(asked: Asked) -> None:
    situation, escalation = asked.situation, asked.escalation
    if not situation.queue:
        assert asked.turns[-1]["outcome"] == "answered"
        assert escalation is None
        return
    assert asked.turns[-1]["outcome"] == "escalated"
    assert escalation is not None
    assert escalation.queue == situation.queue
    collected = escalation.collected
    assert collected is not None
    assert collected.workflow == "refund_status"
    assert collected.why
    known = {*collected.readings, *(name.partition(".")[0] for name in collected.failures)}
    assert {"customer", "history"} <= known or "tickets" in known
    assert {"refunds", "payments"} & known


def test_stale_answers_show_the_time_they_are_of(rehearsal: Mapping[str, Asked]) -> None:
    stale, fresh = (_read_at(rehearsal[name]) for name in ("processing payments-stale", "processing"))
    assert timedelta(minutes=118) < fresh - stale < timedelta(minutes=122)


def _read_at(asked: Asked) -> datetime:
    found = re.search(r"\(as of (.+) UTC\)", asked.citations[0]["quote"])
    assert found is not None
    return datetime.strptime(found[1], "%d %B %Y, %H:%M").replace(tzinfo=UTC)
