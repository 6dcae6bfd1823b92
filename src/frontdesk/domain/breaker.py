"""Whether a deployment or another system may be asked now, by how its requests ended.

closed      requests go through; FAILURES_TO_OPEN failures of one kind in a row open it
open        nothing goes through for OPEN_S seconds
half open   one request probes, at most one in OPEN_S seconds; it closes the breaker or opens it again
closed, ramping   a tenth of the requests goes through at first, all of them after RAMP_S seconds
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.usage import AttemptResult

FAILURES_TO_OPEN = 3
OPEN_S = 15.0
"""Both from the fault table: an outage costs at most three attempts, then one probe in 15 s."""
RAMP_S = 10.0
"""With OPEN_S it keeps within the 30 s in which the fault table wants a vendor back; a guess otherwise."""
RAMP_FROM = 0.1
FIRST_COOL_DOWN_S = 1.0
"""After a 429 that does not say how long to wait, doubled for each one more in a row; a guess."""
LONGEST_COOL_DOWN_S = 30.0
"""As far as the doubling goes; a guess. A vendor that asks for longer is left alone for longer."""
REFUSED_KEY_PAUSE_S = 15.0
"""After refused credentials. They say nothing about the vendor's health, but the next request meets the same."""

BreakerState = Literal["closed", "half_open", "open"]
Kind = Literal["limit", "server", "silence", "broken"]
"""What went wrong: too many requests, refused or reset before any text, no text in time, a reply that broke off."""
Change = Literal["opened", "closed", ""]
Leave = Literal["no", "yes", "probe"]

_KINDS: Mapping[AttemptResult, Kind] = {
    "429": "limit",
    "5xx": "server",
    "timeout_fb": "silence",
    "timeout_idle": "broken",
    "cut": "broken",
    "garbage": "broken",
}
"""Failures of the vendor. A filter, a context that is too long, a refusal or bad credentials come back the same each
time: they say nothing about the vendor's health."""


def kind_of(result: AttemptResult, *, has_text: bool) -> Kind | None:
    """What a failure counts as; None for an end that does not count.

    Without any text a cut is a refused connection; after text, whatever failed broke the reply.
    """
    kind = _KINDS.get(result)
    if has_text:
        return kind and "broken"
    return "server" if result == "cut" else kind


@dataclass(slots=True)
class Breaker:
    """The state for one deployment or system; all times are monotonic seconds."""

    ramp_s: float = RAMP_S
    """For how long requests come back little by little; 0 lets all of them come at once."""
    failures: dict[Kind, int] = field(default_factory=dict)
    """In a row, of each kind. First text forgives all but broken replies, a whole reply those, too."""
    opened_at: float | None = None
    opened_by: Kind | None = None
    closed_at: float | None = None
    """Since when its requests come back; None when it never was open."""
    not_before: float = 0.0
    """No request before this moment: the vendor asked for a pause, or refused our key."""
    _probed_at: float | None = None
    _pending: int = 0
    _credit: float = 0.0

    def state(self, now: float) -> BreakerState:
        if self.opened_at is None:
            return "closed"
        return "open" if now < self.opened_at + OPEN_S else "half_open"

    def admit(self, now: float) -> Leave:
        """Whether a request may be sent now. The caller tells what became of it: `heard`, then `note`, or `give_back`."""
        leave = self._leave(now)
        self._pending += leave != "no"
        return leave

    def _leave(self, now: float) -> Leave:
        if now < self.not_before:
            return "no"
        match self.state(now):
            case "closed":
                return "yes" if self._is_steady() and self._comes_back(now) else "no"
            case "open":
                return "no"
            case "half_open":
                if self._probed_at is not None and now < self._probed_at + OPEN_S:
                    return "no"
                self._probed_at = now
                return "probe"

    def _is_steady(self) -> bool:
        """At the brink, and after a 429, one request at a time decides: a storm would learn nothing more."""
        is_at_brink = self.failures.get("limit", 0) > 0 or any(
            times >= FAILURES_TO_OPEN - 1 for times in self.failures.values()
        )
        return not (is_at_brink and self._pending)

    def _comes_back(self, now: float) -> bool:
        """Whether this request is in the share that goes through; evenly spread, without chance."""
        if self.closed_at is None or now >= self.closed_at + self.ramp_s:
            return True
        self._credit += RAMP_FROM + (1 - RAMP_FROM) * (now - self.closed_at) / self.ramp_s
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def heard(self) -> None:
        """The first text of a request came: connections are taken, and answered."""
        self._pending -= 1
        self.failures = {kind: times for kind, times in self.failures.items() if kind == "broken"}

    def give_back(self, leave: Leave) -> None:
        """The request was not made after all."""
        self._pending -= 1
        if leave == "probe":
            self._probed_at = None

    def note(
        self,
        result: AttemptResult,
        now: float,
        *,
        leave: Leave = "yes",
        has_text: bool = False,
        retry_after_s: float | None = None,
        counts: bool = True,
    ) -> Change:
        """Learn how a request ended.

        Args:
            leave: what `admit` said to it.
            counts: False for a failure that the same request has met elsewhere: it may be the request's own fault.
        """
        self._pending -= not has_text
        kind = kind_of(result, has_text=has_text)
        if result == "429" or retry_after_s is not None:
            self._cool_down(now, retry_after_s)
        if result == "auth":
            self.not_before = max(self.not_before, now + REFUSED_KEY_PAUSE_S)
        if result == "cancelled":
            return ""  # the next probe waits its time: customers who hang up must not make a storm of them
        if kind is None:
            return self._succeed(now, leave)
        return self._fail(kind, now, leave) if counts or leave == "probe" else ""

    def _cool_down(self, now: float, retry_after_s: float | None) -> None:
        """A pause only ever grows."""
        doubled = FIRST_COOL_DOWN_S * 2.0 ** min(self.failures.get("limit", 0), 10)
        wait_s = min(doubled, LONGEST_COOL_DOWN_S) if retry_after_s is None else retry_after_s
        self.not_before = max(self.not_before, now + wait_s)

    def _succeed(self, now: float, leave: Leave) -> Change:
        """Stragglers that began before it opened do not close it."""
        if self.opened_at is not None and leave != "probe":
            return ""
        self.failures = {}
        if self.opened_at is None:
            return ""
        self.opened_at, self.opened_by, self._probed_at = None, None, None
        self.closed_at, self._credit = now, 0.0
        return "closed"

    def _fail(self, kind: Kind, now: float, leave: Leave) -> Change:
        if self.opened_at is not None:
            self.opened_at = now if leave == "probe" else self.opened_at
            return ""
        self.failures[kind] = self.failures.get(kind, 0) + 1
        is_ramping = self.closed_at is not None and now < self.closed_at + self.ramp_s
        if self.failures[kind] < FAILURES_TO_OPEN and not is_ramping:
            return ""
        self.opened_at, self.opened_by, self._probed_at = now, kind, None
        return "opened"
