"""The one place where database errors become Frontdesk's own."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from frontdesk.domain.errors import (
    ConflictError,
    FrontdeskError,
    MalformedError,
    StoredDataError,
    StoreUnavailableError,
)

AWAY = "The database cannot be reached, so nothing was kept. Try again."


def translate(error: BaseException) -> FrontdeskError | None:
    """The Frontdesk error for what a driver or SQLAlchemy raised; None for anything that is no database error."""
    if isinstance(error, exc.IntegrityError | sqlite3.IntegrityError):
        return ConflictError("It clashes with something that is already stored.")
    if isinstance(error, exc.DataError | sqlite3.DataError | UnicodeEncodeError):
        return MalformedError("A value cannot be stored as it is.")
    if isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
        return StoredDataError("The database file is damaged or is no SQLite file. Put a backup in its place.")
    return StoreUnavailableError(AWAY) if _is_outage(error) else None


def _is_outage(error: BaseException) -> bool:
    """Everything a driver says but our own mistakes in its use, which it calls programming errors."""
    if isinstance(error, exc.ProgrammingError | sqlite3.ProgrammingError):
        return isinstance(error, exc.ProgrammingError) and error.connection_invalidated
    return isinstance(error, exc.DBAPIError | exc.TimeoutError | sqlite3.Error | OSError)


@contextmanager
def translated() -> Iterator[None]:
    """Raises: ConflictError, MalformedError or StoreUnavailableError in place of database errors."""
    try:
        yield
    except Exception as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from error
