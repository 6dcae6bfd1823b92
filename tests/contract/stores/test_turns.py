import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.conversation import Conversation, ConversationStatus
from frontdesk.domain.errors import ConflictError, HandedOverError, LeaseLostError, NotFoundError
from frontdesk.domain.events import AnswerSentence
from frontdesk.domain.ids import ConversationId, ReleaseId, TurnId
from frontdesk.domain.turn import Lease, Outcome, TurnRecord, TurnState
from frontdesk.ports.stores import Database, StoredTurn, Stores

MakeTurn = Callable[..., StoredTurn]
MakeRecord = Callable[..., TurnRecord]
OVER = -1.0
"""A lease that has run out before it began."""


async def open_turn(database: Database, turn: StoredTurn, *, owner: str = "me", lease_s: float = 60) -> TurnState:
    return await database.write(lambda stores: stores.turns.open(turn, owner=owner, lease_s=lease_s))


async def claim(database: Database, owner: str, *, lease_s: float = 60, limit: int = 10) -> tuple[StoredTurn, ...]:
    claimed = await database.write(lambda stores: stores.turns.claim(owner, lease_s=lease_s, limit=limit))
    return tuple(one.turn for one in claimed)


async def assert_held(database: Database, lease: Lease) -> None:
    await database.write(lambda stores: stores.turns.assert_held(lease))


async def finish(database: Database, record: TurnRecord, at: datetime) -> None:
    await database.write(lambda stores: stores.turns.finish(record, last_seq=9, at=at))


def lease_of(turn: StoredTurn, owner: str = "me", fence: int = 1) -> Lease:
    return Lease(turn_id=turn.turn_id, owner=owner, fence=fence)


async def test_opens_the_first_turn_running_and_the_next_one_queued(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    first, second = a_turn(conversation_id), a_turn(conversation_id)
    assert await open_turn(database, first) is TurnState.RUNNING
    assert await open_turn(database, second) is TurnState.QUEUED

    stored = await database.read(lambda stores: stores.turns.get(first.turn_id))
    assert stored is not None
    assert replace(stored, deadline_at=first.deadline_at) == first
    queued = await database.read(lambda stores: stores.turns.find_by_key(conversation_id, second.idempotency_key))
    assert queued is not None
    assert (queued.turn_id, queued.state, queued.fence) == (second.turn_id, TurnState.QUEUED, 0)
    assert await database.read(lambda stores: stores.turns.unfinished(conversation_id)) == 2


async def test_knows_nothing_of_a_turn_that_is_not_there(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    missing = TurnId("turn_missing")
    assert await database.read(lambda stores: stores.turns.get(missing)) is None
    assert await database.read(lambda stores: stores.turns.find_by_key(conversation_id, "no-key")) is None
    assert await database.read(lambda stores: stores.turns.record(missing)) is None
    with pytest.raises(NotFoundError):
        await open_turn(database, a_turn(ConversationId("conv_missing")))
    with pytest.raises(LeaseLostError):
        await assert_held(database, Lease(turn_id=missing, owner="me", fence=1))


async def test_refuses_a_second_turn_under_the_same_key(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    await open_turn(database, a_turn(conversation_id, idempotency_key="once"))
    with pytest.raises(ConflictError):
        await open_turn(database, a_turn(conversation_id, idempotency_key="once"))
    assert await database.read(lambda stores: stores.turns.unfinished(conversation_id)) == 1


async def test_one_key_opens_one_turn_however_many_send_it_at_once(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    def find_or_open(stores: Stores, turn: StoredTurn) -> TurnId:
        known = stores.turns.find_by_key(conversation_id, turn.idempotency_key)
        if known is not None:
            return known.turn_id
        stores.turns.open(turn, owner="me", lease_s=60)
        return turn.turn_id

    async def accept(turn: StoredTurn) -> TurnId:
        return await database.write(lambda stores: find_or_open(stores, turn))

    found = await asyncio.gather(*(accept(a_turn(conversation_id, idempotency_key="once")) for _ in range(16)))
    assert len(set(found)) == 1
    assert await database.read(lambda stores: stores.turns.unfinished(conversation_id)) == 1


async def test_only_one_of_many_turns_opened_at_once_runs(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    states = await asyncio.gather(*(open_turn(database, a_turn(conversation_id)) for _ in range(16)))
    assert sorted(states) == [TurnState.QUEUED] * 15 + [TurnState.RUNNING]


async def test_the_holder_may_write(database: Database, conversation_id: ConversationId, a_turn: MakeTurn) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn)
    await assert_held(database, lease_of(turn))
    for wrong in (lease_of(turn, owner="you"), lease_of(turn, fence=2)):
        with pytest.raises(LeaseLostError):
            await assert_held(database, wrong)


async def test_a_lease_that_has_run_out_is_taken_over_and_the_stale_worker_writes_nothing(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, a_record: MakeRecord, now: datetime
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn, lease_s=OVER)
    (taken,) = await claim(database, "you")
    assert (taken.turn_id, taken.fence, taken.state) == (turn.turn_id, 2, TurnState.RUNNING)
    assert await claim(database, "they") == ()

    def stale_commit(stores: Stores) -> None:
        sentence = AnswerSentence(turn_id=turn.turn_id, index=0, separator="", text="Late.", citations=())
        stores.events.append(conversation_id, [sentence], at=now)
        stores.turns.assert_held(lease_of(turn))

    with pytest.raises(LeaseLostError):
        await database.write(stale_commit)
    with pytest.raises(LeaseLostError):
        await finish(database, a_record(turn.turn_id), now)
    assert await database.read(lambda stores: stores.events.read(conversation_id, after=0)) == ()
    await finish(database, a_record(turn.turn_id, owner="you", fence=2), now)


async def test_an_owner_that_takes_its_own_turn_over_refuses_its_own_older_attempt(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, a_record: MakeRecord, now: datetime
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn, lease_s=OVER)
    await claim(database, "me")
    with pytest.raises(LeaseLostError):
        await assert_held(database, lease_of(turn, fence=1))
    with pytest.raises(LeaseLostError):
        await finish(database, a_record(turn.turn_id, fence=1), now)
    await finish(database, a_record(turn.turn_id, fence=2), now)


async def test_the_holder_of_a_lease_that_ran_out_may_still_write_while_nobody_took_it(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn, lease_s=OVER)
    await assert_held(database, lease_of(turn))


async def test_a_heartbeat_keeps_the_leases_it_names_and_no_other(
    database: Database, a_conversation: Callable[..., Conversation], a_turn: MakeTurn
) -> None:
    turns = [a_turn(a_conversation().conversation_id) for _ in range(4)]
    worked_on, dropped, of_another, taken_over = turns

    def begin(stores: Stores) -> None:
        for turn in turns:
            stores.conversations.create(a_conversation(conversation_id=turn.conversation_id), token_hash="")
            stores.turns.open(turn, owner="you" if turn is of_another else "me", lease_s=OVER)

    await database.write(begin)
    leases = [lease_of(worked_on), lease_of(of_another), lease_of(taken_over, fence=2)]
    await database.write(lambda stores: stores.turns.heartbeat(leases, lease_s=60))
    await database.write(lambda stores: stores.turns.heartbeat([], lease_s=60))
    taken = await claim(database, "they")
    assert {turn.turn_id for turn in taken} == {dropped.turn_id, of_another.turn_id, taken_over.turn_id}


async def test_a_lease_that_was_let_go_is_claimed_at_once_and_no_other_is(
    database: Database, a_conversation: Callable[..., Conversation], a_turn: MakeTurn
) -> None:
    turns = [a_turn(a_conversation().conversation_id) for _ in range(2)]

    def begin(stores: Stores) -> None:
        for turn in turns:
            stores.conversations.create(a_conversation(conversation_id=turn.conversation_id), token_hash="")
            stores.turns.open(turn, owner="me", lease_s=60)

    await database.write(begin)
    for wrong in (lease_of(turns[0], owner="you"), lease_of(turns[0], fence=2)):
        await database.write(lambda stores, wrong=wrong: stores.turns.release(wrong))  # type: ignore[misc]
    assert await claim(database, "you") == ()
    await database.write(lambda stores: stores.turns.release(lease_of(turns[0])))
    assert [turn.turn_id for turn in await claim(database, "you")] == [turns[0].turn_id]


async def test_counts_the_unfinished_turns_of_one_conversation(
    database: Database, a_conversation: Callable[..., Conversation], a_turn: MakeTurn
) -> None:
    busy, quiet = a_conversation(), a_conversation()

    def begin(stores: Stores) -> tuple[int, int]:
        for conversation, turns in ((busy, 3), (quiet, 1)):
            stores.conversations.create(conversation, token_hash="")
            for _ in range(turns):
                stores.turns.open(a_turn(conversation.conversation_id), owner="me", lease_s=60)
        return stores.turns.unfinished(busy.conversation_id), stores.turns.unfinished(quiet.conversation_id)

    assert await database.write(begin) == (3, 1)


async def test_an_orderly_shutdown_leaves_its_turns_to_others_at_once(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn)
    assert await claim(database, "you") == ()
    await database.write(lambda stores: stores.turns.release_owner("me"))
    assert [taken.turn_id for taken in await claim(database, "you")] == [turn.turn_id]


async def test_the_only_process_need_not_wait_for_the_leases_of_the_dead(
    database: Database,
    a_conversation: Callable[..., Conversation],
    a_turn: MakeTurn,
    a_record: MakeRecord,
    now: datetime,
) -> None:
    running, ended = a_conversation(), a_conversation()
    await database.write(lambda stores: stores.conversations.create(running, token_hash=""))
    await database.write(lambda stores: stores.conversations.create(ended, token_hash=""))
    left, over = a_turn(running.conversation_id), a_turn(ended.conversation_id)
    for turn in (left, over):
        await open_turn(database, turn)
    await finish(database, a_record(over.turn_id), now)
    assert await claim(database, "you") == ()
    await database.write(lambda stores: stores.turns.release_all())
    assert [(taken.turn_id, taken.fence) for taken in await claim(database, "you")] == [(left.turn_id, 2)]


async def test_a_queued_turn_is_claimed_once_the_ones_before_it_have_ended(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, a_record: MakeRecord, now: datetime
) -> None:
    first, second, third = (a_turn(conversation_id) for _ in range(3))
    for turn in (first, second, third):
        await open_turn(database, turn)
    assert await claim(database, "you") == ()

    await finish(database, a_record(first.turn_id), now)
    (taken,) = await claim(database, "you")
    assert (taken.turn_id, taken.fence) == (second.turn_id, 1)
    assert await claim(database, "you") == ()


async def test_many_claimers_never_share_a_turn(
    database: Database, a_conversation: Callable[..., Conversation], a_turn: MakeTurn
) -> None:
    def begin(stores: Stores) -> None:
        for _ in range(12):
            conversation = a_conversation()
            stores.conversations.create(conversation, token_hash="")
            stores.turns.open(a_turn(conversation.conversation_id), owner="dead", lease_s=OVER)

    await database.write(begin)
    taken = await asyncio.gather(*(claim(database, f"worker-{number}", limit=5) for number in range(6)))
    ids = [turn.turn_id for group in taken for turn in group]
    assert len(ids) == len(set(ids))
    rest = await claim(database, "sweeper", limit=50)
    assert len(ids) + len(rest) == 12


async def test_a_person_who_takes_over_silences_the_assistant(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn)

    async def hand_to(status: ConversationStatus) -> None:
        await database.write(lambda stores: stores.conversations.set_status(conversation_id, status))

    for status in (ConversationStatus.OPERATOR, ConversationStatus.WAITING, ConversationStatus.CLOSED):
        await hand_to(status)
        with pytest.raises(HandedOverError):
            await assert_held(database, lease_of(turn))


async def test_no_sentence_is_committed_after_a_take_over_in_a_race(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, now: datetime
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn)

    async def keep_talking() -> int:
        for said in range(10_000):
            try:
                await database.write(say)
            except HandedOverError:
                return said
        raise AssertionError

    def say(stores: Stores) -> None:
        stores.turns.assert_held(lease_of(turn))
        sentence = AnswerSentence(turn_id=turn.turn_id, index=0, separator=" ", text="So.", citations=())
        stores.events.append(conversation_id, [sentence], at=now)

    def take_over(stores: Stores) -> int:
        stores.conversations.set_status(conversation_id, ConversationStatus.OPERATOR)
        return len(stores.events.read(conversation_id, after=0))

    talking = asyncio.create_task(keep_talking())
    await asyncio.sleep(0.02)
    said_before = await database.write(take_over)
    assert await talking == said_before
    assert len(await database.read(lambda stores: stores.events.read(conversation_id, after=0))) == said_before


async def test_finishing_ends_the_turn_once(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, a_record: MakeRecord, now: datetime
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn)
    await finish(database, a_record(turn.turn_id, outcome=Outcome.CLARIFIED), now)

    ended = await database.read(lambda stores: stores.turns.get(turn.turn_id))
    assert ended is not None
    assert (ended.state, ended.outcome, ended.ended_at, ended.last_seq) == (
        TurnState.ENDED,
        Outcome.CLARIFIED,
        now,
        9,
    )
    assert await database.read(lambda stores: stores.turns.unfinished(conversation_id)) == 0
    with pytest.raises(LeaseLostError):
        await finish(database, a_record(turn.turn_id), now)
    with pytest.raises(LeaseLostError):
        await assert_held(database, lease_of(turn))


async def test_an_ended_turn_names_the_release_that_answered(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, a_record: MakeRecord, now: datetime
) -> None:
    turn = a_turn(conversation_id, release_id=ReleaseId("rel_gone"))
    await open_turn(database, turn)
    await finish(database, a_record(turn.turn_id), now)
    ended = await database.read(lambda stores: stores.turns.get(turn.turn_id))
    assert ended is not None
    assert ended.release_id == "rel_1"


async def test_a_turn_may_hand_its_own_conversation_over_as_it_ends(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, a_record: MakeRecord, now: datetime
) -> None:
    turn = a_turn(conversation_id)
    await open_turn(database, turn)

    def escalate(stores: Stores) -> None:
        stores.turns.assert_held(lease_of(turn))
        stores.conversations.set_status(conversation_id, ConversationStatus.WAITING)
        stores.turns.finish(a_record(turn.turn_id, outcome=Outcome.ESCALATED), last_seq=1, at=now)

    await database.write(escalate)
    ended = await database.read(lambda stores: stores.turns.get(turn.turn_id))
    assert ended is not None
    assert ended.outcome is Outcome.ESCALATED


async def test_finds_the_turn_that_was_answered_last(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn, a_record: MakeRecord, now: datetime
) -> None:
    assert await database.read(lambda stores: stores.turns.newest_answered()) is None
    outcomes = [Outcome.ANSWERED, Outcome.ANSWERED, Outcome.REFUSED]
    turns = [a_turn(conversation_id) for _ in (*outcomes, "still running")]
    for minute, (turn, outcome) in enumerate(zip(turns, outcomes, strict=False)):
        await open_turn(database, turn)
        await finish(database, a_record(turn.turn_id, outcome=outcome), now + timedelta(minutes=minute))
    await open_turn(database, turns[-1])
    newest = await database.read(lambda stores: stores.turns.newest_answered())
    assert newest is not None
    assert newest.turn_id == turns[1].turn_id
