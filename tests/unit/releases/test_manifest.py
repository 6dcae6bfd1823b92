"""Release manifests."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from frontdesk.domain.ids import SnapshotId
from frontdesk.domain.release import AssistantContent, ReleaseManifest
from frontdesk.releases import compose_manifest, read_assistant

DEMO = Path(__file__).parents[3] / "examples" / "harbor-and-pine"
SNAPSHOT = SnapshotId("snap_one")


def manifest_of(content: AssistantContent, *, snapshot: SnapshotId = SNAPSHOT, scorers: str = "a@1") -> ReleaseManifest:
    return compose_manifest(content, snapshot, scorers=scorers, at=datetime(2026, 11, 20, tzinfo=UTC))


def test_the_same_content_gives_the_same_release() -> None:
    later = compose_manifest(read_assistant(DEMO), SNAPSHOT, scorers="a@1", at=datetime(2027, 1, 1, tzinfo=UTC))

    assert later.release_id == manifest_of(read_assistant(DEMO)).release_id


def test_each_part_changes_its_own_component_and_the_release() -> None:
    content = read_assistant(DEMO)
    base = manifest_of(content)
    changed = {
        "prompts": manifest_of(replace(content, prompts=replace(content.prompts, answer="Be brief."))),
        "assistant": manifest_of(replace(content, profile=replace(content.profile, name="Other"))),
        "retrieval": manifest_of(replace(content, retrieval=replace(content.retrieval, passages=3))),
        "escalation": manifest_of(replace(content, escalation=replace(content.escalation, uncertain_after=9))),
        "knowledge": manifest_of(content, snapshot=SnapshotId("snap_two")),
        "guards": manifest_of(content, scorers="a@2"),
    }
    for component, manifest in changed.items():
        differing = {name for name in base.components if base.components[name] != manifest.components[name]}
        assert differing == {component}
        assert manifest.release_id != base.release_id
