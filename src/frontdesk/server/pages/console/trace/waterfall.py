"""Where a turn's time went: its stages and their steps on one axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from frontdesk.domain.turn import Stage
from frontdesk.server.pages.console import words
from frontdesk.server.pages.console.trace.record import Fields, Record, number

_STEPS: Mapping[str, str] = {
    "wait": "waiting to be worked on",
    "uncovered": "policy for what is not covered",
    "rewrite": "rewriting the question",
    "cache": "looking among kept answers",
    "embed": "embedding",
    "lexical": "words",
    "dense": "meaning",
    "fuse": "fusing",
    "prompt": "writing the prompt",
    "provisional": "provisional text",
    "doubts": "explaining doubts",
}
_ORDER = {stage.value: place for place, stage in enumerate(Stage)}
_AXIS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stage or a step of one, in milliseconds on the axis."""

    label: str
    anchor: str
    """The stage's section; empty for a step."""
    start: float
    length: float
    took: str
    error: str
    is_step: bool
    note: str
    """Such as that it ran in pieces; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    bars: Sequence[Bar]
    total: float
    """Length of the axis."""
    axis: Sequence[str]
    """What stands at its quarters."""
    first_confirmed: str
    """When the first confirmed text was there; empty where there was none."""
    has_offsets: bool
    """Whether it was recorded when each began; without it they stand one after the other."""


def draw(record: Record) -> Waterfall | None:
    """None where no times were recorded."""
    rows = _in_order(record.rows("timings"))
    if not rows:
        return None
    has_offsets = all(number(row.get("started_ms")) is not None for row in rows)
    placed = _offsets(rows) if has_offsets else _in_a_row(rows)
    begin = min(start for start, _ in placed)
    end = max(start + length for start, length in placed)
    total = max(end - begin, 0.001)
    confirmed = number(record.part("timings_ms").get("first_confirmed"))
    return Waterfall(
        bars=[_bar(row, start - begin, length) for row, (start, length) in zip(rows, placed, strict=True)],
        total=total,
        axis=[_tick(begin + share * total, total) for share in _AXIS],
        first_confirmed="" if confirmed is None else words.say_ms(confirmed),
        has_offsets=has_offsets,
    )


def _in_order(rows: Sequence[Fields]) -> Sequence[Fields]:
    """Stages by their first start, each followed by its steps."""
    firsts: dict[str, float] = {}
    for row in rows:
        stage = str(row["stage"])
        firsts[stage] = min(firsts.get(stage, inf), _start(row))
    return sorted(rows, key=lambda row: (firsts[str(row["stage"])], bool(row.get("step")), _start(row)))


def _start(row: Fields) -> float:
    started = number(row.get("started_ms"))
    return _ORDER.get(str(row["stage"]), len(_ORDER)) if started is None else started


def _tick(ms: float, total: float) -> str:
    """A place on the axis; without more figures than its length deserves."""
    shown = f"{abs(ms):.0f}" if total >= 20 else f"{abs(ms):.1f}" if total >= 2 else f"{abs(ms):.2f}"
    return f"{'−' if ms < 0 and shown.strip('0.') else ''}{shown} ms"


def _offsets(rows: Sequence[Fields]) -> list[tuple[float, float]]:
    return [(float(row["started_ms"]), _span(row)) for row in rows]


def _span(row: Fields) -> float:
    ended = number(row.get("ended_ms"))
    return max(0.0, float(row["ms"]) if ended is None else ended - float(row["started_ms"]))


def _in_a_row(rows: Sequence[Fields]) -> list[tuple[float, float]]:
    """Stages one after the other, their steps from where the stage begins."""
    placed: list[tuple[float, float]] = []
    at = step_at = stage_end = 0.0
    for row in rows:
        length = float(row["ms"])
        if row.get("step"):
            start, step_at = step_at, step_at + length
            stage_end = max(stage_end, step_at)
        else:
            start = at = max(stage_end, at)
            step_at, stage_end = start, start + length
        placed.append((start, length))
    return placed


def _bar(row: Fields, start: float, length: float) -> Bar:
    stage, step, ms = str(row["stage"]), str(row.get("step") or ""), float(row["ms"])
    is_piecewise = length > ms * 1.05 + 0.05
    return Bar(
        label=_label(stage, step),
        anchor="" if step else stage,
        start=start,
        length=length,
        took=words.say_ms(ms),
        error=words.say(str(row.get("error") or "")),
        is_step=bool(step),
        note=f"in pieces over {words.say_ms(length)}" if is_piecewise else "",
    )


def _label(stage: str, step: str) -> str:
    if not step:
        return words.STAGES.get(stage, stage)
    if step.startswith("attempt_"):
        return f"request {step.removeprefix('attempt_')} to a model"
    return _STEPS.get(step, words.say(step))
