"""A release manifest: digests of everything that can change an answer."""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from frontdesk.domain.ids import ReleaseId, SnapshotId
from frontdesk.domain.release import AssistantContent, Component, ReleaseManifest
from frontdesk.text.hashing import content_hash


def compose_manifest(
    content: AssistantContent, snapshot_id: SnapshotId, *, scorers: str, at: datetime
) -> ReleaseManifest:
    """The manifest of this content with this snapshot; the same content gives the same id.

    Args:
        scorers: names the versions of detectors and scorers in this build; they are part of `guards`.
    """
    components: dict[Component, str] = {
        "assistant": _digest(content.profile, content.routing),
        "prompts": _digest(content.prompts),
        "models": _digest(content.models),
        "knowledge": content_hash([snapshot_id]),
        "retrieval": _digest(content.retrieval),
        "guards": _digest(content.guards, content.grounding, scorers),
        "workflows": _digest(content.connectors, content.workflows, content.write_back),
        "escalation": _digest(content.escalation),
    }
    digest = content_hash(f"{name}={components[name]}" for name in sorted(components))
    return ReleaseManifest(
        release_id=ReleaseId.mint(digest[:32]), components=components, snapshot_id=snapshot_id, composed_at=at
    )


def _digest(*values: Any) -> str:
    return content_hash(json.dumps(_plain(value), sort_keys=True, ensure_ascii=False) for value in values)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.value if isinstance(value, Enum) else value
