"""What was spent, by what it was spent on, and for how many turns."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.costs import COST_BY, CostBy, CostReport
from frontdesk.domain.escalation import Escalation
from frontdesk.domain.ids import ConversationId, CustomerId, ReleaseId, TurnId
from frontdesk.domain.money import LedgerEntry
from frontdesk.domain.turn import Outcome, TurnRecord
from frontdesk.domain.usage import Usage
from frontdesk.ports.stores import Database, StoredTurn, Stores

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def an_entry(cost: str | None = "0.002", **changes: Any) -> LedgerEntry:
    entry = LedgerEntry(
        at=NOW,
        purpose="answer",
        vendor="vendor.example",
        model="big",
        usage=Usage(input_tokens=100, output_tokens=10, cached_tokens=5),
        cost_usd=None if cost is None else Decimal(cost),
        turn_id=TurnId("turn_1"),
        conversation_id=ConversationId("conv_1"),
        channel="web_chat",
        release_id=ReleaseId("rel_1"),
    )
    return replace(entry, **changes)


async def report(database: Database, by: CostBy, *, days: int = 7, limit: int = 100) -> CostReport:
    since, until = NOW - timedelta(days=days), NOW + timedelta(hours=1)
    return await database.read(
        lambda stores: stores.costs.report(by=by, since=since, until=until, now=NOW, limit=limit)
    )


async def add(database: Database, *entries: LedgerEntry) -> None:
    await database.write(lambda stores: stores.ledger.add(entries))


MANY = (
    an_entry("0.004"),
    an_entry("0.001", purpose="rewrite", model="small"),
    an_entry(None, purpose="judge", model="odd", vendor="elsewhere"),
    an_entry("0.002", turn_id=TurnId("turn_2"), customer_id=CustomerId("cust_1"), is_estimated=True),
    an_entry("0.003", at=NOW - timedelta(days=1), conversation_id=ConversationId("conv_2"), channel="email"),
    an_entry("0.0001", purpose="embed", turn_id=None, conversation_id=None, channel="", release_id=""),
    an_entry("-0.0005", kind="adjustment", turn_id=None, conversation_id=None, channel="", usage=Usage()),
    an_entry("9", at=NOW - timedelta(days=8)),
)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("purpose", {"answer": "0.0085", "rewrite": "0.001", "embed": "0.0001", "judge": "0"}),
        ("channel", {"web_chat": "0.007", "email": "0.003", "": "-0.0004"}),
        ("customer", {"": "0.0076", "cust_1": "0.002"}),
        ("model", {"vendor.example/big": "0.0086", "vendor.example/small": "0.001", "elsewhere/odd": "0"}),
        ("release", {"rel_1": "0.0095", "": "0.0001"}),
        ("day", {"2026-03-09": "0.003", "2026-03-10": "0.0066"}),
        ("turn", {"turn_1": "0.008", "turn_2": "0.002", "": "-0.0004"}),
        ("conversation", {"conv_1": "0.007", "conv_2": "0.003", "": "-0.0004"}),
    ],
)
async def test_sums_what_was_spent_by_what_it_was_spent_on(
    database: Database, by: CostBy, expected: dict[str, str]
) -> None:
    await add(database, *MANY)
    found = await report(database, by)
    assert {line.key: line.usd for line in found.lines} == {key: Decimal(usd) for key, usd in expected.items()}
    assert found.total.usd == sum(line.usd for line in found.lines) == Decimal("0.0096")
    assert sum(line.requests for line in found.lines) == found.total.requests == 6
    amounts = [line.usd for line in found.lines]
    assert by == "day" or amounts == sorted(amounts, reverse=True)


def test_every_way_to_sum_is_tested() -> None:
    assert len(COST_BY) == 8


async def test_an_unknown_price_is_counted_apart_and_in_no_amount(database: Database) -> None:
    await add(database, *MANY)
    found = await report(database, "purpose")
    assert found.total.unknown == 1
    (judge,) = [line for line in found.lines if line.key == "judge"]
    assert (judge.unknown, judge.usd, judge.input_tokens) == (1, Decimal(0), 100)
    assert (found.total.estimated_usd, found.total.adjusted_usd) == (Decimal("0.002"), Decimal("-0.0005"))


async def test_says_that_there_are_more_lines_than_were_asked_for(database: Database) -> None:
    await add(database, *MANY)
    assert (await report(database, "turn", limit=3)).is_cut_short is False
    short = await report(database, "turn", limit=2)
    assert (len(short.lines), short.is_cut_short) == (2, True)
    assert short.total.usd == Decimal("0.0096")


async def test_an_empty_ledger_cost_nothing_and_divides_by_nothing(database: Database) -> None:
    found = await report(database, "day")
    assert found.total.usd == 0
    assert not found.lines
    assert found.projection is None
    assert (found.per_turn_usd, found.per_answered_usd, found.per_resolved_usd, found.per_conversation_usd) == (
        None,
        None,
        None,
        None,
    )


async def test_divides_by_answers_and_by_conversations_that_needed_nobody(
    database: Database,
    a_conversation: Callable[..., Conversation],
    a_turn: Callable[..., StoredTurn],
    a_record: Callable[..., TurnRecord],
    an_escalation: Callable[..., Escalation],
) -> None:
    """One was answered; one was answered and needed a person later; one was never answered."""
    helped, handed_over, lost = a_conversation(), a_conversation(), a_conversation()

    def prepare(stores: Stores) -> None:
        for conversation in (helped, handed_over, lost):
            stores.conversations.create(conversation, token_hash="hash")
        for conversation, outcome in (
            (helped, Outcome.ANSWERED),
            (helped, Outcome.REFUSED),
            (handed_over, Outcome.ANSWERED),
            (lost, Outcome.CLARIFIED),
        ):
            turn = a_turn(conversation.conversation_id)
            stores.turns.open(turn, owner="me", lease_s=5.0)
            stores.turns.finish(a_record(turn.turn_id, outcome=outcome), last_seq=1, at=NOW)
        stores.escalations.open(an_escalation(handed_over.conversation_id))
        stores.ledger.add([an_entry("0.06")])

    await database.write(prepare)
    found = await report(database, "day")
    counts = found.counts
    assert (counts.turns, counts.answered, counts.conversations, counts.resolved) == (4, 2, 3, 1)
    assert found.per_turn_usd == Decimal("0.015")
    assert found.per_answered_usd == Decimal("0.03")
    assert found.per_conversation_usd == Decimal("0.02")
    assert found.per_resolved_usd == Decimal("0.06")


async def test_projects_the_month_from_the_days_before_today(database: Database) -> None:
    days = [an_entry("2", at=NOW - timedelta(days=n)) for n in range(1, 15)]
    await add(database, *days)
    found = await report(database, "day")
    assert found.projection is not None
    assert (found.projection.month, found.projection.days) == ("2026-03", 14)
    assert found.projection.spent_usd == 18
    assert found.projection.expected_usd == found.projection.high_usd == 18 + Decimal(43)
