"""Whether a PostgreSQL lets us in; nothing is read or changed there."""

import asyncpg
from sqlalchemy import make_url

from frontdesk.domain.errors import UnavailableError

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (asyncpg.InvalidPasswordError, "It refuses the password."),
    (asyncpg.InvalidAuthorizationSpecificationError, "It refuses the user."),
    (asyncpg.InvalidCatalogNameError, "It has no database of that name."),
    (asyncpg.TooManyConnectionsError, "It has no connection left."),
    (asyncpg.CannotConnectNowError, "It is starting or stopping."),
    (OSError, "Nothing answers at that host and port."),
)
"""Most specific first."""


async def try_postgres(url: str, *, timeout_s: float) -> None:
    """
    Raises:
        UnavailableError: it cannot be reached or refuses us; says why.
    """
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = await asyncpg.connect(dsn, timeout=timeout_s)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        why = next((text for kind, text in _REASONS if isinstance(error, kind)), "It cannot be used.")
        raise UnavailableError(why) from error
    await connection.close(timeout=timeout_s)
