"""workflows/tests/NAME.yaml: tests of a workflow in plain steps, beside it.

    systems:                                       # what they answer in every test, unless a test says otherwise
      shop.orders:                                 # a record, a list of records, or the kind of a failure
        - {number: HP-10001, placed_on: 2026-10-01}
      payments.refund: {status: asked, amount: 49.90, currency: EUR, asked_on: 2026-10-30}
    today: 2026-11-02
    tests:
      - test: says when the money went back
        language: de                               # the assistant's default language where it is not written
        systems: {shipping.parcel: silent}
        steps:
          - payments.refund says: {status: paid, amount: 49.90, currency: EUR, paid_on: 2026-11-01}
          - customer: Wo bleibt mein Geld?         # understood as in a conversation, without a model
          - expect say: 49,90 €                    # somewhere in what is said; capitals don't matter
          - expect end: answered
      - test: an angry customer without an order number gets a person
        steps:
          - customer: Where is my refund?
          - expect ask: order                      # the slot
          - customer: I don't have that
            signal: has_not                        # in place of understanding the words: a signal, or
          - customer: the one from May             # the slots they fill
            slots: {order: HP-10001}
          - later: 20 minutes
          - expect hand over: payments             # the queue; or `expect hand over:` alone

Steps
    customer (with `slots`, `signal` or neither) · SYSTEM.OPERATION says · later: 20 minutes | 2 hours | 3 days ·
    expect say · expect not say · expect ask · expect confirm (words of the question) · expect call: payments.hurry, or
    expect call: {payments.hurry: {order: HP-10001}} · expect no call · expect hand over · expect end: answered | acted |
    refused | cancelled · expect wait · expect understood: words of it, such as `order = HP-10001`. What is expected is
    held against what came of the customer's last words. Signals: yes no cancel why has_not person frustrated resume
    question unclear. Failures: silent unavailable rate_limited rejected malformed not_yours not_found limit denied.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import ConfigDict

from frontdesk.domain.connector import FailureKind, FieldType, OperationSpec, Row, Value
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.domain.workflow import Command, SetSlot, Signal, Workflow
from frontdesk.releases.workflows_file import FOLDER
from frontdesk.releases.yaml_files import YamlFile, read_yaml
from frontdesk.workflows.expecting import Expectation, Expects
from frontdesk.workflows.testing import Answers, Line, Passes, Says, Scenario

TESTS = "tests"
NOON = time(12, tzinfo=UTC)
_FAILURES = get_args(FailureKind)
_SIGNALS = get_args(Signal.__dataclass_fields__["kind"].type)
_EXPECTATIONS: tuple[Expectation, ...] = get_args(Expectation)
_UNITS: Mapping[str, float] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_LATER = re.compile(r"(\d{1,4}) (second|minute|hour|day)s?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEntry:
    """One test."""

    test: str
    """What it shows, as a sentence."""
    steps: tuple[Mapping[str, Any], ...]
    """What is said, answered and expected, in its order."""
    language: str = ""
    """The customer's; the assistant's default language where it is not written."""
    systems: Mapping[str, Any] = field(default_factory=dict)
    """What systems answer in this test, by operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenariosFile:
    """workflows/tests/NAME.yaml"""

    tests: tuple[ScenarioEntry, ...]
    """The tests, in their order."""
    systems: Mapping[str, Any] = field(default_factory=dict)
    """What systems answer in every test, by operation."""
    today: date = date(2026, 11, 2)
    """The day on which they are played."""


ScenarioEntry.__pydantic_config__ = ScenariosFile.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
_KNOWN = {"test", "steps", "language", "systems", "tests", "today"}


def read_scenarios(
    folder: Path,
    workflows: Mapping[str, Workflow],
    operations: Mapping[str, OperationSpec],
    *,
    default_language: str,
    only: str = "",
) -> tuple[Scenario, ...]:
    """The tests of an assistant folder, in the order of the workflows' names; those of one workflow where it is named.

    Raises:
        ConfigError: every mistake, each as `file:line`.
    """
    problems: list[ConfigProblem] = []
    found: list[Scenario] = []
    for path in sorted((folder / FOLDER / TESTS).glob(f"{only or '*'}.yaml")):
        file = read_yaml(path, ScenariosFile, problems, known=_KNOWN)
        if file is None:
            continue
        if path.stem not in workflows:
            hint = f"There are {', '.join(workflows)}."
            problems.append(ConfigProblem(where=str(path), message=f"`{path.stem}` is no workflow.", hint=hint))
            continue
        reader = _Reader(file, workflows[path.stem], operations, default_language)
        found.extend(reader.scenarios())
        problems.extend(reader.problems)
    if problems:
        raise ConfigError(problems)
    return tuple(found)


class _MistakeError(Exception):
    def __init__(self, problem: ConfigProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reader:
    """One file."""

    def __init__(
        self, file: YamlFile, workflow: Workflow, operations: Mapping[str, OperationSpec], default_language: str
    ) -> None:
        self.problems: list[ConfigProblem] = []
        self._file, self._workflow, self._operations = file, workflow, operations
        self._default_language = default_language

    def scenarios(self) -> Iterator[Scenario]:
        written: ScenariosFile = self._file.value
        always = self._systems(written.systems, "systems")
        for number, entry in enumerate(written.tests):
            place = ("tests", number)
            steps = [(step, (*place, "steps", index)) for index, step in enumerate(entry.steps)]
            yield Scenario(
                workflow=self._workflow.name,
                name=entry.test,
                language=entry.language or self._default_language,
                at=datetime.combine(written.today, NOON),
                lines=tuple(line for step in steps for line in self._told(self._step, *step)),
                answers={**always, **self._systems(entry.systems, *place, "systems")},
                line=self._line(*place),
            )

    def _systems(self, written: Mapping[str, Any], *place: str | int) -> dict[str, Answers]:
        entries = ((name, value, (*place, name)) for name, value in written.items())
        return {name: answer for name, *entry in entries for answer in self._told(self._answers, name, *entry)}

    def _step(self, step: Mapping[str, Any], place: tuple[str | int, ...]) -> Line:
        key = next(iter(step), "")
        value, line = step.get(key), self._line(*place)
        if key == "customer":
            return Says(text=_as_text(value), commands=tuple(self._commands(step, place)), line=line)
        if len(step) > 1:
            raise self._mistake(place, f"`{key}` stands alone in its step.", "Begin the next one with `- `.")
        if key == "later":
            return self._later(value, place)
        if key.endswith(" says"):
            return self._answers(key.removesuffix(" says"), value, place)
        if key.removeprefix("expect ") in _EXPECTATIONS and key.startswith("expect "):
            return self._expects(cast("Expectation", key.removeprefix("expect ")), value, place)
        known = ", ".join(f"`expect {one}`" for one in _EXPECTATIONS)
        raise self._mistake(
            place, f"`{key}` is no step of a test.", f"There are `customer`, `… says`, `later`, {known}."
        )

    def _commands(self, step: Mapping[str, Any], place: tuple[str | int, ...]) -> Iterator[Command]:
        for name in set(step) - {"customer", "slots", "signal"}:
            raise self._mistake(
                place, f"`{name}` is not known here.", "Beside `customer` there may be `slots` and `signal`."
            )
        for slot, value in (step.get("slots") or {}).items():
            spec = self._workflow.slots.get(slot)
            if spec is None:
                hint = f"There are {', '.join(self._workflow.slots)}."
                raise self._mistake((*place, "slots", slot), f"`{slot}` is no slot of the workflow.", hint)
            yield SetSlot(slot=slot, value=self._value(spec.type, value, (*place, "slots", slot)))
        if "signal" not in step:
            return
        signal: Any = _as_text(step["signal"])
        if signal not in _SIGNALS:
            raise self._mistake((*place, "signal"), f"`{signal}` is no signal.", f"There are {', '.join(_SIGNALS)}.")
        yield Signal(kind=signal)

    def _later(self, value: Any, place: tuple[str | int, ...]) -> Passes:
        found = _LATER.match(str(value))
        if found is None:
            raise self._mistake(place, f"`{value}` is no length of time.", "Write `later: 20 minutes`.")
        return Passes(seconds=float(found[1]) * _UNITS[found[2]], line=self._line(*place))

    def _answers(self, name: str, value: Any, place: tuple[str | int, ...]) -> Answers:
        spec, line = self._operations.get(name), self._line(*place)
        if spec is None:
            known = f"There are {', '.join(self._operations)}." if self._operations else ""
            raise self._mistake(place, f"`{name}` is no operation of connectors.yaml.", known)
        if value in _FAILURES:
            return Answers(operation=name, failure=value, line=line)
        rows = value if isinstance(value, list) else [value] if isinstance(value, Mapping) else None
        if rows is None or not all(isinstance(row, Mapping) for row in rows):
            hint = f"Write its fields, or one of {', '.join(_FAILURES)}."
            raise self._mistake(place, f"`{name}` answers neither a record nor a failure.", hint)
        if len(rows) != 1 and not spec.is_list:
            raise self._mistake(
                place, f"`{name}` answers exactly one record.", "Write `not_found` where there is none."
            )
        typed = tuple(self._row(spec, row, place) for row in rows)
        return Answers(operation=name, rows=typed, line=line)

    def _row(self, spec: OperationSpec, row: Mapping[str, Any], place: tuple[str | int, ...]) -> Row:
        types = {item.name: item for item in spec.fields}
        for name in row.keys() - types.keys():
            raise self._mistake(place, f"`{spec.qualified}` has no field `{name}`.", f"There are {', '.join(types)}.")
        for name, item in types.items():
            if item.choices and name in row and row[name] not in item.choices:
                raise self._mistake(place, f"`{name}` is never `{row[name]}`.", f"There are {', '.join(item.choices)}.")
        return {name: self._value(item.type, row.get(name), place) for name, item in types.items()}

    def _value(self, kind: FieldType, value: Any, place: tuple[str | int, ...]) -> Value:
        try:
            return to_typed(kind, value)
        except (ValueError, InvalidOperation, TypeError):
            raise self._mistake(place, f"`{value}` is no {kind}.", "Dates are 2026-12-31, amounts 49.90.") from None

    def _expects(self, what: Expectation, value: Any, place: tuple[str | int, ...]) -> Expects:
        line = self._line(*place)
        if what in ("call", "no call") and isinstance(value, Mapping):
            name = str(next(iter(value), ""))
            arguments = {argument.name: argument.type for argument in self._spec_arguments(name)}
            given = {
                key: self._value(arguments.get(key, "text"), one, place) for key, one in (value.get(name) or {}).items()
            }
            return Expects(what=what, text=name, arguments=given, line=line)
        if what in ("call", "no call") and value not in self._operations:
            raise self._mistake(place, f"`{value}` is no operation of connectors.yaml.", "")
        if what == "ask" and value not in self._workflow.slots:
            raise self._mistake(
                place, f"`{value}` is no slot of the workflow.", f"There are {', '.join(self._workflow.slots)}."
            )
        return Expects(what=what, text=_as_text(value), line=line)

    def _spec_arguments(self, name: str) -> Any:
        spec = self._operations.get(name)
        return spec.arguments if spec else ()

    def _mistake(self, place: tuple[str | int, ...], message: str, hint: str) -> "_MistakeError":
        return _MistakeError(ConfigProblem(where=self._file.where(*place), message=message, hint=hint))

    def _told(self, read: Callable[..., Any], *arguments: Any) -> Iterator[Any]:
        """What is read; nothing, and a problem more, where it makes no sense."""
        try:
            yield read(*arguments)
        except _MistakeError as mistake:
            self.problems.append(mistake.problem)

    def _line(self, *place: str | int) -> int:
        return int(self._file.where(*place).rpartition(":")[2])


def _as_text(value: Any) -> str:
    """What YAML made of words such as yes, no and 42."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def to_typed(kind: FieldType, value: Any) -> Value:
    """A value from YAML as the field's type.

    Raises:
        ValueError, TypeError, InvalidOperation: it is none.
    """
    if value is None:
        return None
    match kind:
        case "number" | "money":
            number = Decimal(str(value))
            return int(number) if kind == "number" and number == number.to_integral_value() else number
        case "date":
            return value if type(value) is date else date.fromisoformat(str(value))
        case "time":
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        case "yes_no":
            if not isinstance(value, bool):
                raise TypeError(value)
            return value
    return _as_text(value)
