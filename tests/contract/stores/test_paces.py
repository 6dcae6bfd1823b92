from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.turn import Outcome, TurnRecord
from frontdesk.ports.stores import Database, StoredTurn, Stores

SECOND = timedelta(seconds=1)


async def end(
    database: Database,
    turn: StoredTurn,
    record: TurnRecord,
    *,
    at: datetime,
    first_ms: float | None = None,
    degraded: tuple[str, ...] = (),
    outcome: Outcome = Outcome.ANSWERED,
) -> None:
    timings = {"total": 1.0} | ({} if first_ms is None else {"first_confirmed": first_ms})
    answer = replace(record.answer, timings_ms=timings, degraded=degraded, outcome=outcome)

    def work(stores: Stores) -> None:
        stores.turns.open(turn, owner="me", lease_s=30)
        stores.turns.finish(replace(record, answer=answer), last_seq=1, at=at)

    await database.write(work)


async def test_counts_turns_of_the_time_with_their_waits_and_first_texts(
    database: Database,
    conversation_id: ConversationId,
    a_turn: Callable[..., StoredTurn],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    old, first, second = (a_turn(conversation_id, accepted_at=now) for _ in range(3))
    await end(database, old, a_record(old.turn_id), at=now + 1 * SECOND)
    await end(database, first, a_record(first.turn_id), at=now + 4 * SECOND, first_ms=250.0)
    await end(
        database,
        second,
        a_record(second.turn_id),
        at=now + 6 * SECOND,
        degraded=("uncited",),
        outcome=Outcome.REFUSED,
    )

    pace = await database.read(lambda stores: stores.paces.since(now + 2 * SECOND, limit=10))

    assert (pace.turns, pace.is_cut_short, pace.simulated) == (2, False, 0)
    assert dict(pace.outcomes) == {Outcome.ANSWERED: 1, Outcome.REFUSED: 1}
    assert pace.degraded == [("uncited", 1)]
    assert pace.total is not None
    assert (pace.total.p50, pace.total.p99) == (4000.0, 6000.0)
    assert pace.first_text is not None
    assert pace.first_text.p50 == 250.0


async def test_looks_at_the_newest_and_says_that_there_were_more(
    database: Database,
    a_conversation: Callable[..., Conversation],
    a_turn: Callable[..., StoredTurn],
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    simulated = a_conversation(origin="simulated")
    await database.write(lambda stores: stores.conversations.create(simulated, token_hash="hash"))
    for number in range(3):
        turn = a_turn(simulated.conversation_id, accepted_at=now)
        await end(database, turn, a_record(turn.turn_id), at=now + (number + 1) * SECOND)

    pace = await database.read(lambda stores: stores.paces.since(now, limit=2))

    assert (pace.turns, pace.simulated, pace.is_cut_short) == (2, 2, True)
    assert pace.total is not None
    assert pace.total.p50 == 2000.0


async def test_nothing_that_is_under_way_counts(
    database: Database, conversation_id: ConversationId, a_turn: Callable[..., StoredTurn], now: datetime
) -> None:
    turn = a_turn(conversation_id, accepted_at=now)
    await database.write(lambda stores: stores.turns.open(turn, owner="me", lease_s=30))
    pace = await database.read(lambda stores: stores.paces.since(now - SECOND, limit=10))
    assert (pace.turns, pace.total) == (0, None)
