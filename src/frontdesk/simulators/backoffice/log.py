"""What was asked of the systems, which is what tests and drills count on."""

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

MAX_REQUESTS = 20_000
"""The newest are kept."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request as the back office saw it."""

    number: int
    """1-based, in the order of arrival."""
    at: str
    system: str
    method: str
    path: str
    query: str
    key: str
    """Whose key it came with: a system's name, `wrong`, or empty."""
    caller: str
    """`X-Caller`, else the program's name."""
    idempotency_key: str
    fault: str = ""
    status: int = 0
    """0 where none was sent."""
    effect_id: int | None = None
    took_ms: float | None = None
    """None while it is not over."""


@dataclass(slots=True)
class RequestLog:
    """The newest requests."""

    entries: deque[Asked] = field(default_factory=lambda: deque(maxlen=MAX_REQUESTS))
    count: int = 0

    def add(self, **facts: Any) -> Asked:
        self.count += 1
        entry = Asked(number=self.count, **facts)
        self.entries.append(entry)
        return entry

    def select(self, *, after: int = 0, system: str = "") -> list[dict[str, Any]]:
        """Oldest first."""
        found = (entry for entry in self.entries if entry.number > after)
        return [asdict(entry) for entry in found if not system or entry.system == system]
