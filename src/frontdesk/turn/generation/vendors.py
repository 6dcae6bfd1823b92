"""The vendors as one process sees them: who may be asked now, how they did, and what the people in charge should hear.

One for a process, shared by every turn and every release: a vendor that is down is down for all of them.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from frontdesk.domain.breaker import Breaker, BreakerState, Change, Leave
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import AttemptResult, Purpose, Usage
from frontdesk.ports.telemetry import NoOccurrences, Occurrences
from frontdesk.turn.generation.capacity import Bucket, Slots
from frontdesk.turn.generation.measured import FirstTexts, TokenScale
from frontdesk.turn.generation.pinned import is_another_model
from frontdesk.turn.generation.rung import Deployment, Rung

RETRY_SHARE = 0.1
"""A second request to the same model at most once in ten drafts (failure model, rule 3)."""
MOST_SAVED = 3.0
"""Retries, or hedges, that quiet times may save up for a bad moment; a guess."""


@dataclass(slots=True)
class Allowance:
    """Something that may be done for a share of all requests."""

    saved: float = 1.0

    def earn(self, share: float) -> None:
        self.saved = min(MOST_SAVED, self.saved + share)

    def spend(self) -> bool:
        if self.saved < 1:
            return False
        self.saved -= 1
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorState:
    """How one deployment stands, for pages."""

    routes: tuple[str, ...]
    """Names of its rungs in models.yaml."""
    vendor: str
    model: str
    base_url: str
    """Empty for the vendor's own address."""
    breaker: BreakerState
    opened_by: str
    """What opened it: `limit`, `server`, `silence` or `broken`; empty while it is closed."""
    failures: int
    """In a row, of the kind that failed most."""
    paused_s: float
    """Seconds for which the vendor asked to be left alone."""
    in_flight: int
    max_concurrency: int
    """0 where there is no bound."""
    attempts: int
    """Since the process began."""
    first_byte_p50_ms: float | None
    first_byte_p95_ms: float | None
    """From a request to its first text, of the newest ones; None before there was one."""
    last_result: AttemptResult | None
    reported_model: str
    """As the vendor named it last."""


@dataclass(slots=True)
class _Known:
    """What is known of one deployment."""

    routes: set[str] = field(default_factory=set)
    breaker: Breaker = field(default_factory=Breaker)
    slots: Slots = field(default_factory=Slots)
    requests: Bucket = field(default_factory=lambda: Bucket(0))
    tokens: Bucket = field(default_factory=lambda: Bucket(0))
    first_texts: FirstTexts = field(default_factory=FirstTexts)
    scale: TokenScale = field(default_factory=TokenScale)
    attempts: int = 0
    last_result: AttemptResult | None = None
    reported_model: str = ""

    def keep_to(self, routes: list[ModelRoute]) -> None:
        """Take over the limits of these routes; where they differ, the strictest."""
        self.routes = {route.name for route in routes}
        self.slots.limit = _least(route.max_concurrency for route in routes)
        self.slots.reserved = max(route.reserved_for_answers for route in routes)
        if (limit := _least(route.requests_per_minute for route in routes)) != self.requests.per_minute:
            self.requests = Bucket(limit)
        if (limit := _least(route.tokens_per_minute for route in routes)) != self.tokens.per_minute:
            self.tokens = Bucket(limit)


class Permit:
    """Leave for one request to one deployment. It is told the first text and the end, or it is given back."""

    def __init__(self, vendors: "Vendors", rung: Rung, known: _Known, leave: Leave, tokens: int) -> None:
        self.scale = known.scale
        self._vendors = vendors
        self._rung = rung
        self._known = known
        self._leave = leave
        self._tokens = tokens
        self._has_text = False
        known.requests.take(1)
        known.tokens.take(tokens)

    def heard(self, after_ms: float) -> None:
        """The first text has come."""
        self._has_text = True
        self._known.breaker.heard()
        self._known.first_texts.add(after_ms)

    def settle(
        self, result: AttemptResult, usage: Usage, *, reported: str, retry_after_s: float | None, counts: bool
    ) -> None:
        """The request has ended.

        Args:
            reported: the model as the vendor named it; empty when it did not.
            counts: False for a failure that may be the request's own fault.
        """
        known = self._known
        known.slots.give_back()
        known.tokens.take(usage.input_tokens + usage.output_tokens - self._tokens)
        known.attempts += 1
        known.last_result = result
        change = known.breaker.note(
            result,
            self._vendors.monotonic(),
            leave=self._leave,
            has_text=self._has_text,
            retry_after_s=retry_after_s,
            counts=counts,
        )
        self._vendors.tell(self._rung, result, change)
        self._vendors.note_model(self._rung, reported)

    def give_back(self) -> None:
        """The request is not made after all."""
        self._known.slots.give_back()
        self._known.requests.take(-1)
        self._known.tokens.take(-self._tokens)
        self._known.breaker.give_back(self._leave)


@dataclass(slots=True)
class Vendors:
    """Everything that is known of every deployment."""

    monotonic: Callable[[], float]
    occurrences: Occurrences = field(default_factory=NoOccurrences)
    retries: Allowance = field(default_factory=Allowance)
    hedges: Allowance = field(default_factory=Allowance)
    _by_deployment: dict[Deployment, _Known] = field(default_factory=dict)

    def know(self, rungs: Iterable[Rung]) -> None:
        """Take over the names and limits of a release's rungs; those of an earlier release no longer hold.

        What nobody can ask any more is forgotten, unless it is in trouble or under way.
        """
        routes: dict[Deployment, list[ModelRoute]] = {}
        for rung in rungs:
            if not rung.is_built_in:
                routes.setdefault(rung.deployment, []).append(rung.route)
        for deployment, its_routes in routes.items():
            self._by_deployment.setdefault(deployment, _Known()).keep_to(its_routes)
        for deployment, known in list(self._by_deployment.items()):
            if deployment not in routes and not known.slots.busy and known.breaker.opened_at is None:
                del self._by_deployment[deployment]

    async def admit(self, rung: Rung, *, purpose: Purpose, tokens: int, wait_s: float) -> Permit | None:
        """Leave for a request to this rung; None while it may not be asked.

        Args:
            tokens: the most it may read and write.
            wait_s: how long it may wait for its vendor's limits.
        """
        known, now = self._of(rung), self.monotonic()
        delay_s = max(known.requests.wait_s(1, now), known.tokens.wait_s(tokens, now))
        leave: Leave = "no" if delay_s > wait_s else known.breaker.admit(now)
        if leave == "no":
            return None
        try:
            if not await _take_slot(known.slots, is_answer=purpose == "answer", wait_s=wait_s):
                known.breaker.give_back(leave)
                return None
        except BaseException:
            known.breaker.give_back(leave)
            raise
        permit = Permit(self, rung, known, leave, tokens)
        try:
            if delay_s > 0:
                await asyncio.sleep(delay_s)
        except BaseException:
            permit.give_back()
            raise
        return permit

    def first_text_p95_ms(self, rung: Rung, *, least: int) -> float | None:
        """Of its newest requests; None while fewer than `least` had a text."""
        times = self._of(rung).first_texts
        return times.percentile(0.95) if len(times) >= least else None

    def scale(self, rung: Rung) -> TokenScale:
        """How this rung's vendor counts tokens."""
        return self._of(rung).scale

    def states(self) -> tuple[VendorState, ...]:
        """Every deployment that may be asked, in the order in which they came up."""
        now = self.monotonic()
        return tuple(_state(deployment, known, now) for deployment, known in self._by_deployment.items())

    def tell(self, rung: Rung, result: AttemptResult, change: Change) -> None:
        """Let the people in charge know where a request changed something."""
        subject = f"{rung.model.vendor} {rung.model.model}"
        if change == "opened":
            self.occurrences.note("breaker.opened", subject=subject, route=rung.route.name, result=result)
        elif change == "closed":
            self.occurrences.note("breaker.closed", subject=subject, severity="info", route=rung.route.name)
        if result == "auth":
            self.occurrences.note("vendor.key_refused", subject=subject, severity="critical", route=rung.route.name)

    def note_model(self, rung: Rung, reported: str) -> None:
        """Let the people in charge know where a vendor answers with another model than is pinned."""
        if not reported or rung.route.adapter == "python":
            return
        known = self._of(rung)
        before, known.reported_model = known.reported_model, reported
        pinned = rung.route.reports_as or rung.model.model
        if is_another_model(reported, pinned=pinned, before=before):
            subject = f"{rung.model.vendor} {rung.model.model}"
            self.occurrences.note(
                "vendor.model_changed", subject=subject, route=rung.route.name, pinned=pinned, reported=reported[:200]
            )

    def _of(self, rung: Rung) -> _Known:
        known = self._by_deployment.get(rung.deployment)
        if known is None:
            known = self._by_deployment[rung.deployment] = _Known()
            known.keep_to([rung.route])
        return known


def _state(deployment: Deployment, known: _Known, now: float) -> VendorState:
    vendor, model, base_url = deployment
    breaker = known.breaker
    return VendorState(
        routes=tuple(sorted(known.routes)),
        vendor=vendor,
        model=model,
        base_url=base_url,
        breaker=breaker.state(now),
        opened_by=breaker.opened_by or "",
        failures=max(breaker.failures.values(), default=0),
        paused_s=max(0.0, breaker.not_before - now),
        in_flight=known.slots.busy,
        max_concurrency=known.slots.limit,
        attempts=known.attempts,
        first_byte_p50_ms=known.first_texts.percentile(0.5),
        first_byte_p95_ms=known.first_texts.percentile(0.95),
        last_result=known.last_result,
        reported_model=known.reported_model,
    )


async def _take_slot(slots: Slots, *, is_answer: bool, wait_s: float) -> bool:
    """At once, or for an answer as soon as one is free; nothing else is worth a wait."""
    return slots.take(is_answer=is_answer) or (is_answer and wait_s > 0 and await slots.wait(wait_s))


def _least(limits: Iterable[int]) -> int:
    """The smallest that bounds anything; 0 where none does."""
    return min((limit for limit in limits if limit), default=0)
