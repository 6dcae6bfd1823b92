"""Release manifests, stored once and never changed."""

import json

from sqlalchemy import bindparam, select

from frontdesk.adapters.stores.schema import releases
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.sql import insert_if_absent
from frontdesk.adapters.stores.values import from_ms, to_json, to_ms
from frontdesk.domain.ids import ReleaseId, SnapshotId
from frontdesk.domain.release import ReleaseManifest

_PUT = insert_if_absent(releases)
_GET = select(releases).where(releases.c.release_id == bindparam("wanted"))


class Releases:
    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, manifest: ReleaseManifest) -> None:
        """Store it unless it is already there."""
        content = {"components": manifest.components, "snapshot_id": manifest.snapshot_id}
        row = {
            "release_id": manifest.release_id,
            "manifest": to_json(content),
            "composed_at": to_ms(manifest.composed_at),
        }
        self._session.run(_PUT, row)

    def get(self, release_id: ReleaseId) -> ReleaseManifest | None:
        row = self._session.first(_GET, {"wanted": release_id})
        if row is None:
            return None
        content = json.loads(row.manifest)
        return ReleaseManifest(
            release_id=ReleaseId(row.release_id),
            components=content["components"],
            snapshot_id=SnapshotId(content["snapshot_id"]),
            composed_at=from_ms(row.composed_at),
        )
