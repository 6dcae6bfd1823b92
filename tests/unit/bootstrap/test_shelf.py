"""Snapshots that are not live stay open for a while."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from frontdesk.bootstrap.shelf import SnapshotShelf
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import SnapshotId


class SlowSnapshots:
    """Opens anything whose name has no `gone` in it, and counts how often."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open(self, snapshot_id: SnapshotId) -> Any:
        time.sleep(0.02)
        self.opened.append(snapshot_id)
        if "gone" in snapshot_id:
            raise NotFoundError("There is no such snapshot.")
        return SimpleNamespace(name=snapshot_id)


def a_shelf() -> tuple[SnapshotShelf, SlowSnapshots]:
    store = SlowSnapshots()
    return SnapshotShelf(cast("Any", store), most=2), store


async def test_opens_a_snapshot_once_for_all_who_ask() -> None:
    shelf, store = a_shelf()
    found = await asyncio.gather(*(shelf.open(SnapshotId("snap_a")) for _ in range(5)))
    assert len({id(one) for one in found}) == 1
    assert store.opened == ["snap_a"]


async def test_lets_go_of_what_was_used_longest_ago() -> None:
    shelf, store = a_shelf()
    for name in ("snap_a", "snap_b", "snap_a", "snap_c", "snap_a", "snap_b"):
        await shelf.open(SnapshotId(name))
    assert store.opened == ["snap_a", "snap_b", "snap_c", "snap_b"]


async def test_tries_again_what_could_not_be_opened() -> None:
    shelf, store = a_shelf()
    for _ in range(2):
        with pytest.raises(NotFoundError):
            await shelf.open(SnapshotId("snap_gone"))
    assert len(store.opened) == 2


async def test_one_who_leaves_does_not_spoil_it_for_the_others() -> None:
    shelf, store = a_shelf()
    leaver = asyncio.create_task(shelf.open(SnapshotId("snap_a")))
    await asyncio.sleep(0)
    other = asyncio.create_task(shelf.open(SnapshotId("snap_a")))
    await asyncio.sleep(0)
    leaver.cancel()
    assert cast("Any", await other).name == "snap_a"
    assert store.opened == ["snap_a"]
