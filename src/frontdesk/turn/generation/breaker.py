"""Which models may be asked now: a breaker and a cool-down per vendor and model.

closed      requests go through; FAILURES_TO_OPEN failures in a row open it
open        nothing goes through for OPEN_S seconds
half open   one request probes; it closes the breaker or opens it again
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.usage import AttemptResult

FAILURES_TO_OPEN = 3
OPEN_S = 15.0
"""Both from the fault table: an outage costs at most three attempts, then one probe in 15 s."""
DEFAULT_COOL_DOWN_S = 1.0
"""After a 429 that does not say how long to wait; a guess."""
_COUNTED: frozenset[AttemptResult] = frozenset({"429", "5xx", "timeout_fb", "timeout_idle", "cut", "garbage"})
"""Failures of the vendor. A filter, a context that is too long, a refusal or bad credentials come back the same each
time: they say nothing about the vendor's health."""

BreakerState = Literal["closed", "half_open", "open"]


@dataclass(slots=True)
class Breaker:
    """The state for one model; all times are monotonic seconds."""

    failures: int = 0
    opened_at: float | None = None
    not_before: float = 0.0
    """No attempt before this moment, as the vendor asked."""
    probe_started_at: float | None = None

    def state(self, now: float) -> BreakerState:
        if self.opened_at is None:
            return "closed"
        return "open" if now < self.opened_at + OPEN_S else "half_open"

    def admit(self, now: float) -> bool:
        """Whether a request may be sent now; in the half-open state the caller that hears yes is the probe."""
        if now < self.not_before:
            return False
        match self.state(now):
            case "closed":
                return True
            case "open":
                return False
            case "half_open":
                if self.probe_started_at is not None and now < self.probe_started_at + OPEN_S:
                    return False
                self.probe_started_at = now
                return True

    def note(self, result: AttemptResult, now: float, *, retry_after_s: float | None = None) -> None:
        """Learn how a request ended."""
        if result == "429":
            wait = DEFAULT_COOL_DOWN_S if retry_after_s is None else retry_after_s
            self.not_before = max(self.not_before, now + wait)
        if result in _COUNTED:
            self._fail(now)
        elif result == "cancelled":
            self.probe_started_at = None
        else:
            self.failures, self.opened_at, self.probe_started_at = 0, None, None

    def _fail(self, now: float) -> None:
        self.failures += 1
        self.probe_started_at = None
        if self.opened_at is not None or self.failures >= FAILURES_TO_OPEN:
            self.opened_at = now


@dataclass(slots=True)
class Breakers:
    """One breaker per (vendor, model), shared by every turn and release of a process."""

    monotonic: Callable[[], float]
    _by_model: dict[tuple[str, str], Breaker] = field(default_factory=dict)

    def admit(self, vendor: str, model: str) -> bool:
        return self._of(vendor, model).admit(self.monotonic())

    def note(self, vendor: str, model: str, result: AttemptResult, *, retry_after_s: float | None = None) -> None:
        self._of(vendor, model).note(result, self.monotonic(), retry_after_s=retry_after_s)

    def states(self) -> dict[tuple[str, str], BreakerState]:
        """For the dashboards: every model that was asked, and how its breaker stands."""
        now = self.monotonic()
        return {key: breaker.state(now) for key, breaker in self._by_model.items()}

    def _of(self, vendor: str, model: str) -> Breaker:
        return self._by_model.setdefault((vendor, model), Breaker())
