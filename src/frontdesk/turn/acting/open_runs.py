"""The runs of a conversation during one turn: which goes on, which wait, and how each stands afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from frontdesk.domain.effects import Effect
from frontdesk.domain.ids import ReleaseId, RunId
from frontdesk.domain.workflow import RunStatus, Say, Workflow, WorkflowRun
from frontdesk.turn.acting.standing import Standing
from frontdesk.turn.serving import ServedRelease
from frontdesk.workflows.stepper import expire, is_overdue, suspend
from frontdesk.workflows.wording import Wording

MOST_SUSPENDED = 3
"""Runs that wait for their return; older ones are dropped (a guess: nobody remembers more)."""


class OpenRuns:
    """A run goes on with its own release's definition; where that is gone, it is over."""

    def __init__(
        self,
        standing: Standing,
        release: ServedRelease,
        releases: Callable[[ReleaseId | None], ServedRelease],
        *,
        at: datetime,
    ) -> None:
        self._standing = standing
        self._release = release
        self._releases = releases
        self._at = at
        self.active: WorkflowRun | None = None
        self.lost: WorkflowRun | None = None
        """Was active, and can't go on."""
        self.suspended: list[WorkflowRun] = []
        """The one put aside last first."""
        self.changed: dict[RunId, WorkflowRun] = {}
        """As they stand after the turn."""
        for run in standing.runs:
            self._sort(run)

    def _sort(self, run: WorkflowRun) -> None:
        """Runs that can go on are the active one and the suspended ones; others are over."""
        own = self._own_release(run)
        if own is None and run.status == "active":
            self.lost = run
            self._close(run, "handed_over")
        elif own is None:
            self._close(run, "cancelled")
        elif run.status == "active":
            self.active = run
        elif is_overdue(own.workflows[run.workflow], run, at=self._at):
            self._close(run, "expired")
        else:
            self.suspended.append(run)

    @property
    def is_overdue(self) -> bool:
        """Whether the active run was left for longer than it waits."""
        run = self.active
        return run is not None and is_overdue(self.release_of(run).workflows[run.workflow], run, at=self._at)

    @property
    def pending(self) -> list[Effect]:
        """Effects of the active run that it has not gone on with: their turns did not come to their end."""
        if self.active is None:
            return []
        step, begun = self.active.step, self.effects_of(self.active)
        return [effect for effect in begun if not effect.is_taken_in and effect.step == step]

    def effects_of(self, run: WorkflowRun) -> tuple[Effect, ...]:
        """What was begun for it before this turn."""
        return self._standing.effects.get(run.run_id, ())

    def release_of(self, run: WorkflowRun) -> ServedRelease:
        """The release whose definition it goes on with; of a run that can't go on, the turn's own."""
        return self._own_release(run) or self._release

    def keep(self, run: WorkflowRun) -> None:
        """How the run stands now."""
        self.changed[run.run_id] = run
        self.active = run if run.status == "active" else None

    def put_aside(self) -> None:
        """The active run waits for its return; those that wait longest are dropped."""
        if self.active is None:
            return
        aside = suspend(self.active, at=self._at)
        self.keep(aside)
        self.suspended.insert(0, aside)
        while len(self.suspended) > MOST_SUSPENDED:
            self._close(self.suspended.pop(), "cancelled")

    def take_back(self, workflow: str = "") -> WorkflowRun | None:
        """The run that was put aside last, or that of a workflow; None where there is none."""
        found = next((run for run in self.suspended if workflow in ("", run.workflow)), None)
        if found is not None:
            self.suspended.remove(found)
        return found

    def expire(self, run: WorkflowRun, wording: Wording) -> Say:
        """Close the active run for its age; what the customer is told."""
        expired, said = expire(self.workflow_of(run), run, wording, at=self._at)
        self.keep(expired)
        return said

    def workflow_of(self, run: WorkflowRun) -> Workflow:
        return self.release_of(run).workflows[run.workflow]

    def _own_release(self, run: WorkflowRun) -> ServedRelease | None:
        """The release with the run's definition; None where none is open that has the very same workflows."""
        release = self._releases(run.release_id)
        digest = release.manifest.components.get("workflows", "")
        is_its_own = release.manifest.release_id == run.release_id
        if not is_its_own and (not digest or digest != self._standing.made_of.get(run.release_id)):
            return None
        workflow = release.workflows.get(run.workflow)
        return release if workflow is not None and workflow.version == run.version else None

    def _close(self, run: WorkflowRun, status: RunStatus) -> None:
        self.changed[run.run_id] = replace(run, status=status, updated_at=self._at)
