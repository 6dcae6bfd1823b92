"""Which conversations changed, for everybody who watches the list: one look at the database a second for all of them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager

import structlog

from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores import Database
from frontdesk.server.streams import HEARTBEAT, HEARTBEAT_S

log = structlog.get_logger()

EVERY_S = 1.0
LOOKED_AT = 50
"""Conversations that were active last. What changed is among them, also where the clocks of replicas differ."""


class Listener:
    """What one watcher has not been told yet; however slow it is, it is one set of ids."""

    def __init__(self) -> None:
        self._changed: set[ConversationId] = set()
        self._news = asyncio.Event()

    def tell(self, changed: set[ConversationId]) -> None:
        self._changed |= changed
        self._news.set()

    async def next(self, timeout_s: float) -> list[ConversationId]:
        """What changed since the last call, empty when nothing did for so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return []
        self._news.clear()
        changed, self._changed = sorted(self._changed), set()
        return changed


class ActivityFeed:
    """Looks while somebody watches, and not otherwise."""

    def __init__(self, database: Database, *, every_s: float = EVERY_S) -> None:
        self._database, self._every_s = database, every_s
        self._listeners: set[Listener] = set()
        self._seen: Mapping[ConversationId, int] | None = None
        """What was told of; None while nobody watches."""
        self._looking: asyncio.Task[None] | None = None

    async def version(self) -> str:
        """Names the state of the list; another one means that something changed."""
        return _version_of(await self._look())

    async def stream(self, since: str) -> AsyncGenerator[bytes, None]:
        """Server-sent events: `changed`, with the conversations that did, and comments while nothing does.

        Args:
            since: `version` of what the watcher shows; where that is out of date, the first event says so at once.
        """
        with self._listen() as listener:
            seen = await self._look()
            if self._seen is None:
                self._seen = seen
            yield _frame(seen, None if _version_of(seen) == since else [])
            while True:
                changed = await listener.next(HEARTBEAT_S)
                yield _frame(self._seen, changed) if changed else HEARTBEAT

    @contextmanager
    def _listen(self) -> Iterator[Listener]:
        listener = Listener()
        self._listeners.add(listener)
        if self._looking is None:
            self._looking = asyncio.create_task(self._keep_looking(), name="activity")
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners and self._looking is not None:
                self._looking.cancel()
                self._looking = self._seen = None

    async def _keep_looking(self) -> None:
        is_down = False
        while True:
            try:
                found = await self._look()
            except StoreUnavailableError:
                if not is_down:
                    log.warning("activity_unknown", exc_info=True)
                is_down = True
            else:
                is_down = False
                self._tell(found)
            await asyncio.sleep(self._every_s)

    def _tell(self, found: Mapping[ConversationId, int]) -> None:
        before, self._seen = self._seen, found
        if before is None:
            return
        changed = {one for one, seq in found.items() if before.get(one, 0) < seq}
        if changed:
            for listener in self._listeners:
                listener.tell(changed)

    async def _look(self) -> Mapping[ConversationId, int]:
        return await self._database.read(lambda stores: stores.finder.activity(limit=LOOKED_AT))


def _version_of(seen: Mapping[ConversationId, int]) -> str:
    text = json.dumps(sorted(seen.items()), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _frame(seen: Mapping[ConversationId, int], changed: list[ConversationId] | None) -> bytes:
    """An event, or only its id where nothing changed."""
    version = _version_of(seen)
    if changed is None:
        return f"id: {version}\n\n".encode()
    data = json.dumps({"conversations": changed}, separators=(",", ":"))
    return f"id: {version}\nevent: changed\ndata: {data}\n\n".encode()
