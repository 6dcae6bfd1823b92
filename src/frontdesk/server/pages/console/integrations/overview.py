"""The page of other systems: the write-back as a whole, what is stuck, and every connector."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import STUCK, StoredWriteBack, WriteBackTally
from frontdesk.ports.stores import Stores
from frontdesk.server.access import Access
from frontdesk.server.api.integrations import MOST_LISTED, connectors_of
from frontdesk.server.pages.console.addresses import INTEGRATIONS, record_address
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.integrations.views import (
    RecordRow,
    SystemRow,
    record_row,
    system_row,
    tally_stats,
)
from frontdesk.server.pages.console.monitor.views import Stat
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of, visitor_of
from frontdesk.turn.write_back.mending import resend_all

_UNDER_WAY = 20
"""Records on their way that are listed, changed last first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationsPage:
    """All that templates/console/integrations.html may use."""

    frame: Frame
    is_on: bool
    operation: str
    stats: Sequence[Stat]
    failing_since: datetime | None
    last_error: str
    stuck: Sequence[RecordRow]
    has_more_stuck: bool
    under_way: Sequence[RecordRow]
    discarded: Sequence[RecordRow]
    resend_all: str
    """Where the button that tries all stuck ones again leads."""
    find: str
    """Where the form that looks for a conversation's record leads."""
    wanted: str
    """What was looked for and is no conversation's id; empty where nothing was."""
    systems: Sequence[SystemRow]


async def integrations_page(request: Request) -> Response:
    """How other systems are doing; with `?conversation=` the record of that conversation."""
    app, wanted = frontdesk_of(request), request.query_params.get("conversation", "").strip()
    if _is_conversation(wanted):
        return RedirectResponse(record_address(wanted), status_code=303)
    tally, stuck, under_way, discarded = await app.database.read(_read)
    target = app.write_back.target()
    page = IntegrationsPage(
        frame=await frame_for(request, active="integrations", title="Integrations"),
        is_on=target is not None,
        operation=target.rules.operation if target else "",
        stats=tally_stats(tally),
        failing_since=tally.failing_since,
        last_error=tally.last_error,
        stuck=[record_row(one) for one in stuck[:MOST_LISTED]],
        has_more_stuck=len(stuck) > MOST_LISTED,
        under_way=[record_row(one) for one in under_way],
        discarded=[record_row(one) for one in discarded],
        resend_all=f"{INTEGRATIONS}/resend",
        find=INTEGRATIONS,
        wanted=wanted,
        systems=[system_row(system) for system in connectors_of(app)],
    )
    return html(request, "console/integrations.html", page)


async def resend_everything(request: Request) -> Response:
    """Try all that is stuck again, and show the page."""
    app = frontdesk_of(request)
    await resend_all(app.database, by=visitor_of(request).staff_name or "", at=app.clock.now())
    return RedirectResponse(INTEGRATIONS, status_code=303)


_Read = tuple[WriteBackTally, Sequence[StoredWriteBack], Sequence[StoredWriteBack], Sequence[StoredWriteBack]]


def _read(stores: Stores) -> _Read:
    return (
        stores.write_backs.tally(),
        stores.write_backs.list_in(STUCK, limit=MOST_LISTED + 1),
        stores.write_backs.list_in(("queued", "sending"), limit=_UNDER_WAY),
        stores.write_backs.list_in(("discarded",), limit=_UNDER_WAY),
    )


def _is_conversation(wanted: str) -> bool:
    try:
        ConversationId.parse(wanted, field="conversation")
    except MalformedError:
        return False
    return True


OPERATIONS = (
    Operation(
        method="GET",
        path=INTEGRATIONS,
        access=Access.CONSOLE,
        handler=integrations_page,
        tag="Console",
        is_listed=False,
    ),
    Operation(
        method="POST",
        path=f"{INTEGRATIONS}/resend",
        access=Access.CONSOLE,
        handler=resend_everything,
        tag="Console",
        is_listed=False,
    ),
)
