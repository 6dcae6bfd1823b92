"""Turns that ended as failed, or in silence."""

from frontdesk.domain.errors import DeadlineError
from frontdesk.domain.turn import Outcome, Stage
from frontdesk.turn.diagnosis.diagnosis import Diagnosis
from frontdesk.turn.diagnosis.drafted import describe_attempt
from frontdesk.turn.diagnosis.trace import Trace, listed

_STAGES = tuple(stage for stage in Stage if stage is not Stage.INTAKE)


def explain_failure(trace: Trace) -> Diagnosis | None:
    """An apology and a case; or nothing said, since a person took over in the middle."""
    if trace.outcome == Outcome.ESCALATED and trace.was_searched and not trace.text("escalation_reason"):
        return Diagnosis(
            stage=Stage.DELIVER,
            cause="handed_over",
            severity="fine",
            headline="A person took the conversation over while the answer was being written.",
        )
    if trace.outcome != Outcome.FAILED:
        return None
    code = trace.text("error_code") or next((row["error"] for row in trace.rows("timings") if row["error"]), "")
    if code == DeadlineError.code:
        return _deadline(trace)
    if code == "gave_up":
        return Diagnosis(
            stage=Stage.RECORD,
            cause="gave_up",
            severity="problem",
            headline="The turn changed hands too often and was given up.",
            detail=f"Attempt {trace.text('fence')}: whoever worked on it before went away in the middle.",
            remedy="Something in it ends workers: see their logs for this turn, and their memory.",
        )
    return _stage_failed(trace, code)


def _deadline(trace: Trace) -> Diagnosis:
    spent = {stage: trace.seconds(stage) for stage in _STAGES} | {Stage.INTAKE: trace.waited_s()}
    slowest = max(spent, key=lambda stage: spent[stage])
    shares = [
        f"{stage} {spent[stage]:.1f} s" for stage in sorted(spent, key=lambda one: -spent[one]) if spent[stage] >= 0.05
    ]
    tried = [describe_attempt(attempt) for attempt in trace.answers]
    return Diagnosis(
        stage=slowest,
        cause="deadline",
        severity="problem",
        headline=f"The time was over; most of it went into {slowest}."
        if shares
        else "The time was over before work on it began.",
        detail=" ".join(
            [*([f"Spent: {listed(shares)}."] if shares else []), *([f"Asked: {'; '.join(tried)}."] if tried else [])]
        ),
        remedy="It waited for turns before it: more workers, or a longer deadline."
        if slowest is Stage.INTAKE
        else "See where the waterfall is widest; models.yaml limits each model.",
    )


def _stage_failed(trace: Trace, code: str) -> Diagnosis:
    row = next((row for row in reversed(trace.rows("timings")) if row["error"]), None)
    stage = Stage(row["stage"]) if row else Stage.RECORD
    return Diagnosis(
        stage=stage,
        cause="stage_failed",
        severity="problem",
        headline=f"The stage {stage} failed: {code or 'unexpected'}." if row else f"It failed: {code or 'unexpected'}.",
        remedy="See the log for this turn.",
    )
