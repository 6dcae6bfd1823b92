from dataclasses import replace
from datetime import datetime

import pytest

from frontdesk.domain.errors import ConflictError
from frontdesk.domain.ids import ReleaseId, SnapshotId
from frontdesk.domain.release import ReleaseManifest
from frontdesk.ports.stores import Database


async def test_keeps_the_first_manifest_of_a_release_for_good(database: Database, now: datetime) -> None:
    manifest = ReleaseManifest(
        release_id=ReleaseId("rel_1"),
        components={"assistant": "aa", "prompts": "bb"},
        snapshot_id=SnapshotId("snap_1"),
        composed_at=now,
    )
    await database.write(lambda stores: stores.releases.put(manifest))
    await database.write(lambda stores: stores.releases.put(replace(manifest, snapshot_id=SnapshotId("snap_2"))))
    assert await database.read(lambda stores: stores.releases.get(manifest.release_id)) == manifest
    assert await database.read(lambda stores: stores.releases.get(ReleaseId("rel_2"))) is None


async def test_finds_a_staff_key_by_its_hash_alone(database: Database, now: datetime) -> None:
    assert await database.read(lambda stores: stores.staff_keys.count()) == 0
    await database.write(lambda stores: stores.staff_keys.add("ana", key_hash="h1", at=now))
    assert await database.read(lambda stores: stores.staff_keys.find("h1")) == "ana"
    assert await database.read(lambda stores: stores.staff_keys.find("ana")) is None
    with pytest.raises(ConflictError):
        await database.write(lambda stores: stores.staff_keys.add("ana", key_hash="h2", at=now))
    assert await database.read(lambda stores: stores.staff_keys.count()) == 1
