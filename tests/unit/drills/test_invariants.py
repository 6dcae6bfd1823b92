"""The checker finds each kind of broken promise in a history that was forged to break it, and none in a true one."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from frontdesk.drills.invariants import INVARIANTS, History, Kept, check, check_asked
from frontdesk.drills.invariants.lineage import digest_of
from frontdesk.drills.visitor import Heard

TURN, CONVERSATION, OTHER = "turn_1", "conv_1", "conv_2"
CASE = "esc_1"
QUESTION, ANSWER = "How long?\n--\nann@example.com", "Two weeks. With a receipt."
COMPONENTS = {"components": {"assistant": "aa", "knowledge": "bb"}, "snapshot_id": "snap_1"}
RELEASE = f"rel_{digest_of(COMPONENTS)}"


def sentence(index: int, text: str, separator: str = "") -> tuple[str, dict[str, Any]]:
    return "answer.sentence", {"turn_id": TURN, "index": index, "separator": separator, "text": text, "citations": []}


def reset(reason: str = "taken_over") -> tuple[str, dict[str, Any]]:
    return "turn.reset", {"turn_id": TURN, "reason": reason}


def end(text: str = ANSWER, **changes: Any) -> tuple[str, dict[str, Any]]:
    data = {"turn_id": TURN, "outcome": "answered", "text": text, "release_id": RELEASE}
    return "answer.completed", {**data, **changes}


def escalated(turn_id: str | None = None) -> tuple[str, dict[str, Any]]:
    return "escalation.opened", {"escalation_id": CASE, "turn_id": turn_id, "reason": "asked", "text": "Wait."}


ACCEPTED = ("turn.accepted", {"turn_id": TURN, "message_id": "msg_1", "text": QUESTION, "attachments": []})
TRUE = (ACCEPTED, sentence(0, "Two weeks."), sentence(1, "With a receipt.", " "), end())
TAKEN_OVER = (ACCEPTED, sentence(0, "Ten"), reset(), *TRUE[1:])


def a_turn(**changes: Any) -> dict[str, Any]:
    row = {
        "turn_id": TURN,
        "conversation_id": CONVERSATION,
        "message_id": "msg_1",
        "idempotency_key": "key",
        "state": "ended",
        "fence": 1,
        "outcome": "answered",
        "ended_at": 5_000,
        "deadline_at": 30_000,
        "release_id": RELEASE,
    }
    return {**row, **changes}


def a_message(role: str, text: str, **changes: Any) -> dict[str, Any]:
    row = {
        "conversation_id": CONVERSATION,
        "message_id": "msg_1" if role == "customer" else "msg_2",
        "turn_id": TURN,
        "role": role,
        "data": {"text": text},
    }
    return {**row, **changes}


def an_attempt(**changes: Any) -> dict[str, Any]:
    row = {"turn_id": TURN, "model": "sim", "reported_model": "", "cost_usd": "0.000012", "input_tokens": 9}
    return {**row, "output_tokens": 4, "cached_tokens": 0, **changes}


def an_entry(**changes: Any) -> dict[str, Any]:
    row = {"turn_id": TURN, "model": "sim", "cost_nanousd": 12_000, "input_tokens": 9, "kind": "usage", "note": ""}
    return {**row, "output_tokens": 4, "cached_tokens": 0, **changes}


def rows_of(told: Any) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"conversation_id": CONVERSATION, "seq": seq, "kind": kind, "turn_id": data["turn_id"], "at": seq, "data": data}
        for seq, (kind, data) in enumerate(told, start=1)
    )


def heard_of(told: Any, place: str = "http://a") -> tuple[Heard, ...]:
    return tuple(
        Heard(seq=seq, kind=kind, data=json.dumps(data), frame=f"id: {seq} {json.dumps(data)}", at_s=seq, place=place)
        for seq, (kind, data) in enumerate(told, start=1)
    )


def kept_of(told: Any = TRUE, **changes: Any) -> Kept:
    text = next((data["text"] for kind, data in told if kind == "answer.completed"), "")
    words = [a_message("assistant", text)] if text else []
    kept = Kept(
        conversations=({"conversation_id": CONVERSATION, "last_seq": len(told), "summary": ""},),
        turns=(a_turn(),),
        events=rows_of(told),
        messages=(a_message("customer", QUESTION), *words),
        attempts=(an_attempt(),),
        ledger=(an_entry(),),
        releases=({"release_id": RELEASE, "manifest": json.dumps(COMPONENTS)},),
    )
    return replace(kept, **changes)


def history_of(told: Any = TRUE, **changes: Any) -> History:
    history = History(
        conversation_id=CONVERSATION,
        key="key",
        text=QUESTION,
        canary="ann@example.com",
        heard=heard_of(told),
        replays=(heard_of(told), heard_of(told, "http://b")),
    )
    return replace(history, **changes)


def found(kept: Kept, *histories: History) -> list[tuple[str, str]]:
    return [(one.invariant, one.harm) for one in check(kept, histories)]


@pytest.mark.parametrize("told", [TRUE, TAKEN_OVER], ids=["at once", "after a take-over"])
def test_finds_nothing_in_a_true_history(told: Any) -> None:
    assert check(kept_of(told), (history_of(told),)) == ()


def test_finds_nothing_where_a_person_was_asked_for_and_the_turn_ended_silently() -> None:
    told = (ACCEPTED, sentence(0, "Two"), escalated(), reset("withdrawn"), end("", outcome="escalated"))
    kept = kept_of(
        told,
        turns=(a_turn(outcome="escalated"),),
        escalations=({"escalation_id": CASE, "conversation_id": CONVERSATION},),
        outbox=({"topic": "escalation.opened", "key": CASE},),
    )
    assert check(kept, (history_of(told),)) == ()


GLUED = (ACCEPTED, sentence(0, "Ten weeks."), *TRUE[1:])
TWO_ENDS = (*TRUE, end())
AFTER_THE_END = (*TRUE, sentence(2, "And more."))
LATE_WORDS = (ACCEPTED, escalated(), *TRUE[1:])
WITH_CASE = {
    "escalations": ({"escalation_id": CASE, "conversation_id": CONVERSATION},),
    "outbox": ({"topic": "escalation.opened", "key": CASE},),
}
SWAPPED = tuple(replace(event, seq=seq) for event, seq in zip(heard_of(TRUE), (1, 3, 2, 4), strict=True))
FOREIGN = {"conversation_id": OTHER, "noun": "turn", "number": 1, "body": '{"prompt": "ann@example.com asked"}'}

Forged = Callable[[], tuple[Kept, History]]
FORGERIES: dict[str, tuple[Forged, tuple[str, str]]] = {
    "a message that was acknowledged and is gone": (
        lambda: (Kept(), history_of(replays=())),
        ("I1", "lost"),
    ),
    "a turn whose message is gone": (
        lambda: (kept_of(messages=(a_message("assistant", ANSWER),)), history_of()),
        ("I1", "lost"),
    ),
    "two turns of one message": (
        lambda: (kept_of(turns=(a_turn(), a_turn(turn_id="turn_2"))), history_of()),
        ("I1", "doubled"),
    ),
    "a message that is kept twice": (
        lambda: (
            kept_of(messages=(*[a_message("customer", QUESTION)] * 2, a_message("assistant", ANSWER))),
            history_of(),
        ),
        ("I1", "doubled"),
    ),
    "another message than was sent": (
        lambda: (
            kept_of(messages=(a_message("customer", "How much?"), a_message("assistant", ANSWER))),
            history_of(),
        ),
        ("I1", "wrong"),
    ),
    "a turn that nobody asked for": (
        lambda: (kept_of(turns=(a_turn(), a_turn(turn_id="turn_2", idempotency_key="?"))), history_of()),
        ("I1", "doubled"),
    ),
    "an acceptance that the log does not tell": (
        lambda: (kept_of(TRUE[1:]), history_of(TRUE[1:])),
        ("I1", "lost"),
    ),
    "a turn that never ended": (
        lambda: (kept_of(TRUE[:-1], turns=(a_turn(state="running", outcome=None, ended_at=None),)), history_of()),
        ("I2", "lost"),
    ),
    "a turn that no event ends": (lambda: (kept_of(TRUE[:-1]), history_of(TRUE[:-1])), ("I2", "lost")),
    "a customer who never heard the end": (
        lambda: (kept_of(), history_of(heard=heard_of(TRUE[:-1]))),
        ("I2", "lost"),
    ),
    "a turn that ended long after its deadline": (
        lambda: (kept_of(turns=(a_turn(ended_at=60_000),)), history_of()),
        ("I2", "late"),
    ),
    "two ends of one turn": (lambda: (kept_of(TWO_ENDS), history_of(TWO_ENDS)), ("I3", "doubled")),
    "two answers in the history": (
        lambda: (
            kept_of(messages=(a_message("customer", QUESTION), *[a_message("assistant", ANSWER)] * 2)),
            history_of(),
        ),
        ("I3", "doubled"),
    ),
    "words after the end": (lambda: (kept_of(AFTER_THE_END), history_of(AFTER_THE_END)), ("I3", "doubled")),
    "two attempts glued together": (lambda: (kept_of(GLUED), history_of(GLUED)), ("I3", "mixed")),
    "another answer in the history than was told": (
        lambda: (kept_of(messages=(a_message("customer", QUESTION), a_message("assistant", "Never."))), history_of()),
        ("I3", "mixed"),
    ),
    "another outcome in the row than was told": (
        lambda: (kept_of(turns=(a_turn(outcome="refused"),)), history_of()),
        ("I3", "mixed"),
    ),
    "a gap in the numbers": (
        lambda: (kept_of(events=tuple(row for row in rows_of(TRUE) if row["seq"] != 2)), history_of()),
        ("I4", "lost"),
    ),
    "a count that is not the number of events": (
        lambda: (
            kept_of(conversations=({"conversation_id": CONVERSATION, "last_seq": 9, "summary": ""},)),
            history_of(),
        ),
        ("I4", "lost"),
    ),
    "an event that was heard twice": (
        lambda: (kept_of(), history_of(heard=(heard_of(TRUE)[0], *heard_of(TRUE)))),
        ("I4", "doubled"),
    ),
    "events that were heard in another order": (lambda: (kept_of(), history_of(heard=SWAPPED)), ("I4", "mixed")),
    "an event that was missed": (
        lambda: (kept_of(), history_of(heard=(heard_of(TRUE)[0], *heard_of(TRUE)[2:]))),
        ("I4", "lost"),
    ),
    "other bytes after a break": (
        lambda: (kept_of(), history_of(heard=(*heard_of(TRUE)[:-1], replace(heard_of(TRUE)[-1], frame="id: 4 {}")))),
        ("I4", "mixed"),
    ),
    "servers that tell it differently": (
        lambda: (kept_of(), history_of(replays=(heard_of(TRUE), heard_of(TRUE[:-1], "http://b")))),
        ("I4", "lost"),
    ),
    "servers that tell it in other bytes": (
        lambda: (
            kept_of(),
            history_of(
                replays=(
                    heard_of(TRUE),
                    tuple(replace(one, frame=one.frame + " ") for one in heard_of(TRUE, "http://b")),
                )
            ),
        ),
        ("I4", "mixed"),
    ),
    "an answer after a person had the conversation": (
        lambda: (kept_of(LATE_WORDS, **WITH_CASE), history_of(LATE_WORDS)),
        ("I5", "wrong"),
    ),
    "a release that is not kept": (lambda: (kept_of(releases=()), history_of()), ("I6", "mixed")),
    "a release that was changed": (
        lambda: (
            kept_of(
                releases=(
                    {
                        "release_id": RELEASE,
                        "manifest": json.dumps({**COMPONENTS, "components": {"assistant": "zz", "knowledge": "bb"}}),
                    },
                )
            ),
            history_of(),
        ),
        ("I6", "mixed"),
    ),
    "an end that names another release": (
        lambda: (
            kept_of((*TRUE[:-1], end(release_id="rel_other"))),
            history_of((*TRUE[:-1], end(release_id="rel_other"))),
        ),
        ("I6", "mixed"),
    ),
    "a quotation from another snapshot": (
        lambda: (kept_of(citations=({"turn_id": TURN, "snapshot_id": "snap_2"},)), history_of()),
        ("I6", "mixed"),
    ),
    "an attempt that is not in the ledger": (lambda: (kept_of(ledger=()), history_of()), ("I7", "wrong")),
    "an attempt that is booked twice": (
        lambda: (kept_of(ledger=(an_entry(), an_entry())), history_of()),
        ("I7", "wrong"),
    ),
    "an attempt that is booked at another price": (
        lambda: (kept_of(ledger=(an_entry(cost_nanousd=0),)), history_of()),
        ("I7", "wrong"),
    ),
    "money that stays set aside": (
        lambda: (
            kept_of(
                events=tuple({**row, "at": 200_000} for row in rows_of(TRUE)),
                reservations=({"reservation_id": "r", "turn_id": TURN, "expires_at": 100_000},),
            ),
            history_of(),
        ),
        ("I7", "wrong"),
    ),
    "somebody's words in another's prompt": (lambda: (kept_of(payloads=(FOREIGN,)), history_of()), ("I9", "mixed")),
    "a case without a notice": (
        lambda: (kept_of(LATE_WORDS, escalations=WITH_CASE["escalations"]), history_of(LATE_WORDS)),
        ("I10", "lost"),
    ),
    "a case with two notices": (
        lambda: (
            kept_of(LATE_WORDS, escalations=WITH_CASE["escalations"], outbox=WITH_CASE["outbox"] * 2),
            history_of(LATE_WORDS),
        ),
        ("I10", "doubled"),
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_finds(name: str) -> None:
    forged, expected = FORGERIES[name]
    kept, history = forged()
    assert expected in found(kept, history)


def test_every_invariant_that_is_checked_is_found_broken_by_some_forgery() -> None:
    assert {invariant for _, (invariant, _) in FORGERIES.values()} == set(INVARIANTS)


def test_an_entry_for_a_worker_that_died_is_no_violation() -> None:
    booked = an_entry(note="No word of it since its worker died.", cost_nanousd=99_000, output_tokens=400)
    assert check(kept_of(ledger=(an_entry(), booked)), (history_of(),)) == ()


def test_what_a_worker_booked_before_it_left_its_turn_to_the_next_is_no_violation() -> None:
    kept = kept_of(turns=(a_turn(fence=2),), ledger=(an_entry(), an_entry(output_tokens=1)))
    assert check(kept, (history_of(),)) == ()


@pytest.mark.parametrize(("asked", "is_clean"), [(0, False), (1, False), (2, True), (3, True), (4, False)])
def test_the_vendors_own_log_lies_between_what_is_measured_and_what_is_booked(asked: int, is_clean: bool) -> None:
    """Two requests are measured, and a third is guessed for a worker that died before or after it asked."""
    kept = kept_of(ledger=(an_entry(), an_entry(), an_entry(note="Its worker died.")))
    assert (list(check_asked(kept, asked)) == []) is is_clean


def test_a_message_that_was_never_acknowledged_may_be_missing() -> None:
    assert [one for one in check(Kept(), (history_of(heard=(), replays=()),)) if one.invariant == "I1"] == []
