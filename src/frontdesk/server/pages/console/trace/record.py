"""A turn's record as the trace reads it. Records of older versions hold less: what is missing is empty, never an error."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Fields = Mapping[str, Any]


class Record:
    """Looks into the JSON of `TurnStore.record`."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def text(self, name: str) -> str:
        return str(self.fields.get(name) or "")

    def part(self, name: str) -> Fields:
        found = self.fields.get(name)
        return found if isinstance(found, Mapping) else {}

    def rows(self, name: str) -> Sequence[Fields]:
        found = self.fields.get(name)
        return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list | tuple) else []

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(str(word) for word in self.fields.get(name) or ())

    def moment(self, name: str) -> datetime | None:
        found = self.text(name)
        return datetime.fromisoformat(found) if found else None

    @property
    def has_ended(self) -> bool:
        return self.text("state") == "ended"

    @property
    def is_erased(self) -> bool:
        """It has ended, and its document is gone."""
        return self.has_ended and self.fields.get("answer") is None

    @property
    def is_from_memory(self) -> bool:
        """The answer of an earlier turn was given again."""
        return bool(self.text("cached_from"))

    @property
    def question(self) -> str | None:
        """None where it was erased."""
        found = self.fields.get("question")
        return None if found is None else str(found)

    @property
    def answer_text(self) -> str:
        return str(self.part("answer").get("text") or "")

    @property
    def routes(self) -> Sequence[Fields]:
        """Every decision in order; of older records only the last."""
        return self.rows("routes") or ([self.part("route")] if self.part("route") else [])

    @property
    def retrieval(self) -> Fields:
        return self.part("retrieval")

    @property
    def passages(self) -> Sequence[Fields]:
        return self.retrieval.get("passages") or []

    @property
    def withhold_above(self) -> float | None:
        return number(self.part("limits").get("withhold_above"))

    @property
    def total_ms(self) -> float | None:
        return number(self.part("timings_ms").get("total"))

    def timings(self, stage: str) -> Sequence[Fields]:
        return [row for row in self.rows("timings") if row.get("stage") == stage]

    def spent_ms(self, stage: str) -> float | None:
        """In the stage as a whole; None where it did not run."""
        found = [float(row["ms"]) for row in self.timings(stage) if not row.get("step")]
        return sum(found) if found else None

    def verdict(self, direction: str) -> Fields:
        """As it was decided; of an erased turn the row that stays."""
        kept = self.part("verdict_in") if direction == "in" else (self.rows("verdicts_out") or [{}])[-1]
        return kept or next((row for row in self.rows("verdicts") if row.get("direction") == direction), {})


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
