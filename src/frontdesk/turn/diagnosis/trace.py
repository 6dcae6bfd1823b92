"""A turn's record as diagnosis reads it: whatever is not there is empty."""

from collections.abc import Mapping, Sequence
from typing import Any

from frontdesk.domain.turn import Stage

Fields = Mapping[str, Any]


class Trace:
    """Typed looks into the JSON of a record."""

    def __init__(self, record: Fields) -> None:
        self._record = record

    def text(self, name: str) -> str:
        return str(self._record.get(name) or "")

    def rows(self, name: str) -> Sequence[Fields]:
        return self._record.get(name) or ()

    def part(self, name: str) -> Fields:
        return self._record.get(name) or {}

    @property
    def outcome(self) -> str:
        return self.text("outcome")

    def words(self, name: str) -> Sequence[str]:
        return self._record.get(name) or ()

    @property
    def degraded(self) -> Sequence[str]:
        return self.words("degraded")

    @property
    def routes(self) -> Sequence[Fields]:
        """Every decision in order; of older records only the last one."""
        return self.rows("routes") or ([self.part("route")] if self.part("route") else [])

    @property
    def was_searched(self) -> bool:
        return bool(self.part("retrieval")) or any(row["stage"] == Stage.RETRIEVE for row in self.rows("timings"))

    @property
    def passages(self) -> Sequence[Fields]:
        return self.part("retrieval").get("passages") or ()

    @property
    def limits(self) -> Fields:
        """Of the search."""
        return self.part("retrieval").get("limits") or {}

    @property
    def withhold_above(self) -> float | None:
        found = self.part("limits").get("withhold_above")
        return None if found is None else float(found)

    @property
    def verdict_out(self) -> Fields:
        """As it was decided; of an erased turn the row that stays."""
        kept = self.rows("verdicts_out")
        return kept[-1] if kept else self._verdict_row("out")

    @property
    def verdict_in(self) -> Fields:
        return self.part("verdict_in") or self._verdict_row("in")

    @property
    def answers(self) -> Sequence[Fields]:
        """Attempts at an answer."""
        return [attempt for attempt in self.rows("attempts") if attempt.get("purpose") == "answer"]

    @property
    def withheld(self) -> Sequence[Fields]:
        """Pieces that failed the check against the passages."""
        return [piece for piece in self.rows("withheld") if piece["stage"] == Stage.GROUND]

    @property
    def risks(self) -> Sequence[float]:
        """Of the claims that were let through."""
        return [float(claim["risk"]) for claim in self.rows("claims")]

    @property
    def rating(self) -> str:
        return str(self.part("feedback").get("rating") or "")

    def seconds(self, stage: Stage) -> float:
        return sum(float(row["ms"]) for row in self.rows("timings") if row["stage"] == stage and not row["step"]) / 1000

    def waited_s(self) -> float:
        """From acceptance to the start of the attempt."""
        return sum(float(row["ms"]) for row in self.rows("timings") if row["step"] == "wait") / 1000

    def _verdict_row(self, direction: str) -> Fields:
        return next((row for row in self.rows("verdicts") if row["direction"] == direction), {})


def quoted(text: str, *, most: int = 160) -> str:
    """Words of somebody else, cut where they go on."""
    plain = " ".join(text.split())
    return f"“{plain}”" if len(plain) <= most else f"“{plain[:most].rstrip()}…”"


def percent(share: float) -> str:
    return f"{share:.0%}"


def listed(items: Sequence[str]) -> str:
    """one, two and three"""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
