"""Conversations on their way into another system's records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from frontdesk.domain.escalation import Escalation
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import (
    FieldError,
    Mended,
    Outgoing,
    StoredWriteBack,
    WriteBackState,
    WriteBackTally,
)


class WriteBackStore(Protocol):
    """One row per conversation. What changes one that a process has must carry the fence it was given."""

    def mark(self, conversation_id: ConversationId, *, quiet_s: float) -> None:
        """Let all that is in its log now be written after so long without another mark; a discarded one stays so."""
        ...

    def touch(self, conversation_id: ConversationId) -> None:
        """The same with the time of the last mark; nothing where there was none."""
        ...

    def hasten(self, *, statuses: Sequence[str]) -> int:
        """Let those be due now whose conversation has one of these states; how many that were."""
        ...

    def claim(self, owner: str, *, lease_s: float, limit: int) -> tuple[StoredWriteBack, ...]:
        """Those that are due, and those whose process fell silent, now this owner's until the lease runs out."""
        ...

    def release_all(self) -> None:
        """Let every lease run out now: for a process that is the only one and has just started."""
        ...

    def begin(self, conversation_id: ConversationId, outgoing: Outgoing, *, fence: int) -> bool:
        """Keep what is about to be sent, whose end is unclear from now on; False where another process has it."""
        ...

    def sent(self, conversation_id: ConversationId, *, reference: str, fence: int) -> bool:
        """The other system has `outgoing`; what came in meanwhile waits for its time."""
        ...

    def unchanged(self, conversation_id: ConversationId, *, seq: int, fence: int) -> bool:
        """What the log says up to `seq` is there already."""
        ...

    def is_absent(self, conversation_id: ConversationId, *, fence: int) -> bool:
        """`outgoing` has not arrived, and never will."""
        ...

    def retry(
        self,
        conversation_id: ConversationId,
        *,
        after_s: float,
        error: str,
        is_unclear: bool,
        counts: bool,
        fence: int,
    ) -> bool:
        """Let it be tried again after so long."""
        ...

    def put_back(self, conversation_id: ConversationId, *, error: str, is_unclear: bool, fence: int) -> bool:
        """Nothing was tried: it is due as it was, and the claim doesn't count."""
        ...

    def stop(
        self,
        conversation_id: ConversationId,
        *,
        state: WriteBackState,
        error: str,
        errors: Sequence[FieldError],
        is_unclear: bool,
        fence: int,
    ) -> bool:
        """Leave it to a person."""
        ...

    def get(self, conversation_id: ConversationId) -> StoredWriteBack | None: ...

    def list_in(self, states: Sequence[WriteBackState], *, limit: int) -> Sequence[StoredWriteBack]:
        """Changed last first."""
        ...

    def tally(self) -> WriteBackTally: ...

    def resend(self, conversation_id: ConversationId, mended: Mapping[str, Mended], *, by: str, at: datetime) -> bool:
        """Try a stuck or discarded one again now, with these values in place of others; False where it is neither."""
        ...

    def resend_all(self, states: Sequence[WriteBackState], *, by: str, at: datetime) -> int:
        """Try all in these states again now; how many that were."""
        ...

    def discard(self, conversation_id: ConversationId, *, reason: str, by: str, at: datetime) -> bool:
        """Never write it; False where a process has it or nothing waits."""
        ...

    def runs_of(self, conversation_id: ConversationId) -> Sequence[tuple[str, str]]:
        """Workflow and status of every run of the conversation, oldest first."""
        ...

    def escalation_of(self, conversation_id: ConversationId) -> Escalation | None:
        """The one that was opened last, closed or not."""
        ...
