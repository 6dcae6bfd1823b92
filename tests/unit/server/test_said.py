"""What the console makes of the log."""

import json
from datetime import UTC, datetime
from typing import Any

from frontdesk.domain.events import StoredEvent
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.server.pages.console.said import Said, read_said

ENDED: dict[str, Any] = {"text": "", "outcome": "clarified", "citations": [], "timings_ms": {}, "degraded": []}


def said(kind: str, **data: Any) -> Said:
    body = json.dumps({"turn_id": "turn_1", **data})
    event = StoredEvent(
        conversation_id=ConversationId("conv_1"),
        seq=3,
        kind=kind,
        turn_id=TurnId("turn_1"),
        at=datetime(2026, 3, 1, tzinfo=UTC),
        body=body,
    )
    (only,) = read_said([event])
    return only


def test_a_turn_that_was_overtaken_says_so_and_not_that_a_person_has_it() -> None:
    entry = said("answer.completed", **{**ENDED, "degraded": ["superseded"]})
    assert "the next message took its place" in entry.pieces[0].text
    assert "overtaken by the next message" in [badge.text for badge in entry.badges]


def test_a_silent_turn_of_a_conversation_with_people_says_so() -> None:
    assert "a person has the conversation" in said("answer.completed", **ENDED).pieces[0].text


def test_a_kept_message_tells_what_its_customer_was_told() -> None:
    entry = said("turn.delayed", text="Many are writing.")
    assert entry.speaker == "note"
    assert entry.pieces[0].text == "Too many people wrote at once; the customer was told: Many are writing."
