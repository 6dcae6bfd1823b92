"""Runs of workflows, effects on other systems, approvals, one-time codes and the audit log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from frontdesk.domain.audit import AuditEntry, AuditHead
from frontdesk.domain.connector import Row
from frontdesk.domain.effects import Approval, Effect
from frontdesk.domain.ids import ConversationId, RunId, TurnId
from frontdesk.domain.workflow import RunStatus, WorkflowRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTally:
    """How many runs of a workflow have come to one status."""

    workflow: str
    status: RunStatus
    runs: int


class WorkflowRunStore(Protocol):
    def put(self, run: WorkflowRun) -> WorkflowRun:
        """Store a new run (revision 0) or the changed one, and give it with its new revision.

        Raises:
            ConflictError: it was changed since it was read, it is over, or its conversation has another active run.
        """
        ...

    def get(self, run_id: RunId) -> WorkflowRun | None: ...

    def open_of(self, conversation_id: ConversationId) -> tuple[WorkflowRun, ...]:
        """The active run first, then suspended ones, the one put aside last first."""
        ...

    def end_open(self, conversation_id: ConversationId, status: RunStatus, *, at: datetime) -> int:
        """End every open run of the conversation in this way; how many that were."""
        ...

    def tally(self, *, since: datetime) -> tuple[RunTally, ...]:
        """How many runs begun since then have come to what, by workflow."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectLimits:
    """What holds for an operation's effects on one customer."""

    per_customer_day: int = 0
    """0 sets no bound."""
    max_amount: Decimal | None = None


class EffectStore(Protocol):
    def begin(self, effect: Effect, *, limits: EffectLimits) -> Effect | Literal["limit"]:
        """Note that it begins; give the one that was begun under this key before, where there is one.

        Limits are counted in this transaction, so that parallel ones can't pass them together. What failed doesn't
        count; what is unknown does.
        """
        ...

    def get(self, key: str) -> Effect | None: ...

    def finish(
        self, key: str, status: Literal["done", "failed", "unknown"], *, rows: Sequence[Row], why: str, at: datetime
    ) -> bool:
        """Whether it was open until now; what is done or failed stays so."""
        ...

    def take_in(self, keys: Sequence[str]) -> None:
        """Their run has gone on with what became of them."""
        ...

    def open_of(self, conversation_id: ConversationId) -> tuple[Effect, ...]:
        """Begun, and nobody knows yet what became of them; oldest first."""
        ...

    def of_run(self, run_id: RunId) -> tuple[Effect, ...]:
        """Oldest first."""
        ...

    def of_turn(self, turn_id: TurnId) -> tuple[Effect, ...]:
        """Those that the turn began, oldest first."""
        ...

    def stale(self, *, older_than_s: float, limit: int) -> tuple[Effect, ...]:
        """Begun so long ago, by the database's clock, that whoever called has given up; oldest first."""
        ...


class ApprovalStore(Protocol):
    def put(self, approval: Approval, *, expires_s: float) -> None:
        """Ask for it; what the run asked for before can't be approved any more."""
        ...

    def find(self, run_id: RunId, step: str) -> Approval | None:
        """The one that can be approved now: asked for, not used, not expired by the database's clock."""
        ...

    def consume(self, approval_id: str, *, turn_id: TurnId) -> bool:
        """Use it up. True once, and for the same turn again; False where it is used, void or expired."""
        ...

    def used_by(self, turn_id: TurnId) -> tuple[Approval, ...]:
        """What this turn has used up, by whichever of its workers."""
        ...

    def void(self, run_id: RunId) -> None:
        """Nothing that the run asked for can be approved any more."""
        ...


CodeCheck = Literal["right", "wrong", "locked", "none"]
"""`none`: no code is open, or it has expired."""


class OneTimeCodeStore(Protocol):
    def put(
        self, code_id: str, conversation_id: ConversationId, subject: str, *, code_hash: str, expires_s: float
    ) -> None:
        """Replace the conversation's open code."""
        ...

    def open_on(self, conversation_id: ConversationId) -> str | None:
        """The id of the code that is asked for; None where none is, or it has expired or is locked."""
        ...

    def check(self, code_id: str, code_hash: str, *, turn_id: TurnId, max_tries: int) -> CodeCheck:
        """Compare and count the try in one go. The same turn's try counts once, whoever works on it."""
        ...

    def void(self, conversation_id: ConversationId) -> None: ...

    def stepped_up(self, conversation_id: ConversationId, subject: str, *, within_s: float) -> bool:
        """Whether a code was entered rightly in this conversation, not longer ago than that."""
        ...

    def sent_to(self, subject: str, *, within_s: float) -> int:
        """How many codes were made for this customer in that time, in all conversations."""
        ...


class AuditLog(Protocol):
    """Append only. Append last in a unit of work: whoever appends holds everybody else's appends until the commit."""

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Chain them to the end; `previous_hash` and `hash` are set here."""
        ...

    def head(self) -> AuditHead: ...

    def read(self, *, after: int = 0, limit: int = 500) -> tuple[AuditEntry, ...]:
        """In their order, without the first `after`."""
        ...

    def read_all(self) -> Iterator[AuditEntry]: ...

    def count(self, action: str, *, conversation_id: ConversationId | None = None) -> int: ...
