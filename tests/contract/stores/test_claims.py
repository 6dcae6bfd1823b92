"""Who is claimed next, who waits, and whose place a later turn takes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.conversation import Conversation, ConversationStatus
from frontdesk.domain.errors import SupersededError
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.domain.turn import Lease, TurnRecord, TurnState
from frontdesk.ports.stores import ClaimedTurn, Crowd, Database, StoredTurn, Stores

MakeTurn = Callable[..., StoredTurn]
MakeConversation = Callable[..., Conversation]
OVER = -1.0
"""A lease that has run out before it began."""


class Desk:
    """Opens turns, each in a conversation of its own."""

    def __init__(self, database: Database, a_conversation: MakeConversation, a_turn: MakeTurn) -> None:
        self.database = database
        self._conversation, self._turn = a_conversation, a_turn

    async def open(
        self,
        *,
        party: str = "",
        lane: str = "normal",
        owner: str = "",
        time_s: float = 30.0,
        lease_s: float = 60.0,
        status: ConversationStatus = ConversationStatus.ASSISTANT,
    ) -> TurnId:
        """A turn that waits, or one that `owner` works on."""
        conversation = self._conversation(status=status)
        turn = self._turn(conversation.conversation_id, party=party, lane=lane)
        turn = _with_time(turn, time_s)

        def work(stores: Stores) -> None:
            stores.conversations.create(conversation, token_hash="")
            stores.turns.open(turn, owner=owner, lease_s=lease_s, must_wait=not owner)

        await self.database.write(work)
        return turn.turn_id

    async def claim(self, limit: int = 10) -> list[TurnId]:
        return [claimed.turn.turn_id for claimed in await self.claimed(limit)]

    async def claimed(self, limit: int = 10) -> tuple[ClaimedTurn, ...]:
        return await self.database.write(lambda stores: stores.turns.claim("me", lease_s=60, limit=limit))

    async def crowd(self) -> Crowd:
        return await self.database.read(lambda stores: stores.turns.crowd())


def _with_time(turn: StoredTurn, seconds: float) -> StoredTurn:
    return replace(turn, deadline_at=turn.accepted_at + timedelta(seconds=seconds))


@pytest.fixture
def desk(database: Database, a_conversation: MakeConversation, a_turn: MakeTurn) -> Desk:
    return Desk(database, a_conversation, a_turn)


async def test_a_turn_that_must_wait_is_queued_though_its_conversation_is_free(desk: Desk) -> None:
    waiting = await desk.open()
    stored = await desk.database.read(lambda stores: stores.turns.get(waiting))
    assert stored is not None
    assert (stored.state, stored.fence) == (TurnState.QUEUED, 0)
    assert await desk.claim() == [waiting]


async def test_whose_worker_fell_silent_comes_first_and_kept_turns_last(desk: Desk) -> None:
    kept = await desk.open(lane="kept")
    waiting = await desk.open()
    silent = await desk.open(owner="gone", lease_s=OVER)
    assert [await desk.claim(limit=1) for _ in range(4)] == [[silent], [waiting], [kept], []]


async def test_a_kept_turn_whose_time_is_up_does_not_wait_for_a_quieter_moment(desk: Desk) -> None:
    over = await desk.open(lane="kept", time_s=0.0)
    await desk.open()
    assert await desk.claim(limit=1) == [over]


async def test_parties_take_turns(desk: Desk) -> None:
    flood = [await desk.open(party="flood") for _ in range(3)]
    anna = await desk.open(party="anna")
    ben = [await desk.open(party="ben") for _ in range(2)]
    assert await desk.claim() == [flood[0], anna, ben[0], flood[1], ben[1], flood[2]]


async def test_whoever_has_fewest_answers_under_way_comes_next(desk: Desk) -> None:
    await desk.open(party="flood", owner="you")
    await desk.open(party="flood", owner="you")
    more = await desk.open(party="flood")
    anna = [await desk.open(party="anna") for _ in range(2)]
    assert await desk.claim() == [*anna, more]


async def test_without_a_party_each_conversation_is_one(desk: Desk) -> None:
    opened = [await desk.open() for _ in range(3)]
    assert await desk.claim() == opened
    assert sorted((await desk.crowd()).running.values()) == [1, 1, 1]


async def test_says_how_long_a_claimed_turn_has_waited_and_what_is_left(desk: Desk) -> None:
    await desk.open(time_s=30.0)
    (claimed,) = await desk.claimed()
    assert 0.0 <= claimed.waited_s < 10.0
    assert 20.0 < claimed.remaining_s <= 30.0


async def test_counts_the_crowd_by_party_and_lane(
    desk: Desk, database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    assert await desk.crowd() == Crowd()
    await desk.open(party="anna", owner="you")
    await desk.open(party="anna", owner="me")
    await desk.open(party="anna")
    await desk.open(party="ben")
    await desk.open(party="ben", lane="kept")
    for _ in range(2):  # the second waits for the first of its own conversation, not for hands
        turn = a_turn(conversation_id, party="carl")
        await database.write(lambda stores, turn=turn: stores.turns.open(turn, owner="me", lease_s=60))  # type: ignore[misc]
    crowd = await desk.crowd()
    assert crowd.running == {"anna": 2, "carl": 1}
    assert crowd.waiting == {"anna": 1, "ben": 1}
    assert crowd.kept == {"ben": 1}
    assert (crowd.workers, crowd.queued) == (2, 4)
    assert 0.0 <= crowd.longest_wait_s <= crowd.oldest_s < 10.0


async def test_an_ended_turn_is_counted_for_nobody(
    desk: Desk, database: Database, a_record: Callable[..., TurnRecord], now: datetime
) -> None:
    turn_id = await desk.open(party="anna", owner="me")
    await database.write(lambda stores: stores.turns.finish(a_record(turn_id), last_seq=1, at=now))
    stored = await database.read(lambda stores: stores.turns.get(turn_id))
    assert stored is not None
    assert stored.party == ""
    assert await desk.crowd() == Crowd()


async def test_whoever_has_waited_too_long_is_kept_once(desk: Desk, database: Database) -> None:
    late = await desk.open()
    await desk.open(owner="you")
    await desk.open(lane="kept")
    await desk.open(status=ConversationStatus.OPERATOR)  # nobody expects an answer of the assistant there

    async def keep_late(after_s: float) -> tuple[StoredTurn, ...]:
        return await database.write(lambda stores: stores.turns.keep_late(after_s=after_s, time_s=90.0, limit=10))

    assert await keep_late(after_s=60.0) == ()
    (kept,) = await keep_late(after_s=0.0)
    assert (kept.turn_id, kept.lane) == (late, "kept")
    assert await keep_late(after_s=0.0) == ()
    claimed = {one.turn.turn_id: one.remaining_s for one in await desk.claimed()}
    assert 60.0 < claimed[late] <= 90.0


async def test_a_later_turn_takes_the_place_of_all_that_are_unfinished(
    database: Database, conversation_id: ConversationId, a_turn: MakeTurn
) -> None:
    first, second, third = (a_turn(conversation_id) for _ in range(3))

    def arrive(stores: Stores, turn: StoredTurn) -> tuple[TurnId, ...]:
        replaced = stores.turns.supersede(conversation_id, by=turn.turn_id)
        stores.turns.open(turn, owner="me", lease_s=60)
        return tuple(earlier.turn_id for earlier in replaced)

    arrived = [
        await database.write(lambda stores, turn=turn: arrive(stores, turn))  # type: ignore[misc]
        for turn in (first, second, third)
    ]
    assert arrived == [(), (first.turn_id,), (first.turn_id, second.turn_id)]
    replaced = await database.read(lambda stores: stores.turns.replaced(conversation_id, by=third.turn_id))
    assert [turn.turn_id for turn in replaced] == [first.turn_id, second.turn_id]
    assert await database.read(lambda stores: stores.turns.superseded_of("me")) == (first.turn_id,)
    with pytest.raises(SupersededError):
        await database.write(lambda stores: stores.turns.assert_held(Lease(turn_id=first.turn_id, owner="me", fence=1)))


async def test_what_an_ended_turn_had_taken_the_place_of_passes_on_with_its_own_place(
    database: Database,
    conversation_id: ConversationId,
    a_turn: MakeTurn,
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    first, second, third = (a_turn(conversation_id) for _ in range(3))

    def arrive(stores: Stores, turn: StoredTurn) -> None:
        stores.turns.supersede(conversation_id, by=turn.turn_id)
        stores.turns.open(turn, owner="me", lease_s=60)

    for turn in (first, second):
        await database.write(lambda stores, turn=turn: arrive(stores, turn))  # type: ignore[misc]
    await database.write(lambda stores: stores.turns.finish(a_record(first.turn_id), last_seq=1, at=now))
    await database.write(lambda stores: arrive(stores, third))
    replaced = await database.read(lambda stores: stores.turns.replaced(conversation_id, by=third.turn_id))
    assert [turn.turn_id for turn in replaced] == [first.turn_id, second.turn_id]


async def test_a_turn_that_was_answered_keeps_its_place(
    database: Database,
    conversation_id: ConversationId,
    a_turn: MakeTurn,
    a_record: Callable[..., TurnRecord],
    now: datetime,
) -> None:
    first, second = a_turn(conversation_id), a_turn(conversation_id)
    await database.write(lambda stores: stores.turns.open(first, owner="me", lease_s=60))
    await database.write(lambda stores: stores.turns.finish(a_record(first.turn_id), last_seq=1, at=now))
    replaced = await database.write(lambda stores: stores.turns.supersede(conversation_id, by=second.turn_id))
    assert replaced == ()
