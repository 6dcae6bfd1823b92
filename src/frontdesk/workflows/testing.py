"""Tests of a workflow in plain steps: what the customer says, what the systems answer, and what has to come of it.

Nothing is called and nothing is changed: systems answer with what the test says. The customer's words are understood by
whoever the caller hands in, or by the commands that the test gives in their place.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from frontdesk.domain.connector import FailureKind, Row
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import (
    CallWanted,
    Command,
    ConfirmationWanted,
    Ends,
    Move,
    PlannedCall,
    Reading,
    Say,
    StartWorkflow,
    WhichWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.workflows.expecting import Came, Difference, Expects, check, in_words, name_of, shown_call
from frontdesk.workflows.stepper import advance, begin
from frontdesk.workflows.wording import Wording

Hears = Callable[["Heard"], Awaitable[Sequence[Command]]]
MAX_CALLS = 50
"""In answer to one message; more is a workflow that never comes to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message, and what it is understood with."""

    text: str
    language: str
    run: WorkflowRun | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """The customer's words; or the commands they stand for."""

    text: str
    commands: tuple[Command, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """From here on a system answers so."""

    operation: str
    """Qualified."""
    rows: tuple[Row, ...] = ()
    failure: FailureKind | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """Time goes by."""

    seconds: float
    line: int = 0


Line = Says | Answers | Passes | Expects


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One test."""

    workflow: str
    name: str
    language: str
    at: datetime
    lines: tuple[Line, ...]
    answers: Mapping[str, Answers] = field(default_factory=dict)
    """What the systems answer until a line says otherwise, by operation."""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a test."""

    scenario: Scenario
    transcript: tuple[str, ...]
    differences: tuple[Difference, ...] = ()

    @property
    def has_passed(self) -> bool:
        return not self.differences


async def play(workflow: Workflow, scenario: Scenario, wording: Wording, hears: Hears | None) -> Played:
    """The test played to its end, or to the first thing that was not as expected."""
    player = _Player(workflow, scenario, wording, hears)
    for line in scenario.lines:
        difference = await player.take(line)
        if difference is not None:
            return Played(scenario=scenario, transcript=tuple(player.transcript), differences=(difference,))
    return Played(scenario=scenario, transcript=tuple(player.transcript))


class _Player:
    def __init__(self, workflow: Workflow, scenario: Scenario, wording: Wording, hears: Hears | None) -> None:
        self.transcript: list[str] = []
        self._workflow, self._wording, self._hears = workflow, wording, hears
        self._language, self._at = scenario.language, scenario.at
        self._answers = dict(scenario.answers)
        self._run: WorkflowRun | None = None
        self._moves: list[Move] = []
        self._calls: list[PlannedCall] = []
        self._understood: tuple[Command, ...] = ()

    async def take(self, line: Line) -> Difference | None:
        match line:
            case Says():
                return await self._say(line)
            case Answers():
                self._answers[line.operation] = line
            case Passes():
                self._at += timedelta(seconds=line.seconds)
            case Expects():
                return check(line, self._came())
        return None

    async def _say(self, line: Says) -> Difference | None:
        self._at += timedelta(seconds=5)
        self._moves, self._calls = [], []
        self.transcript.append(f"customer   {line.text or in_words(line.commands)}")
        commands = line.commands or await self._hear(line)
        if commands is None:
            hint = "Write `slots:` or `signal:` beside it."
            return Difference(line=line.line, expected="somebody who understands it", got=f"nobody. {hint}")
        self._understood = tuple(commands)
        if self._run is None or self._run.status != "active":
            others = _other_workflows(commands, self._workflow.name)
            if not commands or others:
                got = (
                    f"it was understood as {', '.join(others)}"
                    if others
                    else "it was taken to be no matter of a workflow"
                )
                return Difference(line=line.line, expected=f"`{self._workflow.name}` begins", got=got)
            self._run = self._begin()
        return self._advance(line, commands)

    async def _hear(self, line: Says) -> Sequence[Command] | None:
        if self._hears is None:
            return None
        run = self._run if self._run and self._run.status == "active" else None
        return await self._hears(Heard(text=line.text, language=self._language, run=run, at=self._at))

    def _begin(self) -> WorkflowRun:
        return begin(
            self._workflow,
            run_id=RunId.mint("test"),
            conversation_id=ConversationId.mint("test"),
            release_id=ReleaseId.mint("test"),
            at=self._at,
        )

    def _advance(self, line: Says, commands: Sequence[Command]) -> Difference | None:
        assert self._run is not None  # noqa: S101  (begun before)
        self._run, moves = advance(self._workflow, self._run, self._wording, commands=commands, at=self._at)
        self._note(moves)
        while isinstance(wanted := moves[-1], CallWanted):
            unknown = [call for call in wanted.calls if name_of(call) not in self._answers]
            if unknown or len(self._calls) > MAX_CALLS:
                name = name_of((unknown or wanted.calls)[0])
                got = f"nobody says what `{name}` answers" if unknown else f"`{name}` is called without end"
                return Difference(line=line.line, expected=f"an answer of `{name}`", got=got)
            readings = {call.result: self._reading(call) for call in wanted.calls}
            self._run, moves = advance(self._workflow, self._run, self._wording, readings=readings, at=self._at)
            self._note(moves)
        return None

    def _reading(self, call: PlannedCall) -> Reading:
        answer = self._answers[name_of(call)]
        self._calls.append(call)
        shown = answer.failure or f"{len(answer.rows)} record{'' if len(answer.rows) == 1 else 's'}"
        self.transcript.append(f"system     {shown_call(call)} > {shown}")
        return Reading(operation=name_of(call), rows=answer.rows, read_at=self._at, failure=answer.failure)

    def _note(self, moves: Sequence[Move]) -> None:
        self._moves.extend(moves)
        for move in moves:
            match move:
                case Say(text=text):
                    self.transcript.append(f"assistant  {text}")
                case ConfirmationWanted(text=text):
                    self.transcript.append(f"assistant  {text} (asks for a yes)")
                case Ends(status=status, outcome=outcome):
                    self.transcript.append(f"           {status.replace('_', ' ')}, {outcome}")

    def _came(self) -> Came:
        return Came(moves=tuple(self._moves), calls=tuple(self._calls), understood=in_words(self._understood))


def _other_workflows(commands: Sequence[Command], own: str) -> list[str]:
    started = [command.workflow for command in commands if isinstance(command, StartWorkflow)]
    which = [name for command in commands if isinstance(command, WhichWorkflow) for name in command.workflows]
    return [] if started == [own] else [f"`{name}`" for name in (*started, *which)]


def only(scenarios: Sequence[Scenario], names: Sequence[str]) -> tuple[Scenario, ...]:
    """Those of some workflows; all where none is named."""
    return tuple(one for one in scenarios if not names or one.workflow in names)
