"""Turns that were answered, and what may still be wrong with them."""

from frontdesk.domain.turn import Outcome, Stage
from frontdesk.turn.diagnosis.diagnosis import Diagnosis
from frontdesk.turn.diagnosis.drafted import describe_attempt, describe_piece
from frontdesk.turn.diagnosis.searched import weak_signs, what_is_missing
from frontdesk.turn.diagnosis.trace import Trace, listed, percent, quoted

NEAR = 0.5
"""Share of the risk that withholds a claim from which it is called close; the answer is not called certain from there."""
_ALMOST = 0.5
"""Fused score below the last passage within which a near miss is named, in standard deviations; a guess."""


def explain_answer(trace: Trace) -> Diagnosis | None:
    """What stands out in an answer; that it is fine where nothing does."""
    if trace.outcome not in (Outcome.ANSWERED, Outcome.CLARIFIED, Outcome.ACTED):
        return None
    doubts = [doubt for look in (_partly, _disclaimed, _near, _medium, _fallback) if (doubt := look(trace))]
    if trace.rating == "down" and not doubts:
        return _disputed(trace)
    if not doubts:
        return _remembered(trace) if trace.text("cached_from") else _fine(trace)
    first, rest = doubts[0], doubts[1:]
    also = [doubt.headline for doubt in rest] + ([_down(trace)] if trace.rating == "down" else [])
    return Diagnosis(
        stage=first.stage,
        cause=first.cause,
        severity="problem" if trace.rating == "down" else first.severity,
        headline=first.headline,
        detail=first.detail,
        remedy=first.remedy,
        also=(*also, *_almost(trace)),
    )


def _partly(trace: Trace) -> Diagnosis | None:
    if "claims_withheld" not in trace.degraded or not trace.withheld:
        return None
    return Diagnosis(
        stage=Stage.GROUND,
        cause="partly_withheld",
        severity="notice",
        headline="Part of the draft was withheld.",
        detail=describe_piece(trace.withheld[-1], trace),
        remedy="If the draft is right, the document is out of date or was not found.",
    )


def _disclaimed(trace: Trace) -> Diagnosis | None:
    route = trace.routes[-1] if trace.routes else {}
    if not route.get("disclaimer"):
        return None
    return Diagnosis(
        stage=Stage.ROUTE,
        cause="disclaimed",
        severity="notice",
        headline="It was answered with a disclaimer.",
        detail=str(route.get("why", "")),
        remedy="topics.yaml says what happens to questions the documents hardly answer.",
    )


def _near(trace: Trace) -> Diagnosis | None:
    threshold = trace.withhold_above
    worst = max(trace.rows("claims"), key=lambda claim: claim["risk"], default=None)
    if threshold is None or worst is None or worst["risk"] <= NEAR * threshold:
        return None
    claim, evidence = worst.get("claim"), worst.get("evidence")
    detail = [
        f"Claimed: {quoted(claim['text'])}." if claim else "",
        f"The passage says: {quoted(evidence['quote'])}." if evidence else "",
        f"Risk {worst['risk']:.2f}, withheld from {threshold:.2f}.",
    ]
    return Diagnosis(
        stage=Stage.GROUND,
        cause="near_threshold",
        severity="notice",
        headline="A claim came close to being withheld.",
        detail=" ".join(filter(None, detail)),
        remedy="Compare it with its evidence; a lower `withhold_above` in guards.yaml would withhold it.",
    )


def _medium(trace: Trace) -> Diagnosis | None:
    found = trace.part("retrieval")
    if not found or found.get("level") == "high" or not trace.passages:
        return None
    reasons = weak_signs(trace)
    detail = [
        f"What holds it down: {listed(reasons)}." if reasons else "",
        what_is_missing(found["query"], trace.passages),
    ]
    return Diagnosis(
        stage=Stage.RETRIEVE,
        cause="medium_confidence",
        severity="notice",
        headline=f"The passages answer with a chance of {percent(found['confidence'])}, which is not called high.",
        detail=" ".join(filter(None, detail)),
        remedy="See whether the first passage is about what was asked.",
    )


def _fallback(trace: Trace) -> Diagnosis | None:
    is_quoted = "extractive_fallback" in trace.degraded
    if not is_quoted and "model_fallback" not in trace.degraded:
        return None
    tried = [describe_attempt(attempt) for attempt in trace.answers]
    return Diagnosis(
        stage=Stage.GENERATE,
        cause="fallback",
        severity="notice",
        headline="No model delivered, so the passages were quoted."
        if is_quoted
        else "A lower rung of the ladder answered.",
        detail=f"Asked: {'; '.join(tried)}." if tried else "",
        remedy="See the attempts; models.yaml sets the ladder and its limits.",
    )


def _disputed(trace: Trace) -> Diagnosis:
    first = trace.passages[0] if trace.passages else None
    return Diagnosis(
        stage=Stage.RETRIEVE if first else Stage.ROUTE,
        cause="disputed",
        severity="problem",
        headline="Every check passed, and the customer rated it down.",
        detail=" ".join(
            [
                _down(trace),
                *([f"It rests on {quoted(str(first['title']))}: see whether that is right."] if first else []),
            ]
        ),
        remedy="If the document is wrong, its owner has to mend it; if it is the wrong one, see the near misses.",
        also=tuple(_almost(trace)),
    )


def _remembered(trace: Trace) -> Diagnosis:
    return Diagnosis(
        stage=Stage.ROUTE,
        cause="remembered",
        severity="fine",
        headline="The same question had been answered before, and that answer was given again.",
        detail=f"Turn {trace.text('cached_from')} made it. Nothing was searched, and no model was asked.",
        remedy="`cache` in models.yaml says how many answers are kept, and how long.",
    )


def _fine(trace: Trace) -> Diagnosis:
    claims = len(trace.risks)
    if not claims:
        return Diagnosis(stage=Stage.ROUTE, cause="answered", severity="fine", headline="It got a prepared reply.")
    return Diagnosis(
        stage=Stage.GROUND,
        cause="answered",
        severity="fine",
        headline=f"Answered; {'its one claim is' if claims == 1 else f'each of its {claims} claims is'} carried by a passage.",
        detail=f"Highest risk {max(trace.risks):.2f}.",
    )


def _down(trace: Trace) -> str:
    given = trace.part("feedback")
    reasons = ", ".join(str(reason).replace("_", " ") for reason in given.get("reasons") or ())
    said = f" They wrote: {quoted(given['comment'])}." if given.get("comment") else ""
    return f"The customer rated it down{': ' + reasons if reasons else ''}.{said}"


def _almost(trace: Trace) -> list[str]:
    """A chunk that was nearly used."""
    missed = next(
        (miss for miss in trace.part("retrieval").get("near_misses") or () if miss["cut_by"] == "limit"), None
    )
    if missed is None or not trace.passages:
        return []
    last = min(float(passage["score"]) for passage in trace.passages)
    if last - missed["score"] > _ALMOST:
        return []
    return [f"A chunk of {quoted(str(missed['title']))} was nearly used ({missed['score']:.2f} against {last:.2f})."]
