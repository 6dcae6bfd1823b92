"""One writing process per SQLite file, by an advisory lock on a file beside it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from frontdesk.domain.errors import ConflictError

_PAUSE_S = 0.05


@contextmanager
def exclusive_writer(path: Path, *, wait_s: float = 5.0) -> Iterator[None]:
    """Be the one process that writes the database at `path`; reading needs no lock.

    The operating system lets go of the lock when the process ends, however it ends.

    Raises:
        ConflictError: another process still holds it after `wait_s`.
    """
    beside = path.with_name(path.name + ".lock")
    beside.parent.mkdir(parents=True, exist_ok=True)
    with beside.open("a+", encoding="ascii") as file:
        _take(file.fileno(), path, until=time.monotonic() + wait_s)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(descriptor: int, path: Path, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise _taken(descriptor, path) from None
            time.sleep(_PAUSE_S)
        else:
            return


def _taken(descriptor: int, path: Path) -> ConflictError:
    holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
    who = f"process {holder}" if holder else "another process"
    return ConflictError(
        f"{path} is being written by {who}, probably `frontdesk up` or `frontdesk serve`. "
        "Stop it, use its web interface instead, or try again when it has ended.",
        path=str(path),
    )
