"""Delivery: what the pipeline yields becomes events of the log, each committed under the turn's lease.

The log is the truth; streams and JSON replies are readers of it. Only stage notices, which nobody
needs to see twice, travel beside it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress

from frontdesk.domain.errors import DeadlineError
from frontdesk.domain.events import FINAL_KINDS, Event, StoredEvent, TurnStage
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.domain.turn import Lease
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores

_BATCH = 500
"""Events read at once."""


class StageNotices:
    """Hands `turn.stage` events to whoever is listening in this process; nobody listening costs nothing."""

    def __init__(self) -> None:
        self._listeners: dict[ConversationId, set[asyncio.Queue[TurnStage]]] = defaultdict(set)

    def tell(self, conversation_id: ConversationId, notice: TurnStage) -> None:
        for queue in self._listeners.get(conversation_id, ()):
            if not queue.full():
                queue.put_nowait(notice)

    @contextmanager
    def listen(self, conversation_id: ConversationId) -> Iterator[asyncio.Queue[TurnStage]]:
        queue: asyncio.Queue[TurnStage] = asyncio.Queue(maxsize=32)
        self._listeners[conversation_id].add(queue)
        try:
            yield queue
        finally:
            self._listeners[conversation_id].discard(queue)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]


async def deliver_events(
    database: Database, clock: Clock, *, conversation_id: ConversationId, lease: Lease, events: list[Event]
) -> tuple[StoredEvent, ...]:
    """Commit events under the lease.

    Raises:
        LeaseLostError: another worker has the turn.
        HandedOverError: a person has the conversation.
    """
    at = clock.now()

    def commit(stores: Stores) -> tuple[StoredEvent, ...]:
        stores.turns.assert_held(lease)
        return stores.events.append(conversation_id, events, at=at)

    return await database.write(commit)


async def read_log(
    database: Database, conversation_id: ConversationId, *, after: int, idle_s: float
) -> AsyncGenerator[tuple[StoredEvent, ...], None]:
    """Every event beyond `after`, in order, in batches as they are committed.

    The first batch comes at once and may be empty; a later empty one says that nothing happened for about `idle_s`.
    """
    while True:
        events = await _read_after(database, conversation_id, after)
        yield events
        if events:
            after = events[-1].seq
        if len(events) < _BATCH:
            await database.wait_for_events(conversation_id, after=after, timeout_s=idle_s)


async def final_event(
    database: Database,
    conversation_id: ConversationId,
    turn_id: TurnId,
    *,
    after: int,
    timeout_s: float,
    ended: asyncio.Event | None = None,
) -> StoredEvent:
    """The event that ended the turn, once it is there.

    Args:
        ended: where this process works on the turn, spares the reading of all that comes before its last event.
    Raises:
        DeadlineError: the turn has not ended within `timeout_s`; it goes on, and its events stay readable.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            if ended is not None:
                await ended.wait()
            while True:
                await database.wait_for_events(conversation_id, after=after, timeout_s=timeout_s)
                for event in await _read_after(database, conversation_id, after):
                    after = event.seq
                    if event.turn_id == turn_id and event.kind in FINAL_KINDS:
                        return event
    raise DeadlineError("The answer is taking longer than expected. It will appear in the conversation.")


async def _read_after(database: Database, conversation_id: ConversationId, after: int) -> tuple[StoredEvent, ...]:
    return await database.read(lambda stores: stores.events.read(conversation_id, after=after, limit=_BATCH))
