"""The vendor's own limit of requests."""

import math
from dataclasses import dataclass, field

from frontdesk.simulators.vendor.behaviour import VendorBehaviour


@dataclass(slots=True)
class RequestRate:
    """A bucket that fills evenly and holds a tenth of a minute's requests, at least one."""

    behaviour: VendorBehaviour
    left: float = field(init=False)
    seen_s: float = 0.0
    """When it was last asked, on the monotonic clock."""

    def __post_init__(self) -> None:
        self.left = self._size

    @property
    def _size(self) -> float:
        return max(1.0, self.behaviour.requests_per_minute / 10)

    def wait_s(self, now_s: float) -> int:
        """Whole seconds until a request may come; 0 takes one now."""
        a_second = self.behaviour.requests_per_minute / 60
        if not a_second:
            return 0
        self.left = min(self._size, self.left + (now_s - self.seen_s) * a_second)
        self.seen_s = now_s
        if self.left >= 1:
            self.left -= 1
            return 0
        return math.ceil((1 - self.left) / a_second)
