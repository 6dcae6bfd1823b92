"""Budgets: atomic on every ceiling at once, always the sum of the ledger, and nothing set aside is forgotten."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.ids import ConversationId, CustomerId, ReleaseId, TurnId
from frontdesk.domain.money import Cap, LedgerEntry, Level, Payer, Reservation, Span, caps_at, spans_at
from frontdesk.domain.release import Ceilings
from frontdesk.domain.turn import TurnRecord
from frontdesk.domain.usage import Usage
from frontdesk.ports.stores import Database, StoredTurn, Stores

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, MONTH = Span(scope="day", key="2026-03-01"), Span(scope="month", key="2026-03")
PAYER = Payer(turn_id=TurnId("turn_1"), conversation_id=ConversationId("conv_1"))
ALL = Ceilings(
    per_turn_usd=0.01, per_conversation_usd=0.1, per_customer_day_usd=0.2, per_day_usd=1.0, per_month_usd=10.0
)


def an_entry(cost: str | None = "0.002", **changes: object) -> LedgerEntry:
    entry = LedgerEntry(
        at=NOON,
        purpose="answer",
        vendor="vendor.example",
        model="big",
        usage=Usage(input_tokens=100, output_tokens=10),
        cost_usd=None if cost is None else Decimal(cost),
        turn_id=PAYER.turn_id,
        conversation_id=PAYER.conversation_id,
        channel="web_chat",
        release_id=ReleaseId("rel_1"),
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


def a_reservation(name: str, amount: str, caps: tuple[Cap, ...], **changes: object) -> Reservation:
    reservation = Reservation(
        reservation_id=name,
        turn_id=TurnId("turn_1"),
        fence=1,
        amount_usd=Decimal(amount),
        spans=tuple(cap.span for cap in caps),
        vendor="vendor.example",
        model="big",
        purpose="answer",
        created_at=NOON,
    )
    return replace(reservation, **changes)  # type: ignore[arg-type]


async def reserve(
    database: Database, name: str, amount: str, caps: tuple[Cap, ...], *, expires_s: float = 300.0, **changes: object
) -> tuple[Level, ...]:
    reservation = a_reservation(name, amount, caps, **changes)
    return tuple(await database.write(lambda stores: stores.budgets.reserve(reservation, caps, expires_s=expires_s)))


async def levels(database: Database, *caps: Cap) -> list[tuple[Decimal, Decimal]]:
    """What is spent and set aside in each."""
    found = await database.read(lambda stores: stores.budgets.levels(caps))
    return [(level.spent_usd, level.reserved_usd) for level in found]


def a_cap(usd: str, span: Span = DAY) -> Cap:
    return Cap(span=span, usd=Decimal(usd))


async def test_sets_money_aside_on_every_ceiling_at_once(database: Database) -> None:
    caps = caps_at(ALL, PAYER, NOON)
    assert [cap.span.scope for cap in caps] == ["turn", "conversation", "customer_day", "day", "month"]
    found = await reserve(database, "r1", "0.004", caps)
    assert [round(level.share, 6) for level in found] == [0.4, 0.04, 0.02, 0.004, 0.0004]
    assert set(await levels(database, *caps)) == {(Decimal(0), Decimal("0.004"))}


async def test_sets_nothing_aside_where_one_ceiling_leaves_too_little(database: Database) -> None:
    caps = (a_cap("1.0", MONTH), a_cap("0.005"))
    await reserve(database, "r1", "0.003", caps)
    month, day = await reserve(database, "r2", "0.003", caps)
    assert (month.is_over, day.is_over) == (False, True)
    assert set(await levels(database, *caps)) == {(Decimal(0), Decimal("0.003"))}
    assert len(await database.write(lambda stores: stores.budgets.of_turn(TurnId("turn_1")))) == 1


async def test_the_last_of_the_money_may_be_set_aside_to_the_billionth(database: Database) -> None:
    assert not (await reserve(database, "r1", "0.010000000", (a_cap("0.01"),)))[0].is_over
    assert (await reserve(database, "r2", "0.0000000001", (a_cap("0.01"),)))[0].is_over


async def test_sixty_four_at_once_never_set_more_aside_than_there_is(database: Database) -> None:
    """Each wants a tenth of what is there: ten get it, whatever the order."""
    caps = caps_at(Ceilings(per_day_usd=0.01, per_month_usd=5.0), PAYER, NOON)
    asked = [reserve(database, f"r{number}", "0.001", caps) for number in range(64)]
    granted = [found for found in await asyncio.gather(*asked) if not any(level.is_over for level in found)]
    assert len(granted) == 10
    assert await levels(database, *caps) == [(Decimal(0), Decimal("0.01"))] * 2


async def test_the_ledger_spends_what_it_is_told(database: Database) -> None:
    caps = caps_at(ALL, PAYER, NOON)
    await reserve(database, "r1", "0.004", caps)
    entries = [an_entry("0.002"), an_entry("0.0005", purpose="rewrite"), an_entry(None)]
    await database.write(lambda stores: stores.ledger.add(entries))
    assert set(await levels(database, *caps)) == {(Decimal("0.0025"), Decimal("0.004"))}


async def test_a_ceiling_that_is_set_at_noon_knows_of_the_morning(database: Database) -> None:
    morning, yesterday = an_entry("0.3"), an_entry("0.2", at=NOON - timedelta(days=1))
    other = an_entry("0.1", turn_id=TurnId("turn_2"), conversation_id=ConversationId("conv_2"))
    await database.write(lambda stores: stores.ledger.add([morning, yesterday, other]))
    caps = caps_at(ALL, PAYER, NOON)
    before = await levels(database, *caps)
    assert [spent for spent, _ in before] == [Decimal(n) for n in ("0.5", "0.5", "0.3", "0.4", "0.4")]
    generous = tuple(replace(cap, usd=Decimal(100)) for cap in caps)
    await reserve(database, "r1", "0.001", generous)
    assert await levels(database, *caps) == [(spent, Decimal("0.001")) for spent, _ in before]


async def test_a_proved_customer_has_one_day_in_all_conversations(database: Database) -> None:
    known = Payer(turn_id=TurnId("turn_2"), conversation_id=ConversationId("conv_2"), customer_id=CustomerId("cust_1"))
    elsewhere = an_entry("0.01", conversation_id=ConversationId("conv_9"), customer_id=CustomerId("cust_1"))
    before_sign_in = an_entry("0.02", conversation_id=ConversationId("conv_2"))
    await database.write(lambda stores: stores.ledger.add([elsewhere, before_sign_in]))
    (cap,) = caps_at(Ceilings(per_customer_day_usd=1.0), known, NOON)
    assert cap.span.key == "cust_1 2026-03-01"
    assert await levels(database, cap) == [(Decimal("0.01"), Decimal(0))]
    await reserve(database, "r1", "0.1", (cap,))
    assert await levels(database, cap) == [(Decimal("0.01"), Decimal("0.1"))]


async def test_shrinks_to_what_was_spent_and_releases_what_is_left(database: Database) -> None:
    caps = caps_at(ALL, PAYER, NOON)
    await reserve(database, "r1", "0.004", caps)
    await database.write(lambda stores: stores.budgets.shrink({"r1": Decimal("0.001"), "gone": Decimal(1)}))
    assert set(await levels(database, *caps)) == {(Decimal(0), Decimal("0.001"))}
    (kept,) = await database.write(lambda stores: stores.budgets.of_turn(TurnId("turn_1")))
    assert (kept.amount_usd, kept.spans) == (Decimal("0.001"), tuple(cap.span for cap in caps))
    await database.write(lambda stores: stores.budgets.release([kept]))
    assert set(await levels(database, *caps)) == {(Decimal(0), Decimal(0))}
    assert await database.write(lambda stores: stores.budgets.of_turn(TurnId("turn_1"))) == ()


async def test_a_turn_finds_what_an_earlier_worker_set_aside(database: Database) -> None:
    await reserve(database, "r1", "0.001", (a_cap("1.0"),), fence=1)
    await reserve(database, "r2", "0.001", (a_cap("1.0"),), fence=2)
    await reserve(database, "r3", "0.001", (a_cap("1.0"),), turn_id=TurnId("turn_2"))
    found = await database.write(lambda stores: stores.budgets.of_turn(TurnId("turn_1")))
    assert [(one.reservation_id, one.fence) for one in found] == [("r1", 1), ("r2", 2)]


async def test_only_reservations_of_ended_turns_expire(
    database: Database,
    a_conversation: Callable[..., Conversation],
    a_turn: Callable[..., StoredTurn],
    a_record: Callable[..., TurnRecord],
) -> None:
    conversation = a_conversation()
    turn, running = a_turn(conversation.conversation_id), a_turn(conversation.conversation_id)

    def prepare(stores: Stores) -> None:
        stores.conversations.create(conversation, token_hash="hash")
        stores.turns.open(turn, owner="me", lease_s=5.0)
        stores.turns.finish(a_record(turn.turn_id), last_seq=1, at=NOON)
        stores.turns.open(running, owner="me", lease_s=5.0)

    await database.write(prepare)
    await reserve(database, "over", "0.001", (a_cap("1.0"),), expires_s=-1.0, turn_id=turn.turn_id)
    await reserve(database, "young", "0.001", (a_cap("1.0"),), expires_s=60.0, turn_id=turn.turn_id)
    await reserve(database, "worked on", "0.001", (a_cap("1.0"),), expires_s=-1.0, turn_id=running.turn_id)
    found = await database.write(lambda stores: stores.budgets.expired(limit=10))
    assert [one.reservation_id for one in found] == ["over"]


async def test_a_forgotten_span_comes_back_as_it_was(database: Database) -> None:
    await reserve(database, "r1", "0.004", (a_cap("1.0"),))
    await database.write(lambda stores: stores.ledger.add([an_entry("0.003")]))
    assert await database.write(lambda stores: stores.budgets.forget(kept=timedelta(seconds=-1))) == 0  # money is in it
    await database.write(lambda stores: stores.budgets.release(stores.budgets.of_turn(TurnId("turn_1"))))
    assert await database.write(lambda stores: stores.budgets.forget(kept=timedelta(hours=1))) == 0
    assert await database.write(lambda stores: stores.budgets.forget(kept=timedelta(seconds=-1))) == 1
    assert await levels(database, a_cap("1.0")) == [(Decimal("0.003"), Decimal(0))]


async def test_the_database_says_what_day_it_is(database: Database) -> None:
    told = await database.read(lambda stores: stores.budgets.now())
    assert abs((datetime.now(UTC) - told).total_seconds()) < 60


def test_money_counts_for_the_day_on_which_it_is_spent() -> None:
    spans = spans_at(Payer(conversation_id=ConversationId("conv_1")), datetime(2026, 3, 31, 23, 59, tzinfo=UTC))
    assert [(span.scope, span.key) for span in spans] == [
        ("conversation", "conv_1"),
        ("customer_day", "conv_1 2026-03-31"),
        ("day", "2026-03-31"),
        ("month", "2026-03"),
    ]
