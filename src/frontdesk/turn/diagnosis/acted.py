"""Turns that a workflow decided."""

from collections.abc import Sequence

from frontdesk.domain.turn import Outcome, Stage
from frontdesk.turn.diagnosis.diagnosis import Diagnosis
from frontdesk.turn.diagnosis.trace import Fields, Trace, listed

_NO_FAULT = frozenset({"not_found", "rejected", "denied", "limit", "not_yours"})
"""Answers of a system that works, and decisions of ours."""


def explain_acting(trace: Trace) -> Diagnosis | None:
    """A step of a workflow that waits, ends, or met a system that failed."""
    acting = trace.part("acting")
    if not acting or not trace.routes or trace.routes[-1].get("kind") != "workflow":
        return None
    failed = [call for call in acting.get("calls") or () if call.get("failure")]
    faults = [call for call in failed if call["failure"] not in _NO_FAULT]
    if faults:
        return _system_failed(trace, acting, faults)
    if acting.get("refusals"):
        return _not_allowed(acting)
    status, name = str(acting.get("status")), str(acting.get("workflow"))
    return Diagnosis(
        stage=Stage.ACT,
        cause="workflow_handed_over" if trace.outcome == Outcome.ESCALATED else "workflow_moved",
        severity="notice" if trace.outcome in (Outcome.ESCALATED, Outcome.REFUSED) else "fine",
        headline=_headline(name, status, acting),
        detail=_last_reason(acting),
        remedy=f"Its road is in workflows/{name}.yaml." if trace.outcome == Outcome.ESCALATED else "",
    )


def _headline(name: str, status: str, acting: Fields) -> str:
    waits = str(acting.get("waits_for") or "")
    if not name:
        return "The customer was asked which of several workflows is meant."
    if status == "active":
        return f"The workflow `{name}` asked and waits{f' for `{waits}`' if waits else ''}."
    ends = {"done": "came to its end", "cancelled": "was called off", "handed_over": "was handed to a person"}
    return f"The workflow `{name}` {ends.get(status, status.replace('_', ' '))}."


def _system_failed(trace: Trace, acting: Fields, faults: Sequence[Fields]) -> Diagnosis:
    names = listed([f"`{name}`" for name in dict.fromkeys(str(call["operation"]) for call in faults)])
    told = [f"`{call['operation']}` was {_how(call)}: {call.get('why') or 'no reason given'}" for call in faults]
    return Diagnosis(
        stage=Stage.ACT,
        cause="system_failed",
        severity="problem" if trace.outcome in (Outcome.ESCALATED, Outcome.FAILED) else "notice",
        headline=f"{names} failed while the workflow `{acting.get('workflow')}` was under way.",
        detail=" ".join(one if one.endswith(".") else f"{one}." for one in told),
        remedy="See that system, its limits in connectors.yaml, and what the step does under `failures`.",
    )


def _how(call: Fields) -> str:
    attempts = int(call.get("attempts") or 0)
    times = f" after {attempts} attempts" if attempts > 1 else ""
    return f"{str(call['failure']).replace('_', ' ')}{times}"


def _not_allowed(acting: Fields) -> Diagnosis:
    refusals = [str(one) for one in acting["refusals"]]
    return Diagnosis(
        stage=Stage.ACT,
        cause="not_allowed",
        severity="notice",
        headline=refusals[0],
        detail=" ".join(refusals[1:]),
        remedy="It is in the audit log. Who may do what is said under `needs` and `owner_field`, and by the session.",
    )


def _last_reason(acting: Fields) -> str:
    steps = acting.get("steps") or ()
    return str(steps[-1].get("why") or "") if steps else ""
