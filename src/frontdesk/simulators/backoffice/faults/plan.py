"""Which fault is in force for a request: what was ordered for a while, for some requests, or by a schedule."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from frontdesk.simulators.backoffice.behaviour import SYSTEMS
from frontdesk.simulators.backoffice.faults.kinds import FAULTS, HEALTHY, Fault
from frontdesk.simulators.vendor.schedule import Schedule, read_schedule

ANY = "*"
MAX_SECONDS = 120.0
"""Nobody waits longer for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A fault with what it was told."""

    fault: Fault
    seconds: float = 5.0
    """How slow, how long to stay away, or how old an answer is."""
    field: str = ""
    """The field that a damaged answer lacks or changes; the most telling one where it is empty."""


@dataclass(slots=True, kw_only=True)
class Rule:
    """A fault for the requests that fit."""

    fault_id: int
    chosen: Chosen
    system: str = ANY
    operation: str = ""
    """The beginning of method and path, as in `POST /payments/refunds`."""
    about: str = ""
    """A text that path, query or body's head must hold, such as a customer's id."""
    share: float = 1.0
    left: int | None = None
    """Requests that it still fails; None sets no bound."""
    begins_s: float = 0.0
    ends_s: float | None = None
    failed: int = 0
    random: Random = field(default_factory=lambda: Random(0))

    def takes(self, system: str, operation: str, target: str, now_s: float) -> bool:
        """Whether this request fails by it; counts it."""
        if self.left == 0 or now_s < self.begins_s or (self.ends_s is not None and now_s >= self.ends_s):
            return False
        if self.system not in (ANY, system) or not operation.startswith(self.operation) or self.about not in target:
            return False
        if self.random.random() >= self.share:
            return False
        self.left = None if self.left is None else self.left - 1
        self.failed += 1
        return True

    def to_json(self) -> dict[str, Any]:
        return {
            "fault_id": self.fault_id,
            "fault": self.chosen.fault.name,
            "system": self.system,
            "operation": self.operation,
            "about": self.about,
            "share": self.share,
            "left": self.left,
            "failed": self.failed,
        }


@dataclass(slots=True)
class FaultPlan:
    """Rules, the newest first, and schedules by system."""

    rules: list[Rule] = field(default_factory=list)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    _count: int = 0

    def next(self, system: str, operation: str, target: str, header: str = "") -> Chosen | None:
        """The fault for the request that comes now; None where it goes well."""
        if header:
            return read_header(header)
        now_s = time.monotonic()
        for rule in reversed(self.rules):
            if rule.takes(system, operation, target, now_s):
                return rule.chosen
        schedule = self.schedules.get(system) or self.schedules.get(ANY)
        name = schedule.next(now_s) if schedule else None
        return Chosen(fault=FAULTS[name]) if name and name != HEALTHY else None

    def order(self, body: Any) -> dict[str, Any]:
        """Set a rule or a schedule.

        Raises:
            ValueError: what is wrong, with the name of the field.
        """
        if isinstance(body, Mapping) and "steps" in body:
            _check_system(system := str(body.get("system", ANY)))
            _, self.schedules[system] = read_schedule(body, {*FAULTS, HEALTHY}, now_s=time.monotonic())
            return {"system": system, "steps": len(body["steps"])}
        self._count += 1
        rule = _rule(body, self._count, time.monotonic())
        self.rules.append(rule)
        return rule.to_json()

    def clear(self, fault_id: int | None = None) -> None:
        """Take one rule back, or everything."""
        self.rules = [rule for rule in self.rules if fault_id is not None and rule.fault_id != fault_id]
        if fault_id is None:
            self.schedules.clear()


def read_header(text: str) -> Chosen:
    """A fault as a header names it: `slow; seconds=2`.

    Raises:
        ValueError: what is wrong.
    """
    name, *parts = [part.strip() for part in text.split(";")]
    values = dict(part.split("=", 1) for part in parts if "=" in part)
    return _chosen({"fault": name, **values})


def _rule(body: Any, fault_id: int, now_s: float) -> Rule:
    if not isinstance(body, Mapping):
        raise ValueError("A fault is an object with `fault`.")  # noqa: TRY004  (what came is wrong, not the caller)
    known = {"fault", "system", "operation", "about", "share", "count", "after_s", "for_s", "seconds", "field"}
    if unknown := set(body) - known:
        raise ValueError(f"There is no `{min(unknown)}`; there are {', '.join(sorted(known))}.")
    _check_system(system := str(body.get("system", ANY)))
    begins_s = now_s + _number(body, "after_s", 0.0)
    count = body.get("count")
    if count is not None and (not isinstance(count, int) or count < 1):
        raise ValueError("`count` must be a whole number above 0.")
    return Rule(
        fault_id=fault_id,
        chosen=_chosen(body),
        system=system,
        operation=str(body.get("operation", "")),
        about=str(body.get("about", "")),
        share=min(1.0, _number(body, "share", 1.0)),
        left=count,
        begins_s=begins_s,
        ends_s=begins_s + _number(body, "for_s", 0.0) if "for_s" in body else None,
        random=Random(fault_id),
    )


def _chosen(body: Mapping[str, Any]) -> Chosen:
    fault = FAULTS.get(str(body.get("fault")))
    if fault is None:
        raise ValueError(f"`fault` must be one of {', '.join(FAULTS)}.")
    seconds = _number(body, "seconds", fault.seconds)
    if fault.waits and seconds > MAX_SECONDS:
        raise ValueError(f"`seconds` must not be above {MAX_SECONDS:.0f}.")
    return Chosen(fault=fault, seconds=seconds, field=str(body.get("field", "")))


def _number(body: Mapping[str, Any], name: str, default: float) -> float:
    try:
        value = float(body.get(name, default))
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"`{name}` must be a number from 0 on.")
    return value


def _check_system(system: str) -> None:
    if system not in (ANY, *SYSTEMS):
        raise ValueError(f"`system` must be one of {', '.join(SYSTEMS)}, or * for all.")
