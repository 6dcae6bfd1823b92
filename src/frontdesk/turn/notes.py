"""What the pipeline writes down while a turn runs; stages never see it."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from frontdesk.domain.acting import ActingRecord
from frontdesk.domain.errors import FrontdeskError
from frontdesk.domain.escalation import EscalationReason
from frontdesk.domain.ids import TurnId
from frontdesk.domain.safety import Verdict
from frontdesk.domain.turn import (
    Answer,
    Citation,
    ClaimSupport,
    ConfidenceLevel,
    GroundingReport,
    OpenTurn,
    Outcome,
    RetrievalResult,
    Route,
    Sentence,
    Stage,
    StageTiming,
    TurnRecord,
    Withheld,
)
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.clock import Clock
from frontdesk.ports.telemetry import Telemetry

_STAGES = {"answer": Stage.GENERATE, "judge": Stage.GROUND, "command": Stage.ACT}
"""Where a request to a model belongs; the others are made for the search."""


@dataclass(slots=True)
class _Span:
    """Seconds on the clock: of something that runs in pieces, from its first start to its last end."""

    start: float
    end: float = 0.0
    spent: float = 0.0

    def add(self, start: float, end: float) -> None:
        self.end = end
        self.spent += end - start


@dataclass(slots=True, kw_only=True)
class TurnNotes:
    """Grows with the turn and becomes its `TurnRecord`."""

    clock: Clock
    telemetry: Telemetry
    channel: str
    started_s: float
    opened_s: float
    routes: list[Route] = field(default_factory=list)
    retrieval: RetrievalResult | None = None
    verdict_in: Verdict | None = None
    verdict_out: Verdict | None = None
    prompt: str = ""
    attempts: tuple[VendorAttempt, ...] = ()
    sentences: list[Sentence] = field(default_factory=list)
    claims: list[ClaimSupport] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)
    text: str = ""
    first_confirmed_s: float | None = None
    first_provisional_s: float | None = None
    narrowed_from: tuple[str, ...] = ()
    cached_from: TurnId | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    acting: ActingRecord | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    """Of the requests to models, in the order in which they are made."""
    _waited_ms: float = 0.0
    _spans: dict[tuple[Stage, str], _Span] = field(default_factory=dict)
    _attempt_spans: dict[int, _Span] = field(default_factory=dict)
    _errors: dict[Stage, str] = field(default_factory=dict)
    _withheld_before: int = 0
    _is_counted: bool = False

    def __post_init__(self) -> None:
        self._waited_ms = max(0.0, (self.started_s - self.opened_s) * 1000)

    @contextmanager
    def timed(self, stage: Stage, step: str = "") -> Iterator[None]:
        """Add the block's duration to the stage; an error leaves its code behind and goes on up."""
        start = self.clock.monotonic()
        span = self._span(stage, step, start)
        try:
            yield
        except Exception as error:
            self._errors[stage] = error.code if isinstance(error, FrontdeskError) else "unexpected"
            raise
        finally:
            span.add(start, self.clock.monotonic())

    def add(self, stage: Stage, step: str, took_s: float) -> None:
        """Add a sub-step that ends now."""
        now = self.clock.monotonic()
        self._span(stage, step, now - took_s).add(now - took_s, now)

    def _span(self, stage: Stage, step: str, start: float) -> _Span:
        span = self._spans.get((stage, step))
        if span is None:
            span = self._spans[stage, step] = _Span(start)
        return span

    def attempt(self, attempt: VendorAttempt) -> None:
        """Add a request that was made to a model."""
        self.attempts = (*self.attempts, attempt)
        now = self.clock.monotonic()
        self._attempt_spans[attempt.number] = span = _Span(now - attempt.total_ms / 1000)
        span.add(span.start, now)
        self.telemetry.vendor_attempt(attempt, channel=self.channel)

    def degrade(self, label: str) -> None:
        if label not in self.degraded:
            self.degraded.append(label)

    @property
    def has_withheld(self) -> bool:
        """Whether something of the answer as it stands was withheld; earlier drafts do not count."""
        return len(self.withheld) > self._withheld_before

    def forget_sentences(self) -> None:
        """The answer starts again from nothing."""
        self._withheld_before = len(self.withheld)
        self.sentences.clear()
        self.claims.clear()
        self.citations.clear()
        self.text = ""

    def confirm(self, sentence: Sentence, *, separator: str, report: GroundingReport | None) -> None:
        """Add a confirmed sentence to the answer; its claims get offsets into the whole text."""
        offset = len(self.text) + len(separator)
        self.text += separator + sentence.text
        self.sentences.append(sentence)
        known = {citation.marker for citation in self.citations}
        self.citations.extend(citation for citation in sentence.citations if citation.marker not in known)
        for support in report.claims if report else ():
            claim = replace(support.claim, start=support.claim.start + offset, end=support.claim.end + offset)
            self.claims.append(replace(support, claim=claim))
        if self.first_confirmed_s is None:
            self.first_confirmed_s = self.clock.monotonic() - self.started_s

    def shown(self) -> None:
        """The first unconfirmed text was told."""
        if self.first_provisional_s is None:
            self.first_provisional_s = self.clock.monotonic() - self.started_s

    def withhold(self, piece: Withheld) -> None:
        self.withheld.append(piece)
        for reason in piece.reasons:
            self.telemetry.withheld(stage=piece.stage, reason=reason)

    def to_record(
        self,
        turn: OpenTurn,
        *,
        outcome: Outcome,
        confidence: ConfidenceLevel,
        escalation_reason: EscalationReason | None,
        error_code: str = "",
    ) -> TurnRecord:
        """The finished record. Stages that did not run have no timing."""
        timings = tuple(self._timing(stage, step, span) for (stage, step), span in self._spans.items())
        per_stage: dict[str, float] = {timing.stage.value: timing.ms for timing in timings if not timing.step}
        per_stage["total"] = round((self.clock.monotonic() - self.started_s) * 1000, 3)
        if self.first_confirmed_s is not None:
            per_stage["first_confirmed"] = round(self.first_confirmed_s * 1000, 3)
        if self.first_provisional_s is not None:
            per_stage["first_provisional"] = round(self.first_provisional_s * 1000, 3)
        self._count(timings)
        return TurnRecord(
            answer=Answer(
                turn_id=turn.turn_id,
                outcome=outcome,
                text=self.text,
                citations=tuple(self.citations),
                confidence=confidence,
                degraded=tuple(self.degraded),
                release_id=turn.release_id,
                timings_ms=per_stage,
            ),
            lease=turn.lease,
            route=self.routes[-1] if self.routes else None,
            retrieval=self.retrieval,
            verdict_in=self.verdict_in,
            verdicts_out=(self.verdict_out,) if self.verdict_out else (),
            sentences=tuple(self.sentences),
            claims=tuple(self.claims),
            withheld=tuple(self.withheld),
            prompt=self.prompt,
            attempts=self.attempts,
            timings=(self._wait(), *timings, *self._attempt_timings()),
            escalation_reason=escalation_reason,
            routes=tuple(self.routes),
            narrowed_from=self.narrowed_from,
            limits=self.limits,
            error_code=error_code,
            cached_from=self.cached_from,
            acting=self.acting,
        )

    def _timing(self, stage: Stage, step: str, span: _Span) -> StageTiming:
        return StageTiming(
            stage=stage,
            step=step,
            ms=round(span.spent * 1000, 3),
            error=self._errors.get(stage, "") if not step else "",
            started_ms=round((span.start - self.started_s) * 1000, 3),
            ended_ms=round((span.end - self.started_s) * 1000, 3),
        )

    def _wait(self) -> StageTiming:
        """From acceptance to the start of this attempt: the commit, earlier turns, and attempts before it."""
        ms = round(self._waited_ms, 3)
        return StageTiming(stage=Stage.INTAKE, step="wait", ms=ms, started_ms=-ms, ended_ms=0.0)

    def _attempt_timings(self) -> Iterator[StageTiming]:
        for attempt in self.attempts:
            yield self._timing(
                _STAGES.get(attempt.purpose, Stage.RETRIEVE),
                f"attempt_{attempt.number}",
                self._attempt_spans[attempt.number],
            )

    def _count(self, timings: tuple[StageTiming, ...]) -> None:
        """Tell the metrics once, also when the record has to be made a second time."""
        if self._is_counted:
            return
        self._is_counted = True
        for timing in timings:
            self.telemetry.stage_ended(timing.stage, timing.step, seconds=timing.ms / 1000, error=timing.error)

    def worst_risk(self) -> float:
        """The highest risk among confirmed claims; 0 when there are none."""
        return max((claim.risk for claim in self.claims if not math.isnan(claim.risk)), default=0.0)
