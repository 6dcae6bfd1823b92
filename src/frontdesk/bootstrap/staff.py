"""Ways in for staff: links that the server gives out, and keys that are added and withdrawn."""

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from frontdesk.adapters.clock import SystemClock, SystemTokens
from frontdesk.adapters.stores import open_database, sqlite_path
from frontdesk.bootstrap.app import App, open_writer
from frontdesk.domain.errors import ConflictError, MalformedError, NotFoundError
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.stores import Database, StaffKey, Stores
from frontdesk.settings import Settings

LINK_HOURS = 1
MAX_NAME_CHARS = 60
_NAME = re.compile(rf"\w[\w .@+-]{{0,{MAX_NAME_CHARS - 1}}}(?<! )\Z")


async def create_staff_link(app: App, name: str = "owner") -> str:
    """The secret of a link that signs browsers in as `name` for an hour.

    It belongs behind the `#` of the address: `…/console/sign-in#link=fdl_…`. Only its hash is kept.
    """
    secret = f"fdl_{app.tokens.secret()}"
    digest, now = hashlib.sha256(secret.encode()).hexdigest(), app.clock.now()
    until = now + timedelta(hours=LINK_HOURS)
    await app.database.write(
        lambda stores: stores.staff_sessions.add(digest, name=name, kind="link", at=now, until=until)
    )
    return secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedKey:
    """What became of a staff key."""

    sessions_ended: int
    """Browsers that were signed in with it, and links."""
    keys_left: int
    """At 0 nobody can sign in; the next start of `up` or `serve` makes a new key and prints it."""


async def add_staff_key(
    database: Database, name: str, *, by: str, clock: Clock | None = None, tokens: TokenSource | None = None
) -> str:
    """A new staff key of this name. It is kept only as its hash, so this is the one time to show it.

    Args:
        by: who adds it, for the log.
    Raises:
        MalformedError: the name cannot be one.
        ConflictError: it is taken.
    """
    if not _NAME.match(name):
        raise MalformedError(
            f"A name has 1 to {MAX_NAME_CHARS} letters, digits, spaces and the signs . @ + - _, a letter or digit first.",
            field="name",
        )
    key = f"fd_{(tokens or SystemTokens()).secret()}"
    digest, at = hashlib.sha256(key.encode()).hexdigest(), (clock or SystemClock()).now()

    def add(stores: Stores) -> None:
        if any(known.name == name for known in stores.staff_keys.list_all()):
            message = f"There is a staff key named {name} already. Choose another name, or remove that one first."
            raise ConflictError(message, field="name")
        stores.staff_keys.add(name, key_hash=digest, at=at)

    await database.write(add)
    _note("staff_key_added", name=name, by=by)
    return key


async def remove_staff_key(database: Database, name: str, *, by: str) -> RemovedKey:
    """Withdraw the key of this name; whoever is signed in with it is signed out with the same commit.

    Raises:
        NotFoundError: there is no such key.
    """

    def remove(stores: Stores) -> RemovedKey:
        if not stores.staff_keys.remove(name):
            raise NotFoundError("There is no such staff key.", field="name")
        ended = stores.staff_sessions.remove_of(name)
        return RemovedKey(sessions_ended=ended, keys_left=stores.staff_keys.count())

    removed = await database.write(remove)
    _note("staff_key_removed", name=name, by=by, sessions_ended=removed.sessions_ended, keys_left=removed.keys_left)
    return removed


@asynccontextmanager
async def held_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of an installation that is not running; on SQLite nobody else writes to it meanwhile.

    Raises:
        ConflictError: another process writes to it, and still does after five seconds.
    """
    async with AsyncExitStack() as resources:
        yield await open_writer(settings, resources)


async def list_staff_keys(settings: Settings) -> Sequence[StaffKey]:
    """The keys of this installation, oldest first; it may be running, for reading waits for nobody."""
    path = sqlite_path(settings.effective_database_url)
    if path is not None and not path.exists():
        return ()
    database = await open_database(settings.effective_database_url)
    try:
        return await database.read(lambda stores: stores.staff_keys.list_all())
    finally:
        await database.close()


def _note(event: str, **facts: str | int) -> None:
    """A line of the log for whoever asks later who did this; also from commands, which set the log up anew each time."""
    structlog.get_logger().info(event, **facts)
