"""The monitor's page, and the stream that says when it has changed."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from frontdesk.bootstrap import App
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.occurrences import SEVERITIES, Severity
from frontdesk.server.access import Access
from frontdesk.server.api.conversations import wants_events
from frontdesk.server.bodies import json_response
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.addresses import MONITOR
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.monitor.figures import Figures, gather
from frontdesk.server.pages.console.monitor.views import (
    CeilingRow,
    ModelRow,
    OccurrenceRow,
    SpendTable,
    Stat,
    ceiling_row,
    load_stats,
    model_row,
    occurrence_row,
    pace_stats,
    spend_stats,
    spend_table,
    unpriced,
)
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.server.streams import HEARTBEAT, HEARTBEAT_S, EventStream
from frontdesk.server.sums import Sums

EVERY_S = 2.0
_PART = "section#monitor"
"""As htmx names the part of the page that it asks for."""
_LEAST: Sequence[tuple[str, str]] = (("info", "everything"), ("warning", "warnings"), ("critical", "critical only"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    label: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorPage:
    """All that templates/console/monitor.html and monitor-now.html may use."""

    frame: Frame
    live: str
    """Address of the stream that tells of changes."""
    problems: Sequence[str]
    """Why a changed assistant folder was kept out."""
    load: Sequence[Stat]
    pace: Sequence[Stat]
    """Of the last hour; empty where no turn ended in it."""
    degraded: Sequence[tuple[str, str]]
    """What made answers of the last hour less than they could be, and how many."""
    models: Sequence[ModelRow]
    spend: Sequence[Stat]
    unpriced: str
    ceilings: Sequence[CeilingRow]
    tables: Sequence[SpendTable]
    is_anything_spent: bool
    occurrences: Sequence[OccurrenceRow]
    severities: Sequence[Choice]
    is_narrowed: bool


async def monitor_page(request: Request) -> Response:
    """How the installation is doing; for htmx only what changes."""
    app, least = frontdesk_of(request), _least(request)
    figures = await gather(app, _sums(request), _from(least))
    page = _page(await frame_for(request, active="monitor", title="Monitor"), figures, app, least)
    is_part = request.headers.get("hx-target") == _PART
    return html(request, "console/monitor-now.html" if is_part else "console/monitor.html", page)


async def monitor_live(request: Request) -> Response:
    """Tells when something on the page has changed; a program that takes no events gets the version alone."""
    app, sums, severities = frontdesk_of(request), _sums(request), _from(_least(request))
    if not wants_events(request):
        return json_response({"version": (await gather(app, sums, severities)).version})
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return EventStream(app, request.app.state.closing, _changes(app, sums, severities, since))


async def _changes(app: App, sums: Sums, severities: Sequence[Severity], since: str) -> AsyncGenerator[bytes, None]:
    """`changed` with each new version, and a comment now and then while nothing changes."""
    seen, quiet_s = since, 0.0
    yield b": monitor\n\n"
    while True:
        try:
            version = (await gather(app, sums, severities)).version
        except StoreUnavailableError:
            version = seen  # the page says nothing it does not know; the stream's end would say no more
        if version != seen:
            seen, quiet_s = version, 0.0
            yield f"id: {version}\nevent: changed\ndata: {{}}\n\n".encode()
        elif quiet_s >= HEARTBEAT_S:
            quiet_s = 0.0
            yield HEARTBEAT
        await asyncio.sleep(EVERY_S)
        quiet_s += EVERY_S


def _page(frame: Frame, figures: Figures, app: App, least: Severity) -> MonitorPage:
    budget = app.releases.serving().content.models.budget
    month = figures.spend.month
    return MonitorPage(
        frame=frame,
        live=f"{MONITOR}/live?since={figures.version}&severity={least}",
        problems=[str(problem) for problem in figures.folder.problems],
        load=load_stats(figures.load),
        pace=pace_stats(figures.pace),
        degraded=[(words.say_degraded(label), f"{count:,}") for label, count in figures.pace.degraded],
        models=[model_row(state) for state in figures.vendors],
        spend=spend_stats(figures.spend),
        unpriced=unpriced(month[0]),
        ceilings=[ceiling_row(level, budget) for level in figures.levels],
        tables=[spend_table(report) for report in month if report.lines],
        is_anything_spent=bool(month[0].total.requests),
        occurrences=[occurrence_row(one) for one in figures.occurrences],
        severities=[
            Choice(label=label, href=f"{MONITOR}?severity={severity}", is_chosen=severity == least)
            for severity, label in _LEAST
        ],
        is_narrowed=least != SEVERITIES[0],
    )


def _least(request: Request) -> Severity:
    """The least severe that is shown; what the address has wrong shows everything."""
    asked = request.query_params.get("severity")
    return next((severity for severity in SEVERITIES if severity == asked), SEVERITIES[0])


def _from(least: Severity) -> Sequence[Severity]:
    return SEVERITIES[SEVERITIES.index(least) :]


def _sums(request: Request) -> Sums:
    sums: Sums = request.app.state.sums
    return sums


OPERATIONS = (
    Operation(
        method="GET",
        path=MONITOR,
        access=Access.CONSOLE,
        handler=monitor_page,
        tag="Console",
        is_listed=False,
    ),
    Operation(
        method="GET",
        path=f"{MONITOR}/live",
        access=Access.CONSOLE,
        handler=monitor_live,
        tag="Console",
        is_listed=False,
    ),
)
