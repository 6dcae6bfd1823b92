from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.errors import ConflictError
from frontdesk.domain.ids import ReleaseId, SnapshotId
from frontdesk.domain.release import ReleaseManifest
from frontdesk.ports.stores import Database, StaffKey


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


async def test_lists_staff_keys_oldest_first_and_forgets_one_that_is_withdrawn(
    database: Database, now: datetime
) -> None:
    await database.write(lambda stores: stores.staff_keys.add("ben", key_hash="h1", at=now))
    await database.write(lambda stores: stores.staff_keys.add("ana", key_hash="h2", at=now + timedelta(seconds=1)))
    assert await database.read(lambda stores: stores.staff_keys.list_all()) == (
        StaffKey(name="ben", created_at=now),
        StaffKey(name="ana", created_at=now + timedelta(seconds=1)),
    )
    assert await database.write(lambda stores: stores.staff_keys.remove("ben"))
    assert not await database.write(lambda stores: stores.staff_keys.remove("ben"))
    assert await database.read(lambda stores: stores.staff_keys.find("h1")) is None
    assert await database.read(lambda stores: stores.staff_keys.find("h2")) == "ana"
