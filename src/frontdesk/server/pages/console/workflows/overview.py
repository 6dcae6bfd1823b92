"""The workflows of the live release."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from frontdesk.server.access import Access
from frontdesk.server.pages.console.addresses import KNOWLEDGE, WORKFLOWS
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.workflows.views import PERIOD, WorkflowRow, workflow_row
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowsPage:
    """All that templates/console/workflows.html may use."""

    frame: Frame
    rows: Sequence[WorkflowRow]
    days: int
    """Of the period in which runs are counted."""
    knowledge: str


async def workflows_page(request: Request) -> Response:
    """Every workflow with its owner, where it is switched on, and how its runs ended lately."""
    app = frontdesk_of(request)
    content = app.releases.serving().content
    since = app.clock.now() - PERIOD
    tallies = await app.database.read(lambda stores: stores.workflow_runs.tally(since=since))
    language = content.profile.default_language
    page = WorkflowsPage(
        frame=await frame_for(request, active="knowledge", title="Workflows"),
        rows=[workflow_row(workflow, tallies, language) for workflow in content.workflows],
        days=PERIOD.days,
        knowledge=KNOWLEDGE,
    )
    return html(request, "console/workflows.html", page)


OPERATIONS = (
    Operation(
        method="GET",
        path=WORKFLOWS,
        access=Access.CONSOLE,
        handler=workflows_page,
        tag="Console",
        is_listed=False,
    ),
)
