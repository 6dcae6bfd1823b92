"""Snapshots that are not live any more, for whoever looks up what an earlier answer was made of."""

import asyncio
from collections import OrderedDict

from frontdesk.domain.ids import SnapshotId
from frontdesk.ports.index import KnowledgeIndex, SnapshotStore

MOST_OPEN = 4
"""Snapshots kept open; one takes the memory of the pages that were read from it."""


class SnapshotShelf:
    """Opens snapshots by id; those used last stay open."""

    def __init__(self, store: SnapshotStore, *, most: int = MOST_OPEN) -> None:
        self._store = store
        self._most = most
        self._opened: OrderedDict[SnapshotId, asyncio.Task[KnowledgeIndex]] = OrderedDict()

    async def open(self, snapshot_id: SnapshotId) -> KnowledgeIndex:
        """
        Raises:
            NotFoundError: there is no such snapshot (any more).
            ChecksumError: it is damaged.
        """
        opening = self._opened.get(snapshot_id)
        if opening is None:
            opening = asyncio.create_task(asyncio.to_thread(self._store.open, snapshot_id))
            self._opened[snapshot_id] = opening
            if len(self._opened) > self._most:
                self._opened.popitem(last=False)
        self._opened.move_to_end(snapshot_id)
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            raise
        except Exception:
            if self._opened.get(snapshot_id) is opening:
                del self._opened[snapshot_id]
            raise
