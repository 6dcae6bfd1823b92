"""Documents are withdrawn and let in again; every process learns of it within a second."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from frontdesk.domain.errors import ConflictError, DependencyError, MalformedError, NotFoundError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.overlay import MAX_REASON_CHARS, Overlay, Withdrawal
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.loops import forever

log = structlog.get_logger()

POLL_S = 0.4
"""Between two looks at what other processes changed: a withdrawn document is gone everywhere within a second."""


def find_document(index: KnowledgeIndex, wanted: str) -> DocumentId:
    """The document that a person means by an id, a path with or without its source, or an address.

    An id is taken as it is: the document may be in another snapshot.

    Raises:
        NotFoundError: there is none.
        ConflictError: there are several.
    """
    with suppress(MalformedError):
        return DocumentId.parse(wanted.strip(), field="document")
    said = wanted.strip().removeprefix("./")
    found = [one for one in index.documents() if said in (one.path, f"{one.source}/{one.path}", one.url) and said]
    if not found:
        raise NotFoundError("There is no such document. Name it by its path, its address, or its id.", field="document")
    if len(found) > 1:
        names = ", ".join(f"{one.source}/{one.path} ({one.document_id})" for one in found)
        raise ConflictError(f"Several documents are named so: {names}. Use an id.", field="document")
    return found[0].document_id


def clean_reason(reason: str, *, is_needed: bool) -> str:
    """What a person gives as the reason, in one line.

    Raises:
        MalformedError: there is none and one is needed, or it is too long.
    """
    text = " ".join(reason.split())
    if is_needed and not text:
        raise MalformedError("Say why the document is withdrawn.", field="reason")
    if len(text) > MAX_REASON_CHARS:
        raise MalformedError(f"A reason has at most {MAX_REASON_CHARS} characters.", field="reason")
    return text


async def change_withdrawal(database: Database, change: Withdrawal, *, is_in_knowledge: bool) -> bool:
    """Withdraw the document or let it in again; False where it stands so already.

    Args:
        is_in_knowledge: the live snapshot has it. Another one is accepted where an answer has cited it or it was
            withdrawn before: an older snapshot may come back.
    Raises:
        NotFoundError: nothing is known of such a document.
    """

    def decide(stores: Stores) -> bool:
        before = stores.withdrawals.of(change.document_id, limit=1)
        if not (is_in_knowledge or before or stores.citations.latest_of(change.document_id, limit=1)):
            raise NotFoundError("There is no such document.", field="document_id")
        if (bool(before) and before[0].is_withdrawn) == change.is_withdrawn:
            return False
        stores.withdrawals.add(change)
        return True

    is_changed = await database.write(decide)
    if is_changed:
        event = "document_withdrawn" if change.is_withdrawn else "document_restored"
        told = {"document_id": change.document_id, "reason": change.reason, "by": change.by}
        structlog.get_logger().info(event, **told)  # a command sets the log up anew each time
    return is_changed


class WithdrawalFeed:
    """Tells of every overlay that is newer than the one before."""

    def __init__(self, database: Database, *, tell: Callable[[Overlay], None], poll_s: float = POLL_S) -> None:
        self._database = database
        self._tell = tell
        self._poll_s = poll_s
        self._version = 0
        self._is_blind = False
        self._task: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Look now.

        Raises:
            StoreUnavailableError: the database cannot be asked; what was told last goes on holding.
        """
        known = self._version
        overlay = await self._database.read(lambda stores: _newer(stores, known))
        if overlay is not None and overlay.version > self._version:
            self._version = overlay.version
            self._tell(overlay)

    def start(self) -> None:
        """Look again and again from now on."""
        pause = self._poll_s
        self._task = asyncio.create_task(
            forever("read_withdrawals", self._look, pause=lambda: asyncio.sleep(pause)), name="withdrawals"
        )

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        """An outage is told once, not with every look."""
        try:
            await self.refresh()
        except DependencyError as error:
            if not self._is_blind:
                log.warning("withdrawals_not_readable", reason=error.public_message)
            self._is_blind = True
        else:
            self._is_blind = False


def _newer(stores: Stores, version: int) -> Overlay | None:
    return stores.withdrawals.overlay() if stores.withdrawals.version() > version else None
