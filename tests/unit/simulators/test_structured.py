import json
from typing import Any

import pytest

from frontdesk.simulators.vendor.prose import Request
from frontdesk.simulators.vendor.structured import WAYS, as_json, malformed

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["supported", "unsupported", "unclear"]},
        "evidence": {"type": "string", "maxLength": 20},
        "sure": {"type": "boolean"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}, "minItems": 2},
    },
    "$defs": {"part": {"type": "object", "properties": {"name": {"type": "string"}}}},
}


def about(sentence: str) -> Request:
    passages = ((1, "You can return unused items within 30 days of delivery."),)
    question = f"The customer asked: How long do I have?\n\nThe sentence: {sentence}"
    return Request(question=question, passages=passages, task="answer", said=())


def test_an_object_has_every_property_of_its_schema() -> None:
    value = json.loads(
        as_json(SCHEMA, about("You can return items within 30 days."), "You can return items in 30 days.")
    )
    assert set(value) == {"verdict", "evidence", "sure", "share", "parts"}
    assert value["evidence"] == "You can return items"
    assert len(value["parts"]) == 2


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("You can return unused items within 30 days.", "supported"),
        ("You can return unused items within 90 days.", "unsupported"),
        ("Our stores are closed on public holidays.", "unsupported"),
    ],
)
def test_it_judges_by_numbers_and_words_of_the_sentence_alone(sentence: str, verdict: str) -> None:
    value = json.loads(as_json(SCHEMA, about(sentence), "text"))
    assert value["verdict"] == verdict
    assert value["sure"] == (verdict == "supported")


def test_two_hundred_ways_of_spoiling_it_differ_and_hardly_any_gives_the_object() -> None:
    whole = as_json(SCHEMA, about("You can return unused items within 30 days."), "text")
    spoilt = [malformed(whole, number) for number in range(WAYS)]
    assert len(set(spoilt)) > WAYS * 0.6
    assert sum(_same(text, whole) for text in spoilt) == 0
    assert malformed(whole, 7) == malformed(whole, 7 + WAYS)


def _same(text: str, whole: str) -> bool:
    try:
        return bool(json.loads(text) == json.loads(whole))
    except (ValueError, RecursionError):
        return False
