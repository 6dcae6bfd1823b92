"""Stored things: one store per noun, used inside a unit of work.

A unit of work is a function of `Stores`. It runs in one transaction; all of it is committed or none.
It must be repeatable: on a conflict, or when a group commit is replayed, it is called again.

conversations   who talks, and what was said
turns           turns, under leases, and what they cited
money           what was paid for, and what may still be
operation       releases, keys, occurrences, the outbox, withdrawals
acting          runs of workflows, effects on other systems, approvals, one-time codes, the audit log
write_backs     conversations on their way into another system's records
database        all of them together, and units of work
"""

from frontdesk.ports.stores.acting import (
    ApprovalStore,
    AuditLog,
    CodeCheck,
    EffectLimits,
    EffectStore,
    OneTimeCodeStore,
    RunTally,
    WorkflowRunStore,
)
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
from frontdesk.ports.stores.database import Database, Stores
from frontdesk.ports.stores.money import BudgetStore, CostStore, LedgerStore
from frontdesk.ports.stores.operation import (
    OccurrenceStore,
    Outbox,
    OutboxEntry,
    ReleaseStore,
    StaffKey,
    StaffKeyStore,
    StaffSession,
    StaffSessionKind,
    StaffSessionStore,
    WithdrawalStore,
)
from frontdesk.ports.stores.turns import CitationStore, ClaimedTurn, Crowd, PaceStore, StoredTurn, TurnStore
from frontdesk.ports.stores.write_backs import WriteBackStore

__all__ = [
    "ApprovalStore",
    "AttachmentStore",
    "AuditLog",
    "BudgetStore",
    "CitationStore",
    "ClaimedTurn",
    "CodeCheck",
    "ConversationFinder",
    "ConversationStore",
    "CostStore",
    "Crowd",
    "CustomerStore",
    "Database",
    "EffectLimits",
    "EffectStore",
    "EscalationStore",
    "EventLog",
    "FeedbackStore",
    "ForkStore",
    "LedgerStore",
    "MessageStore",
    "OccurrenceStore",
    "OneTimeCodeStore",
    "Outbox",
    "OutboxEntry",
    "PaceStore",
    "PayloadStore",
    "ReleaseStore",
    "RunTally",
    "StaffKey",
    "StaffKeyStore",
    "StaffSession",
    "StaffSessionKind",
    "StaffSessionStore",
    "StoredTurn",
    "Stores",
    "TurnStore",
    "WithdrawalStore",
    "WorkflowRunStore",
    "WriteBackStore",
]
