"""How a conversation stands when a message comes: its open runs and what was begun for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from frontdesk.domain.effects import Approval, Effect
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId, TurnId
from frontdesk.domain.workflow import WorkflowRun
from frontdesk.ports.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Read once, before a turn's first stage."""

    runs: tuple[WorkflowRun, ...] = ()
    """The active one first, then suspended ones, the one put aside last first."""
    effects: Mapping[RunId, tuple[Effect, ...]] = field(default_factory=dict)
    """Everything that was begun for them, oldest first."""
    approvals: tuple[Approval, ...] = ()
    """What this turn has used up already, on another worker."""
    code_id: str | None = None
    """The one-time code that the customer is asked for."""
    made_of: Mapping[ReleaseId, str] = field(default_factory=dict)
    """Digest of the workflows of the releases that the runs began with."""


def read_standing(stores: Stores, conversation_id: ConversationId, turn_id: TurnId) -> Standing:
    """Part of a unit of work; one query where no workflow is under way."""
    runs = stores.workflow_runs.open_of(conversation_id)
    if not runs:
        return Standing()
    return Standing(
        runs=runs,
        effects={run.run_id: stores.effects.of_run(run.run_id) for run in runs},
        approvals=stores.approvals.used_by(turn_id),
        code_id=stores.one_time_codes.open_on(conversation_id),
        made_of={release_id: _digest(stores, release_id) for release_id in {run.release_id for run in runs}},
    )


def _digest(stores: Stores, release_id: ReleaseId) -> str:
    manifest = stores.releases.get(release_id)
    return "" if manifest is None else manifest.components.get("workflows", "")
