from typing import Any

import pytest

from frontdesk.domain.errors import MalformedError
from frontdesk.scoring.grounding import GroundingScorer, parse_row

CONTEXT = "You can return unused items within 30 days of delivery. Gift cards cannot be returned."


@pytest.fixture(scope="module")
def scorer() -> GroundingScorer:
    return GroundingScorer(None)


def test_a_row_gives_a_score_and_its_claims_with_quotes(scorer: GroundingScorer) -> None:
    result = scorer.score_row(
        {"id": "a", "answer": "No, gift cards cannot be returned. Anything else?", "context": CONTEXT}
    )
    assert result["id"] == "a"
    assert result["score"] < 0.5
    (claim,) = result["claims"]
    assert (claim["text"], claim["start"], claim["end"]) == ("No, gift cards cannot be returned.", 0, 34)
    assert claim["evidence"] == {"passage_id": "context", "quote": "Gift cards cannot be returned."}


def test_a_false_answer_scores_above_a_true_one(scorer: GroundingScorer) -> None:
    true = scorer.score_row({"id": 1, "answer": "Items can be returned within 30 days.", "context": CONTEXT})
    false = scorer.score_row({"id": 2, "answer": "Items can be returned within 90 days.", "context": CONTEXT})
    assert false["score"] > true["score"]
    assert false["claims"][0]["contradictions"] == ["number"]


def test_passages_are_named_by_their_ids(scorer: GroundingScorer) -> None:
    passages = [{"id": "p1", "text": "We sell tents."}, {"id": "p2", "text": CONTEXT}]
    result = scorer.score_row({"id": "b", "answer": "Gift cards cannot be returned.", "passages": passages})
    assert result["claims"][0]["evidence"]["passage_id"] == "p2"


def test_a_reply_that_says_nothing_is_no_supported_answer(scorer: GroundingScorer) -> None:
    assert scorer.score_row({"id": "c", "answer": "Hello there!", "context": CONTEXT})["score"] > 0.5
    assert scorer.score_row({"id": "d", "answer": "", "context": CONTEXT})["claims"] == []


def test_the_last_words_of_the_customer_are_the_question() -> None:
    history = [
        {"speaker": "user", "text": "Hi"},
        {"speaker": "agent", "text": "Hello!"},
        {"role": "customer", "text": "Can I return it?"},
    ]
    row = {"id": "a", "answer": "Yes.", "context": CONTEXT, "history": history}
    assert parse_row(row).question == "Can I return it?"
    assert parse_row({**row, "question": "May I?"}).question == "May I?"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer": None}, "answer"),
        ({"answer": 5}, "answer"),
        ({"id": [1]}, "id"),
        ({"id": True}, "id"),
        ({"context": None}, "context"),
        ({"context": 1}, "context"),
        ({"passages": []}, "passages"),
        ({"context": None, "passages": "text"}, "passages"),
        ({"context": None, "passages": ["text"]}, "passages[0]"),
        ({"context": None, "passages": [{"id": "a"}]}, "passages[0].text"),
        ({"context": None, "passages": [{"id": 1.5, "text": "x"}]}, "passages[0].id"),
        ({"question": 7}, "question"),
        ({"history": "Hi"}, "history"),
        ({"history": ["Hi"]}, "history[0]"),
        ({"history": [{"speaker": "user"}]}, "history[0].text"),
    ],
)
def test_a_malformed_row_is_refused_by_the_name_of_its_field(change: dict[str, Any], field: str) -> None:
    row = {"id": "a", "answer": "Yes.", "context": CONTEXT} | change
    with pytest.raises(MalformedError) as refused:
        parse_row(row)
    assert refused.value.data["field"] == field
