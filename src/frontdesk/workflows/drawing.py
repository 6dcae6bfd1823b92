"""A workflow as a diagram: plain text for a terminal, and SVG for a page, without scripts or fonts of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from frontdesk.domain.localised import localised
from frontdesk.domain.workflow import Workflow
from frontdesk.workflows.described import Described, describe, road_in_words
from frontdesk.workflows.roads import Road

_BOX_WIDTH, _BOX_HEIGHT, _GAP = 400, 58, 30
_LINE_CHARS = 54
_LANE = 14
"""Between the lines of two roads that pass other steps."""
_LEFT = 12
_SIGNS: Mapping[str, str] = {
    "ask": "?",
    "call": "⇄",
    "decide": "◇",
    "confirm": "✓?",
    "say": "“",
    "hand over": "☎",
    "end": "■",
}


def draw_text(workflow: Workflow, language: str = "en") -> str:
    """The steps below each other, each with the roads that leave it."""
    steps = describe(workflow, language)
    width = max((len(step.step) for step in steps), default=0)
    lines = [f"{workflow.name} · version {workflow.version} · {workflow.owner}", _title(workflow, language), ""]
    for number, step in enumerate(steps):
        lines.append(f"{_SIGNS[step.kind]:>2} {step.step:{width}}  {step.kind}: {step.text}".rstrip())
        following = steps[number + 1].step if number + 1 < len(steps) else ""
        lines += [
            f"   {'':{width}}  └ {road_in_words(road)} → {road.to}" for road in step.roads if road.to != following
        ]
        lines += [
            f"   {'':{width}}  ↓ {road_in_words(road)}"
            for road in step.roads
            if road.to == following and road.why != "next"
        ]
    return "\n".join(lines)


def _title(workflow: Workflow, language: str) -> str:
    return localised(workflow.title, language, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lane:
    """A road that passes other steps, beside them."""

    road: Road
    start: int
    end: int
    """Numbers of its steps."""
    column: int


def draw_svg(workflow: Workflow, language: str = "en") -> str:
    """The diagram: steps from top to bottom, roads that jump beside them. Colours come from the page's style sheet,
    and from the attributes where there is none."""
    steps = describe(workflow, language)
    places = {step.step: number for number, step in enumerate(steps)}
    lanes = _lanes(steps, places)
    columns = max((lane.column for lane in lanes), default=-1) + 1
    label_width = 250
    width = _LEFT + _BOX_WIDTH + 24 + columns * _LANE + label_width
    height = len(steps) * (_BOX_HEIGHT + _GAP) - _GAP + 24
    parts = [
        (
            f'<svg class="workflow-drawing" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" aria-label={quoteattr(_title(workflow, language))} '
            'font-family="sans-serif" font-size="12" fill="none" stroke="currentColor">'
        ),
        f"<title>{escape(_title(workflow, language))}</title>",
        (
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>'
        ),
        *(_drawn_step(step, number) for number, step in enumerate(steps)),
        *(_drawn_next(number, step, places) for number, step in enumerate(steps)),
        *(_drawn_lane(lane, columns, taken) for lane, taken in _with_rows(lanes)),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _lanes(steps: Sequence[Described], places: Mapping[str, int]) -> list[_Lane]:
    """Roads that do not simply lead on, each in the first column that is free along its way."""
    jumps = [
        (road, number, places[road.to])
        for number, step in enumerate(steps)
        for road in step.roads
        if road.to in places and not _is_plain(road, number, places)
    ]
    taken: list[list[tuple[int, int]]] = []
    lanes = []
    for road, start, end in sorted(jumps, key=lambda jump: abs(jump[2] - jump[1])):
        low, high = min(start, end), max(start, end)
        column = next(
            (number for number, spans in enumerate(taken) if all(high < first or low > last for first, last in spans)),
            len(taken),
        )
        if column == len(taken):
            taken.append([])
        taken[column].append((low, high))
        lanes.append(_Lane(road=road, start=start, end=end, column=column))
    return lanes


def _is_plain(road: Road, number: int, places: Mapping[str, int]) -> bool:
    return places[road.to] == number + 1 and road.why in ("next", "otherwise")


def _top(number: int) -> int:
    return 12 + number * (_BOX_HEIGHT + _GAP)


def _drawn_step(step: Described, number: int) -> str:
    top = _top(number)
    lines = _wrapped(step.text)
    texts = "".join(
        f'<text x="{_LEFT + 12}" y="{top + 35 + row * 15}" fill="currentColor" stroke="none">{escape(line)}</text>'
        for row, line in enumerate(lines)
    )
    kind = step.kind.replace(" ", "-")
    radius = 26 if step.kind in ("end", "hand over") else 5
    dashes = ' stroke-dasharray="5 3"' if step.kind == "decide" else ""
    weight = 2.5 if step.kind == "confirm" else 1.2
    return (
        f'<g class="step {kind}"><title>{escape(step.step)}: {escape(step.text)}</title>'
        f'<rect x="{_LEFT}" y="{top}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="{radius}" stroke-width="{weight}"{dashes}/>'
        f'<text x="{_LEFT + 12}" y="{top + 18}" fill="currentColor" stroke="none" font-weight="bold">'
        f"{escape(step.kind)} · {escape(step.step)}</text>{texts}</g>"
    )


def _wrapped(text: str) -> list[str]:
    """Two lines at most."""
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > _LINE_CHARS and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: _LINE_CHARS - 2].rstrip()} …"]
    return [line if len(line) <= _LINE_CHARS + 2 else f"{line[:_LINE_CHARS]}…" for line in lines]


def _drawn_next(number: int, step: Described, places: Mapping[str, int]) -> str:
    """The arrow to the step below."""
    plain = [road for road in step.roads if road.to in places and _is_plain(road, number, places)]
    if not plain:
        return ""
    x, top = _LEFT + 60, _top(number) + _BOX_HEIGHT
    label = "" if plain[0].why == "next" else _label(plain[0], x + 8, top + 19)
    return f'<path d="M{x} {top}v{_GAP - 2}" marker-end="url(#arrow)"/>{label}'


def _with_rows(lanes: Sequence[_Lane]) -> list[tuple[_Lane, tuple[int, int]]]:
    """Each lane with its row among those that leave, and those that come to, the same step."""
    leaving: dict[int, int] = {}
    coming: dict[int, int] = {}
    rows = []
    for lane in lanes:
        row = (leaving.get(lane.start, 0), coming.get(lane.end, 0))
        leaving[lane.start], coming[lane.end] = row[0] + 1, row[1] + 1
        rows.append((lane, row))
    return rows


def _drawn_lane(lane: _Lane, columns: int, rows: tuple[int, int]) -> str:
    right = _LEFT + _BOX_WIDTH
    x = right + 24 + lane.column * _LANE
    start = _top(lane.start) + 14 + min(rows[0], 3) * 12
    end = _top(lane.end) + 8 + min(rows[1], 6) * 5
    label = _label(lane.road, right + 30 + columns * _LANE, start + 4)
    line = f'<path d="M{right} {start}H{x}V{end}H{right + 2}" marker-end="url(#arrow)" class="{lane.road.why}"/>'
    lead = f'<path d="M{x} {start}H{right + 26 + columns * _LANE}" stroke-dasharray="1 3" stroke-width="0.8"/>'
    return f"{line}{lead}{label}"


def _label(road: Road, x: int, y: int) -> str:
    words = road_in_words(road)
    shown = words if len(words) <= 40 else f"{words[:39]}…"
    return (
        f'<text x="{x}" y="{y}" fill="currentColor" stroke="none" font-size="11"><title>{escape(words)}</title>'
        f"{escape(shown)}</text>"
    )
