"""Laws of the stepper: whatever customers say and systems answer, in whichever order."""

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.domain.connector import FailureKind
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import (
    CallWanted,
    Command,
    ConfirmationWanted,
    Ends,
    InvalidSlot,
    Move,
    Reading,
    Say,
    SetSlot,
    Signal,
    Waits,
    Workflow,
    WorkflowRun,
)
from frontdesk.workflows.stepper import advance, begin
from frontdesk.workflows.wording import Wording
from procedures import NOON, workflow

WORKFLOW = workflow("send_back")
WORDING = Wording(language="en", default_language="en")
KINDS = ("yes", "no", "cancel", "why", "has_not", "person", "frustrated", "resume", "question", "unclear")
VALUES: dict[str, list[Any]] = {
    "order": ["HP-10001", "HP-10002", "nonsense", 7],
    "reason": ["broken", "too_small", "torn"],
    "pickup": [date(2026, 11, 5), date(2026, 11, 6), date(2020, 1, 1), "tomorrow"],
    "unknown": ["x"],
}
ROWS: dict[str, dict[str, Any]] = {
    "shop.order": {"number": "x", "delivered_on": date(2026, 10, 20), "amount": Decimal(5), "currency": "EUR"},
    "returns.create": {"label": "L1"},
    "shipping.pickup": {"slot": "9"},
    "returns.cancel": {"label": "L1"},
    "shop.orders": {"number": "HP-10001", "placed_on": date(2026, 10, 1), "amount": Decimal(5), "currency": "EUR"},
    "shipping.parcel": {"status": "moving", "carrier": "DHL"},
    "payments.refund": {
        "status": "paid",
        "amount": Decimal(5),
        "currency": "EUR",
        "asked_on": date(2026, 10, 30),
        "paid_on": date(2026, 11, 1),
    },
}
BARE: dict[str, Any] = {"delivered_on": None, "paid_on": None, "carrier": None}
"""Fields that a record need not have."""
FAILURES: list[FailureKind] = ["silent", "unavailable", "rejected", "malformed", "not_yours", "not_found", "limit"]

signals = st.builds(Signal, kind=st.sampled_from(KINDS))
values = st.sampled_from([SetSlot(slot=slot, value=value) for slot, all_ in VALUES.items() for value in all_])
invalid = st.just(InvalidSlot(slot="order", why="not_understood", said="?"))
# most customers say yes and tell what is asked, or few runs would come far
helpful = st.sampled_from(
    [
        (SetSlot(slot="order", value="HP-10001"),),
        (SetSlot(slot="reason", value="broken"), SetSlot(slot="pickup", value=date(2026, 11, 5))),
        (Signal(kind="yes"),),
    ]
)
messages = st.lists(helpful | st.lists(signals | values | invalid, min_size=1, max_size=3).map(tuple), max_size=12)
pauses = st.lists(st.sampled_from([5, 5, 5, 700, 1000]), min_size=12, max_size=12)
answers = st.lists(st.none() | st.just("bare") | st.sampled_from(FAILURES), min_size=40, max_size=40)

Step = tuple[tuple[Command, ...], tuple[Move, ...]]


def play(
    messages: Sequence[tuple[Command, ...]],
    pauses: Sequence[int],
    answers: Sequence[Any],
    played: Workflow = WORKFLOW,
) -> tuple[WorkflowRun, list[Step]]:
    """A whole conversation, with everything that was wanted on the way."""
    run = begin(played, run_id=RunId("run_1"), conversation_id=ConversationId("c"), release_id=ReleaseId("r"), at=NOON)
    at, outcomes, log = NOON, iter(answers), []
    for commands, pause in zip([(), *messages], [5, *pauses], strict=False):
        if run.status != "active":
            break
        at += timedelta(seconds=pause)
        run, moves = advance(played, run, WORDING, commands=commands, at=at)
        log.append((commands, moves))
        while isinstance(wanted := moves[-1], CallWanted):
            readings = {call.result: _reading(call, next(outcomes, None), at) for call in wanted.calls}
            run, moves = advance(played, run, WORDING, readings=readings, at=at)
            log.append(((), moves))
    return run, log


def _reading(call: Any, failure: Any, at: Any) -> Reading:
    name = f"{call.connector}.{call.operation}"
    if failure is None or failure == "bare":
        row = ROWS[name] if failure is None else {key: BARE.get(key, value) for key, value in ROWS[name].items()}
        return Reading(operation=name, rows=(row,), read_at=at)
    return Reading(operation=name, read_at=at, failure=failure)


@given(messages, pauses, answers)
def test_every_advance_ends_with_something_to_do_or_to_wait_for(m: Any, p: Any, a: Any) -> None:
    run, log = play(m, p, a)

    assert all(isinstance(moves[-1], CallWanted | ConfirmationWanted | Waits | Ends) for _, moves in log)
    assert (run.status != "active") == isinstance(log[-1][1][-1], Ends)


@given(messages, pauses, answers)
def test_an_effect_is_wanted_only_right_after_a_yes_to_exactly_that(m: Any, p: Any, a: Any) -> None:
    _, log = play(m, p, a)

    for (_, before), (commands, moves) in itertools.pairwise(log):
        wanted = moves[-1]
        if isinstance(wanted, CallWanted) and wanted.is_effect and not wanted.undoes:
            shown = before[-1]
            assert Signal(kind="yes") in commands
            assert isinstance(shown, ConfirmationWanted)
            assert (shown.step, shown.call) == (wanted.step, wanted.calls[0])


@given(messages, pauses, answers)
def test_an_effect_takes_place_once_and_is_taken_back_once(m: Any, p: Any, a: Any) -> None:
    run, log = play(m, p, a)
    wanted = [move for _, moves in log for move in moves if isinstance(move, CallWanted) and move.is_effect]
    done = Counter(run.effects)
    undone = Counter(move.undoes for move in wanted if move.undoes)
    assert all(count == 1 for count in (*done.values(), *undone.values()))
    assert set(run.undone) <= set(run.effects)


@given(messages, pauses, answers)
def test_the_same_words_and_readings_lead_to_the_same_moves(m: Any, p: Any, a: Any) -> None:
    assert play(m, p, a) == play(m, p, a)


@pytest.mark.parametrize("name", ["send_back", "refund_status"])
@given(messages, pauses, answers)
def test_nothing_is_said_with_a_gap_that_nobody_filled(name: str, m: Any, p: Any, a: Any) -> None:
    _, log = play(m, p, a, workflow(name))

    said = [move.text for _, moves in log for move in moves if isinstance(move, Say | ConfirmationWanted)]
    assert not [text for text in said if "not known" in text or "None" in text or "{" in text]


@given(messages, pauses, answers)
def test_no_question_is_asked_more_often_than_the_workflow_allows(m: Any, p: Any, a: Any) -> None:
    run, _ = play(m, p, a)

    assert all(count <= WORKFLOW.max_asks for count in run.asked.values())


@given(st.lists(st.sampled_from(FAILURES) | st.none(), min_size=2, max_size=2))
def test_an_unsure_effect_hands_over_whatever_is_said_before(outcome: list[FailureKind | None]) -> None:
    script: list[tuple[Command, ...]] = [(SetSlot(slot="order", value="HP-10001"), SetSlot(slot="reason", value="broken")),
              (SetSlot(slot="pickup", value=date(2026, 11, 5)),), (Signal(kind="yes"),), (Signal(kind="yes"),)]  # fmt: skip
    run, _ = play(script, [5] * 12, [None, *outcome])

    if "silent" in outcome[: 1 if outcome[0] else 2]:
        assert run.status == "handed_over"
        assert run.effects == (() if outcome[0] else ("confirm_booked",))
