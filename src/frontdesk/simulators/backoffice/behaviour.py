"""What a back office is told at its start."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic

SYSTEMS = ("crm", "orders", "payments", "shipping", "rules", "tickets", "appointments", "it")
"""Each is a path of its own with a key of its own, so that each can fail alone."""
DEFAULT_SEED = 7


def key_of(system: str) -> str:
    """The key that opens a system; no secret, the shop is invented."""
    return f"backoffice-{system}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackofficeBehaviour:
    """Settings of one back office."""

    path: Path | None = None
    """The SQLite file; in memory where there is none."""
    seed: int = DEFAULT_SEED
    today: date | None = None
    """The day it starts on, at noon; the machine's own time where it is not set."""
    latency_ms: float = 0.0
    """Added to every answer."""


class Calendar:
    """The back office's own time, in UTC."""

    def __init__(self, today: date | None = None) -> None:
        self._start = datetime.combine(today, time(12), UTC) if today else None
        self._started_s = monotonic()

    def now(self) -> datetime:
        if self._start is None:
            return datetime.now(UTC)
        return self._start + timedelta(seconds=monotonic() - self._started_s)

    def today(self) -> date:
        return self.now().date()

    def stamp(self) -> str:
        """Now, as the systems write times."""
        return to_stamp(self.now())


def to_stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_stamp(text: str) -> datetime:
    return datetime.fromisoformat(text)
