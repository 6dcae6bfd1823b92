"""I5: once a person was asked for, the assistant is silent.   I10: every case has exactly one notice to the outside."""

from collections.abc import Iterator, Sequence

from frontdesk.domain.events import FINAL_KINDS, AnswerSentence, EscalationOpened
from frontdesk.drills.invariants.histories import History
from frontdesk.drills.invariants.kept import Kept, Rows, grouped
from frontdesk.drills.invariants.violations import Harm, Violation

_TAKES = frozenset({EscalationOpened.kind, "operator.joined"})
_GIVES_BACK = "conversation.returned"


def check(kept: Kept, _histories: Sequence[History]) -> Iterator[Violation]:
    for log in grouped(kept.events, "conversation_id").values():
        yield from _check_silence(log)
    yield from _check_notices(kept)


def _check_silence(log: Rows) -> Iterator[Violation]:
    """The turn that hands over itself may say so in its last event; nothing else of the assistant comes after."""
    taken_by: str | None = None
    is_taken = False
    for event in log:
        if event["kind"] in _TAKES:
            is_taken, taken_by = True, event["turn_id"]
        elif event["kind"] == _GIVES_BACK:
            is_taken, taken_by = False, None
        elif is_taken and event["kind"] == AnswerSentence.kind:
            yield _i5(event["turn_id"], f"event {event['seq']} tells a sentence after a person had the conversation")
        elif is_taken and event["kind"] in FINAL_KINDS and event["turn_id"] != taken_by and event["data"]["text"]:
            yield _i5(event["turn_id"], f"event {event['seq']} answers after a person had the conversation")


def _check_notices(kept: Kept) -> Iterator[Violation]:
    notices = grouped((row for row in kept.outbox if row["topic"] == EscalationOpened.kind), "key")
    told = grouped((row for row in kept.events if row["kind"] == EscalationOpened.kind), "conversation_id")
    for case in kept.escalations:
        case_id = case["escalation_id"]
        yield from _once(case_id, len(notices.get(case_id, ())), "notices to the outside")
        events = [row for row in told.get(case["conversation_id"], ()) if row["data"]["escalation_id"] == case_id]
        yield from _once(case_id, len(events), "events in its log")


def _once(case_id: str, count: int, what: str) -> Iterator[Violation]:
    if count != 1:
        harm: Harm = "doubled" if count else "lost"
        yield Violation(invariant="I10", harm=harm, where=case_id, what=f"it has {count} {what}")


def _i5(where: str, what: str) -> Violation:
    return Violation(invariant="I5", harm="wrong", where=where, what=what)
