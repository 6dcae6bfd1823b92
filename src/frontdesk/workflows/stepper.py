"""How a run goes on: pure, so that the same words and the same readings always lead to the same moves.

`advance` returns the run as it stands then, and moves of which the last one says what it needs: calls, a confirmation, the
customer's word, or nothing more. After `CallWanted` it is called again with what came of the calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from frontdesk.domain.errors import ConflictError
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import Command, Move, Reading, Say, Signal, Waits, Workflow, WorkflowRun
from frontdesk.workflows.expressions import ExpressionError
from frontdesk.workflows.hearing import hear
from frontdesk.workflows.taking import ask_again, go
from frontdesk.workflows.walking import Walk
from frontdesk.workflows.wording import Wording


def begin(
    workflow: Workflow, *, run_id: RunId, conversation_id: ConversationId, release_id: ReleaseId, at: datetime
) -> WorkflowRun:
    """A run before its first step."""
    return WorkflowRun(
        run_id=run_id,
        conversation_id=conversation_id,
        workflow=workflow.name,
        version=workflow.version,
        release_id=release_id,
        step=workflow.first,
        status="active",
        started_at=at,
        updated_at=at,
    )


def advance(
    workflow: Workflow,
    run: WorkflowRun,
    wording: Wording,
    *,
    commands: Sequence[Command] = (),
    readings: Mapping[str, Reading] | None = None,
    at: datetime,
) -> tuple[WorkflowRun, tuple[Move, ...]]:
    """The run after the customer's words, or after the calls it wanted.

    The last move is CallWanted, ConfirmationWanted, Waits or Ends. Words that mean nothing here are asked about.

    Args:
        commands: what the message was taken to mean; the workflow to start, and `WhichWorkflow`, are no matter of a run.
        readings: by result, what came of the calls; for an effect, the reading of its confirming step's call.
    Raises:
        ConflictError: the run is over, or suspended and not resumed.
        StepLimitError: the definition goes round in circles.
    """
    if run.status == "suspended" and Signal(kind="resume") in commands:
        run = replace(run, status="active")
    if run.status != "active":
        raise ConflictError(f"The run is {run.status.replace('_', ' ')}.")
    walk = Walk(workflow=workflow, wording=wording, at=at, run=run, fresh=dict(readings or {}))
    try:
        _go(walk, commands)
    except ExpressionError as error:  # a system that did not keep to its types
        walk.say(wording.of(workflow.silent) or wording.say("silent"))
        walk.hand_over(error.public_message, failure="malformed")
    return replace(walk.run, updated_at=at), tuple(walk.moves)


def _go(walk: Walk, commands: Sequence[Command]) -> None:
    if commands:
        hear(walk, commands)
    elif walk.run.is_waiting and not walk.fresh:
        ask_again(walk)
    else:
        go(walk)


def suspend(run: WorkflowRun, *, at: datetime) -> WorkflowRun:
    """The run while another one goes first; the signal `resume` brings it back."""
    return replace(run, status="suspended", offer="", updated_at=at)


def is_overdue(workflow: Workflow, run: WorkflowRun, *, at: datetime) -> bool:
    """Whether nobody said a word for longer than the workflow waits."""
    is_open = run.status in ("active", "suspended")
    return is_open and at - run.updated_at > timedelta(seconds=workflow.time_limit_s)


def expire(workflow: Workflow, run: WorkflowRun, wording: Wording, *, at: datetime) -> tuple[WorkflowRun, Say]:
    """The run closed for its age, and what the customer is told when they come back."""
    text = wording.expired(wording.of(workflow.title))
    return replace(run, status="expired", is_waiting=False, updated_at=at), Say(text=text, step=run.step)


def ask_which(workflows: Sequence[Workflow], wording: Wording) -> tuple[Say, Waits]:
    """The question which of several workflows is meant."""
    titles = tuple(wording.of(workflow.title) for workflow in workflows)
    return Say(text=wording.which(titles)), Waits(options=titles)
