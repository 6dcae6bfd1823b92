"""A model vendor that lies: true clauses arrive while it still writes, false ones never."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontdesk.bootstrap import open_app
from frontdesk.domain.events import StoredEvent
from frontdesk.settings import load_settings
from frontdesk.simulators.vendor import VendorBehaviour, create_vendor
from frontdesk.simulators.vendor.lies import Kind
from shop import DEMO, Reply, Shop, a_shop, assistant_asking, served, tell

QUESTIONS = (
    "What do I have to spend for free delivery to Finland?",
    "do you guys deliver to the Canary Islands?",
    "When do my club points run out?",
    "Is the Amsterdam shop open on sundays?",
    "what's the deposit for borrowing an avalanche set",
    "Where can I leave my empty gas cartridges?",
    "After I ask for it, how soon do you erase my account?",
    "What does express delivery within Germany cost?",
    "How much is standard delivery to mainland Spain?",
    "How long is the warranty on your tents?",
)
KINDS: tuple[Kind, ...] = ("number", "date", "price", "unit", "negation")
LIES_PER_KIND = 40
MOST_SEEDS = 12
MOST_TRUE_WITHHELD = 0.05
"""Share of true sentences; what is reached, and a little room."""
Lie = Mapping[str, Any]
_MARKERS = re.compile(r"(?: ?\[\d+\])+")


class Stage:
    """The vendor of the moment; notes when it had sent its last byte."""

    vendor: ASGIApp
    finished_at: datetime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.finished_at = datetime.now(UTC)

        await self.vendor(scope, receive, note)


async def test_the_first_clause_is_confirmed_while_the_vendor_still_writes(
    demo_knowledge: Path, tmp_path: Path
) -> None:
    """A draft of one sentence cannot show it, so each question is asked until one of several comes."""
    stage, ahead_s = Stage(), []
    async with served(stage) as url:
        assistant = assistant_asking(tmp_path, f"{url}/v1")
        async with a_shop(demo_knowledge, assistant=assistant) as shop:
            for question in QUESTIONS:
                sentences = await _several_sentences(shop, stage, question)
                ahead_s.append((stage.finished_at - sentences[0].at).total_seconds())
    tell("seconds from the first confirmed clause to the vendor's last byte:", ahead_s)
    assert sum(ahead > 0 for ahead in ahead_s) >= 9  # one may meet a busy machine


async def _several_sentences(shop: Shop, stage: Stage, question: str) -> list[StoredEvent]:
    for seed in range(6):
        stage.vendor = create_vendor(VendorBehaviour(first_token_ms=20, ms_per_token=15, seed=seed))
        reply = await shop.ask(await shop.conversation(), question)
        assert reply.outcome == "answered", question
        sentences = [event for event in reply.events if event.kind == "answer.sentence"]
        if len(sentences) > 1:
            return sentences
    raise AssertionError(f"the vendor wrote one sentence only, whatever the seed: {question}")


@dataclass(slots=True)
class Tally:
    """What became of the lies of one kind."""

    inserted: int = 0
    withheld: int = 0
    leaked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Evening:
    """All the lies of a drill, and the true sentences beside them."""

    lies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    true_told: int = 0
    true_withheld: list[str] = field(default_factory=list)

    def judge(self, reply: Reply, lies: list[Lie]) -> None:
        """Add a turn whose draft contained `lies`."""
        for inserted in lies:
            self.lies[inserted["kind"]].inserted += 1
        left = list(lies)
        for told in reply.record["sentences"]:
            if (lie := _taken(left, told["text"])) is not None:
                self.lies[lie["kind"]].leaked.append(_leak(told, lie))
            else:
                self.true_told += 1
        for held in reply.record["withheld"]:
            if (lie := _taken(left, held["text"])) is not None:
                self.lies[lie["kind"]].withheld += 1
            else:
                self.true_withheld.append(f"{held['stage']} {held['reasons']} {held['risk']:.2f} {held['text']!r}")


def _taken(lies: list[Lie], piece: str) -> Lie | None:
    """The lie that the piece tells, taken out of the list; None for a true piece."""
    for lie in lies:
        if _is_of(piece, lie):
            lies.remove(lie)
            return lie
    return None


def _is_of(piece: str, lie: Lie) -> bool:
    """Whether the piece says the false part of the sentence, and not only what it has in common with the true one."""
    said, false, true = _plain(piece), _plain(lie["text"]), _plain(lie["truth"])
    return len(said) > 3 and (said in false or false in said) and said not in true


def _plain(text: str) -> str:
    return " ".join(_MARKERS.sub("", text).casefold().replace(";", " ").split()).rstrip(" .")


def _leak(told: Mapping[str, Any], lie: Lie) -> str:
    quotes = [citation["quote"] for citation in told["citations"]]
    return f"risk {told['risk']:.2f}\n  told:  {told['text']}\n  truth: {lie['truth']}\n  quote: {quotes}"


def questions() -> list[tuple[str, str]]:
    """Questions and their languages."""
    entries = yaml.safe_load((DEMO / "questions.yaml").read_text(encoding="utf-8"))
    asked = [(entry["question"], entry["language"]) for entry in entries["answerable"]]
    return [*asked, *((entry["first"], "en") for entry in entries["follow_ups"])]


async def _rehearse(data_dir: Path, assistant: Path) -> Evening:
    stage, evening = Stage(), Evening()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(stage), base_url="http://vendor") as client:
        app = await open_app(
            load_settings({}, data_dir=data_dir, assistant_dir=assistant), should_sync=False, client=client
        )
        async with app:
            shop = Shop(app=app)
            for kind in KINDS:
                for seed in range(MOST_SEEDS):
                    if evening.lies[kind].inserted < LIES_PER_KIND:
                        stage.vendor = create_vendor(VendorBehaviour(lie_rate=0.8, lie_kinds=(kind,), seed=seed))
                        await _ask_all(shop, client, evening, until=kind)
    return evening


async def _ask_all(shop: Shop, client: httpx.AsyncClient, evening: Evening, *, until: Kind) -> None:
    heard = 0
    for question, language in questions():
        reply = await shop.ask(await shop.conversation(locale=language), question)
        lies = (await client.get("/debug/falsehoods")).json()["falsehoods"]
        evening.judge(reply, lies[heard:])
        heard = len(lies)
        if evening.lies[until].inserted >= LIES_PER_KIND:
            return


async def test_no_lie_reaches_a_customer_and_the_truth_beside_it_does(demo_knowledge: Path, tmp_path: Path) -> None:
    """An invented policy is what the vendor says where no other lie fits."""
    evening = await _rehearse(demo_knowledge, assistant_asking(tmp_path, "http://vendor/v1"))
    for kind, tally in evening.lies.items():
        figures = f"inserted {tally.inserted}, withheld {tally.withheld}, leaked {len(tally.leaked)}"
        tell(f"{kind}: {figures}", *tally.leaked)
    total = evening.true_told + len(evening.true_withheld)
    tell(f"{len(evening.true_withheld)} of {total} true sentences withheld", *evening.true_withheld)
    assert all(evening.lies[kind].inserted >= LIES_PER_KIND for kind in KINDS)
    leaked = {kind: tally.leaked for kind, tally in evening.lies.items() if tally.leaked}
    assert leaked == {}
    assert len(evening.true_withheld) <= MOST_TRUE_WITHHELD * total
