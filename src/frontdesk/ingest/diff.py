"""What a new snapshot changes against the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from frontdesk.domain.knowledge import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDiff:
    """Documents as `source/path`, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """In words, or in anything that reaches a customer or decides who may read it."""
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


def diff_documents(previous: Sequence[Document], current: Sequence[Document]) -> SnapshotDiff:
    before, after = _hashes(previous), _hashes(current)
    both = before.keys() & after.keys()
    changed = {name for name in both if before[name] != after[name]}
    return SnapshotDiff(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(changed)),
        removed=tuple(sorted(before.keys() - after.keys())),
        unchanged=len(both) - len(changed),
    )


def _hashes(documents: Sequence[Document]) -> dict[str, str]:
    return {f"{document.source}/{document.path}": document.content_hash for document in documents}
