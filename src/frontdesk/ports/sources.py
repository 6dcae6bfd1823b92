"""Where documents come from."""

from collections.abc import Iterator
from typing import Protocol

from frontdesk.domain.knowledge import Quarantined, RawDocument


class Source(Protocol):
    @property
    def name(self) -> str: ...

    def fetch(self) -> Iterator[RawDocument | Quarantined]:
        """Every document of the source, by path; one that cannot be read is a `Quarantined`, never an exception.

        Raises:
            UnavailableError: the source as a whole cannot be reached.
        """
        ...
