"""Rows of logs and tables: CSV as programs really write it, JSON lines, JSON."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.releases.prototype.text_files import read_table
from frontdesk.releases.prototype.values import FoundFile, NotTakenError

ENDINGS = frozenset({".csv", ".tsv", ".json", ".jsonl", ".ndjson"})
MAX_ROWS = 200_000
_DELIMITERS = ",;\t|"
_NAMED_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    number: int
    """Line of the file; in JSON, place in the list."""
    values: Mapping[str, Any]
    """By column: the name in lower case, without what separates words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    rows: tuple[Row, ...]
    broken: tuple[int, ...] = ()
    """Lines that could not be read."""
    note: str = ""
    """What a person should know of how it was read."""

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(name for row in self.rows[:100] for name in row.values)

    @property
    def problem(self) -> str:
        """What was not read, in words; empty when all was."""
        named = ", ".join(map(str, self.broken[:_NAMED_LINES])) + (", …" if len(self.broken) > _NAMED_LINES else "")
        lost = f"{len(self.broken)} broken rows were left out (lines {named})" if self.broken else ""
        lost = f"line {named} is broken and was left out" if len(self.broken) == 1 else lost
        return "; ".join(part for part in (lost, self.note) if part)


def read_rows(file: FoundFile) -> Table:
    """Raises: NotTakenError: nothing in it can be read as rows."""
    text = read_table(file)
    if not text.strip():
        raise NotTakenError("the file is empty")
    if file.ending in (".csv", ".tsv"):
        return _read_csv(text)
    return _read_lines(text) if file.ending in (".jsonl", ".ndjson") else _read_json(text)


def _read_csv(text: str) -> Table:
    rows: list[Row] = []
    broken: list[int] = []
    header: list[str] = []
    note, line, after = "", 0, 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for cells in reader:
            line, after = after, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [_folded(cell) for cell in cells]
            elif len(cells) != len(header):
                broken.append(line)
            elif len(rows) < MAX_ROWS:
                rows.append(Row(number=line, values=dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        note = f"it was read up to line {line} only, perhaps because a quotation mark is never closed: {error}"
    if _is_open(text, reader.dialect.delimiter):
        note = f"the quotation mark in line {line} is never closed; what follows it was left out"
        rows, broken = [row for row in rows if row.number < line], [number for number in broken if number < line]
    return Table(rows=tuple(rows), broken=tuple(broken), note=note)


def _delimiter(text: str) -> str:
    """The mark that splits the first line into most cells."""
    first = next(line for line in text.splitlines() if line.strip())
    return max(_DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))


def _is_open(text: str, delimiter: str) -> bool:
    """Whether a quotation mark is still open when the file ends."""
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _read_lines(text: str) -> Table:
    rows: list[Row] = []
    broken: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        data = _parsed(line)
        if not isinstance(data, dict):
            broken.append(number)
        elif len(rows) < MAX_ROWS:
            rows.append(Row(number=number, values=_named(data)))
    if not rows:
        raise NotTakenError("no line of it is a JSON object", "Write one JSON object a line, with question and answer.")
    return Table(rows=tuple(rows), broken=tuple(broken))


def _read_json(text: str) -> Table:
    data = _parsed(text)
    if data is None:  # JSON lines are often called .json
        return _read_lines(text)
    items = data if isinstance(data, list) else next(_lists_in(data), None)
    if items is None:
        raise NotTakenError("it holds no list of objects")
    objects = [(number, item) for number, item in enumerate(items, start=1) if isinstance(item, dict)]
    rows = tuple(Row(number=number, values=_named(item)) for number, item in objects[:MAX_ROWS])
    if not rows:
        raise NotTakenError("it holds no list of objects")
    return Table(rows=rows)


def _lists_in(data: Any) -> Iterator[Sequence[Any]]:
    """The lists of objects directly inside an object."""
    values = data.values() if isinstance(data, dict) else ()
    yield from (value for value in values if isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _parsed(text: str) -> Any:
    """None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _named(data: Mapping[str, Any]) -> dict[str, Any]:
    return {_folded(str(name)): value for name, value in data.items()}


def _folded(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
