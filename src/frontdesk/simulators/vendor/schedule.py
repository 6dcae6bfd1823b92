"""Which fault is in force when: a list of steps, each for so many requests or for so long."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_STEPS = 1000
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One fault, or a plain model's behaviour, for a while."""

    does: str
    requests: int = 0
    """How many; 0 where the step lasts `for_s`."""
    for_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Schedule:
    """Steps one after the other, from the moment they were set; afterwards the model is itself again, or they repeat."""

    steps: Sequence[Step]
    repeats: bool
    started_s: float
    """On the monotonic clock."""
    asked: int = field(default=0)
    """Requests so far."""

    def next(self, now_s: float) -> str | None:
        """What is in force for the request that comes now; None where the model is itself."""
        if self.steps[0].requests:
            place = float(self.asked)
            self.asked += 1
            sizes = [float(step.requests) for step in self.steps]
        else:
            place = now_s - self.started_s
            sizes = [step.for_s for step in self.steps]
        if self.repeats:
            place %= sum(sizes)
        for step, size in zip(self.steps, sizes, strict=True):
            if place < size:
                return step.does
            place -= size
        return None


def read_schedule(body: Any, names: Collection[str], *, now_s: float) -> tuple[str, Schedule]:
    """The model it is for, `*` for all, and the schedule.

    Raises:
        ValueError: what is wrong, with the name of the field.
    """
    steps = body.get("steps") if isinstance(body, Mapping) else None
    if not isinstance(steps, list) or not 0 < len(steps) <= MAX_STEPS:
        raise ValueError(f"`steps` must be a list of 1 to {MAX_STEPS}.")
    read = [_step(step, place, names) for place, step in enumerate(steps)]
    if len({bool(step.requests) for step in read}) > 1:
        raise ValueError("`steps` must all have `requests`, or all have `for_s`.")
    repeats = bool(body.get("repeat", False))
    return str(body.get("model", ANY)), Schedule(steps=read, repeats=repeats, started_s=now_s)


def _step(step: Any, place: int, names: Collection[str]) -> Step:
    where = f"`steps[{place}]`"
    if not isinstance(step, Mapping) or step.get("does") not in names:
        raise ValueError(f"{where} needs `does`, one of the names that /v1/models lists.")
    requests, for_s = step.get("requests", 0), step.get("for_s", 0)
    if not isinstance(requests, int) or not isinstance(for_s, int | float) or requests < 0 or for_s < 0:
        raise ValueError(f"{where}: `requests` must be a whole number and `for_s` seconds.")
    if bool(requests) == bool(for_s):
        raise ValueError(f"{where} needs either `requests` or `for_s`, above 0.")
    return Step(does=str(step["does"]), requests=requests, for_s=float(for_s))
