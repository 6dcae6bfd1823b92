"""Prometheus metrics. Names and meanings: docs/reference/metrics.md."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from frontdesk.domain.occurrences import KINDS, Severity
from frontdesk.domain.turn import Outcome, Stage
from frontdesk.domain.usage import VendorAttempt

_TURN_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1.0, 1.2, 2.0, 3.0, 5.0, 10.0, 30.0)
_STAGE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)
_WAIT_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
_BREAKERS = {"closed": 0, "half_open": 1, "open": 2}
_PROMPT_BUCKETS = (100, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4000, 8000, 16000)
_RATIO_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class PrometheusTelemetry:
    """One registry per process, so that tests and several apps do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"frontdesk_{name}", text, labels, registry=self.registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"frontdesk_{name}", text, labels, registry=self.registry, buckets=buckets)

        self._accepted = counter("turn_accepted_total", "Messages accepted, counted with their commit.", "channel")
        self._turns = counter("turns_total", "Turns that ended.", "channel", "release", "outcome")
        self._turn_seconds = histogram(
            "turn_seconds", "From the start of work to the end of the turn.", _TURN_BUCKETS, "channel", "release"
        )
        self._ttft = histogram(
            "ttft_seconds", "From the start of work to the first confirmed text.", _TURN_BUCKETS, "channel", "release"
        )
        self._first_provisional = histogram(
            "first_provisional_seconds",
            "From the start of work to the first text shown as unconfirmed.",
            _TURN_BUCKETS,
            "channel",
            "release",
        )
        self._stage_seconds = histogram("stage_seconds", "Time spent per stage.", _STAGE_BUCKETS, "stage", "step")
        self._stage_series: dict[tuple[Stage, str], Histogram] = {}
        self._stage_errors = counter("stage_errors_total", "Stages that ended with an error.", "stage", "reason")
        self._attempts = counter("vendor_attempts_total", "Requests to models.", "vendor", "model", "result")
        self._failovers = counter("failover_total", "Answers that a later rung of the ladder wrote.", "from", "to")
        self._breakers = Gauge(
            "frontdesk_breaker_state",
            "Whether a deployment is asked: 0 as usual, 1 by one request that probes, 2 not at all.",
            ["vendor", "model"],
            registry=self.registry,
        )
        self._asking = Gauge(
            "frontdesk_inflight_requests", "Requests to models under way.", ["vendor", "model"], registry=self.registry
        )
        self._tokens = counter("tokens_total", "Tokens as the vendor counts them.", "vendor", "model", "kind")
        self._prompt_tokens = histogram(
            "prompt_tokens", "Tokens of one request to a model.", _PROMPT_BUCKETS, "feature"
        )
        self._cost = counter("cost_usd_total", "Money spent on models.", "vendor", "model", "channel", "feature")
        self._unpriced = counter("cost_unknown_total", "Requests whose price is not known.", "vendor", "model")
        self._budgets = {
            name: Gauge(f"frontdesk_budget_{name}_usd", text, ["scope"], registry=self.registry)
            for name, text in (
                ("cap", "What may be spent in the running day and month."),
                ("spent", "What is spent of it."),
                ("reserved", "What is set aside for requests under way."),
            )
        }
        self._denied = counter(
            "budget_denied_total", "Requests that were not made because a ceiling was reached.", "scope", "purpose"
        )
        self._findings = counter("guard_findings_total", "What detectors found.", "direction", "kind", "action")
        self._withheld = counter("withheld_total", "Pieces of drafts that no customer saw.", "stage", "reason")
        self._retrieval = counter("retrieval_total", "Searches, by whether they were confident.", "language", "hit")
        self._confidence = histogram(
            "retrieval_confidence", "Calibrated chance that the passages answer.", _RATIO_BUCKETS, "language"
        )
        self._top_score = histogram(
            "retrieval_top_score", "Fused score of the best passage.", (-1, 0, 1, 2, 3, 4, 5, 6, 8), "language"
        )
        self._answer_cache = counter(
            "answer_cache_total", "Questions looked for among the answers that are kept.", "found"
        )
        self._escalations = counter("escalation_total", "Conversations handed to people.", "reason", "queue")
        self._feedback = counter("feedback_total", "Answers rated by customers.", "rating", "channel")
        self._queue = Gauge(
            "frontdesk_queue_depth",
            "Turns that wait for free hands, in all processes together.",
            ["lane"],
            registry=self.registry,
        )
        self._queue_age = Gauge(
            "frontdesk_queue_age_seconds",
            "How long the turn that came first has waited, in all processes together.",
            registry=self.registry,
        )
        self._queue_wait = histogram(
            "queue_wait_seconds", "From acceptance to the start of work, of turns that waited.", _WAIT_BUCKETS, "lane"
        )
        self._kept = counter("kept_total", "Messages kept for a quieter moment, and told so.", "channel")
        self._refused = counter("refused_total", "Messages and requests that there was no room for.", "reason")
        self._workflow_runs = counter(
            "workflow_runs_total", "Runs of workflows that are over.", "workflow", "status", "failure"
        )
        self._workflow_failures = counter(
            "workflow_step_failures_total",
            "Calls and effects that gave nothing.",
            "workflow",
            "workflow_step",
            "failure",
        )
        self._denials = counter(
            "denied_total", "What was asked for and the session may not do, as the audit log has it.", "denial"
        )
        self._connector_calls = counter(
            "connector_calls_total", "Calls of other systems.", "connector", "operation", "outcome", "cause"
        )
        self._connector_retries = counter(
            "connector_retries_total", "Attempts beyond the first one of a call.", "connector", "operation"
        )
        self._connector_seconds = histogram(
            "connector_seconds", "From a call to its end, retries included.", _TURN_BUCKETS, "connector", "operation"
        )
        self._connector_breakers = Gauge(
            "frontdesk_connector_breaker_state",
            "Whether a system is asked: 0 as usual, 1 by one request that probes, 2 not at all.",
            ["connector"],
            registry=self.registry,
        )
        self._inflight = Gauge("frontdesk_inflight_turns", "Turns under way in this process.", registry=self.registry)
        self._occurrences = counter(
            "occurrences_total", "What happened to the installation, as the console lists it.", "kind", "severity"
        )
        self._write_backs = counter(
            "write_back_total", "Tries to write a conversation into the customer's record in another system.", "end"
        )
        self._write_back_waiting = Gauge(
            "frontdesk_write_back_waiting",
            "Conversations whose time to be written has come, in all processes together.",
            registry=self.registry,
        )
        self._write_back_stuck = Gauge(
            "frontdesk_write_back_stuck",
            "Conversations that a person has to mend before they can be written.",
            registry=self.registry,
        )
        self._write_back_oldest = Gauge(
            "frontdesk_write_back_oldest_seconds",
            "How long the first of those that wait has been due.",
            registry=self.registry,
        )
        self.streams = Gauge("frontdesk_sse_connections", "Open event streams.", registry=self.registry)
        self.dropped_readers = counter("dropped_readers_total", "Connections let go because nobody read from them.")

    def deployment(self, *, vendor: str, model: str, breaker: str, in_flight: int) -> None:
        """How a deployment stands at the moment of scraping."""
        self._breakers.labels(vendor, model).set(_BREAKERS[breaker])
        self._asking.labels(vendor, model).set(in_flight)

    def render(self) -> bytes:
        """The exposition text that /metrics serves."""
        return generate_latest(self.registry)

    def turn_accepted(self, *, channel: str) -> None:
        self._accepted.labels(channel).inc()

    def turn_ended(
        self,
        *,
        channel: str,
        release: str,
        outcome: Outcome,
        seconds: float,
        first_confirmed_s: float | None,
        first_provisional_s: float | None,
    ) -> None:
        self._turns.labels(channel, release, outcome.value).inc()
        self._turn_seconds.labels(channel, release).observe(seconds)
        if first_confirmed_s is not None:
            self._ttft.labels(channel, release).observe(first_confirmed_s)
        if first_provisional_s is not None:
            self._first_provisional.labels(channel, release).observe(first_provisional_s)

    def stage_ended(self, stage: Stage, step: str, *, seconds: float, error: str = "") -> None:
        series = self._stage_series.get((stage, step))
        if series is None:
            series = self._stage_series[stage, step] = self._stage_seconds.labels(stage.value, step)
        series.observe(seconds)
        if error:
            self._stage_errors.labels(stage.value, error).inc()

    def failover(self, *, preferred: str, wrote: str) -> None:
        self._failovers.labels(preferred, wrote).inc()

    def vendor_attempt(self, attempt: VendorAttempt, *, channel: str) -> None:
        vendor, model = attempt.vendor, attempt.model
        self._attempts.labels(vendor, model, attempt.result).inc()
        for kind, count in (
            ("in", attempt.usage.input_tokens),
            ("out", attempt.usage.output_tokens),
            ("cached", attempt.usage.cached_tokens),
        ):
            if count:
                self._tokens.labels(vendor, model, kind).inc(count)
        if attempt.usage.input_tokens:
            self._prompt_tokens.labels(attempt.purpose).observe(attempt.usage.input_tokens)
        if attempt.cost_usd is None:
            self._unpriced.labels(vendor, model).inc()
        else:
            feature = "hedge" if attempt.is_hedge else attempt.purpose
            self._cost.labels(vendor, model, channel, feature).inc(float(attempt.cost_usd))

    def budget(self, *, scope: str, cap_usd: float, spent_usd: float, reserved_usd: float) -> None:
        """How full the running day or month is."""
        for name, usd in (("cap", cap_usd), ("spent", spent_usd), ("reserved", reserved_usd)):
            self._budgets[name].labels(scope).set(usd)

    def embedded(self, *, vendor: str, model: str, tokens: int, cost_usd: float | None) -> None:
        """An endpoint made vectors for money; None where its price is not known."""
        self._tokens.labels(vendor, model, "in").inc(tokens)
        if cost_usd is None:
            self._unpriced.labels(vendor, model).inc()
        else:
            self._cost.labels(vendor, model, "", "embed").inc(cost_usd)

    def budget_denied(self, *, scope: str, purpose: str) -> None:
        self._denied.labels(scope, purpose).inc()

    def findings(self, *, direction: str, kind: str, action: str) -> None:
        self._findings.labels(direction, kind, action).inc()

    def withheld(self, *, stage: str, reason: str) -> None:
        self._withheld.labels(stage, reason).inc()

    def retrieval(self, *, language: str, confidence: float, top_score: float, hit: bool) -> None:
        known = language if language in _LANGUAGES else "other"
        self._retrieval.labels(known, "yes" if hit else "no").inc()
        self._confidence.labels(known).observe(confidence)
        self._top_score.labels(known).observe(top_score)

    def answer_cache(self, *, found: str) -> None:
        self._answer_cache.labels(found).inc()

    def workflow_ended(self, *, workflow: str, status: str, failure: str) -> None:
        self._workflow_runs.labels(workflow, status, failure).inc()

    def workflow_failed(self, *, workflow: str, step: str, failure: str) -> None:
        self._workflow_failures.labels(workflow, step, failure).inc()

    def denied(self, *, action: str) -> None:
        self._denials.labels(action).inc()

    def escalation(self, *, reason: str, queue: str) -> None:
        self._escalations.labels(reason, queue).inc()

    def feedback(self, *, rating: str, channel: str) -> None:
        self._feedback.labels(rating, channel).inc()

    def connector_called(
        self, *, connector: str, operation: str, outcome: str, cause: str, attempts: int, seconds: float
    ) -> None:
        self._connector_calls.labels(connector, operation, outcome, cause).inc()
        if outcome == "cached":
            return
        self._connector_seconds.labels(connector, operation).observe(seconds)
        if attempts > 1:
            self._connector_retries.labels(connector, operation).inc(attempts - 1)

    def connector(self, *, name: str, breaker: str) -> None:
        """How a system stands at the moment of scraping."""
        self._connector_breakers.labels(name).set(_BREAKERS[breaker])

    def inflight(self, delta: int) -> None:
        self._inflight.inc(delta)

    def queue(self, *, waiting: int, kept: int, oldest_s: float) -> None:
        self._queue.labels("normal").set(waiting)
        self._queue.labels("kept").set(kept)
        self._queue_age.set(oldest_s)

    def waited(self, *, lane: str, seconds: float) -> None:
        self._queue_wait.labels(lane).observe(seconds)

    def kept(self, *, channel: str) -> None:
        self._kept.labels(channel).inc()

    def refused(self, *, reason: str) -> None:
        self._refused.labels(reason).inc()

    def occurrence(self, *, kind: str, severity: Severity) -> None:
        self._occurrences.labels(kind if kind in KINDS else "other", severity).inc()

    def write_back(self, *, end: str) -> None:
        self._write_backs.labels(end).inc()

    def write_back_queue(self, *, waiting: int, stuck: int, oldest_s: float) -> None:
        self._write_back_waiting.set(waiting)
        self._write_back_stuck.set(stuck)
        self._write_back_oldest.set(oldest_s)


_LANGUAGES = frozenset({"en", "es", "de", "fr", "it", "pt", "nl", "pl", "tr", "ru", "zh", "ja"})
"""Languages with a label of their own; a closed set keeps the number of series bounded."""
