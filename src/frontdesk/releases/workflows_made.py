"""Workflows as they are run, made of what is written down: ids, roads and short forms are filled in."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from frontdesk.domain.connector import Value
from frontdesk.domain.localised import Localised
from frontdesk.domain.workflow import (
    AskStep,
    Call,
    CallStep,
    Case,
    Choice,
    ConfirmStep,
    DecideStep,
    EndStep,
    HandOverStep,
    SayStep,
    Slot,
    Step,
    Workflow,
)
from frontdesk.releases.workflows_entries import (
    AskEntry,
    CallEntry,
    CallsEntry,
    ChoiceEntry,
    ConfirmEntry,
    DecideEntry,
    EndEntry,
    HandOverEntry,
    OneCallEntry,
    SayEntry,
    SlotEntry,
    StepEntry,
    WorkflowFile,
)
from frontdesk.workflows.expressions import ExpressionError
from frontdesk.workflows.templates import parse_template

Location = tuple[str | int, ...]
BUILT_IN: Mapping[str, Step] = {"end": EndStep(step="end"), "hand_over": HandOverStep(step="hand_over", text={})}
"""Steps that every workflow has without writing them, unless it has its own of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A workflow, and where its steps are written."""

    workflow: Workflow
    places: Mapping[str, Location]
    """By step; the built-in ones have none."""
    repeated: tuple[Location, ...]
    """Steps with an id that another one has already."""


def make_workflow(name: str, written: WorkflowFile, default_language: str) -> Made:
    """The workflow; roads may still lead nowhere, and expressions may make no sense."""
    ids = list(_ids(written.steps))
    taken: dict[str, Step] = {}
    places: dict[str, Location] = {}
    repeated: list[Location] = []
    maker = _Maker(default_language)
    for number, (step, entry) in enumerate(zip(ids, written.steps, strict=True)):
        if step in taken:
            repeated.append(("steps", number, "id"))
            continue
        following = ids[number + 1] if number + 1 < len(ids) else ""
        taken[step], places[step] = maker.step(step, entry, following), ("steps", number)
    undo = {
        step: maker.undo(entry.undo, _result(entry.does, entry.as_))
        for step, entry in zip(ids, written.steps, strict=True)
        if isinstance(entry, ConfirmEntry) and entry.undo
    }
    workflow = Workflow(
        name=name,
        version=written.version,
        owner=written.owner,
        title=maker.texts(written.title),
        examples=written.examples,
        steps={**{key: step for key, step in BUILT_IN.items() if key not in taken}, **taken},
        first=ids[0] if ids else "",
        slots={key: maker.slot(key, entry) for key, entry in written.slots.items()},
        needs=written.needs,
        channels=written.channels,
        share=written.share,
        silent=maker.texts(written.silent),
        time_limit_s=written.time_limit_hours * 3600,
        compensation=undo,
        max_asks=written.max_asks,
    )
    return Made(workflow=_cited(workflow), places=places, repeated=tuple(repeated))


def _ids(steps: tuple[StepEntry, ...]) -> Iterator[str]:
    """The steps' names: what is written, else their kind and what they are about, numbered where that repeats."""
    seen = Counter([*BUILT_IN, *(entry.id for entry in steps if not isinstance(entry, str))])
    for entry in steps:
        if not isinstance(entry, str) and entry.id:
            yield entry.id
            continue
        base = _base_of(entry)
        seen[base] += 1
        yield base if seen[base] == 1 else f"{base}_{seen[base]}"


def _base_of(entry: StepEntry) -> str:
    match entry:
        case AskEntry(ask=slot):
            return f"ask_{slot}"
        case CallEntry(call=call, as_=result):
            return f"read_{_result(call, result)}"
        case CallsEntry(calls=calls):
            return f"read_{'_and_'.join(calls)}"
        case ConfirmEntry(does=call, as_=result):
            return f"confirm_{_result(call, result)}"
        case str():
            return entry
    return next(key for key in ("decide", "say", "hand_over", "end") if hasattr(entry, key))


def _result(call: str, name: str) -> str:
    return name or call.rpartition(".")[2]


class _Maker:
    def __init__(self, default_language: str) -> None:
        self._default = default_language

    def texts(self, written: Any) -> Localised:
        return {self._default: written} if isinstance(written, str) else dict(written or {})

    def step(self, step: str, entry: StepEntry, following: str) -> Step:
        return _MADE[type(entry)](self, step, entry, following)

    def slot(self, name: str, entry: SlotEntry) -> Slot:
        return Slot(
            name=name,
            type=entry.type,
            ask=self.texts(entry.ask),
            why=self.texts(entry.why),
            missing=self.texts(entry.missing),
            if_missing=entry.if_missing,
            pattern=entry.pattern,
            choices=tuple(self._choice(value, choice) for value, choice in entry.choices.items()),
            choose_from=entry.choose_from,
            choose_by=entry.choose_by,
            label=self.texts(entry.label),
            minimum=entry.minimum,
            maximum=entry.maximum,
            not_before_days=entry.not_before_days,
            not_after_days=entry.not_after_days,
            max_chars=entry.max_chars,
            examples=entry.examples,
            is_volunteered=entry.is_volunteered,
        )

    def _choice(self, value: str, written: Any) -> Choice:
        if isinstance(written, ChoiceEntry):
            return Choice(value=value, label=self.texts(written.label), words=written.words)
        return Choice(value=value, label=self.texts(written))

    def undo(self, entry: OneCallEntry, result: str) -> Call:
        return self.call(f"{result}_undone", entry.call, entry.with_)

    def call(self, result: str, operation: str, arguments: Mapping[str, Value], skip_if: str = "") -> Call:
        connector, _, name = operation.rpartition(".")
        written = {key: _as_expression(value) for key, value in arguments.items()}
        return Call(result=result, connector=connector, operation=name, arguments=written, skip_if=skip_if)


def _as_expression(value: Value) -> str:
    """What stands for itself in YAML, in the language of expressions."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is not None and hasattr(value, "isoformat"):
        return f'date("{value.isoformat()}")'
    return str(value)


def _ask(_: _Maker, step: str, entry: AskEntry, following: str) -> Step:
    return AskStep(step=step, slot=entry.ask, next=entry.next or following, is_afresh=entry.again)


def _call(maker: _Maker, step: str, entry: CallEntry, following: str) -> Step:
    call = maker.call(_result(entry.call, entry.as_), entry.call, entry.with_, entry.skip_if)
    return CallStep(step=step, calls=(call,), next=entry.next or following, failures=dict(entry.failures))


def _calls(maker: _Maker, step: str, entry: CallsEntry, following: str) -> Step:
    calls = (maker.call(result, one.call, one.with_, one.skip_if) for result, one in entry.calls.items())
    return CallStep(step=step, calls=tuple(calls), next=entry.next or following, failures=dict(entry.failures))


def _decide(_: _Maker, step: str, entry: DecideEntry, following: str) -> Step:
    cases = tuple(Case(when=case.when, go=case.go) for case in entry.decide)
    return DecideStep(step=step, cases=cases, otherwise=entry.otherwise or following)


def _confirm(maker: _Maker, step: str, entry: ConfirmEntry, following: str) -> Step:
    return ConfirmStep(
        step=step,
        text=maker.texts(entry.confirm),
        call=maker.call(_result(entry.does, entry.as_), entry.does, entry.with_),
        next=entry.next or following,
        otherwise=entry.otherwise,
        failures=dict(entry.failures),
        expires_s=entry.expires_minutes * 60,
    )


def _say(maker: _Maker, step: str, entry: SayEntry, following: str) -> Step:
    return SayStep(step=step, text=maker.texts(entry.say), about=entry.about, next=entry.next or following)


def _hand_over(maker: _Maker, step: str, entry: HandOverEntry, _: str) -> Step:
    return HandOverStep(step=step, text=maker.texts(entry.hand_over), queue=entry.queue, why=entry.why)


def _end(_: _Maker, step: str, entry: EndEntry, __: str) -> Step:
    return EndStep(step=step, outcome=entry.end or "answered")


def _word(_: _Maker, step: str, entry: str, __: str) -> Step:
    return replace(BUILT_IN[entry], step=step)


_MADE: Mapping[type, Callable[[_Maker, str, Any, str], Step]] = {
    AskEntry: _ask,
    CallEntry: _call,
    CallsEntry: _calls,
    DecideEntry: _decide,
    ConfirmEntry: _confirm,
    SayEntry: _say,
    HandOverEntry: _hand_over,
    EndEntry: _end,
    str: _word,
}


def _cited(workflow: Workflow) -> Workflow:
    """Sentences that do not say what they rest on rest on the results they name."""
    results = {call.result for step in workflow.steps.values() for call in _calls_in(step)}
    steps = {
        key: replace(step, about=_named_results(step, workflow, results))
        if isinstance(step, SayStep) and not step.about
        else step
        for key, step in workflow.steps.items()
    }
    return replace(workflow, steps=steps)


def _calls_in(step: Step) -> tuple[Call, ...]:
    if isinstance(step, CallStep):
        return step.calls
    return (step.call,) if isinstance(step, ConfirmStep) else ()


def _named_results(step: SayStep, workflow: Workflow, results: set[str]) -> tuple[str, ...]:
    try:
        names = set().union(*(parse_template(text).names() for text in step.text.values()))
    except ExpressionError:
        return ()  # told by the checks
    chosen = {workflow.slots[name].choose_from for name in names if name in workflow.slots}
    return tuple(sorted(results & (names | chosen)))
