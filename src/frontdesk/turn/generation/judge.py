"""A second reader for sentences that the grounding check lets through with doubts. It can only withhold."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from frontdesk.domain.knowledge import Passage
from frontdesk.ports.models import ChatRequest

Judgement = Literal["supported", "unsupported", "inconclusive"]

JUDGE_S = 2.0
"""A sentence does not wait longer for its second reader; a guess: as long as for a first text."""
INSTRUCTIONS = (
    "You check one sentence of a customer service answer against passages of the company's own documents. "
    "Decide whether the passages say everything that the sentence claims: every fact, number, date, name and condition, "
    "with no condition left out. What is likely, or generally known, but not in the passages, is not supported. "
    "First say in a few words what the passages state about it, then give the verdict: `supported`, `unsupported`, "
    "or `unclear` where you cannot tell."
)
SCHEMA: Mapping[str, Any] = {
    "title": "verdict",
    "type": "object",
    "properties": {
        "evidence": {"type": "string", "maxLength": 2000},
        "verdict": {"type": "string", "enum": ["supported", "unsupported", "unclear"]},
    },
    "required": ["evidence", "verdict"],
    "additionalProperties": False,
}


def judge_request(sentence: str, passages: Sequence[Passage], *, question: str, language: str) -> ChatRequest:
    """Asks for a verdict on one sentence."""
    return ChatRequest(
        purpose="judge",
        instructions=INSTRUCTIONS,
        history=(),
        passages=tuple(passages),
        question=f"The customer asked: {question}\n\nThe sentence: {sentence}",
        language=language,
        json_schema=SCHEMA,
    )


def read_verdict(value: Mapping[str, Any]) -> Judgement:
    match value["verdict"]:
        case "supported":
            return "supported"
        case "unsupported":
            return "unsupported"
        case _:
            return "inconclusive"
