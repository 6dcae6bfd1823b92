"""The roads between the steps of a workflow, as a diagram shows them and as checks walk them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from frontdesk.domain.workflow import AskStep, CallStep, ConfirmStep, DecideStep, SayStep, Step, Workflow

Why = Literal["next", "case", "otherwise", "no", "failure", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """From one step to another."""

    start: str
    to: str
    why: Why
    label: str = ""
    """The condition, or the kinds of failure."""


def roads_from(step: Step, workflow: Workflow) -> Iterator[Road]:
    """Every road out of a step, in the order in which they are tried."""
    match step:
        case AskStep():
            yield Road(start=step.step, to=step.next, why="next")
            slot = workflow.slots.get(step.slot)
            if slot and slot.if_missing:
                yield Road(start=step.step, to=slot.if_missing, why="missing")
        case DecideStep():
            for case in step.cases:
                yield Road(start=step.step, to=case.go, why="case", label=case.when)
            yield Road(start=step.step, to=step.otherwise, why="otherwise")
        case CallStep():
            yield Road(start=step.step, to=step.next, why="next")
            yield from _of_failures(step.step, step.failures)
        case ConfirmStep():
            yield Road(start=step.step, to=step.next, why="next")
            yield Road(start=step.step, to=step.otherwise, why="no")
            yield from _of_failures(step.step, step.failures)
        case SayStep():
            yield Road(start=step.step, to=step.next, why="next")


def roads_of(workflow: Workflow) -> tuple[Road, ...]:
    return tuple(road for step in workflow.steps.values() for road in roads_from(step, workflow))


def _of_failures(start: str, failures: Mapping[Any, str]) -> Iterator[Road]:
    """One road for each place, named by all kinds that lead there."""
    for to in dict.fromkeys(failures.values()):
        kinds = [str(kind) for kind, place in failures.items() if place == to]
        yield Road(start=start, to=to, why="failure", label=", ".join(kinds))


def reachable(workflow: Workflow, start: str = "") -> frozenset[str]:
    """Steps that some customer may come to from a step, or from the first one."""
    found: set[str] = set()
    waiting = [start or workflow.first]
    while waiting:
        name = waiting.pop()
        if name in found or name not in workflow.steps:
            continue
        found.add(name)
        waiting += [road.to for road in roads_from(workflow.steps[name], workflow)]
    return frozenset(found)


def circle_without_question(workflow: Workflow) -> tuple[str, ...]:
    """Steps that lead back to the first of them without anybody being asked; empty where there are none."""
    roads: dict[str, list[str]] = {name: [] for name in workflow.steps}
    for road in roads_of(workflow):
        if not _waits_before(workflow.steps[road.start], road):
            roads[road.start].append(road.to)
    done: set[str] = set()
    for name in workflow.steps:
        if found := _circle_from(name, roads, [], done):
            return found
    return ()


def _waits_before(step: Step, road: Road) -> bool:
    """Whether the customer is asked whenever this road is taken."""
    if isinstance(step, AskStep):
        return step.is_afresh
    return isinstance(step, ConfirmStep) and road.why != "next"


def _circle_from(name: str, roads: Mapping[str, list[str]], path: list[str], done: set[str]) -> tuple[str, ...]:
    if name in path:
        return tuple(path[path.index(name) :])
    if name in done or name not in roads:
        return ()
    for to in roads[name]:
        if found := _circle_from(to, roads, [*path, name], done):
            return found
    done.add(name)
    return ()
