"""Turns that ended before anything was searched."""

from frontdesk.domain.turn import Outcome, Stage
from frontdesk.turn.diagnosis.diagnosis import Diagnosis, Severity
from frontdesk.turn.diagnosis.trace import Fields, Trace, quoted


def explain_block(trace: Trace) -> Diagnosis | None:
    """A message that the guard blocked."""
    verdict = trace.verdict_in
    if verdict.get("action") != "block":
        return None
    question = trace.text("question")
    found = [
        f"{finding['rule']} ({finding['kind']}): {quoted(question[finding['start'] : finding['end']])}"
        for finding in verdict.get("findings") or ()
    ]
    return Diagnosis(
        stage=Stage.GUARD_IN,
        cause="guard_in_blocked",
        severity="notice",
        headline=f"The message was blocked: {verdict.get('reason') or 'a finding'}.",
        detail=f"Found {'; '.join(found)}." if found else "",
        remedy="If it should have passed, change the action of the rule under `inbound_rules` in guards.yaml.",
    )


def explain_road(trace: Trace) -> Diagnosis | None:
    """A message that the router, or a person, took away from the documents."""
    if trace.was_searched:
        return None
    if not trace.routes:
        return _silent() if trace.outcome == Outcome.ESCALATED else None
    route = trace.routes[-1]
    if route.get("intent"):
        return _by_intent(trace, route)
    if route.get("topic"):
        return _by_topic(route)
    if route.get("kind") == "human":
        return Diagnosis(
            stage=Stage.ROUTE,
            cause="offer_accepted",
            severity="fine",
            headline="The customer accepted the offer of a person.",
            detail=str(route.get("why", "")),
        )
    return _nothing_asked(trace, route)


def _by_topic(route: Fields) -> Diagnosis:
    """A question whose uncovered topic has a policy."""
    return Diagnosis(
        stage=Stage.ROUTE,
        cause="routed_by_topic",
        severity="notice",
        headline=f"It was taken for the uncovered topic '{route['topic']}'.",
        detail=_nearness(route, "topic"),
        remedy=f"If the documents do cover it, change the examples of '{route['topic']}' in topics.yaml, or its policy.",
    )


def _by_intent(trace: Trace, route: Fields) -> Diagnosis:
    severities: dict[str, Severity] = {"small_talk": "fine", "human": "fine"}
    roads = {
        "small_talk": "a prepared reply",
        "human": "a person",
        "clarify": "a question back",
        "refuse": "a refusal",
    }
    kind = str(route.get("kind", ""))
    return Diagnosis(
        stage=Stage.ROUTE,
        cause="routed_by_intent",
        severity="problem" if trace.rating == "down" else severities.get(kind, "notice"),
        headline=f"It was taken for the intent '{route['intent']}', which leads to {roads.get(kind, kind)}.",
        detail=_nearness(route, "intent"),
        remedy=f"If it was meant as a question, change the examples of '{route['intent']}' in intents.yaml.",
    )


def _nearness(route: Fields, of: str) -> str:
    near = next((item for item in route.get("nearest") or () if item["of"] == of), None)
    if near is None:
        return str(route.get("why", ""))
    return f"Closest example: {quoted(near['example'])}, at {near['score']:.2f}; {near['needed']:.2f} is close enough."


def _nothing_asked(trace: Trace, route: Fields) -> Diagnosis:
    is_empty = not trace.text("question")
    return Diagnosis(
        stage=Stage.INTAKE if is_empty else Stage.ROUTE,
        cause="only_files" if is_empty else "nothing_asked",
        severity="notice",
        headline="The message was files alone." if is_empty else "The message named nothing to look up.",
        detail=str(route.get("why", "")),
    )


def _silent() -> Diagnosis:
    return Diagnosis(
        stage=Stage.INTAKE,
        cause="handed_over",
        severity="fine",
        headline="A person had the conversation, so the assistant said nothing.",
    )
