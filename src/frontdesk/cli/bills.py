"""A vendor's bill as a file: CSV or JSON, one line for a model and a day."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from frontdesk.domain.errors import MalformedError
from frontdesk.domain.reconciliation import BillLine

MOST_BYTES = 5_000_000
_NEEDED = ("day", "model", "usd")
_HELP = "A bill has the columns day, model and usd; vendor, tokens, input_tokens and output_tokens may be there."


def read_bill(path: Path) -> list[BillLine]:
    """The lines of a CSV or JSON file; columns that are not known are passed over.

    Raises:
        MalformedError: it cannot be read, or a line is wrong; the message names file and line.
    """
    text = _text_of(path)
    rows = _json_rows(text, path) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text, path)
    return [_to_line(row, f"{path}:{number}") for number, row in rows]


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise MalformedError(f"{path} is larger than {MOST_BYTES:,} bytes; send the bill in parts.", field="bill")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MalformedError(f"{path} cannot be read: {error.strerror or error}.", field="bill") from error
    except UnicodeDecodeError as error:
        raise MalformedError(f"{path} is not UTF-8 text.", field="bill") from error


def _csv_rows(text: str, path: Path) -> Iterable[tuple[int, Mapping[str, Any]]]:
    try:
        dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.DictReader(io.StringIO(text), dialect=dialect)
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise MalformedError(f"{path}:1: there is no column {' and no '.join(missing)}. {_HELP}", field=missing[0])
    reader.fieldnames = names
    return ((reader.line_num, row) for row in reader if any(value for value in row.values() if isinstance(value, str)))


def _json_rows(text: str, path: Path) -> Iterable[tuple[int, Mapping[str, Any]]]:
    """Of a list of lines, or of an object with such a list under `lines`."""
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise MalformedError(f"{path} is no JSON: {error}.", field="bill") from error
    lines = found.get("lines") if isinstance(found, dict) else found
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise MalformedError(f"{path} has no list of lines. {_HELP}", field="lines")
    return enumerate(lines, start=1)


def _to_line(row: Mapping[str, Any], where: str) -> BillLine:
    for name in _NEEDED:
        if row.get(name) in (None, ""):
            raise MalformedError(f"{where}: there is no {name}. {_HELP}", field=name)
    return BillLine(
        day=_day(str(row["day"]), where),
        model=str(row["model"]).strip(),
        usd=_amount(str(row["usd"]), where),
        vendor=str(row.get("vendor") or "").strip(),
        tokens=_tokens(row, where),
    )


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise MalformedError(f"{where}: {text!r} is no day such as 2026-03-01.", field="day") from None


def _amount(text: str, where: str) -> Decimal:
    try:
        amount = Decimal(text.strip().removeprefix("$"))
    except ArithmeticError:
        amount = Decimal("nan")
    if not amount.is_finite():
        raise MalformedError(f"{where}: {text!r} is no amount of dollars such as 12.34.", field="usd")
    return amount


def _tokens(row: Mapping[str, Any], where: str) -> int | None:
    """The sum of what the line says; None where it says nothing."""
    names = ("tokens",) if row.get("tokens") not in (None, "") else ("input_tokens", "output_tokens")
    given = [row[name] for name in names if row.get(name) not in (None, "")]
    try:
        return sum(int(value) for value in given) if given else None
    except (TypeError, ValueError):
        raise MalformedError(f"{where}: {given!r} are no tokens.", field=names[0]) from None
