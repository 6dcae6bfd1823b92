"""A workflow as a diagram: plain text for a terminal, and SVG for a page, without scripts, styles or fonts of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from frontdesk.domain.localised import localised
from frontdesk.domain.workflow import Workflow
from frontdesk.workflows.described import Described, describe, road_in_words
from frontdesk.workflows.roads import Road

_WIDTH, _GAP, _EDGE = 560, 28, 12
_TITLE, _LINE, _EXIT = 26, 16, 19
"""Heights of a box's heading, of a line of its text, and of a road that leaves it."""
_LINE_CHARS, _EXIT_CHARS = 84, 58
_LANE = 13
MAX_LANES = 10
"""Lines beside the boxes; where there would be more, roads are named and not drawn."""
_SIGNS: Mapping[str, str] = {
    "ask": "?",
    "call": "⇄",
    "decide": "◇",
    "confirm": "✓",
    "say": "“",
    "hand over": "☎",
    "end": "■",
}


def draw_text(workflow: Workflow, language: str = "en") -> str:
    """The steps below each other, each with the roads that leave it."""
    steps = describe(workflow, language)
    width = max((len(step.step) for step in steps), default=0)
    heading = f"{workflow.name} · version {workflow.version} · {workflow.owner}"
    lines = [heading, localised(workflow.title, language, language), ""]
    for number, step in enumerate(steps):
        lines.append(f"{_SIGNS[step.kind]:>2} {step.step:{width}}  {step.kind}: {step.text}".rstrip())
        following = steps[number + 1].step if number + 1 < len(steps) else ""
        lines += [f"   {'':{width}}  {line}" for road in step.roads for line in _road_as_text(road, following)]
    return "\n".join(lines)


def _road_as_text(road: Road, following: str) -> Iterator[str]:
    if road.to != following:
        yield f"└ {road_in_words(road)} → {road.to}"
    elif road.why != "next":
        yield f"↓ {road_in_words(road)}"


# -- the diagram --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A step with its place."""

    step: Described
    number: int
    top: int
    lines: tuple[str, ...]
    exits: tuple[Road, ...]
    """Roads that lead elsewhere than to the box below."""
    below: Road | None
    """The road to the box below."""

    @property
    def height(self) -> int:
        return self.exit_at(len(self.exits)) - self.top - 4

    def exit_at(self, number: int) -> int:
        return self.top + _TITLE + len(self.lines) * _LINE + (4 if self.lines else 0) + number * _EXIT + 13


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lane:
    """A road that passes other boxes, beside them."""

    start: int
    end: int
    """Heights at which it leaves and arrives."""
    column: int
    why: str


def draw_svg(workflow: Workflow, language: str = "en", *, prefix: str = "") -> str:
    """The diagram: steps from top to bottom, and the roads that lead elsewhere beside them.

    Colours are those of the text around it.

    Args:
        prefix: of the anchors that steps link to; without one nothing is linked.
    """
    boxes = _boxes(describe(workflow, language))
    lanes = _lanes(boxes)
    columns = max((lane.column for lane in lanes), default=-1) + 1
    width = _EDGE * 2 + _WIDTH + (12 + columns * _LANE if columns else 0)
    height = boxes[-1].top + boxes[-1].height + _EDGE if boxes else 0
    title, role = localised(workflow.title, language, language), "group" if prefix else "img"
    parts = [
        f'<svg class="workflow-drawing" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" ',
        f'width="{width}" height="{height}" role="{role}" aria-label={quoteattr(title)} font-family="sans-serif" ',
        'font-size="12.5" fill="none" stroke="currentColor">',
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path d="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>',
        *(_drawn(box, prefix) for box in boxes),
        *(_drawn_lane(lane) for lane in lanes),
        "</svg>",
    ]
    return "".join(parts)


def _boxes(steps: Sequence[Described]) -> list[_Box]:
    boxes: list[_Box] = []
    top = _EDGE
    for number, step in enumerate(steps):
        following = steps[number + 1].step if number + 1 < len(steps) else ""
        plain = [road for road in step.roads if road.to == following and road.why in ("next", "otherwise")]
        box = _Box(
            step=step,
            number=number,
            top=top,
            lines=() if step.kind == "decide" else _wrapped(step.text),
            exits=tuple(road for road in step.roads if road not in plain[:1]),
            below=plain[0] if plain else None,
        )
        boxes.append(box)
        top += box.height + _GAP
    return boxes


def _lanes(boxes: Sequence[_Box]) -> list[_Lane]:
    """Each road in the first column that is free along its way; none at all where they would need too many."""
    tops = {box.step.step: box.top for box in boxes}
    ways = [
        (box.exit_at(number) - 4, tops[road.to] + 13, road.why)
        for box in boxes
        for number, road in enumerate(box.exits)
        if road.to in tops
    ]
    taken: list[list[tuple[int, int]]] = []
    lanes = []
    for start, end, why in sorted(ways, key=lambda way: abs(way[1] - way[0])):
        low, high = min(start, end) - 6, max(start, end) + 6
        free = (number for number, spans in enumerate(taken) if all(high < a or low > b for a, b in spans))
        column = next(free, len(taken))
        taken.extend([[]] if column == len(taken) else [])
        taken[column].append((low, high))
        lanes.append(_Lane(start=start, end=end, column=column, why=why))
    return lanes if len(taken) <= MAX_LANES else []


def _drawn(box: _Box, prefix: str) -> str:
    kind, step = box.step.kind.replace(" ", "-"), box.step
    radius = 18 if step.kind in ("end", "hand over") else 5
    dashes = ' stroke-dasharray="6 3"' if step.kind == "decide" else ""
    weight = 2.4 if step.kind == "confirm" else 1.1
    heading = f"{_SIGNS[step.kind]} {step.kind} · {step.step}"
    return (
        f'<g class="step {kind}"><title>{escape(step.step)}: {escape(step.text)}</title>'
        f'<rect x="{_EDGE}" y="{box.top}" width="{_WIDTH}" height="{box.height}" rx="{radius}" stroke-width="{weight}"{dashes}/>'
        f"{_linked(_text(heading, _EDGE + 12, box.top + 18, is_bold=True), step.step, prefix)}"
        f"{''.join(_text(line, _EDGE + 12, box.top + _TITLE + 11 + row * _LINE) for row, line in enumerate(box.lines))}"
        f"{''.join(_drawn_exit(box, row, road, prefix) for row, road in enumerate(box.exits))}</g>{_drawn_below(box)}"
    )


def _drawn_exit(box: _Box, row: int, road: Road, prefix: str) -> str:
    y = box.exit_at(row)
    words = road_in_words(road)
    shown = words if len(words) <= _EXIT_CHARS else f"{words[: _EXIT_CHARS - 1]}…"
    target = _linked(_text(f"→ {road.to}", _EDGE + _WIDTH - 10, y, anchor="end", is_bold=True), road.to, prefix)
    return (
        f"<g><title>{escape(words)} → {escape(road.to)}</title>"
        f'<path d="M{_EDGE + 12} {y - 14}h{_WIDTH - 24}" stroke-width="0.5" opacity="0.35"/>'
        f"{_text(shown, _EDGE + 12, y)}{target}</g>"
    )


def _drawn_below(box: _Box) -> str:
    """The arrow to the box below."""
    if box.below is None:
        return ""
    x, top = _EDGE + 40, box.top + box.height
    label = "" if box.below.why == "next" else _text(road_in_words(box.below), x + 9, top + 17)
    return f'<path d="M{x} {top}v{_GAP - 2}" marker-end="url(#arrow)"/>{label}'


def _drawn_lane(lane: _Lane) -> str:
    right = _EDGE + _WIDTH
    x = right + 14 + lane.column * _LANE
    return f'<path d="M{right} {lane.start}H{x}V{lane.end}H{right + 2}" class="{lane.why}" marker-end="url(#arrow)"/>'


def _text(text: str, x: int, y: int, *, anchor: str = "start", is_bold: bool = False) -> str:
    weight = ' font-weight="bold"' if is_bold else ""
    at = ' text-anchor="end"' if anchor == "end" else ""
    return f'<text x="{x}" y="{y}" fill="currentColor" stroke="none"{weight}{at}>{escape(text)}</text>'


def _linked(drawn: str, step: str, prefix: str) -> str:
    return f"<a href={quoteattr(f'#{prefix}{step}')}>{drawn}</a>" if prefix else drawn


def _wrapped(text: str) -> tuple[str, ...]:
    """Three lines at most."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= _LINE_CHARS and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word[:_LINE_CHARS]}".strip()
    return tuple([*lines[:2], f"{lines[2][: _LINE_CHARS - 2]} …"] if len(lines) > 3 else lines)
