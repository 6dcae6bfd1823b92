"""Paths into JSON: where a field stands in what a system returned.

status                          a member
customer.address.city           members of members
properties."hs.name"            a name with dots, spaces or brackets, in quotation marks
fulfillments[0].number          an element, from the start; [-1] is the last one
metafields[key=size].value      the first element whose member is this text
line_items[*].title             of every element; texts are joined by commas
closed_at | updated_at          the first that is there and not null
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MISSING = object()
"""Nothing stands at the path; null is something."""
_STEP = re.compile(
    r'(?:^|\.)(?:"(?P<quoted>[^"]+)"|(?P<name>[^\s."\[\]|]+))'
    r"|\[(?:(?P<index>-?\d{1,4})|(?P<all>\*)|(?P<member>[A-Za-z_][\w.-]*)=(?P<wanted>[^\]]+))\]"
)
_ALL = object()


@dataclass(frozen=True, slots=True)
class _Where:
    member: str
    wanted: str


_Step = str | int | _Where | object


@dataclass(frozen=True, slots=True)
class RecordPath:
    """A parsed path. The empty one is the whole value."""

    text: str
    ways: tuple[tuple[_Step, ...], ...]

    def find(self, value: Any) -> Any:
        """What stands there; MISSING where nothing does."""
        found: Any = MISSING
        for steps in self.ways:
            there = _walk(value, steps)
            if there is not MISSING and there is not None:
                return there
            found = there if found is MISSING else found
        return found

    @property
    def members(self) -> tuple[tuple[str | None, ...], ...]:
        """Its ways as names of members, with None for an element of a list; for checks against a schema."""
        return tuple(tuple(step if isinstance(step, str) else None for step in way) for way in self.ways)


@lru_cache(maxsize=4096)
def parse_path(text: str) -> RecordPath:
    """Raises: ValueError: it is no path; says what is wrong."""
    if not text.strip():
        return RecordPath(text, ((),))
    return RecordPath(text, tuple(tuple(_steps(way.strip())) for way in text.split("|")))


def _steps(text: str) -> Iterator[_Step]:
    place = 0
    while place < len(text):
        is_joined = text[place] in ".[" if place else text[0] != "."
        match = _STEP.match(text, place) if is_joined else None
        if match is None or match.end() == place:
            raise ValueError(f"`{text}` is no path: it can't be read from `{text[place:]}` on")
        place = match.end()
        yield _to_step(match)
    if not text:
        raise ValueError("a way of a path is empty")


def _to_step(match: re.Match[str]) -> _Step:
    parts = match.groupdict()
    if parts["index"]:
        return int(parts["index"])
    if parts["all"]:
        return _ALL
    if parts["member"]:
        return _Where(parts["member"], parts["wanted"])
    return parts["quoted"] or parts["name"]


def _walk(value: Any, steps: Sequence[_Step]) -> Any:
    for place, step in enumerate(steps):
        if step is _ALL:
            return _of_all(value, steps[place + 1 :])
        value = _one(value, step)
        if value is MISSING or value is None:
            return value
    return value


def _one(value: Any, step: _Step) -> Any:
    if isinstance(step, str):
        return value.get(step, MISSING) if isinstance(value, dict) else MISSING
    if not isinstance(value, list):
        return MISSING
    if isinstance(step, int):
        return value[step] if -len(value) <= step < len(value) else MISSING
    if isinstance(step, _Where):
        matching = (item for item in value if isinstance(item, dict) and str(item.get(step.member)) == step.wanted)
        return next(matching, MISSING)
    return MISSING


def _of_all(value: Any, rest: Sequence[_Step]) -> Any:
    if not isinstance(value, list):
        return MISSING
    found = [there for item in value if (there := _walk(item, rest)) is not MISSING and there is not None]
    return [part for there in found for part in (there if isinstance(there, list) else [there])]
