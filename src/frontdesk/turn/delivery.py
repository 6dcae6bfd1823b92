"""Delivery: what the pipeline yields becomes events of the log, each committed under the turn's lease.

The log is the truth; streams and JSON replies are readers of it. Only notices, which nobody needs to
see twice, travel beside it: the stage a turn is at, and text that is not confirmed yet.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from frontdesk.domain.errors import DeadlineError
from frontdesk.domain.events import (
    FINAL_KINDS,
    AnswerProvisional,
    AnswerSentence,
    AnswerWithdrawn,
    EscalationOpened,
    Event,
    StoredEvent,
    TurnReset,
    TurnStage,
)
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.domain.turn import Lease
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores

_BATCH = 32
"""Events read at once: what a reader that does not read keeps in memory, with the longest messages 1 MB."""


Notice = TurnStage | AnswerProvisional | AnswerWithdrawn
"""Told to whoever listens at that moment, and to nobody else."""

CLEARING_KINDS = frozenset({TurnReset.kind, EscalationOpened.kind, *FINAL_KINDS})
"""Events after which nothing provisional remains."""
_OUTDATING_KINDS = CLEARING_KINDS | {AnswerSentence.kind}
"""Events after which provisional text from before them is out of date."""
_MOST_NOTICES = 32
"""That wait for one listener."""


class _Told(NamedTuple):
    notice: TurnStage | AnswerWithdrawn
    after: int
    """Sequence number of the newest event its teller knew of."""


class Listener:
    """What one reader has not heard yet: the newest provisional text, and a bounded number of other notices.

    A notice is given out in its place among the events of the log: after those its teller knew of. Provisional text
    that newer events have overtaken is dropped.
    """

    def __init__(self, *, seen: int) -> None:
        """`seen` is the sequence number of the newest event the reader has."""
        self._seen = seen
        self._overtaken = 0
        self._others: deque[_Told] = deque(maxlen=_MOST_NOTICES)
        self._newest: AnswerProvisional | None = None
        self._newest_after = 0
        self._shown: AnswerProvisional | None = None
        self._news = asyncio.Event()

    def put(self, notice: Notice, *, after: int) -> None:
        """Never waits and never grows: of provisional text only the newest is kept."""
        if isinstance(notice, AnswerProvisional):
            self._newest, self._newest_after = notice, after
        else:
            self._others.append(_Told(notice, after))
        self._news.set()

    async def wait(self) -> None:
        """Until something was put since the last `take`."""
        await self._news.wait()

    def take(self) -> list[Notice]:
        """What may be told now, in order; what needs events the reader does not have yet stays."""
        self._news.clear()
        ready: list[Notice] = []
        while self._others and self._others[0].after <= self._seen:
            ready.append(self._others.popleft().notice)
        newest = self._newest
        if newest is not None and self._newest_after <= self._seen:
            self._newest = None
            if self._newest_after >= self._overtaken or not newest.text:
                ready += self._show(newest)
        return ready

    def pass_on(self, events: Sequence[StoredEvent]) -> list[Notice]:
        """Note that the reader gets these events, and what must be told it before them."""
        if not events:
            return []
        self._seen = events[-1].seq
        self._overtaken = max(
            (event.seq for event in events if event.kind in _OUTDATING_KINDS), default=self._overtaken
        )
        if self._shown is not None and any(event.kind in CLEARING_KINDS for event in events):
            return self._show(AnswerProvisional(turn_id=self._shown.turn_id, text=""))
        return []

    def _show(self, notice: AnswerProvisional) -> list[Notice]:
        """Nothing where there was nothing and there is nothing."""
        if not notice.text and self._shown is None:
            return []
        self._shown = notice if notice.text else None
        return [notice]


class StageNotices:
    """Hands notices to whoever is listening in this process; nobody listening costs nothing."""

    def __init__(self) -> None:
        self._listeners: dict[ConversationId, set[Listener]] = defaultdict(set)

    def is_heard(self, conversation_id: ConversationId) -> bool:
        """Whether anybody listens."""
        return conversation_id in self._listeners

    def tell(self, conversation_id: ConversationId, notice: Notice, *, after: int = 0) -> None:
        """Give it to every listener.

        Args:
            after: sequence number of the newest event the notice takes into account.
        """
        for listener in self._listeners.get(conversation_id, ()):
            listener.put(notice, after=after)

    @contextmanager
    def listen(self, conversation_id: ConversationId, *, seen: int = 0) -> Iterator[Listener]:
        """Everything that is told from now on.

        Args:
            seen: sequence number of the newest event the reader has.
        """
        listener = Listener(seen=seen)
        self._listeners[conversation_id].add(listener)
        try:
            yield listener
        finally:
            self._listeners[conversation_id].discard(listener)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]


class TurnVoice:
    """What one attempt at a turn tells beside the log; it knows which events came before."""

    def __init__(self, notices: StageNotices, conversation_id: ConversationId, *, after: int) -> None:
        self._notices = notices
        self._conversation_id = conversation_id
        self.after = after

    @property
    def is_heard(self) -> bool:
        return self._notices.is_heard(self._conversation_id)

    def tell(self, notice: Notice) -> None:
        self._notices.tell(self._conversation_id, notice, after=self.after)


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
