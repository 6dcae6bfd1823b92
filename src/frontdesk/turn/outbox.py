"""The outbox: what was promised with a commit is told to the outside until it is taken."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import structlog

from frontdesk.domain.errors import DependencyError, UnavailableError
from frontdesk.ports.channels import Notifier
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, OutboxEntry

log = structlog.get_logger()

LEASE_S = 30.0
POLL_S = 1.0
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 600.0


class OutboxDispatcher:
    """Sends due entries, several at once; one that was not taken comes again after a growing pause."""

    def __init__(self, database: Database, notifier: Notifier, *, clock: Clock, owner: str) -> None:
        self._database = database
        self._notifier = notifier
        self._clock = clock
        self._owner = owner

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            sent = 0
            with suppress(UnavailableError):
                sent = await self.send_due()
            if not sent:
                await asyncio.sleep(POLL_S)

    async def send_due(self, limit: int = 16) -> int:
        """Try every entry that is due now; how many there were.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        due = await self._database.write(lambda stores: stores.outbox.claim(self._owner, lease_s=LEASE_S, limit=limit))
        await asyncio.gather(*(self._send(entry) for entry in due))
        return len(due)

    async def _send(self, entry: OutboxEntry) -> None:
        try:
            await self._notifier.notify(entry.topic, key=entry.key, body=entry.body)
        except DependencyError as error:
            await self._come_back(entry, error.code)
        else:
            await self._database.write(lambda stores: stores.outbox.done(entry.entry_id))

    async def _come_back(self, entry: OutboxEntry, code: str) -> None:
        due_at = self._clock.now() + timedelta(seconds=pause_s(entry.attempts))
        log.warning("notice_not_taken", topic=entry.topic, attempts=entry.attempts, code=code)
        await self._database.write(lambda stores: stores.outbox.retry(entry.entry_id, due_at=due_at, error=code))


def pause_s(attempts: int) -> float:
    """Seconds until the next try: doubled each time up to ten minutes, half of it random (full jitter upwards)."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempts, 20))
    return longest / 2 + random.random() * longest / 2
