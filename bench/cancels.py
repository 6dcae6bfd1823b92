"""Drafts given up at random moments: what the ledger has for them, and what the vendor bills.

One in ten runs to its end; the others are closed in the middle, or cancelled with their task, now and then before any text.
Each is paid for from a purse under a ceiling and booked as the last commit of a turn books it.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx

from bench.hand_to_hand import HandToHand
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.adapters.models.prices import cost_usd
from frontdesk.adapters.stores import open_database
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.domain.costs import CostLine
from frontdesk.domain.ids import ChunkId, ConversationId, DocumentId, MessageId, ReleaseId, TurnId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.money import Payer, caps_at
from frontdesk.domain.reconciliation import BillLine
from frontdesk.domain.release import Ceilings, ModelRoute, RoutePrice
from frontdesk.domain.turn import Lease, OpenTurn
from frontdesk.domain.usage import VendorAttempt
from frontdesk.drills.stage import running_vendor
from frontdesk.ports.models import ChatRequest
from frontdesk.ports.stores import Database, Stores
from frontdesk.simulators.vendor import VendorBehaviour, create_vendor
from frontdesk.turn.generation import Generator as Ladder
from frontdesk.turn.generation import Rung, Vendors
from frontdesk.turn.money.booking import Bill
from frontdesk.turn.money.budget import CappedPurse
from frontdesk.turn.money.reconciling import reconcile_bill
from frontdesk.turn.money.watch import BudgetWatch

CANCELS = 1_000
"""Drafts go on until so many were given up."""
_ROUND = 100
AT_ONCE = 25
CEILINGS = Ceilings(per_day_usd=1_000.0)
PRICE = RoutePrice(input_usd_per_million=0.5, output_usd_per_million=1.5)
"""As the simulated vendor bills."""
FIRST_TOKEN_MS, MS_PER_TOKEN = 10.0, 5.0
MS_PER_TOKEN_APART = 20.0
"""A pace as of a hosted vendor: what it writes until it hears of a hang-up is no reply of its own."""
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    drafts: int
    cancelled: int
    ledger_usd: Decimal
    bill_usd: Decimal
    estimated_usd: Decimal
    left_reserved_usd: Decimal
    reconciled_usd: Decimal
    """The ledger once the bill was booked."""

    @property
    def off(self) -> float:
        """By how much the ledger is off, as a share of the bill; more than nothing is more than billed."""
        return float((self.ledger_usd - self.bill_usd) / self.bill_usd)


class Campaign:
    """Many drafts from one vendor."""

    def __init__(
        self,
        database: Database,
        vendor: str,
        client: httpx.AsyncClient,
        *,
        counts_each_chunk: bool,
        longest_s: float = 20 * MS_PER_TOKEN / 1000,
    ) -> None:
        """`longest_s` is about what most whole replies take."""
        each: Any = ("usage_each_chunk",) if counts_each_chunk else ()
        route = ModelRoute(
            name="main",
            adapter="openai",
            model="sim",
            base_url=f"{vendor}/v1",
            capabilities=("system", "stream", *each),
            price=PRICE,
            first_byte_s=20.0,
            idle_s=20.0,
        )
        rung = Rung(model=OpenAiChatModel(client, route), route=route)
        self._ladder = Ladder([rung], vendors=Vendors(monotonic=asyncio.get_running_loop().time), price=cost_usd)
        self._database = database
        self._dice = random.Random(1)
        self._longest_s = longest_s
        self._watch = BudgetWatch(PrometheusTelemetry())
        self._lines = asyncio.Semaphore(AT_ONCE)

    async def run(self, cancels: int) -> tuple[int, int]:
        """How many drafts were made, and given up. The first few are whole: a vendor has told its count before."""
        whole = [self._draft(way=0.0) for _ in range(AT_ONCE)]
        await asyncio.gather(*whole)
        drafts, cancelled = AT_ONCE, 0
        while cancelled < cancels:
            drafts += _ROUND
            cancelled += sum(await asyncio.gather(*(self._draft(way=self._dice.random()) for _ in range(_ROUND))))
        return drafts, cancelled

    async def _draft(self, *, way: float) -> bool:
        turn, attempts = _a_turn(), list[VendorAttempt]()
        payer = Payer(turn_id=turn.turn_id, conversation_id=turn.conversation_id)
        purse = CappedPurse(
            self._database,
            CEILINGS,
            payer,
            1,
            price=cost_usd,
            mint=lambda: f"hold_{next(_numbers)}",
            watch=self._watch,
        )
        async with self._lines:
            stream = self._ladder.stream(_a_request(self._dice), deadline_s=20, purse=purse, on_attempt=attempts.append)
            is_cancelled = await self._give_up(stream, way)
        bill = Bill(turn=turn, customer_id=None, attempts=attempts, purse=purse)
        await self._database.write(lambda stores: bill.book(stores, at=stores.budgets.now()))
        return is_cancelled

    async def _give_up(self, stream: AsyncGenerator[Any], way: float) -> bool:
        """Not at all, after some pieces, a while after the first one, or a while after it was asked for."""
        if way < 0.1:
            return not await _read(stream, pieces=10_000)
        if way < 0.55:
            return not await _read(stream, pieces=self._dice.randrange(1, 12))
        if way < 0.9:
            await anext(stream, None)
        task = asyncio.create_task(_read(stream, pieces=10_000))
        await asyncio.wait([task], timeout=self._dice.random() * self._longest_s)
        was_under_way = not task.done()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return was_under_way


async def _read(stream: AsyncGenerator[Any], *, pieces: int) -> bool:
    """Whether it came to its end by itself within so many pieces."""
    async with aclosing(stream):
        for _ in range(pieces):
            if await anext(stream, None) is None:
                return True
    return False


def _a_turn() -> OpenTurn:
    number = next(_numbers)
    turn_id, at = TurnId(f"turn_{number}"), datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    return OpenTurn(
        turn_id=turn_id,
        conversation_id=ConversationId(f"conv_{number}"),
        message_id=MessageId("msg_1"),
        text="",
        language="en",
        channel="web_chat",
        release_id=ReleaseId("rel_1"),
        accepted_at=at,
        deadline_at=at + timedelta(seconds=30),
        lease=Lease(turn_id=turn_id, owner="bench", fence=1),
    )


def _a_request(dice: random.Random) -> ChatRequest:
    """Of one to four passages, so that requests differ in length as they do in life."""
    texts = [
        "You can return unused items within 30 days of delivery. Sale items can be returned within 14 days.",
        "Return labels cost 5.90 EUR, and are free of charge for members of the Pine Club in every country.",
        "The refund reaches your card within 5 working days after we have received and checked the parcel.",
        "Gift cards cannot be returned. They are valid for three years and can be used in every shop of ours.",
    ]
    passages = tuple(
        Passage(
            chunk_id=ChunkId(f"chunk_{place}"),
            chunk_ids=(ChunkId(f"chunk_{place}"),),
            document_id=DocumentId(f"doc_{place}"),
            title="Returns",
            url="",
            breadcrumb=("Returns",),
            language="en",
            audience="public",
            text=text,
            start=0,
            score=1.0,
            lexical_score=1.0,
            dense_score=None,
        )
        for place, text in enumerate(texts[: dice.randrange(1, 5)])
    )
    return ChatRequest(
        purpose="answer",
        instructions="Answer from the passages.",
        history=(),
        question="How long can I return items?",
        language="en",
        passages=passages,
    )


async def result_of(database: Database, bill: Mapping[str, Any], *, drafts: int, cancelled: int) -> Result:
    """Compare the ledger with the vendor's bill, then book that."""
    lines = [_to_line(line) for line in bill["lines"]]
    before = await database.read(_so_far)
    levels = await database.read(lambda stores: stores.budgets.levels(caps_at(CEILINGS, Payer(), stores.budgets.now())))
    await database.write(lambda stores: reconcile_bill(stores, lines, note="A bench."))
    after = await database.read(_so_far)
    return Result(
        drafts=drafts,
        cancelled=cancelled,
        ledger_usd=before.usd,
        bill_usd=Decimal(bill["usd"]),
        estimated_usd=before.estimated_usd,
        left_reserved_usd=sum((level.reserved_usd for level in levels), Decimal(0)),
        reconciled_usd=after.usd,
    )


def _so_far(stores: Stores) -> CostLine:
    now = stores.budgets.now()
    since, until = now - timedelta(days=2), now + timedelta(days=1)
    return stores.costs.report(by="day", since=since, until=until, now=now, limit=10).total


def _to_line(line: Mapping[str, Any]) -> BillLine:
    return BillLine(day=date.fromisoformat(line["day"]), model=line["model"], usd=Decimal(line["usd"]))


@asynccontextmanager
async def vendor_at_hand() -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    vendor = create_vendor(VendorBehaviour(first_token_ms=FIRST_TOKEN_MS, ms_per_token=MS_PER_TOKEN))
    async with httpx.AsyncClient(transport=HandToHand(vendor), timeout=60.0) as client:
        yield "http://vendor", client


@asynccontextmanager
async def vendor_apart() -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    """The same in a process of its own, over sockets."""
    async with (
        running_vendor(first_token_ms=FIRST_TOKEN_MS, token_ms=MS_PER_TOKEN_APART) as vendor,
        httpx.AsyncClient(timeout=60.0) as client,
    ):
        yield vendor.url, client


async def measure(
    database: Database,
    vendor: str,
    client: httpx.AsyncClient,
    *,
    counts_each_chunk: bool,
    cancels: int = CANCELS,
    longest_s: float = 20 * MS_PER_TOKEN / 1000,
) -> Result:
    campaign = Campaign(database, vendor, client, counts_each_chunk=counts_each_chunk, longest_s=longest_s)
    drafts, cancelled = await campaign.run(cancels)
    await _until_over(client, vendor)
    bill = (await client.get(f"{vendor}/debug/bill")).json()
    return await result_of(database, bill, drafts=drafts, cancelled=cancelled)


async def _until_over(client: httpx.AsyncClient, vendor: str) -> None:
    """Wait until the vendor has noticed that nobody listens any more."""
    for _ in range(200):
        noted = (await client.get(f"{vendor}/debug/requests")).json()["requests"]
        if all(one["how"] != "open" for one in noted):
            return
        await asyncio.sleep(0.05)


async def _measure_all() -> None:
    for where, opened, pace_ms in (
        ("hand to hand", vendor_at_hand, MS_PER_TOKEN),
        ("over sockets", vendor_apart, MS_PER_TOKEN_APART),
    ):
        for counts_each_chunk in (True, False):
            async with opened() as (vendor, client):
                database = await open_database("sqlite://")
                found = await measure(
                    database, vendor, client, counts_each_chunk=counts_each_chunk, longest_s=20 * pace_ms / 1000
                )
                await database.close()
            how = "with every piece" if counts_each_chunk else "at the end only"
            print(f"{where}, counted {how}: {found.cancelled} of {found.drafts} given up")
            print(f"  bill ${found.bill_usd:.6f}, ledger ${found.ledger_usd:.6f}, off by {found.off:+.3%}")
            print(f"  of that estimated ${found.estimated_usd:.6f}, still set aside ${found.left_reserved_usd:.6f}")
            print(f"  once the bill is booked ${found.reconciled_usd:.6f}")


if __name__ == "__main__":
    asyncio.run(_measure_all())
