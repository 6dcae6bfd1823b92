"""What a way to another system has to offer; everything else is done once, in `calling`."""

from collections.abc import Mapping
from typing import Protocol

from frontdesk.adapters.connectors.records import Raw
from frontdesk.domain.connector import Value


class Transport(Protocol):
    """One try at a time: no retries, no memory, no judgement of what the records hold."""

    async def ask(self, operation: str, arguments: Mapping[str, Value], *, key: str, timeout_s: float) -> Raw:
        """Call an operation once. Cancelling it leaves nothing behind.

        Raises:
            CallError: nothing came of it.
        """
        ...

    async def close(self) -> None: ...
