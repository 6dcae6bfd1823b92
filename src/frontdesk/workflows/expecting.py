"""What a test of a workflow expects, held against what came of the customer's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.connector import Value
from frontdesk.domain.workflow import (
    Command,
    ConfirmationWanted,
    Ends,
    Move,
    PlannedCall,
    Say,
    StartWorkflow,
    Waits,
    WhichWorkflow,
)
from frontdesk.workflows.formats import write_value

Expectation = Literal["say", "not say", "ask", "confirm", "call", "no call", "hand over", "end", "wait", "understood"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expects:
    """What has to have come of the customer's last words."""

    what: Expectation
    text: str = ""
    arguments: Mapping[str, Value] = field(default_factory=dict)
    """Of `call`: those that matter."""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What was expected and did not come."""

    line: int
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of the customer's last words."""

    moves: tuple[Move, ...]
    calls: tuple[PlannedCall, ...]
    understood: str

    @property
    def said(self) -> str:
        """Everything the assistant said."""
        return " ".join(move.text for move in self.moves if isinstance(move, Say | ConfirmationWanted))

    @property
    def last(self) -> Move | None:
        return self.moves[-1] if self.moves else None


def check(expects: Expects, came: Came) -> Difference | None:
    """What is not as expected; None where everything is."""
    got = _MEETS[expects.what](came, expects)
    return None if got is None else Difference(line=expects.line, expected=_expected_in_words(expects), got=got)


def name_of(call: PlannedCall) -> str:
    return f"{call.connector}.{call.operation}"


def shown_call(call: PlannedCall) -> str:
    arguments = ", ".join(f"{name}: {shown(value)}" for name, value in call.arguments.items())
    return f"{name_of(call)} {{{arguments}}}"


def shown(value: Value) -> str:
    return value if isinstance(value, str) else write_value(value, "en")


def in_words(commands: Sequence[Command]) -> str:
    return ", ".join(_command_in_words(command) for command in commands) or "nothing"


def _command_in_words(command: Command) -> str:
    match command:
        case StartWorkflow(workflow=name):
            return f"begin {name}"
        case WhichWorkflow(workflows=names):
            return f"which of {' or '.join(names)}"
    slot, value = getattr(command, "slot", ""), getattr(command, "value", getattr(command, "said", ""))
    return f"{slot} = {shown(value)}" if slot else str(getattr(command, "kind", ""))


def _expected_in_words(expects: Expects) -> str:
    arguments = ", ".join(f"{name}: {shown(value)}" for name, value in expects.arguments.items())
    return " ".join(part for part in (expects.what, expects.text, f"{{{arguments}}}" if arguments else "") if part)


def _state(came: Came) -> str:
    """What the run came to, in words."""
    match came.last:
        case Waits(slot=slot):
            return f"it asks for `{slot}`: {came.said}" if slot else f"it offers a person: {came.said}"
        case ConfirmationWanted(text=text):
            return f"it asks to confirm: {text}"
        case Ends(status="handed_over", queue=queue, why=why):
            return f"it hands over ({queue or 'general'}): {why}"
        case Ends(status=status, outcome=outcome):
            return f"it ends ({status}, {outcome}): {came.said}"
    return "the customer has said nothing yet"


def _says(came: Came, expects: Expects) -> str | None:
    has = _plain(expects.text) in _plain(came.said)
    return None if has == (expects.what == "say") else came.said or "nothing was said"


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _asks(came: Came, expects: Expects) -> str | None:
    last = came.last
    return None if isinstance(last, Waits) and last.slot == expects.text else _state(came)


def _confirms(came: Came, expects: Expects) -> str | None:
    last = came.last
    is_met = isinstance(last, ConfirmationWanted) and _plain(expects.text) in _plain(last.text)
    return None if is_met else _state(came)


def _hands_over(came: Came, expects: Expects) -> str | None:
    last = came.last
    is_over = isinstance(last, Ends) and last.status == "handed_over"
    return None if is_over and expects.text in ("", last.queue) else _state(came)  # type: ignore[union-attr]


def _ends(came: Came, expects: Expects) -> str | None:
    last = came.last
    is_over = isinstance(last, Ends) and last.status != "handed_over"
    is_met = is_over and isinstance(last, Ends) and expects.text in ("", last.outcome, last.status)
    return None if is_met else _state(came)


def _waits(came: Came, _: Expects) -> str | None:
    return None if isinstance(came.last, Waits | ConfirmationWanted) else _state(came)


def _called(came: Came, expects: Expects) -> str | None:
    found = [call for call in came.calls if name_of(call) == expects.text]
    is_met = any(all(call.arguments.get(k) == v for k, v in expects.arguments.items()) for call in found)
    if is_met == (expects.what == "call"):
        return None
    return ", ".join(shown_call(call) for call in came.calls) or "nothing was called"


def _was_understood(came: Came, expects: Expects) -> str | None:
    return None if _plain(expects.text) in _plain(came.understood) else came.understood


_MEETS: Mapping[Expectation, Callable[[Came, Expects], str | None]] = {
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
