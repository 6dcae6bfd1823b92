"""One workflow: its diagram, its steps in words, what it asks for, how it is begun, and its tests."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup

from frontdesk.domain.connector_source import operations_of
from frontdesk.domain.errors import ConfigError, NotFoundError
from frontdesk.domain.localised import localised
from frontdesk.domain.release import AssistantContent
from frontdesk.domain.workflow import Slot, Workflow
from frontdesk.releases.workflow_tests_file import read_scenarios
from frontdesk.server.access import Access
from frontdesk.server.pages.console.addresses import WORKFLOWS
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.workflows.views import PERIOD, WorkflowRow, workflow_row
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.workflows.described import Described, describe, road_in_words
from frontdesk.workflows.drawing import draw_svg

_ANCHOR = "step-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadRow:
    words: str
    to: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A step in words."""

    anchor: str
    step: str
    kind: str
    text: str
    roads: Sequence[RoadRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow:
    """Something that is asked for."""

    name: str
    type: str
    ask: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPage:
    """All that templates/console/workflow.html may use."""

    frame: Frame
    workflow: WorkflowRow
    days: int
    drawing: Markup
    """The diagram; made by `draw_svg`, which escapes what it is given."""
    steps: Sequence[StepRow]
    slots: Sequence[SlotRow]
    examples: Sequence[str]
    language: str
    tests: Sequence[str]
    """What they show, each as a sentence."""
    tests_problem: str
    """Why they can't be read; empty where they can."""
    all: str


async def workflow_page(request: Request) -> Response:
    """One workflow of the live release."""
    app, name = frontdesk_of(request), request.path_params["name"]
    content = app.releases.serving().content
    workflow = next((one for one in content.workflows if one.name == name), None)
    if workflow is None:
        raise NotFoundError("There is no such workflow in the live release.")
    since = app.clock.now() - PERIOD
    tallies = await app.database.read(lambda stores: stores.workflow_runs.tally(since=since))
    language = content.profile.default_language
    row = workflow_row(workflow, tallies, language)
    tests, problem = await asyncio.to_thread(_tests, app.settings.assistant_dir, content, workflow)
    page = WorkflowPage(
        frame=await frame_for(request, active="knowledge", title=row.title),
        workflow=row,
        days=PERIOD.days,
        drawing=Markup(draw_svg(workflow, language, prefix=_ANCHOR)),  # noqa: S704  (it escapes every text)
        steps=[_step_row(step) for step in describe(workflow, language)],
        slots=[_slot_row(slot, language) for slot in workflow.slots.values()],
        examples=workflow.examples,
        language=language,
        tests=tests,
        tests_problem=problem,
        all=WORKFLOWS,
    )
    return html(request, "console/workflow.html", page)


def _step_row(step: Described) -> StepRow:
    roads = [RoadRow(words=road_in_words(road), to=road.to, href=f"#{_ANCHOR}{road.to}") for road in step.roads]
    return StepRow(anchor=f"{_ANCHOR}{step.step}", step=step.step, kind=step.kind, text=step.text, roads=roads)


_TYPES: Mapping[str, str] = {"yes_no": "yes or no", "id": "a number or name", "money": "an amount"}


def _slot_row(slot: Slot, language: str) -> SlotRow:
    return SlotRow(
        name=slot.name,
        type=f"one of {slot.choose_from}" if slot.choose_from else _TYPES.get(slot.type, slot.type),
        ask=localised(slot.ask, language, language),
        why=localised(slot.why, language, language),
    )


def _tests(folder: Path, content: AssistantContent, workflow: Workflow) -> tuple[Sequence[str], str]:
    """The tests beside the workflow, as they are in the assistant folder now."""
    known = {one.name: one for one in content.workflows}
    try:
        found = read_scenarios(
            folder,
            known,
            operations_of(content.connectors),
            default_language=content.profile.default_language,
            only=workflow.name,
        )
    except ConfigError as error:
        return (), str(error.problems[0])
    return [scenario.name for scenario in found], ""


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORKFLOWS}/{{name}}",
        access=Access.CONSOLE,
        handler=workflow_page,
        tag="Console",
        is_listed=False,
    ),
)
