"""What rests on what in a workflow: which results were read with a slot, and which effects were made with it."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from frontdesk.domain.workflow import Call, CallStep, ConfirmStep, Workflow, WorkflowRun
from frontdesk.workflows.expressions import parse_expression


def calls_of(workflow: Workflow) -> Iterator[Call]:
    """Every call, those of confirmations and those that undo included."""
    for step in workflow.steps.values():
        if isinstance(step, CallStep):
            yield from step.calls
        elif isinstance(step, ConfirmStep):
            yield step.call
    yield from workflow.compensation.values()


def names_in(call: Call) -> frozenset[str]:
    """Slots and results that its arguments, and the condition to skip it, use."""
    return _names_in((*call.arguments.values(), call.skip_if))


@lru_cache(maxsize=2048)
def _names_in(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*(parse_expression(text).names() for text in texts if text))


def resting_on(workflow: Workflow, slot: str) -> frozenset[str]:
    """Results that were read or made with a slot, directly or through another result."""
    found: set[str] = set()
    uses = [(call.result, _with_sources(workflow, names_in(call))) for call in calls_of(workflow)]
    while True:
        more = {result for result, names in uses if names & (found | {slot})} - found
        if not more:
            return frozenset(found)
        found |= more


def _with_sources(workflow: Workflow, names: frozenset[str]) -> frozenset[str]:
    """The names, and the results that slots among them were chosen from."""
    slots = (workflow.slots[name] for name in names if name in workflow.slots)
    return names | {slot.choose_from for slot in slots if slot.choose_from}


def effects_on(workflow: Workflow, run: WorkflowRun, slot: str) -> tuple[str, ...]:
    """Confirming steps whose effect took place with a slot's value."""
    stale = resting_on(workflow, slot)
    done = (step for step in run.effects if step not in run.undone)
    return tuple(step for step in done if _result_of(workflow, step) in stale)


def forget_what_rests_on(workflow: Workflow, run: WorkflowRun, slot: str) -> WorkflowRun:
    """The run without readings that were made with a slot; what an effect returned is kept."""
    kept = results_of_effects(workflow)
    stale = resting_on(workflow, slot) - kept
    readings = {name: reading for name, reading in run.readings.items() if name not in stale}
    return replace(run, readings=readings)


def results_of_effects(workflow: Workflow) -> frozenset[str]:
    """Names of readings that tell of effects, and are never thrown away."""
    confirmed = (step.call.result for step in workflow.steps.values() if isinstance(step, ConfirmStep))
    undoing = (call.result for call in workflow.compensation.values())
    return frozenset({*confirmed, *undoing})


def _result_of(workflow: Workflow, name: str) -> str:
    step = workflow.steps.get(name)
    return step.call.result if isinstance(step, ConfirmStep) else ""
