"""Turns of whose draft nothing was said."""

from frontdesk.domain.turn import Outcome, Stage
from frontdesk.turn.diagnosis.diagnosis import Cause, Diagnosis
from frontdesk.turn.diagnosis.trace import Fields, Trace, listed, quoted

_CLASHES = {
    "number": "a number differs from the passage",
    "date": "a date differs from the passage",
    "price": "a price differs from the passage",
    "unit": "a unit differs from the passage",
    "negation": "it denies what the passage affirms, or the other way round",
    "yes_no": "it says yes where the passage says no, or the other way round",
    "withdrawn": "the document behind it was withdrawn meanwhile",
}
_UNCARRIED = ("unsupported", "judged_unsupported", "judge_inconclusive")


def explain_draft(trace: Trace) -> Diagnosis | None:
    """Blocked by the guard on the way out, withheld, or never written."""
    if trace.verdict_out.get("action") == "block":
        return _blocked(trace)
    if trace.outcome == Outcome.ANSWERED and trace.rows("citations"):
        return None
    return _withheld(trace) if trace.withheld else _missing(trace)


def _missing(trace: Trace) -> Diagnosis | None:
    if "draft_filter" in trace.degraded:
        return _not_written(trace, "vendor_filter", "The vendor's filter refused to answer.")
    if "generation_failed" in trace.degraded:
        return _not_written(trace, "models_failed", "No model gave a draft.")
    if trace.answers and trace.outcome != Outcome.ANSWERED:
        return _not_written(trace, "empty_draft", "The draft had nothing in it that could be said.")
    return None


def _blocked(trace: Trace) -> Diagnosis:
    verdict = trace.verdict_out
    rules = dict.fromkeys(f"{finding['rule']} ({finding['kind']})" for finding in verdict.get("findings") or ())
    said = str(verdict.get("text") or "")
    detail = [
        f"Found {listed(list(rules))}." if rules else "",
        f"It had said {quoted(said)} before." if said.strip() else "It had said nothing before.",
    ]
    return Diagnosis(
        stage=Stage.GUARD_OUT,
        cause="guard_out_blocked",
        severity="problem",
        headline=f"The answer was stopped: {verdict.get('reason') or 'a finding'}.",
        detail=" ".join(filter(None, detail)),
        remedy="If it may be said, allow the host, the data or the rule in guards.yaml; if not, look at what the model was given.",
    )


def _withheld(trace: Trace) -> Diagnosis:
    pieces = trace.withheld
    reasons = dict.fromkeys(reason for piece in pieces for reason in piece["reasons"])
    if "grounding_failed" in reasons:
        return Diagnosis(
            stage=Stage.GROUND,
            cause="grounding_failed",
            severity="problem",
            headline="The check against the passages failed.",
            detail=f"{_count(len(pieces))} could not be checked and was not said.",
            remedy="See the log for `ground_failed`.",
        )
    clashes = [_CLASHES.get(reason, reason) for reason in reasons if reason not in _UNCARRIED]
    return Diagnosis(
        stage=Stage.GROUND,
        cause="contradicted" if clashes else "unsupported",
        severity="problem",
        headline=f"Everything was withheld: {clashes[0]}."
        if clashes
        else "Everything was withheld: no passage carries it.",
        detail=describe_piece(pieces[-1], trace),
        remedy="If the draft is right, the document is out of date or was not found; if not, the model does not keep to the passages.",
    )


def describe_piece(piece: Fields, trace: Trace) -> str:
    """A withheld piece beside what bears on it."""
    worst = max(
        piece.get("claims") or (), key=lambda claim: (len(claim["contradictions"]), claim["risk"]), default=None
    )
    evidence = (worst or {}).get("evidence")
    signs = piece.get("signs") or {}
    threshold = trace.withhold_above
    detail = [
        f"Drafted: {quoted(piece['text'])}." if piece.get("text") else "",
        f"The passage says: {quoted(evidence['quote'])}."
        if evidence
        else "Nothing in the passages bears on it."
        if worst
        else "",
        f"In no passage: {', '.join(piece['missing'])}." if piece.get("missing") else "",
        f"The passages cover {signs['cover_all']:.0%} of what it says." if "cover_all" in signs else "",
        f"Risk {piece['risk']:.2f}" + ("." if threshold is None else f", withheld from {threshold:.2f}."),
    ]
    return " ".join(filter(None, detail))


def _not_written(trace: Trace, cause: Cause, headline: str) -> Diagnosis:
    tried = [describe_attempt(attempt) for attempt in trace.answers]
    return Diagnosis(
        stage=Stage.GENERATE,
        cause=cause,
        severity="problem",
        headline=headline,
        detail=f"Asked: {'; '.join(tried)}." if tried else "No model was asked: each one's breaker was open.",
        remedy="See the attempts; models.yaml sets the ladder and its limits.",
    )


def describe_attempt(attempt: Fields) -> str:
    return f"{attempt['vendor']} {attempt['model']} ended with '{attempt['result']}' after {attempt['total_ms'] / 1000:.2f} s"


def _count(pieces: int) -> str:
    return "One piece" if pieces == 1 else f"{pieces} pieces"
