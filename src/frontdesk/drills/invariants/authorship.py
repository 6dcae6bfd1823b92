"""I3: at most one final answer a message, made by one worker and never glued of two."""

from collections.abc import Iterable, Iterator, Sequence

from frontdesk.domain.events import FINAL_KINDS, AnswerSentence, TurnReset
from frontdesk.drills.invariants.histories import History
from frontdesk.drills.invariants.kept import Kept, Row, Rows, grouped
from frontdesk.drills.invariants.violations import Harm, Violation

_AFTER_THE_END = frozenset({"feedback.given"})


def check(kept: Kept, _histories: Sequence[History]) -> Iterator[Violation]:
    events = grouped(kept.events, "turn_id")
    words = grouped((row for row in kept.messages if row["role"] == "assistant"), "turn_id")
    for turn in kept.turns:
        turn_id = turn["turn_id"]
        yield from _check_turn(turn, events.get(turn_id, ()), words.get(turn_id, ()))


def _check_turn(turn: Row, events: Rows, words: Rows) -> Iterator[Violation]:
    where = turn["turn_id"]
    ends = [place for place, event in enumerate(events) if event["kind"] in FINAL_KINDS]
    if len(ends) > 1:
        yield _i3("doubled", where, f"{len(ends)} events end it")
    if len(words) > 1:
        yield _i3("doubled", where, f"{len(words)} answers to it are kept")
    if not ends:
        return  # I2 says so
    final = events[ends[0]]["data"]
    if any(event["kind"] not in _AFTER_THE_END for event in events[ends[0] + 1 :]):
        yield _i3("doubled", where, "something was told after its end")
    told = told_by(events[: ends[0]])
    if told not in ("", final["text"]):
        yield _i3("mixed", where, "the sentences that were told are not the answer that ended it")
    kept_text = words[0]["data"].get("text") if words else ""
    if kept_text != final["text"]:
        yield _i3("mixed", where, "the answer in the history is not the one that ended it")
    if turn["outcome"] is not None and turn["outcome"] != final["outcome"]:
        yield _i3("mixed", where, "its row and its last event have different outcomes")
    yield from _check_order(where, events)


def told_by(events: Iterable[Row]) -> str:
    """The sentences since the last reset, as a reader joins them."""
    text = ""
    for event in events:
        if event["kind"] == TurnReset.kind:
            text = ""
        elif event["kind"] == AnswerSentence.kind:
            text += event["data"]["separator"] + event["data"]["text"]
    return text


def _check_order(where: str, events: Rows) -> Iterator[Violation]:
    """Two workers that write at once number their sentences each from 0."""
    expected = 0
    for event in events:
        if event["kind"] == TurnReset.kind:
            expected = 0
        elif event["kind"] == AnswerSentence.kind:
            if event["data"]["index"] != expected:
                yield _i3("mixed", where, f"sentence {event['data']['index']} follows where {expected} was due")
                return
            expected += 1


def _i3(harm: Harm, where: str, what: str) -> Violation:
    return Violation(invariant="I3", harm=harm, where=where, what=what)
