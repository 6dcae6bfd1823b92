"""What is said of records that are old, erased, or not written yet; and of turns that few tests can make."""

from typing import Any

import pytest

from frontdesk.domain.turn import Stage
from frontdesk.turn.diagnosis import CAUSES, explain
from frontdesk.turn.diagnosis.searched import what_is_missing


def a_trace(**changes: Any) -> dict[str, Any]:
    """As the first release stored an answered turn: without offsets, limits, signs and routes."""
    record: dict[str, Any] = {
        "state": "ended",
        "outcome": "answered",
        "question": "How long?",
        "degraded": [],
        "fence": 1,
        "escalation_reason": None,
        "route": {"kind": "knowledge", "intent": "", "topic": "", "disclaimer": "", "why": "No intent is close."},
        "retrieval": {
            "query": {"text": "How long?", "original": "How long?", "language": "en", "carried": []},
            "passages": [
                {
                    "title": "Returns",
                    "text": "You have 30 days.",
                    "breadcrumb": ["Returns"],
                    "language": "en",
                    "score": 1.0,
                }
            ],
            "confidence": 0.9,
            "level": "high",
        },
        "verdict_in": {"action": "allow", "findings": [], "reason": ""},
        "verdicts_out": [{"action": "allow", "findings": [], "text": "You have 30 days."}],
        "sentences": [{"text": "You have 30 days. [1]"}],
        "claims": [{"risk": 0.1, "contradictions": []}],
        "citations": [{"marker": "1"}],
        "withheld": [],
        "attempts": [],
        "timings": [{"stage": "retrieve", "step": "", "ms": 3.0, "error": ""}],
    }
    return record | changes


ERASED = {
    "question": None,
    "route": None,
    "retrieval": None,
    "verdict_in": None,
    "verdicts_out": None,
    "sentences": None,
}


def test_an_old_record_is_explained_by_what_it_holds() -> None:
    found = explain(a_trace())
    assert (found.stage, found.cause, found.severity) == (Stage.GROUND, "answered", "fine")


def test_an_old_record_of_a_refusal_names_the_search() -> None:
    low = {"query": a_trace()["retrieval"]["query"], "passages": [], "confidence": 0.0, "level": "low"}
    found = explain(a_trace(outcome="refused", retrieval=low, sentences=[], claims=[], citations=[]))
    assert (found.stage, found.cause) == (Stage.RETRIEVE, "nothing_found")


@pytest.mark.parametrize("outcome", ["answered", "clarified", "refused", "escalated", "failed"])
def test_an_erased_record_is_still_read(outcome: str) -> None:
    assert explain(a_trace(**ERASED, outcome=outcome)).headline


def test_of_an_erased_record_the_rows_that_stay_tell_what_they_can() -> None:
    rows = [{"direction": "in", "action": "block", "reason": "injection", "findings": []}]
    found = explain(a_trace(**ERASED, verdicts=rows, outcome="refused", timings=[]))
    assert (found.stage, found.cause) == (Stage.GUARD_IN, "guard_in_blocked")


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_turn_that_has_not_ended_is_under_way(state: str) -> None:
    found = explain({"state": state, "outcome": None})
    assert (found.cause, found.severity) == ("under_way", "fine")


def test_a_turn_that_ended_its_workers_was_given_up() -> None:
    found = explain(a_trace(outcome="failed", error_code="gave_up", fence=5))
    assert found.cause == "gave_up"
    assert "5" in found.detail


def test_a_turn_that_waited_out_its_time_never_began() -> None:
    wait = {"stage": "intake", "step": "wait", "ms": 30_000.0, "error": ""}
    found = explain(a_trace(outcome="failed", error_code="deadline_reached", timings=[wait]))
    assert (found.stage, found.cause) == (Stage.INTAKE, "deadline")


def test_of_a_deadline_the_stage_that_took_longest_is_the_cause() -> None:
    spent = [("retrieve", 400.0), ("generate", 28_000.0), ("ground", 90.0)]
    timings = [{"stage": stage, "step": "", "ms": ms, "error": ""} for stage, ms in spent]
    attempt = {"purpose": "answer", "vendor": "acme", "model": "large", "result": "timeout_fb", "total_ms": 28_000.0}
    found = explain(a_trace(outcome="failed", error_code="deadline_reached", timings=timings, attempts=[attempt]))
    assert (found.stage, found.cause) == (Stage.GENERATE, "deadline")
    assert "acme large ended with 'timeout_fb' after 28.00 s" in found.detail


def test_a_chunk_that_was_nearly_used_is_told() -> None:
    miss = {"title": "Sale items", "score": 0.9, "cut_by": "limit"}
    retrieval = a_trace()["retrieval"] | {"near_misses": [miss]}
    disputed = a_trace(retrieval=retrieval, feedback={"rating": "down", "reasons": ["wrong"], "comment": ""})
    assert "Sale items" in " ".join(explain(disputed).also)


def test_words_that_are_in_no_single_passage_are_told_apart_from_those_in_none() -> None:
    query = {"text": "Do you have jobs for students?", "language": "en"}
    passages = [
        {"text": "Students pay less.", "breadcrumb": [], "language": "en"},
        {"text": "We print jobs on paper.", "breadcrumb": [], "language": "en"},
    ]
    assert what_is_missing(query, passages[:1]) == "In no passage: jobs."
    assert what_is_missing(query, passages).startswith("No passage has everything together")
    assert (
        what_is_missing({"text": "Students' jobs", "language": "en"}, [passages[0] | {"text": "Jobs, students"}]) == ""
    )


def test_what_the_guard_took_out_of_a_question_is_not_missed() -> None:
    query = {"text": "Was [card number removed] charged?", "language": "en"}
    assert what_is_missing(query, [{"text": "You are charged.", "breadcrumb": [], "language": "en"}]) == ""


def test_every_cause_says_what_it_means_in_a_sentence() -> None:
    assert all(text.endswith(".") for text in CAUSES.values())
