"""What the rounds of a crash drill found, added up."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.drills.invariants import INVARIANTS, NOT_YET, Harm, Violation

CONFIDENCE = 0.95
TAKE_OVER_S = 5.0
"""Within which another server has a dead one's turns."""
WORD_S = 5.0
"""Within which a message is accepted or refused while the database restarts."""
_HARMS: tuple[Harm, ...] = ("lost", "doubled", "mixed", "late", "wrong")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Of one round, or of several together."""

    rounds: int = 0
    turns: int = 0
    in_flight: int = 0
    """Turns that had not ended when a server was killed."""
    taken_over_s: tuple[float, ...] = ()
    """Seconds from a kill until another process had each turn of the dead one."""
    silences_s: tuple[float, ...] = ()
    """Seconds from a kill until each customer whose turn was taken over heard of it again."""
    words_s: tuple[float, ...] = ()
    """Seconds until customers knew whether their message was kept: until each refusal, or else the acceptance."""
    cuts: int = 0
    """Streams that a customer cut."""
    continued_elsewhere: int = 0
    """Of those, how many went on at another server."""
    asked_for_person: int = 0
    failed: int = 0
    """Turns that ended with an apology and a case: allowed, and not needed here."""
    violations: tuple[Violation, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})

    @property
    def harms(self) -> Mapping[Harm, int]:
        """How many turns and conversations suffered each."""
        found = Counter(harm for harm, _ in {(one.harm, one.where) for one in self.violations})
        return {harm: found[harm] for harm in _HARMS}


def bound(turns: int, *, confidence: float = CONFIDENCE) -> float:
    """The highest share of bad turns that none among so many still allows: 1 - (1 - confidence)^(1/n)."""
    return 1.0 if turns == 0 else 1 - (1 - confidence) ** (1 / turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole campaign."""

    database: str
    """`SQLite` or `PostgreSQL`."""
    servers: int
    signal: str
    seed: int
    seconds: float
    kills: Findings
    cuts: Findings

    @property
    def is_clean(self) -> bool:
        return not (self.kills.violations or self.cuts.violations or self.late_take_overs or self.late_words)

    @property
    def late_take_overs(self) -> int:
        """Only where a server dies that is not alone; a database that is away delays everybody."""
        counts = self.servers > 1 and self.signal != "database"
        return sum(seconds > TAKE_OVER_S for seconds in self.kills.taken_over_s) if counts else 0

    @property
    def late_words(self) -> int:
        """Only where the servers stay."""
        return sum(seconds > WORD_S for seconds in self.kills.words_s) if self.signal == "database" else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "is_clean": self.is_clean,
            "database": self.database,
            "servers": self.servers,
            "signal": self.signal,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "kills": _as_json(self.kills),
            "cuts": _as_json(self.cuts),
            "invariants": invariants_of((*self.kills.violations, *self.cuts.violations)),
        }


def invariants_of(violations: Sequence[Violation]) -> list[dict[str, Any]]:
    """Each invariant with its sentence and how often it was broken; and what is not checked, with the reason."""
    broken = Counter(one.invariant for one in violations)
    checked = [
        {"id": name, "means": means, "violations": broken[name], "note": NOT_YET.get(name, "")}
        for name, means in INVARIANTS.items()
    ]
    unchecked = [
        {"id": name, "means": "", "violations": None, "note": note}
        for name, note in NOT_YET.items()
        if name not in INVARIANTS
    ]
    return sorted(checked + unchecked, key=lambda one: int(one["id"][1:]))


def _as_json(found: Findings) -> dict[str, Any]:
    return {
        "rounds": found.rounds,
        "turns": found.turns,
        "in_flight": found.in_flight,
        "harms": dict(found.harms),
        "at_most": bound(found.turns) if not found.violations else None,
        "failed": found.failed,
        "asked_for_person": found.asked_for_person,
        "cuts": found.cuts,
        "continued_elsewhere": found.continued_elsewhere,
        "taken_over": len(found.taken_over_s),
        "taken_over_s": spread(found.taken_over_s),
        "silence_s": spread(found.silences_s),
        "word_s": spread(found.words_s),
        "violations": [
            {"invariant": one.invariant, "harm": one.harm, "where": one.where, "what": one.what}
            for one in found.violations
        ],
    }


def spread(seconds: Iterable[float]) -> dict[str, float] | None:
    """Median and longest; None of nothing."""
    ordered = sorted(seconds)
    if not ordered:
        return None
    return {"median": round(ordered[len(ordered) // 2], 2), "longest": round(ordered[-1], 2)}
