"""Tests of a workflow in plain steps: what the customer says, what the systems answer, and what has to come of it.

Nothing is called and nothing is changed: systems answer with what the test says. The customer's words are understood by
whoever the caller hands in, or by the commands that the test gives in their place.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from frontdesk.domain.connector import FailureKind, Row, Value
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
    Waits,
    WhichWorkflow,
    Workflow,
    WorkflowRun,
)
from frontdesk.workflows.formats import write_value
from frontdesk.workflows.stepper import advance, begin
from frontdesk.workflows.wording import Wording

Hears = Callable[["Heard"], Awaitable[Sequence[Command]]]
Expectation = Literal["say", "not say", "ask", "confirm", "call", "no call", "hand over", "end", "wait", "understood"]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Expects:
    """What has to have come of the customer's last words."""

    what: Expectation
    text: str = ""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """Of `call`: those that matter."""
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
class Difference:
    """What was expected and did not come."""

    line: int
    expected: str
    got: str


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
                return self._check(line)
        return None

    async def _say(self, line: Says) -> Difference | None:
        self._at += timedelta(seconds=5)
        self._moves, self._calls = [], []
        self.transcript.append(f"customer   {line.text or _in_words(line.commands)}")
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
            unknown = [call for call in wanted.calls if _name(call) not in self._answers]
            if unknown or len(self._calls) > MAX_CALLS:
                name = _name((unknown or wanted.calls)[0])
                got = f"nobody says what `{name}` answers" if unknown else f"`{name}` is called without end"
                return Difference(line=line.line, expected=f"an answer of `{name}`", got=got)
            readings = {call.result: self._reading(call) for call in wanted.calls}
            self._run, moves = advance(self._workflow, self._run, self._wording, readings=readings, at=self._at)
            self._note(moves)
        return None

    def _reading(self, call: PlannedCall) -> Reading:
        answer = self._answers[_name(call)]
        self._calls.append(call)
        shown = answer.failure or f"{len(answer.rows)} record{'' if len(answer.rows) == 1 else 's'}"
        self.transcript.append(f"system     {_shown_call(call)} > {shown}")
        return Reading(operation=_name(call), rows=answer.rows, read_at=self._at, failure=answer.failure)

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

    # -- what is expected -----------------------------------------------------------------------------

    def _check(self, expects: Expects) -> Difference | None:
        got = _MEETS[expects.what](self, expects)
        if got is None:
            return None
        return Difference(line=expects.line, expected=_expected_in_words(expects), got=got)

    @property
    def said(self) -> str:
        """Everything said in answer to the last message."""
        texts = (move.text for move in self._moves if isinstance(move, Say | ConfirmationWanted))
        return " ".join(texts)

    @property
    def last(self) -> Move | None:
        return self._moves[-1] if self._moves else None

    @property
    def calls(self) -> Sequence[PlannedCall]:
        return self._calls

    @property
    def understood(self) -> str:
        return _in_words(self._understood)


def _name(call: PlannedCall) -> str:
    return f"{call.connector}.{call.operation}"


def _shown_call(call: PlannedCall) -> str:
    arguments = ", ".join(f"{name}: {_shown(value)}" for name, value in call.arguments.items())
    return f"{_name(call)} {{{arguments}}}"


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else write_value(value, "en")


def _other_workflows(commands: Sequence[Command], own: str) -> list[str]:
    started = [command.workflow for command in commands if isinstance(command, StartWorkflow)]
    which = [name for command in commands if isinstance(command, WhichWorkflow) for name in command.workflows]
    return [] if started == [own] else [f"`{name}`" for name in (*started, *which)]


def _in_words(commands: Sequence[Command]) -> str:
    return ", ".join(_command_in_words(command) for command in commands) or "nothing"


def _command_in_words(command: Command) -> str:
    match command:
        case StartWorkflow(workflow=name):
            return f"begin {name}"
        case WhichWorkflow(workflows=names):
            return f"which of {' or '.join(names)}"
    slot, value = getattr(command, "slot", ""), getattr(command, "value", getattr(command, "said", ""))
    return f"{slot} = {_shown(value)}" if slot else str(getattr(command, "kind", ""))


def _expected_in_words(expects: Expects) -> str:
    arguments = ", ".join(f"{name}: {_shown(value)}" for name, value in expects.arguments.items())
    return " ".join(part for part in (expects.what, expects.text, f"{{{arguments}}}" if arguments else "") if part)


def _state(player: _Player) -> str:
    """What the run came to, in words."""
    match player.last:
        case Waits(slot=slot):
            return f"it asks for `{slot}`: {player.said}" if slot else f"it offers a person: {player.said}"
        case ConfirmationWanted(text=text):
            return f"it asks to confirm: {text}"
        case Ends(status="handed_over", queue=queue, why=why):
            return f"it hands over ({queue or 'general'}): {why}"
        case Ends(status=status, outcome=outcome):
            return f"it ends ({status}, {outcome}): {player.said}"
    return "the customer has said nothing yet"


def _says(player: _Player, expects: Expects) -> str | None:
    has = _plain(expects.text) in _plain(player.said)
    return None if has == (expects.what == "say") else player.said or "nothing was said"


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _asks(player: _Player, expects: Expects) -> str | None:
    last = player.last
    return None if isinstance(last, Waits) and last.slot == expects.text else _state(player)


def _confirms(player: _Player, expects: Expects) -> str | None:
    last = player.last
    is_met = isinstance(last, ConfirmationWanted) and _plain(expects.text) in _plain(last.text)
    return None if is_met else _state(player)


def _hands_over(player: _Player, expects: Expects) -> str | None:
    last = player.last
    is_over = isinstance(last, Ends) and last.status == "handed_over"
    return None if is_over and expects.text in ("", last.queue) else _state(player)  # type: ignore[union-attr]


def _ends(player: _Player, expects: Expects) -> str | None:
    last = player.last
    is_over = isinstance(last, Ends) and last.status != "handed_over"
    is_met = is_over and isinstance(last, Ends) and expects.text in ("", last.outcome, last.status)
    return None if is_met else _state(player)


def _waits(player: _Player, _: Expects) -> str | None:
    return None if isinstance(player.last, Waits | ConfirmationWanted) else _state(player)


def _called(player: _Player, expects: Expects) -> str | None:
    found = [call for call in player.calls if _name(call) == expects.text]
    is_met = any(all(call.arguments.get(k) == v for k, v in expects.arguments.items()) for call in found)
    if is_met == (expects.what == "call"):
        return None
    return ", ".join(_shown_call(call) for call in player.calls) or "nothing was called"


def _was_understood(player: _Player, expects: Expects) -> str | None:
    return None if _plain(expects.text) in _plain(player.understood) else player.understood


_MEETS: Mapping[Expectation, Callable[[_Player, Expects], str | None]] = {
    "say": _says,
    "not say": _says,
    "ask": _asks,
    "confirm": _confirms,
    "hand over": _hands_over,
    "end": _ends,
    "wait": _waits,
    "call": _called,
    "no call": _called,
    "understood": _was_understood,
}


def only(scenarios: Sequence[Scenario], names: Sequence[str]) -> tuple[Scenario, ...]:
    """Those of some workflows; all where none is named."""
    return tuple(one for one in scenarios if not names or one.workflow in names)
