"""Waking those who wait for a conversation's next event, and those who look for turns to claim."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.ids import ConversationId

Newest = Mapping[ConversationId, int]
LookUp = Callable[[Sequence[ConversationId]], Awaitable[Newest]]

_POLL_S = 1.0
"""How late an event may be noticed when its announcement was lost."""
_REMEMBERED = 10_000
"""Conversations whose newest seq is kept in memory; beyond it a wait begins with one look at the database."""


class EventSignals:
    """Futures per conversation, resolved by announcements; one shared poll for all that wait is the net.

    Belongs to one event loop; another thread announces through `loop.call_soon_threadsafe`.
    """

    def __init__(self, look_up: LookUp, *, poll_s: float = _POLL_S) -> None:
        self._look_up = look_up
        self._poll_s = poll_s
        self._newest: OrderedDict[ConversationId, int] = OrderedDict()
        self._waiting: dict[ConversationId, dict[asyncio.Future[None], int]] = defaultdict(dict)
        self._poll: asyncio.Task[None] | None = None

    def announce(self, newest: Newest) -> None:
        """Tell of committed events; resolves every future that waits for something older."""
        for conversation_id, seq in newest.items():
            self._remember(conversation_id, seq)
            for future, after in self._waiting.get(conversation_id, {}).items():
                if seq > after and not future.done():
                    future.set_result(None)

    async def wait(self, conversation_id: ConversationId, *, after: int, timeout_s: float) -> None:
        """Return once the conversation may have events beyond `after`, or at the time-out."""
        if self._newest.get(conversation_id, 0) > after:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[conversation_id][future] = after
        self._keep_polling()
        try:
            async with asyncio.timeout(timeout_s):
                if conversation_id not in self._newest:
                    await self._look([conversation_id])
                await future
        except TimeoutError:
            return
        finally:
            self._forget(conversation_id, future)

    async def look(self) -> None:
        """Look up now what everybody waits for, for example after announcements went unheard."""
        if self._waiting:
            await self._look(list(self._waiting))

    async def close(self) -> None:
        """Let everybody who waits return now."""
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_result(None)
        if self._poll is not None:
            self._poll.cancel()
            with suppress(asyncio.CancelledError):
                await self._poll

    def _remember(self, conversation_id: ConversationId, seq: int) -> None:
        self._newest[conversation_id] = max(seq, self._newest.get(conversation_id, 0))
        self._newest.move_to_end(conversation_id)
        if len(self._newest) > _REMEMBERED:
            self._newest.popitem(last=False)

    def _forget(self, conversation_id: ConversationId, future: asyncio.Future[None]) -> None:
        waiting = self._waiting[conversation_id]
        del waiting[future]
        if not waiting:
            del self._waiting[conversation_id]

    def _keep_polling(self) -> None:
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._poll_while_waiting(), name="event-poll")

    async def _poll_while_waiting(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._poll_s)
            await self.look()

    async def _look(self, conversation_ids: Sequence[ConversationId]) -> None:
        with suppress(UnavailableError):
            self.announce(await self._look_up(conversation_ids))


class TurnCalls:
    """Tells whoever claims turns that some may be free; a call that nobody waits for is kept for the next wait."""

    def __init__(self) -> None:
        self._called = asyncio.Event()

    def call(self) -> None:
        self._called.set()

    async def wait(self, timeout_s: float) -> None:
        """Until the next call, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._called.wait()
        self._called.clear()
