from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from frontdesk.domain.workflow import Choice, Slot
from frontdesk.workflows.scope import is_switched_on, place_of
from frontdesk.workflows.slots import check_value
from procedures import workflow

TODAY = date(2026, 11, 2)
CONVERSATIONS = [f"conv_{number}" for number in range(2000)]


def on(channel: str, conversation: str, **changes: Any) -> bool:
    return is_switched_on(replace(workflow("send_back"), **changes), channel=channel, conversation_id=conversation)


def test_a_share_of_conversations_has_it_and_a_larger_share_only_adds_some() -> None:
    tenth = {one for one in CONVERSATIONS if on("web_chat", one, share=0.1)}
    half = {one for one in CONVERSATIONS if on("web_chat", one, share=0.5)}

    assert tenth < half
    assert 130 < len(tenth) < 270
    assert 900 < len(half) < 1100


def test_all_and_none_are_meant_exactly() -> None:
    assert all(on("web_chat", one, share=1.0) for one in CONVERSATIONS)
    assert not any(on("web_chat", one, share=0.0) for one in CONVERSATIONS)


def test_a_channel_has_its_own_share() -> None:
    channels = {"voice": 0.0}

    assert on("web_chat", "conv_1", channels=channels)
    assert not on("voice", "conv_1", channels=channels)


def test_another_workflow_has_other_conversations() -> None:
    assert place_of("refund", "conv_1") != place_of("returns", "conv_1")


def a_slot(**changes: Any) -> Slot:
    return Slot(name="x", ask={}, **{"type": "text", **changes})


@pytest.mark.parametrize(
    ("slot", "value", "objection"),
    [
        (a_slot(), "words", None),
        (a_slot(), "  ", "not_understood"),
        (a_slot(), 7, "not_understood"),
        (a_slot(max_chars=3), "words", "too_long"),
        (a_slot(type="id", pattern=r"HP-\d{5}"), "hp-10001", None),
        (a_slot(type="id", pattern=r"HP-\d{5}"), "HP-10001 or so", "not_understood"),
        (a_slot(type="email"), "ada@example.org", None),
        (a_slot(type="email"), "ada@example", "not_understood"),
        (a_slot(type="email"), "a@b.org, c@d.org", "not_understood"),
        (a_slot(type="number", minimum=Decimal(1)), 0, "too_small"),
        (a_slot(type="money", maximum=Decimal(100)), Decimal("100.01"), "too_large"),
        (a_slot(type="number"), True, "not_understood"),
        (a_slot(type="number"), Decimal("NaN"), "not_understood"),
        (a_slot(type="date", not_before_days=1), TODAY, "too_early"),
        (a_slot(type="date", not_after_days=14), date(2026, 11, 17), "too_late"),
        (a_slot(type="date"), datetime(2026, 11, 3, tzinfo=UTC), "not_understood"),
        (a_slot(type="time"), datetime(2026, 11, 3), "not_understood"),  # noqa: DTZ001
        (a_slot(type="time", not_before_days=0), datetime(2026, 11, 1, tzinfo=UTC), "too_early"),
        (a_slot(type="yes_no"), False, None),
        (a_slot(type="yes_no"), "yes", "not_understood"),
        (a_slot(type="choice", choices=(Choice(value="a", label={}),)), "b", "unknown_choice"),
        (a_slot(), None, "not_understood"),
    ],
)
def test_holds_a_value_to_its_slot(slot: Slot, value: Any, objection: str | None) -> None:
    assert check_value(slot, value, today=TODAY) == objection


def test_a_record_has_to_be_among_those_that_were_read() -> None:
    slot = a_slot(type="id", choose_from="orders", choose_by="number")

    assert check_value(slot, "A", today=TODAY, records=[{"number": "A"}]) is None
    assert check_value(slot, "B", today=TODAY, records=[{"number": "A"}]) == "unknown_choice"
    assert check_value(slot, "B", today=TODAY) is None
