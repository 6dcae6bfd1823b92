"""What the product tells about itself while it runs."""

from typing import Protocol

from frontdesk.domain.occurrences import Severity
from frontdesk.domain.turn import Outcome, Stage
from frontdesk.domain.usage import VendorAttempt


class Telemetry(Protocol):
    """Counters and histograms; every label comes from a closed set, no ids and no text."""

    def turn_accepted(self, *, channel: str) -> None: ...

    def turn_ended(
        self,
        *,
        channel: str,
        release: str,
        outcome: Outcome,
        seconds: float,
        first_confirmed_s: float | None,
        first_provisional_s: float | None,
    ) -> None: ...

    def stage_ended(self, stage: Stage, step: str, *, seconds: float, error: str = "") -> None: ...

    def failover(self, *, preferred: str, wrote: str) -> None:
        """A later rung of the ladder wrote an answer; both by their names in models.yaml."""
        ...

    def vendor_attempt(self, attempt: VendorAttempt, *, channel: str) -> None: ...

    def budget(self, *, scope: str, cap_usd: float, spent_usd: float, reserved_usd: float) -> None:
        """How full the running day or month is."""
        ...

    def embedded(self, *, vendor: str, model: str, tokens: int, cost_usd: float | None) -> None:
        """An endpoint made vectors for money; None where its price is not known."""
        ...

    def budget_denied(self, *, scope: str, purpose: str) -> None: ...

    def findings(self, *, direction: str, kind: str, action: str) -> None: ...

    def withheld(self, *, stage: str, reason: str) -> None: ...

    def retrieval(self, *, language: str, confidence: float, top_score: float, hit: bool) -> None: ...

    def answer_cache(self, *, found: str) -> None:
        """A question was looked for among the kept answers: `hit`, `miss`, or `personal` where it may not be."""
        ...

    def workflow_ended(self, *, workflow: str, status: str, failure: str) -> None:
        """A run is over; `failure` is the kind that ended it, or empty."""
        ...

    def workflow_failed(self, *, workflow: str, step: str, failure: str) -> None:
        """A step got nothing from another system, or an effect did not take place."""
        ...

    def denied(self, *, action: str) -> None:
        """What the session may not do was asked for, as in `workflow.denied`."""
        ...

    def escalation(self, *, reason: str, queue: str) -> None: ...

    def feedback(self, *, rating: str, channel: str) -> None: ...

    def connector_called(
        self, *, connector: str, operation: str, outcome: str, cause: str, attempts: int, seconds: float
    ) -> None:
        """Another system was asked: `ok`, `cached`, or the kind of failure, and what was behind it."""
        ...

    def inflight(self, delta: int) -> None: ...

    def queue(self, *, waiting: int, kept: int, oldest_s: float) -> None:
        """How many turns wait for free hands, in all processes, and how long the first of them has."""
        ...

    def waited(self, *, lane: str, seconds: float) -> None: ...

    def kept(self, *, channel: str) -> None: ...

    def refused(self, *, reason: str) -> None: ...

    def occurrence(self, *, kind: str, severity: Severity) -> None: ...

    def write_back(self, *, end: str) -> None:
        """A try to write a conversation into another system's record ended so."""
        ...

    def write_back_queue(self, *, waiting: int, stuck: int, oldest_s: float) -> None:
        """How many conversations wait to be written, how many wait for a person, and for how long the first is due."""
        ...


class Occurrences(Protocol):
    """What the people who run the installation should hear of: a breaker that opened, a budget that runs low."""

    def note(self, kind: str, *, subject: str, severity: Severity = "warning", **detail: str | int | float) -> None:
        """Keep it, soon. Never waits and never raises; the same again within some minutes only counts up.

        Args:
            kind: one of `domain.occurrences.KINDS`, such as `breaker.opened`.
            subject: what it is about, such as a vendor and model.
        """
        ...


class NoOccurrences:
    """Nobody listens."""

    def note(self, kind: str, *, subject: str, severity: Severity = "warning", **detail: str | int | float) -> None:
        pass


__all__ = ["NoOccurrences", "Occurrences", "Severity", "Telemetry"]
