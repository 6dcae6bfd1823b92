"""I7: the ledger holds every attempt at its price, and nothing stays set aside for a turn that has ended."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from frontdesk.drills.invariants.histories import History
from frontdesk.drills.invariants.kept import Kept, Row, grouped
from frontdesk.drills.invariants.violations import Violation

_NANO = 10**9
_EXPIRED_FOR_MS = 60_000
"""Then somebody should have booked it; a guess."""
_Paid = tuple[str, int | None, tuple[int, ...]]
"""Model, price in billionths of a dollar, and tokens."""
_MEASURES = ("input_tokens", "output_tokens", "cached_tokens")


def check(kept: Kept, _histories: Sequence[History]) -> Iterator[Violation]:
    attempts = grouped(kept.attempts, "turn_id")
    booked = grouped((row for row in kept.ledger if row["kind"] == "usage"), "turn_id")
    for turn in kept.turns:
        turn_id = turn["turn_id"]
        yield from _check_booked(turn, attempts.get(turn_id, ()), booked.get(turn_id, ()))
    newest = max((row["at"] for row in kept.events), default=0)
    for row in kept.reservations:
        if row["expires_at"] + _EXPIRED_FOR_MS < newest:
            yield _i7(row["reservation_id"], "it is still set aside though it has expired")


def check_asked(kept: Kept, asked: int) -> Iterator[Violation]:
    """Compare with the vendor's own log. What is guessed for dead workers may be more than was asked, never less.

    Args:
        asked: requests that the vendor had for these conversations.
    """
    usage = [row for row in kept.ledger if row["kind"] == "usage"]
    measured = sum(not row["note"] for row in usage)
    if len(usage) < asked:
        yield _i7("the vendor", f"it was asked {asked} times, and {len(usage)} requests are in the ledger")
    if measured > asked:
        yield _i7("the vendor", f"it was asked {asked} times, and {measured} requests are booked as measured")


def _check_booked(turn: Row, attempts: Sequence[Row], booked: Sequence[Row]) -> Iterator[Violation]:
    """Entries with a note are estimates: of an attempt whose price is not known, or for a worker that died.

    A worker that had to leave its turn to the next has booked what it asked; the record is of the last one's attempts.
    """
    turn_id = turn["turn_id"]
    measured = Counter(_of_entry(row) for row in booked if not row["note"])
    missing = Counter(map(_of_attempt, attempts)) - measured
    invented = measured - Counter(map(_of_attempt, attempts))
    estimated = Counter(_asked(_of_entry(row)) for row in booked if row["note"])
    unbooked = Counter(_asked(one) for one in missing.elements()) - estimated
    if unbooked:
        yield _i7(turn_id, f"{unbooked.total()} of {len(attempts)} attempts are not in the ledger")
    if invented and turn["fence"] == 1:
        yield _i7(turn_id, f"{invented.total()} entries of the ledger belong to no attempt")


def _asked(one: _Paid) -> _Paid:
    """Without its price."""
    return one[0], None, one[2]


def _of_attempt(row: Row) -> _Paid:
    cost = None if row["cost_usd"] is None else int((Decimal(row["cost_usd"]) * _NANO).to_integral_value())
    return row["reported_model"] or row["model"], cost, tuple(row[name] for name in _MEASURES)


def _of_entry(row: Row) -> _Paid:
    return row["model"], row["cost_nanousd"], tuple(row[name] for name in _MEASURES)


def _i7(where: str, what: str) -> Violation:
    return Violation(invariant="I7", harm="wrong", where=where, what=what)
