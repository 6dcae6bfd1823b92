"""Replies that may be given again for some seconds, each to whoever asks with exactly the same arguments."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping

from frontdesk.domain.connector import CallResult, Value

MOST_REPLIES = 2000
"""Of one connector; a reply is a few kilobytes (a guess)."""

Key = tuple[str, tuple[tuple[str, Hashable], ...]]


class ReplyMemory:
    """The key holds every argument, the bound ones included, so that no customer is given another one's records."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[Key, tuple[float, CallResult]] = OrderedDict()
        self.era = 0
        """Rises with every effect: what was asked before it is not kept after it."""

    def find(self, operation: str, arguments: Mapping[str, Value]) -> CallResult | None:
        kept = self._kept.get(_key(operation, arguments))
        return kept[1] if kept is not None and kept[0] > self._monotonic() else None

    def keep(
        self, operation: str, arguments: Mapping[str, Value], result: CallResult, *, for_s: float, era: int
    ) -> None:
        """`era` is the one in which it was asked."""
        if era != self.era:
            return
        key = _key(operation, arguments)
        self._kept[key] = (self._monotonic() + for_s, result)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_REPLIES:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Something out there is changed."""
        self.era += 1
        self._kept.clear()


def _key(operation: str, arguments: Mapping[str, Value]) -> Key:
    return operation, tuple(sorted(arguments.items()))
