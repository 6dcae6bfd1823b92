"""What the installation keeps of itself: releases, keys, what happened, what is to be sent out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from frontdesk.domain.ids import DocumentId, ReleaseId
from frontdesk.domain.occurrences import Occurrence, Severity
from frontdesk.domain.overlay import Overlay, Withdrawal
from frontdesk.domain.release import ReleaseManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    entry_id: int
    topic: str
    key: str
    """Idempotency key for the receiver."""
    body: str
    attempts: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffKey:
    """A staff key as it is known afterwards: the key itself is kept nowhere."""

    name: str
    created_at: datetime


StaffSessionKind = Literal["session", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A browser that has signed in, or a link that signs one in."""

    name: str
    """Of the staff key behind it."""
    created_at: datetime
    expires_at: datetime


class OccurrenceStore(Protocol):
    """What happened to the installation."""

    def add(
        self,
        kind: str,
        *,
        subject: str,
        severity: Severity,
        detail: Mapping[str, str | int | float],
        times: int,
        at: datetime,
        last_at: datetime,
        same_since: datetime,
    ) -> None:
        """Keep it, or count up the one that was noted at or after `same_since`."""
        ...

    def list_recent(self, *, limit: int, severities: Sequence[Severity] = ...) -> Sequence[Occurrence]:
        """Noted last first."""
        ...

    def newest_of(self, *kinds: str) -> Occurrence | None:
        """The one of these kinds that was noted last."""
        ...

    def forget(self, *, before: datetime) -> int:
        """Delete those that were noted last before a time; how many that were."""
        ...


class Outbox(Protocol):
    def put(self, topic: str, *, key: str, body: str, after_s: float = 0.0) -> None:
        """Due after so long; a key that this topic has seen before is not put again, even after it is done."""
        ...

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[OutboxEntry, ...]: ...

    def done(self, entry_id: int) -> None: ...

    def retry(self, entry_id: int, *, after_s: float, error: str) -> None:
        """Let it be due again after so long."""
        ...


class ReleaseStore(Protocol):
    def put(self, manifest: ReleaseManifest) -> None:
        """Store it unless it is already there."""
        ...

    def get(self, release_id: ReleaseId) -> ReleaseManifest | None: ...


class StaffKeyStore(Protocol):
    def add(self, name: str, *, key_hash: str, at: datetime) -> None: ...

    def find(self, key_hash: str) -> str | None:
        """The name the key was given; None when there is no such key."""
        ...

    def count(self) -> int: ...

    def list_all(self) -> Sequence[StaffKey]:
        """Oldest first."""
        ...

    def remove(self, name: str) -> bool:
        """Withdraw the key of this name; whether there was one."""
        ...


class StaffSessionStore(Protocol):
    """Browsers that have signed in, and links that sign one in. Kept as hashes, each with its end."""

    def add(self, token_hash: str, *, name: str, kind: StaffSessionKind, at: datetime, until: datetime) -> None: ...

    def find(self, token_hash: str, *, kind: StaffSessionKind) -> StaffSession | None:
        """The session or link, also one that has run out: that it has is for the caller to say."""
        ...

    def remove(self, token_hash: str) -> None:
        """Forget it; nothing happens where there is none."""
        ...

    def remove_of(self, name: str) -> int:
        """Forget every session and link of a staff key; how many that were."""
        ...

    def remove_ended(self, *, before: datetime) -> int:
        """Forget those that ended before a time; how many that were."""
        ...


class WithdrawalStore(Protocol):
    """Documents that were withdrawn and let in again."""

    def add(self, change: Withdrawal) -> None: ...

    def version(self) -> int:
        """How many changes there were; that of the newest overlay."""
        ...

    def overlay(self) -> Overlay:
        """What holds now; the newest withdrawal first."""
        ...

    def of(self, document_id: DocumentId, *, limit: int) -> Sequence[Withdrawal]:
        """The changes of one document, newest first."""
        ...
