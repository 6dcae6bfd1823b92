"""Withdrawing documents on an installation that is not running, and reading what is withdrawn on any."""

from dataclasses import dataclass

from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.stores import open_database, sqlite_path
from frontdesk.bootstrap.knowledge import open_snapshot
from frontdesk.bootstrap.staff import held_database
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.overlay import NOTHING_WITHDRAWN, Overlay, Withdrawal
from frontdesk.settings import Settings
from frontdesk.turn.withdrawals import change_withdrawal, clean_reason, find_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a decision about a document."""

    document_id: DocumentId
    title: str
    """Empty where the newest snapshot does not have it."""
    is_withdrawn: bool
    is_changed: bool
    """False where it stood so already."""


async def decide_withdrawal(settings: Settings, wanted: str, *, is_withdrawn: bool, reason: str, by: str) -> Decided:
    """Withdraw the document, or let it in again; servers on the same PostgreSQL follow within a second.

    Args:
        wanted: an id, a path with or without its source, or an address.
    Raises:
        InputError: there is no such document, or no reason.
        ConflictError: another process writes to the data folder.
    """
    index = open_snapshot(settings)
    document_id = find_document(index, wanted)
    document = index.document(document_id)
    change = Withdrawal(
        document_id=document_id,
        is_withdrawn=is_withdrawn,
        reason=clean_reason(reason, is_needed=is_withdrawn),
        by=by,
        at=SystemClock().now(),
    )
    async with held_database(settings) as database:
        is_changed = await change_withdrawal(database, change, is_in_knowledge=document is not None)
    return Decided(
        document_id=document_id,
        title=document.title if document else "",
        is_withdrawn=is_withdrawn,
        is_changed=is_changed,
    )


async def read_overlay(settings: Settings) -> Overlay:
    """What is withdrawn; the installation may be running, for reading waits for nobody."""
    path = sqlite_path(settings.effective_database_url)
    if path is not None and not path.exists():
        return NOTHING_WITHDRAWN
    database = await open_database(settings.effective_database_url)
    try:
        return await database.read(lambda stores: stores.withdrawals.overlay())
    finally:
        await database.close()
