"""The one place where database errors become Frontdesk's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from frontdesk.domain.errors import ConflictError, FrontdeskError, MalformedError, UnavailableError


def translate(error: BaseException) -> FrontdeskError | None:
    """The Frontdesk error for what a driver or SQLAlchemy raised; None for anything that is no database error."""
    if isinstance(error, exc.IntegrityError):
        return ConflictError("It clashes with something that is already stored.")
    if isinstance(error, exc.DataError):
        return MalformedError("A value cannot be stored as it is.")
    if isinstance(error, exc.TimeoutError | exc.OperationalError | exc.InterfaceError):
        return UnavailableError("The database cannot be reached.")
    if isinstance(error, exc.DBAPIError) and (
        error.connection_invalidated or not isinstance(error, exc.ProgrammingError)
    ):
        return UnavailableError("The database cannot be reached.")
    if isinstance(error, OSError | TimeoutError):
        return UnavailableError("The database cannot be reached.")
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Raises: ConflictError, MalformedError or UnavailableError in place of database errors."""
    try:
        yield
    except Exception as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from error
