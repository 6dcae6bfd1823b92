"""Each step of a workflow in words, as a page and a terminal tell of it."""

from dataclasses import dataclass
from typing import Literal

from frontdesk.domain.localised import localised
from frontdesk.domain.workflow import (
    AskStep,
    Call,
    CallStep,
    ConfirmStep,
    DecideStep,
    EndStep,
    HandOverStep,
    SayStep,
    Step,
    Workflow,
)
from frontdesk.workflows.roads import Road, reachable, roads_from

Kind = Literal["ask", "call", "decide", "confirm", "say", "hand over", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A step for people."""

    step: str
    kind: Kind
    text: str
    """What happens."""
    roads: tuple[Road, ...]


def describe(workflow: Workflow, language: str) -> tuple[Described, ...]:
    """Every step that can be come to: those written in their order, with the end that is always there last."""
    come_to = reachable(workflow)
    written = [step for name, step in workflow.steps.items() if name in come_to and not _is_built_in(step)]
    built_in = [step for name, step in workflow.steps.items() if name in come_to and _is_built_in(step)]
    return tuple(_described(step, workflow, language) for step in (*written, *built_in))


def _is_built_in(step: Step) -> bool:
    is_plain_end = isinstance(step, EndStep) and step.step == "end"
    return is_plain_end or (isinstance(step, HandOverStep) and step.step == "hand_over")


def _described(step: Step, workflow: Workflow, language: str) -> Described:
    kind, text = _told(step, workflow, language)
    return Described(step=step.step, kind=kind, text=text, roads=tuple(roads_from(step, workflow)))


def _told(step: Step, workflow: Workflow, language: str) -> tuple[Kind, str]:  # noqa: PLR0911  (one for each kind)
    match step:
        case AskStep(slot=slot):
            spec = workflow.slots.get(slot)
            return "ask", localised(spec.ask, language, language) if spec else slot
        case CallStep(calls=calls):
            return "call", "; ".join(_told_call(call) for call in calls)
        case ConfirmStep(call=call, text=text):
            return "confirm", f"{localised(text, language, language)} ⇒ {_told_call(call)}"
        case SayStep(text=text):
            return "say", localised(text, language, language)
        case HandOverStep(text=text, why=why):
            return "hand over", localised(text, language, language) or why
        case EndStep(outcome=outcome):
            return "end", outcome
        case DecideStep(cases=cases):
            return "decide", " · ".join(case.when for case in cases)


def _told_call(call: Call) -> str:
    arguments = ", ".join(f"{name}: {text}" for name, text in call.arguments.items())
    skipped = f" unless {call.skip_if}" if call.skip_if else ""
    return f"{call.connector}.{call.operation}({arguments}){skipped}"


ROADS = {
    "next": "then",
    "case": "if",
    "otherwise": "otherwise",
    "no": "after a no",
    "failure": "if it fails",
    "missing": "without it",
}


def road_in_words(road: Road) -> str:
    """Why a road is taken."""
    if road.why == "case":
        return f"if {road.label}"
    return f"{ROADS[road.why]} ({road.label})" if road.label else ROADS[road.why]
