"""What a failure of PostgreSQL means: is the unit of work worth another attempt, and for how long."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from frontdesk.adapters.stores.failures import AWAY, translate
from frontdesk.domain.errors import FrontdeskError, MalformedError, StoreUnavailableError

T = TypeVar("T")

PATIENCE_S = 3.0
"""So long a unit of work outwaits a lost database: a restart takes a second or two, and whoever sends a message is to
know within 5 s. Once that has passed, every further one fails at its first attempt until one succeeds."""
_ATTEMPTS = 4
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.4
_REPEATABLE = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: rolled back by the server, so the whole unit of work may run again."""
_UNIQUE_VIOLATION = "23505"
_TOO_MANY_CONNECTIONS = "53300"
_GONE = ("08", "57P")
"""Classes of connection failures, and of a server that goes down, is down or comes up."""


_UNKNOWN = "The database was lost while this was being kept. Send it again with the same key: it counts once."


class CommitUnknownError(Exception):
    """The connection failed during a commit, so nobody can say whether it happened; never repeated."""


class Outages:
    """Whether the database is away, seen by everything that asks it."""

    def __init__(self, *, patience_s: float = PATIENCE_S, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._patience_s = patience_s
        self._monotonic = monotonic
        self._since: float | None = None

    async def outwait(self, run: Callable[[], Awaitable[T]], *, patience_s: float | None = None) -> T:
        """Run a unit of work until it succeeds, fails for good, or the database stays away.

        Args:
            patience_s: instead of the usual one.
        Raises:
            StoreUnavailableError, ConflictError, MalformedError, or whatever the unit of work raises.
        """
        until, attempt = self._monotonic() + (self._patience_s if patience_s is None else patience_s), 0
        while True:
            attempt += 1
            try:
                result = await run()
            except CommitUnknownError as error:
                raise StoreUnavailableError(_UNKNOWN) from error
            except Exception as error:
                if not self._is_worth_another(error, attempt, until=until):
                    raise_translated(error)
            else:
                self._since = None
                return result
            await asyncio.sleep(_pause_s(attempt))

    def _is_worth_another(self, error: Exception, attempt: int, *, until: float) -> bool:
        if not is_lost(error):
            return attempt < _attempts_for(error)
        now = self._monotonic()
        if self._since is None:
            self._since = now
        return now < min(until, self._since + self._patience_s)


def _pause_s(attempt: int) -> float:
    """Doubled each time up to a bound, half of it random, so that those who wait do not all come back at once."""
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(attempt - 1, 10))
    return longest / 2 + random.random() * longest / 2


def is_lost(error: BaseException) -> bool:
    """Whether there was no usable connection: refused, cut, too slow to answer, or the server going down or up."""
    if isinstance(error, PoolTimeoutError):
        return False
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None)
        return error.connection_invalidated or _is_gone(_state_of(error)) or isinstance(cause, OSError)
    if isinstance(error, asyncpg.PostgresError):
        return _is_gone(str(error.sqlstate or ""))
    return isinstance(error, OSError | asyncpg.InterfaceError)


def _is_gone(state: str) -> bool:
    return state.startswith(_GONE) or state == _TOO_MANY_CONNECTIONS


def _attempts_for(error: Exception) -> int:
    """How many attempts the failure is worth; a key that is still taken at the second one was not a race."""
    if isinstance(error, IntegrityError):
        return 2 if _state_of(error) == _UNIQUE_VIOLATION else 1
    return _ATTEMPTS if isinstance(error, DBAPIError) and _state_of(error) in _REPEATABLE else 1


def _state_of(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def raise_translated(error: Exception) -> NoReturn:
    """Raises: the error as one of ours, or as it is where it is none of the database's."""
    ours = _translated(error)
    if ours is None:
        raise error
    raise ours from error


def _translated(error: Exception) -> FrontdeskError | None:
    if isinstance(error, DBAPIError) and isinstance(getattr(error.orig, "__cause__", None), asyncpg.DataError):
        return MalformedError("A value cannot be stored as it is.")
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return StoreUnavailableError(AWAY)
    return translate(error)
