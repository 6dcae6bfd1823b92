"""What a drill of faults found, as a table for people and as JSON."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.domain.events import TurnReset
from frontdesk.drills.faults.scene import Findings, Scene, Usual
from frontdesk.drills.visitor import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneReport:
    """One fault, and what became of it."""

    key: str
    fault: str
    title: str
    turns: int
    saw: str
    """What customers saw, in a few words."""
    asked_first: int
    """Requests that reached the vendor with the fault."""
    asked_second: int
    added_first_text_s: float | None
    """Beyond the usual until the first confirmed text, the middle of all turns; None where none came."""
    added_most_s: float | None
    added_passed_over_s: float | None
    """The most of those turns for which the faulty vendor was left alone; None where there was none."""
    is_alive: bool
    occurrences: Sequence[str]
    complaints: Sequence[str]
    seconds: float

    @property
    def is_passed(self) -> bool:
        return not self.complaints

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "fault": self.fault or None,
            "title": self.title,
            "verdict": "passed" if self.is_passed else "failed",
            "complaints": list(self.complaints),
            "turns": self.turns,
            "customers_saw": self.saw,
            "attempts": {"first_vendor": self.asked_first, "second_vendor": self.asked_second},
            "attempts_per_turn": round((self.asked_first + self.asked_second) / max(1, self.turns), 2),
            "added_first_text_ms": _ms(self.added_first_text_s),
            "added_first_text_most_ms": _ms(self.added_most_s),
            "added_passed_over_most_ms": _ms(self.added_passed_over_s),
            "is_alive_afterwards": self.is_alive,
            "occurrences": list(self.occurrences),
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultReport:
    """All of them."""

    database: str
    usual: Mapping[str, Usual]
    """Per question, with healthy vendors."""
    scenes: Sequence[SceneReport]
    seconds: float

    @property
    def failed(self) -> int:
        return sum(not scene.is_passed for scene in self.scenes)

    @property
    def is_passed(self) -> bool:
        return not self.failed

    def as_json(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "passed": len(self.scenes) - self.failed,
            "failed": self.failed,
            "usual": [
                {"question": question, "first_text_ms": _ms(usual.first_text_s), "total_ms": _ms(usual.total_s)}
                for question, usual in self.usual.items()
            ],
            "faults": [scene.as_json() for scene in self.scenes],
            "seconds": round(self.seconds, 1),
        }


def not_played(scene: Scene, why: str, *, seconds: float) -> SceneReport:
    """The verdict on a scene that did not come to its end; of what a process has said, its last line."""
    words = why.strip().splitlines() or [""]
    why = words[0] if len(words) == 1 else f"{words[0][:80].rstrip(':')}: {words[-1]}"
    return SceneReport(
        key=scene.key,
        fault=scene.fault,
        title=scene.title,
        turns=0,
        saw="",
        asked_first=0,
        asked_second=0,
        added_first_text_s=None,
        added_most_s=None,
        added_passed_over_s=None,
        is_alive=False,
        occurrences=(),
        complaints=(f"it could not be played: {why.rstrip('.')}",),
        seconds=seconds,
    )


def report_of(scene: Scene, found: Findings, *, seconds: float) -> SceneReport:
    """The verdict: every rule of the scene, and that the server is alive."""
    complaints = [complaint for rule in scene.rules if (complaint := rule(found))]
    if not found.is_alive:
        complaints.append("no healthy answer came afterwards")
    added = [found.added_s(visit) for visit in found.done if visit.question in found.usual]
    spared = [found.added_s(visit) for visit in found.passed_over() if visit.question in found.usual]
    return SceneReport(
        key=scene.key,
        fault=scene.fault,
        title=scene.title,
        turns=len(found.visits),
        saw=_saw(found.visits),
        asked_first=len(found.primary),
        asked_second=len(found.fallback),
        added_first_text_s=statistics.median(added) if added else None,
        added_most_s=max(added, default=None),
        added_passed_over_s=max(spared, default=None),
        is_alive=found.is_alive,
        occurrences=tuple(dict.fromkeys(found.occurrences)),
        complaints=tuple(complaints),
        seconds=seconds,
    )


def _saw(visits: Sequence[Visitor]) -> str:
    """Outcomes, and what was visible beside them."""
    ends = Counter(str(visit.final["outcome"]) if visit.is_done else "nothing" for visit in visits)
    parts = [f"{count} {outcome}" for outcome, count in sorted(ends.items())]
    anew = sum(any(event.kind == TurnReset.kind for event in visit.heard) for visit in visits)
    quoted = sum("extractive_fallback" in visit.final.get("degraded", ()) for visit in visits if visit.is_done)
    if anew:
        parts.append(f"{anew} begun anew")
    if quoted:
        parts.append(f"{quoted} in quotations")
    return ", ".join(parts)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
