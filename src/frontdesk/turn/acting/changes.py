"""What a turn changes of its workflows, committed with its end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from frontdesk.domain.audit import AuditEntry
from frontdesk.domain.effects import Approval
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.workflow import RunStatus, WorkflowRun
from frontdesk.ports.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingChanges:
    """Of one turn."""

    runs: Sequence[WorkflowRun] = ()
    """As they stand now."""
    approval: Approval | None = None
    """The yes that is asked for."""
    approval_expires_s: float = 0.0
    taken_in: Sequence[str] = ()
    """Keys of effects that the runs have gone on with."""
    voids_codes: bool = False
    """The one-time code that was asked for isn't needed any more."""
    audit: Sequence[AuditEntry] = ()

    @property
    def without_runs(self) -> "ActingChanges":
        """What is noted of a turn whose words don't count."""
        return ActingChanges(audit=self.audit)

    def commit(self, stores: Stores, conversation_id: ConversationId) -> None:
        """Runs and the approval; part of a unit of work.

        Raises:
            ConflictError: a run was changed since the turn read it.
        """
        for run in sorted(self.runs, key=lambda run: run.status == "active"):  # one active run at any time
            stores.workflow_runs.put(_without_what_is_over(run))
            if run.status not in ("active", "suspended"):
                stores.approvals.void(run.run_id)
        stores.effects.take_in(self.taken_in)
        if self.voids_codes:
            stores.one_time_codes.void(conversation_id)
        if self.approval is not None:
            stores.approvals.put(self.approval, expires_s=self.approval_expires_s)

    def note(self, stores: Stores) -> None:
        """The audit entries, last in a unit of work: appending waits for everybody else who appends."""
        stores.audit.append(self.audit)


def _without_what_is_over(run: WorkflowRun) -> WorkflowRun:
    """Of a run that has ended only what the customer said and how far it came is kept; systems are asked again."""
    return run if run.status in ("active", "suspended") else replace(run, readings={}, is_waiting=False)


def end_runs(stores: Stores, conversation_id: ConversationId, status: RunStatus, *, at: datetime) -> None:
    """End what is open on a conversation that somebody else goes on with; part of a unit of work."""
    for run in stores.workflow_runs.open_of(conversation_id):
        stores.approvals.void(run.run_id)
    if stores.workflow_runs.end_open(conversation_id, status, at=at):
        stores.one_time_codes.void(conversation_id)
