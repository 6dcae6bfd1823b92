"""The audit log: what was refused, approved and changed, chained so that a silent edit shows."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from frontdesk.domain.ids import ConversationId, TurnId

FIRST_HASH = "0" * 64
"""What the first entry follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the log. It holds names and kinds and nothing that anybody wrote, so it is never erased."""

    at: datetime
    actor: str
    """Who did it: `customer`, `assistant`, `staff:<name>` or `system`."""
    action: str
    """What was done or refused, as in `authority.denied` and `effect.done`."""
    subject: str
    """The customer it concerns, by our own id; empty where nobody is known."""
    conversation_id: ConversationId | None = None
    turn_id: TurnId | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    previous_hash: str = ""
    hash: str = ""

    def chained(self, previous_hash: str) -> Self:
        """The entry as it follows another one."""
        following = replace(self, previous_hash=previous_hash)
        return replace(following, hash=following.digest())

    def digest(self) -> str:
        """sha256 over everything it says and what it follows; its time counts in whole milliseconds."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds")
        said = [at, self.actor, self.action, self.subject, self.conversation_id or "", self.turn_id or ""]
        text = json.dumps([self.previous_hash, *said, sorted(self.details.items())], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """What the log says of itself: how long it is and where it ends."""

    entries: int
    hash: str


def find_break(entries: Iterable[AuditEntry], head: AuditHead) -> str:
    """The first place where the log isn't what was written, in words; empty where it is whole."""
    previous, number = FIRST_HASH, 0
    for number, entry in enumerate(entries, start=1):
        if entry.previous_hash != previous:
            return f"Entry {number} does not follow the one before it: something was taken out or put in."
        if entry.hash != entry.digest():
            return f"Entry {number} was changed after it was written."
        previous = entry.hash
    if (number, previous) != (head.entries, head.hash):
        return f"The log has {number} entries and should have {head.entries}: its end is missing or was replaced."
    return ""
