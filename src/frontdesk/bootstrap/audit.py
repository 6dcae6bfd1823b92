"""Reading the audit log of an installation, whether it runs or not."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from frontdesk.adapters.stores import open_database, sqlite_path
from frontdesk.domain.audit import AuditEntry, find_break
from frontdesk.ports.stores import Database, Stores
from frontdesk.settings import Settings


async def verify_audit(settings: Settings) -> tuple[int, str]:
    """How many entries there are, and the first place where the log isn't what was written; empty where it is whole."""

    def check(stores: Stores) -> tuple[int, str]:
        head = stores.audit.head()
        return head.entries, find_break(stores.audit.read_all(), head)

    async with _opened(settings) as database:
        return (0, "") if database is None else await database.read(check)


async def read_audit(settings: Settings, *, last: int) -> Sequence[AuditEntry]:
    """The newest entries, oldest first."""

    def read(stores: Stores) -> Sequence[AuditEntry]:
        return stores.audit.read(after=max(0, stores.audit.head().entries - last), limit=last)

    async with _opened(settings) as database:
        return () if database is None else await database.read(read)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database | None]:
    """None where there is no database yet."""
    path = sqlite_path(settings.effective_database_url)
    if path is not None and not path.exists():
        yield None
        return
    database = await open_database(settings.effective_database_url)
    try:
        yield database
    finally:
        await database.close()
