"""The outbox: what was promised with a commit is told to the outside until it is taken."""

import asyncio
import random

import structlog

from frontdesk.domain.errors import FrontdeskError
from frontdesk.ports.channels import Notifier
from frontdesk.ports.stores import Database, OutboxEntry
from frontdesk.turn.loops import forever

log = structlog.get_logger()

LEASE_S = 30.0
POLL_S = 1.0
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 600.0


class OutboxDispatcher:
    """Sends due entries, several at once; one that was not taken comes again after a growing pause."""

    def __init__(self, database: Database, notifier: Notifier, *, owner: str) -> None:
        self._database = database
        self._notifier = notifier
        self._owner = owner

    async def run(self) -> None:
        """Until cancelled."""
        await forever("outbox", self._send_all_due, pause=lambda: asyncio.sleep(POLL_S))

    async def _send_all_due(self) -> None:
        while await self.send_due():
            pass

    async def send_due(self, limit: int = 16) -> int:
        """Try every entry that is due now; how many there were.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        due = await self._database.write(lambda stores: stores.outbox.claim(self._owner, lease_s=LEASE_S, limit=limit))
        await asyncio.gather(*(self._send(entry) for entry in due))
        return len(due)

    async def _send(self, entry: OutboxEntry) -> None:
        try:
            await self._notifier.notify(entry.topic, key=entry.key, body=entry.body)
        except FrontdeskError as error:
            await self._come_back(entry, error.code)
        except Exception:
            log.exception("notice_crashed", topic=entry.topic)
            await self._come_back(entry, "unexpected")
        else:
            await self._database.write(lambda stores: stores.outbox.done(entry.entry_id))

    async def _come_back(self, entry: OutboxEntry, code: str) -> None:
        after_s = pause_s(entry.attempts)
        log.warning("notice_not_taken", topic=entry.topic, attempts=entry.attempts, code=code)
        await self._database.write(lambda stores: stores.outbox.retry(entry.entry_id, after_s=after_s, error=code))


def pause_s(attempts: int) -> float:
    """Seconds until the next try: doubled each time up to ten minutes, half of it random (full jitter upwards)."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempts, 20))
    return longest / 2 + random.random() * longest / 2
