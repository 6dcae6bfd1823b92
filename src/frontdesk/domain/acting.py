"""What a turn did for a workflow, as its record keeps it."""

from dataclasses import dataclass
from typing import Literal

from frontdesk.domain.connector import FailureKind
from frontdesk.domain.ids import RunId
from frontdesk.domain.workflow import RunStatus

StepKind = Literal["say", "call", "effect", "confirm", "wait", "end", "code", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One thing that a run wanted, and what was decided about it."""

    step: str
    """As the workflow calls it; empty where it is none of its steps."""
    kind: StepKind
    why: str = ""
    """One sentence; holds no value that a system gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call of an operation."""

    step: str
    result: str
    operation: str
    """Qualified."""
    kind: Literal["read", "effect"]
    attempts: int = 0
    """Requests that were made; 0 where none was, as after a refusal."""
    took_ms: float = 0.0
    age_s: float = 0.0
    """How old what it returned was when it was used."""
    rows: int = 0
    is_cached: bool = False
    failure: FailureKind | None = None
    why: str = ""
    key: str = ""
    """Of an effect: the idempotency key."""
    is_resumed: bool = False
    """An effect that another worker had begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingRecord:
    """The stage `act` of one turn."""

    workflow: str
    version: int
    run_id: RunId
    understood: tuple[str, ...] = ()
    """What the message was taken to mean, one command each."""
    understood_by: str = ""
    understood_why: str = ""
    steps: tuple[StepRecord, ...] = ()
    calls: tuple[CallRecord, ...] = ()
    refusals: tuple[str, ...] = ()
    """What the session was not allowed, one sentence each."""
    status: RunStatus = "active"
    """How the run stands after it."""
    waits_for: str = ""
    """The slot or step whose answer it waits for."""
    options: tuple[str, ...] = ()
    """Answers to choose from."""
    suspended: tuple[str, ...] = ()
    """Workflows that were put aside and wait."""
