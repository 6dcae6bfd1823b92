"""I1: what was acknowledged is kept, exactly once.   I2: every accepted turn ends, within its deadline."""

from collections.abc import Iterator, Sequence

from frontdesk.domain.events import FINAL_KINDS, TurnAccepted
from frontdesk.drills.invariants.histories import History
from frontdesk.drills.invariants.kept import Kept, Row, Rows, grouped
from frontdesk.drills.invariants.violations import Harm, Violation

OUTCOMES = frozenset({"answered", "clarified", "acted", "refused", "escalated", "failed"})
LATE_BY_MS = 10_000
"""A turn that is taken over in its last second ends a little after its deadline; a guess, twice the longest lease."""


def check(kept: Kept, histories: Sequence[History]) -> Iterator[Violation]:
    turns = grouped(kept.turns, "conversation_id")
    messages = grouped(kept.messages, "message_id")
    events = grouped(kept.events, "turn_id")
    for history in histories:
        of_key = [row for row in turns.get(history.conversation_id, ()) if row["idempotency_key"] == history.key]
        yield from _check_accepted(history, of_key, messages, events)
        yield from _check_told_the_end(history)
    sent = {(history.conversation_id, history.key) for history in histories}
    for turn in kept.turns:
        yield from _check_ended(turn, events.get(turn["turn_id"], ()))
        if (turn["conversation_id"], turn["idempotency_key"]) not in sent:
            yield _i1("doubled", turn["turn_id"], "there is a turn for a message that nobody sent")


def _check_accepted(
    history: History, turns: Sequence[Row], messages: dict[str, Rows], events: dict[str, Rows]
) -> Iterator[Violation]:
    where = history.conversation_id
    if history.heard and not turns:
        yield _i1("lost", where, "an acknowledged message has no turn")
    if len(turns) > 1:
        yield _i1("doubled", where, f"one message has {len(turns)} turns")
    for turn in turns:
        kept = messages.get(turn["message_id"], ())
        if len(kept) != 1:
            yield _i1("doubled" if kept else "lost", turn["turn_id"], f"its message is kept {len(kept)} times")
        elif kept[0]["data"].get("text") != history.text:
            yield _i1("wrong", turn["turn_id"], "its message is not the one that was sent")
        told = sum(event["kind"] == TurnAccepted.kind for event in events.get(turn["turn_id"], ()))
        if told != 1:
            yield _i1("doubled" if told else "lost", turn["turn_id"], f"its acceptance is in the log {told} times")


def _check_told_the_end(history: History) -> Iterator[Violation]:
    if not any(event.kind in FINAL_KINDS for event in history.heard):
        yield Violation(
            invariant="I2", harm="lost", where=history.conversation_id, what="the customer never heard an end"
        )


def _check_ended(turn: Row, events: Rows) -> Iterator[Violation]:
    where = turn["turn_id"]
    if turn["state"] != "ended" or turn["outcome"] not in OUTCOMES or turn["ended_at"] is None:
        yield Violation(
            invariant="I2", harm="lost", where=where, what=f"it is {turn['state']} with outcome {turn['outcome']}"
        )
        return
    if not any(event["kind"] in FINAL_KINDS for event in events):
        yield Violation(invariant="I2", harm="lost", where=where, what="no event ends it")
    late_ms = turn["ended_at"] - turn["deadline_at"]
    if late_ms > LATE_BY_MS:
        yield Violation(invariant="I2", harm="late", where=where, what=f"it ended {late_ms} ms after its deadline")


def _i1(harm: Harm, where: str, what: str) -> Violation:
    return Violation(invariant="I1", harm=harm, where=where, what=what)
