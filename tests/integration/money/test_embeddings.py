"""Embeddings that are paid for: counted as the server counts, for the turn that asked, and booked once."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk.adapters.models.openai_embedder import OpenAiEmbedder
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.money import book_apart, open_meter
from frontdesk.bootstrap.unbooked import Unbooked
from frontdesk.domain.costs import CostLine
from frontdesk.domain.ids import ConversationId, CustomerId, ReleaseId, TurnId
from frontdesk.domain.money import LedgerEntry, Payer
from frontdesk.domain.release import Ceilings
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import Embedded
from frontdesk.ports.stores import Database, Stores
from frontdesk.settings import load_settings
from frontdesk.turn.metering import MOST_ENTRIES, EmbeddingMeter, OnBehalf, on_behalf_of
from frontdesk.turn.money.till import Till
from frontdesk.turn.money.watch import BudgetWatch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_meter() -> EmbeddingMeter:
    """A millionth of a dollar a token; `odd` has no price."""
    return EmbeddingMeter(
        lambda _, model, usage: None if model == "odd" else Decimal(usage.input_tokens) / 1_000_000, now=lambda: NOON
    )


def whose(number: int) -> OnBehalf:
    payer = Payer(
        turn_id=TurnId(f"turn_{number}"),
        conversation_id=ConversationId("conv_1"),
        customer_id=CustomerId("cust_1"),
    )
    return OnBehalf(payer=payer, channel="web_chat", release_id=ReleaseId("rel_1"))


def an_embedder(meter: Any, usage: Any) -> OpenAiEmbedder:
    def answer(request: httpx.Request) -> httpx.Response:
        texts = json.loads(request.content)["input"]
        data = [{"index": n, "embedding": [1.0, 0.0]} for n in range(len(texts))]
        return httpx.Response(200, json={"data": data, **({} if usage is None else {"usage": usage})})

    transport = httpx.MockTransport(answer)
    return OpenAiEmbedder(
        httpx.AsyncClient(transport=transport),
        base_url="https://embed.example/v1",
        model="vectors",
        dimension=2,
        transport=transport,
        meter=meter,
    )


@pytest.mark.parametrize(
    ("usage", "tokens", "is_estimated"),
    [({"prompt_tokens": 7}, 7, False), (None, 5, True), ({"prompt_tokens": "7"}, 5, True), ({}, 5, True)],
)
async def test_an_endpoint_is_taken_at_its_count_and_else_at_ours(usage: Any, tokens: int, is_estimated: bool) -> None:
    told: list[Embedded] = []
    embedder = an_embedder(told.append, usage)
    await embedder.embed(["a question", "?"])
    embedder.embed_now(["a question", "?"])
    one = Embedded(vendor="embed.example", model="vectors", tokens=tokens, is_estimated=is_estimated)
    assert told == [one, one]


async def test_what_is_embedded_for_a_turn_is_on_its_account() -> None:
    meter = a_meter()

    async def a_turn(number: int) -> None:
        with on_behalf_of(whose(number)):
            embedder = an_embedder(meter, {"prompt_tokens": 10 * number})
            await asyncio.gather(embedder.embed(["one"]), embedder.embed(["two"]))
            await asyncio.to_thread(embedder.embed_now, ["three"])

    await asyncio.gather(a_turn(1), a_turn(2))
    meter(Embedded(vendor="embed.example", model="vectors", tokens=5))
    entries = {entry.turn_id: entry for entry in meter.take()}
    assert {turn: entry.usage.input_tokens for turn, entry in entries.items()} == {"turn_1": 30, "turn_2": 60, None: 5}
    first = entries[TurnId("turn_1")]
    assert (first.cost_usd, first.purpose, first.customer_id) == (Decimal("0.00003"), "embed", "cust_1")
    assert meter.take() == []


def test_a_price_that_is_not_known_is_unknown_and_an_estimate_stays_one() -> None:
    meter = a_meter()
    meter(Embedded(vendor="v", model="odd", tokens=5))
    meter(Embedded(vendor="v", model="vectors", tokens=5, is_estimated=True))
    assert [(entry.cost_usd, entry.is_estimated) for entry in meter.take()] == [
        (None, False),
        (Decimal("0.000005"), True),
    ]


def test_what_nobody_books_is_kept_in_bounded_space_and_no_token_is_lost() -> None:
    meter = a_meter()
    for number in range(MOST_ENTRIES + 50):
        with on_behalf_of(whose(number)):
            meter(Embedded(vendor="v", model="vectors", tokens=1))
    entries = meter.take()
    assert len(entries) <= MOST_ENTRIES + 1
    assert sum(entry.usage.input_tokens for entry in entries) == MOST_ENTRIES + 50


async def total(database: Database) -> CostLine:
    def read(stores: Stores) -> CostLine:
        until = NOON + timedelta(days=1)
        return stores.costs.report(by="purpose", since=NOON, until=until, now=NOON, limit=9).total

    return await database.read(read)


async def test_the_till_books_what_was_embedded(database: Database) -> None:
    meter = a_meter()
    telemetry = PrometheusTelemetry()
    till = Till(database, BudgetWatch(telemetry), ceilings=Ceilings, collect=meter.take)
    for number in (1, 1, 2):
        with on_behalf_of(whose(number)):
            meter(Embedded(vendor="v", model="vectors", tokens=100))
    await till.flush()
    await till.flush()
    found = await total(database)
    assert (found.usd, found.requests, found.turns) == (Decimal("0.0003"), 2, 2)
    labels = {"vendor": "v", "model": "vectors", "channel": "", "feature": "embed"}
    assert telemetry.registry.get_sample_value("frontdesk_cost_usd_total", labels) == pytest.approx(0.0003)


def entries_of(*costs: str) -> Sequence[LedgerEntry]:
    return [
        LedgerEntry(
            at=NOON,
            purpose="embed",
            vendor="v",
            model="vectors",
            usage=Usage(input_tokens=9),
            cost_usd=Decimal(cost),
        )
        for cost in costs
    ]


async def test_what_a_command_has_spent_is_booked_once(database: Database, tmp_path: Path) -> None:
    unbooked = Unbooked(tmp_path)
    unbooked.keep(entries_of("0.01", "0.02"), name="one")
    kept = (tmp_path / "unbooked" / "one.json").read_bytes()
    unbooked.keep(entries_of("0.04"), name="two")
    await unbooked.book(database)
    assert (await total(database)).usd == Decimal("0.07")
    assert list((tmp_path / "unbooked").iterdir()) == []
    (tmp_path / "unbooked" / "one.json").write_bytes(kept)  # whoever booked it died before it was gone
    await unbooked.book(database)
    assert (await total(database)).usd == Decimal("0.07")


async def test_a_broken_file_is_left_and_keeps_no_other_from_being_booked(database: Database, tmp_path: Path) -> None:
    unbooked = Unbooked(tmp_path)
    unbooked.keep(entries_of("0.01"), name="b")
    (tmp_path / "unbooked" / "a.json").write_text('[{"at": "soon"}]', encoding="utf-8")
    await unbooked.book(database)
    assert (await total(database)).usd == Decimal("0.01")
    assert [file.name for file in (tmp_path / "unbooked").iterdir()] == ["a.json"]


async def test_nothing_is_there_before_a_command_has_spent_something(database: Database, tmp_path: Path) -> None:
    await Unbooked(tmp_path).book(database)
    settings = load_settings(data_dir=tmp_path).model_copy(update={"embedder_usd_per_million": 20.0})
    book_apart(settings, open_meter(settings))
    assert not (tmp_path / "unbooked").exists()


async def test_ones_own_price_of_an_endpoint_counts(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path).model_copy(update={"embedder_usd_per_million": 20.0})
    meter = open_meter(settings)
    meter(Embedded(vendor="127.0.0.1", model="own", tokens=1_000))
    book_apart(settings, meter)
    (file,) = (tmp_path / "unbooked").iterdir()
    assert '"cost_usd": "0.02"' in file.read_text(encoding="utf-8")
