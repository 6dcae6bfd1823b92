"""Where documents come from."""

from collections.abc import Iterator, Mapping, Sequence
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


class PreparedCache(Protocol):
    """What parsing and chunking made of a file, by the hash of everything that went in.

    It saves work and nothing else: an entry that is lost or damaged is made again.
    """

    def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]: ...

    def put_many(self, entries: Mapping[str, bytes]) -> None: ...
