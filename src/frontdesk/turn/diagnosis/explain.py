"""The stages are asked in their order; the first that ended the road is the cause."""

from collections.abc import Callable
from dataclasses import replace

from frontdesk.domain.turn import Outcome, Stage
from frontdesk.turn.diagnosis.acted import explain_acting
from frontdesk.turn.diagnosis.answered import explain_answer
from frontdesk.turn.diagnosis.diagnosis import Diagnosis
from frontdesk.turn.diagnosis.drafted import explain_draft
from frontdesk.turn.diagnosis.failed import explain_failure
from frontdesk.turn.diagnosis.routed import explain_block, explain_road
from frontdesk.turn.diagnosis.searched import explain_search
from frontdesk.turn.diagnosis.trace import Fields, Trace, quoted

_ROADS: tuple[Callable[[Trace], Diagnosis | None], ...] = (
    explain_failure,
    explain_block,
    explain_acting,
    explain_road,
    explain_search,
    explain_draft,
    explain_answer,
)
"""Each gives a diagnosis where it ended the turn."""
_CHANGED = {
    "escapes": "terminal escapes",
    "direction": "characters that turn the direction of writing",
    "invisible": "characters nobody can see",
    "encoding": "text read in the wrong encoding",
    "compatibility": "lookalike encodings of plain letters",
    "marks": "stacked accents",
}
"""Kinds of cleaning that are worth a word; spaces and quotation marks are not."""


def explain(record: Fields) -> Diagnosis:
    """Why the turn ended as it did.

    Args:
        record: of the turn, as `TurnStore.record` gives it.
    """
    trace = Trace(record)
    found = _under_way(trace) or next(filter(None, (road(trace) for road in _ROADS)), None) or _unknown(trace)
    return replace(found, also=(*found.also, *_context(trace)))


def _under_way(trace: Trace) -> Diagnosis | None:
    if trace.text("state") == "ended":
        return None
    is_queued = trace.text("state") == "queued"
    return Diagnosis(
        stage=Stage.INTAKE,
        cause="under_way",
        severity="fine",
        headline="It waits for an earlier turn of its conversation." if is_queued else "It is being worked on.",
        detail="What a turn did is written when it ends.",
    )


def _unknown(trace: Trace) -> Diagnosis:
    """What is left of a turn whose words were erased, or that was recorded before this was kept."""
    return Diagnosis(
        stage=Stage.RECORD,
        cause="answered" if trace.outcome in (Outcome.ANSWERED, Outcome.CLARIFIED, Outcome.ACTED) else "stage_failed",
        severity="notice",
        headline=f"It ended as {trace.outcome}; what led there is not kept any more.",
    )


def _context(trace: Trace) -> list[str]:
    """What may matter whatever the cause is."""
    told: list[str] = []
    cleaning = trace.part("cleaning")
    changed = [words for kind, words in _CHANGED.items() if cleaning.get(kind)]
    if changed:
        told.append(f"Cleaning took out or put right: {', '.join(changed)}.")
    if trace.verdict_in.get("action") == "mask":
        rules = dict.fromkeys(str(finding["rule"]) for finding in trace.verdict_in.get("findings") or ())
        told.append(f"The guard masked parts of the message: {', '.join(rules)}.")
    query = trace.part("retrieval").get("query") or {}
    if query.get("carried"):
        told.append(f"The search carried words over from earlier messages: {', '.join(query['carried'])}.")
    elif query.get("rewritten_by") == "model":
        told.append(f"A model reworded the question for the search: {quoted(query['text'])}.")
    if "lexical_only" in trace.degraded:
        told.append("The search was by words only, since the embedder was not there or failed.")
    if "rights_narrowed" in trace.degraded:
        told.append("The message gave orders to the model, so only public documents were used.")
    if "route_failed" in trace.degraded:
        told.append("Routing failed, and the message went to the documents.")
    if "guard_in_failed" in trace.degraded:
        told.append("The guard failed on the way in, and only public documents were used.")
    if trace.waited_s() >= 1.0:
        told.append(f"It waited {trace.waited_s():.1f} s before work on it began.")
    return told
