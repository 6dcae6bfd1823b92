"""I4: events are numbered without gaps, and every reader gets the same bytes, whichever server and however often."""

import json
from collections.abc import Iterator, Sequence

from frontdesk.drills.invariants.histories import History
from frontdesk.drills.invariants.kept import Kept, Rows, grouped
from frontdesk.drills.invariants.violations import Harm, Violation
from frontdesk.drills.visitor import Heard


def check(kept: Kept, histories: Sequence[History]) -> Iterator[Violation]:
    logs = grouped(kept.events, "conversation_id")
    for conversation in kept.conversations:
        yield from _check_numbers(conversation["conversation_id"], conversation["last_seq"], logs)
    for history in histories:
        log = logs.get(history.conversation_id, ())
        for replay in history.replays:
            yield from _check_replay(history, replay, log)
        yield from _check_heard(history)


def _check_numbers(conversation_id: str, last_seq: int, logs: dict[str, Rows]) -> Iterator[Violation]:
    numbers = [event["seq"] for event in logs.get(conversation_id, ())]
    if numbers != list(range(1, len(numbers) + 1)):
        yield _i4("lost", conversation_id, f"its events are numbered {_short(numbers)}")
    if last_seq != len(numbers):
        yield _i4("lost", conversation_id, f"it counts {last_seq} events and has {len(numbers)}")


def _check_replay(history: History, replay: Sequence[Heard], log: Rows) -> Iterator[Violation]:
    where, place = history.conversation_id, replay[0].place if replay else "a server"
    if [event.seq for event in replay] != [event["seq"] for event in log]:
        yield _i4("lost", where, f"{place} does not tell every event once")
    elif [(event.kind, json.loads(event.data)) for event in replay] != [(row["kind"], row["data"]) for row in log]:
        yield _i4("mixed", where, f"{place} tells other events than are kept")
    if [event.frame for event in replay] != [event.frame for event in history.replays[0]]:
        yield _i4("mixed", where, f"{place} tells it in other bytes than {history.replays[0][0].place}")


def _check_heard(history: History) -> Iterator[Violation]:
    """What the customer heard, over however many breaks, is the log without a gap and without a repetition."""
    if not history.heard or not history.replays:
        return
    where, log = history.conversation_id, {event.seq: event for event in history.replays[0]}
    numbers = [event.seq for event in history.heard]
    if len(set(numbers)) < len(numbers):
        yield _i4("doubled", where, f"the customer heard {_short(numbers)}")
    elif numbers != sorted(numbers):
        yield _i4("mixed", where, f"the customer heard {_short(numbers)}")
    if any(event.seq not in log or event.frame != log[event.seq].frame for event in history.heard):
        yield _i4("mixed", where, "the customer heard other bytes than are told now")
    turn_id = json.loads(history.heard[0].data).get("turn_id")
    mine = [seq for seq, event in log.items() if _turn_of(event) == turn_id and seq <= numbers[-1]]
    if not set(mine) <= set(numbers):
        yield _i4("lost", where, f"the customer missed {_short(sorted(set(mine) - set(numbers)))}")


def _turn_of(event: Heard) -> str | None:
    turn_id: str | None = json.loads(event.data).get("turn_id")
    return turn_id


def _short(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:12]))
    return f"{shown}…" if len(numbers) > 12 else shown


def _i4(harm: Harm, where: str, what: str) -> Violation:
    return Violation(invariant="I4", harm=harm, where=where, what=what)
