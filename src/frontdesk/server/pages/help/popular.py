"""What answers of the last month cited most."""

from collections.abc import Mapping
from datetime import timedelta

from frontdesk.domain.citing import TimesCited
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.ids import DocumentId
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database

PERIOD = timedelta(days=30)
READERS_S, STAFF_S = 60.0, 5.0
"""How old counts may be for whom. Counting takes 20 ms with 10,000 turns in the period, and a list is read in many ways
one after the other."""


class Popular:
    """Counts of citations per document."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._times: Mapping[DocumentId, TimesCited] = {}
        self._read_at = float("-inf")

    async def times_cited(self, *, max_age_s: float) -> Mapping[DocumentId, TimesCited]:
        """
        Raises:
            DependencyError: the database cannot be asked.
        """
        now = self._clock.monotonic()
        if now - self._read_at > max_age_s:
            since = self._clock.now() - PERIOD
            self._times = await self._database.read(lambda stores: stores.citations.times_cited(since=since))
            self._read_at = now
        return self._times

    async def times_cited_lately(self) -> Mapping[DocumentId, TimesCited]:
        """For readers, who are not kept waiting; older counts, or none, while the database cannot be asked."""
        try:
            return await self.times_cited(max_age_s=READERS_S)
        except DependencyError:
            return self._times
