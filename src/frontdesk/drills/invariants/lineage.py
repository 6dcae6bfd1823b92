"""I6: every turn belongs to one coherent release, which is kept and is what its id says."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from frontdesk.domain.events import FINAL_KINDS
from frontdesk.drills.invariants.histories import History
from frontdesk.drills.invariants.kept import Kept, grouped
from frontdesk.drills.invariants.violations import Violation
from frontdesk.text.hashing import content_hash


def check(kept: Kept, _histories: Sequence[History]) -> Iterator[Violation]:
    manifests = {row["release_id"]: json.loads(row["manifest"]) for row in kept.releases}
    for release_id, manifest in manifests.items():
        if release_id.partition("_")[2] != digest_of(manifest):
            yield _i6(release_id, "its id is not the hash of its components")
    events, citations = grouped(kept.events, "turn_id"), grouped(kept.citations, "turn_id")
    for turn in kept.turns:
        turn_id, release_id = turn["turn_id"], turn["release_id"]
        if release_id not in manifests:
            yield _i6(turn_id, f"its release {release_id} is not kept")
            continue
        told = {row["data"]["release_id"] for row in events.get(turn_id, ()) if row["kind"] in FINAL_KINDS}
        if told - {release_id}:
            yield _i6(turn_id, f"its row names release {release_id}, its end {', '.join(sorted(told))}")
        snapshots = {row["snapshot_id"] for row in citations.get(turn_id, ())}
        if snapshots - {manifests[release_id]["snapshot_id"]}:
            yield _i6(turn_id, "it quotes a snapshot that its release does not have")


def digest_of(manifest: dict[str, Any]) -> str:
    """The hash that names a release: of its components' digests, in the order of their names."""
    return content_hash(f"{name}={digest}" for name, digest in sorted(manifest["components"].items()))[:32]


def _i6(where: str, what: str) -> Violation:
    return Violation(invariant="I6", harm="mixed", where=where, what=what)
