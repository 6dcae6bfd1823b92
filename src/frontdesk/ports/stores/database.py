"""Units of work, and the database that runs them."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from frontdesk.domain.ids import ConversationId
from frontdesk.ports.stores.acting import ApprovalStore, AuditLog, EffectStore, OneTimeCodeStore, WorkflowRunStore
from frontdesk.ports.stores.conversations import (
    AttachmentStore,
    ConversationFinder,
    ConversationStore,
    CustomerStore,
    EscalationStore,
    EventLog,
    FeedbackStore,
    ForkStore,
    MessageStore,
    PayloadStore,
)
from frontdesk.ports.stores.money import BudgetStore, CostStore, LedgerStore
from frontdesk.ports.stores.operation import (
    OccurrenceStore,
    Outbox,
    ReleaseStore,
    StaffKeyStore,
    StaffSessionStore,
    WithdrawalStore,
)
from frontdesk.ports.stores.turns import CitationStore, PaceStore, TurnStore
from frontdesk.ports.stores.write_backs import WriteBackStore

T = TypeVar("T")


class Stores(Protocol):
    """Every store, bound to one transaction."""

    @property
    def customers(self) -> CustomerStore: ...
    @property
    def conversations(self) -> ConversationStore: ...
    @property
    def payloads(self) -> PayloadStore: ...
    @property
    def messages(self) -> MessageStore: ...
    @property
    def attachments(self) -> AttachmentStore: ...
    @property
    def forks(self) -> ForkStore: ...
    @property
    def events(self) -> EventLog: ...
    @property
    def turns(self) -> TurnStore: ...
    @property
    def feedback(self) -> FeedbackStore: ...
    @property
    def citations(self) -> CitationStore: ...
    @property
    def ledger(self) -> LedgerStore: ...
    @property
    def budgets(self) -> BudgetStore: ...
    @property
    def costs(self) -> CostStore: ...
    @property
    def paces(self) -> PaceStore: ...
    @property
    def occurrences(self) -> OccurrenceStore: ...
    @property
    def escalations(self) -> EscalationStore: ...
    @property
    def finder(self) -> ConversationFinder: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def releases(self) -> ReleaseStore: ...
    @property
    def staff_keys(self) -> StaffKeyStore: ...
    @property
    def staff_sessions(self) -> StaffSessionStore: ...
    @property
    def withdrawals(self) -> WithdrawalStore: ...
    @property
    def workflow_runs(self) -> WorkflowRunStore: ...
    @property
    def effects(self) -> EffectStore: ...
    @property
    def approvals(self) -> ApprovalStore: ...
    @property
    def one_time_codes(self) -> OneTimeCodeStore: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def write_backs(self) -> WriteBackStore: ...


class Database(Protocol):
    async def write(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work and commit it durably before returning.

        Raises:
            StoreUnavailableError: the database cannot be reached.
            whatever `work` raises; nothing of it is kept then.
        """
        ...

    async def read(self, work: Callable[[Stores], T]) -> T:
        """Run a unit of work that writes nothing, on a snapshot of what is committed."""
        ...

    async def wait_for_events(self, conversation_id: ConversationId, *, after: int, timeout_s: float) -> None:
        """Return once the conversation may have events beyond `after`, or at the time-out; may return early."""
        ...

    async def wait_for_turns(self, *, timeout_s: float) -> None:
        """Return once another process may have left a turn to be claimed, or at the time-out; may return early."""
        ...

    async def ping(self) -> None:
        """Raises: StoreUnavailableError."""
        ...

    async def close(self) -> None: ...
