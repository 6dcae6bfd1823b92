"""`score grounding|retrieval`: the product's own rulers over JSON lines."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from frontdesk.cli.options import settings_for
from frontdesk.cli.output import complain, print_line
from frontdesk.domain.errors import InputError, MalformedError

MAX_LINE_CHARS = 10_000_000

InputArgument = Annotated[typer.FileText, typer.Argument(help="JSON lines; - reads standard input.")]


def grounding(rows: InputArgument = sys.stdin) -> None:  # type: ignore[assignment]
    """Chance that an answer is not fully supported by its passages, with each claim and its evidence.

    In: {"id","answer","context"|"passages":[{"id","text"}],"question"?,"history"?}.
    Out: {"id","score","claims":[{"text","start","end","score","evidence"}]}. A bad row is reported with its
    line on stderr, the others go on, and the exit code is 1.
    """
    from frontdesk.bootstrap import open_grounding_scorer  # noqa: PLC0415  (half a second)

    scorer = open_grounding_scorer(settings_for())
    _score(rows, scorer.score_row)


def retrieval(
    documents: Annotated[
        Path,
        typer.Option(
            "--documents", help="JSON lines: id, title?, text, language?, group?.", exists=True, dir_okay=False
        ),
    ],
    rows: InputArgument = sys.stdin,  # type: ignore[assignment]
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="Length of the ranking.")] = 20,
) -> None:
    """Rank documents for questions, and the chance that none of them answers.

    In: {"id","question","history"?,"language"?}. Out: {"id","ranking","abstain"}.
    """
    from frontdesk.bootstrap import open_retrieval_scorer  # noqa: PLC0415  (half a second)

    with documents.open(encoding="utf-8") as lines:
        known = [row for _, row in _read(lines)]
    with open_retrieval_scorer(settings_for(), known, limit=k) as score:
        _score(rows, score)


def _score(rows: IO[str], score: Any) -> None:
    failed = 0
    for number, row in _read(rows):
        try:
            print_line(score(row))
        except InputError as error:
            failed += 1
            complain(f"line {number}: {error.public_message}")
    if failed:
        raise typer.Exit(1)


def _read(lines: IO[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered rows.

    Raises:
        MalformedError: a line is not a JSON object; nothing after it was read.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if len(line) > MAX_LINE_CHARS:
            raise MalformedError(f"line {number} is longer than {MAX_LINE_CHARS} characters.", field="line")
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise MalformedError(f"line {number} is not JSON.", field="line") from None
        if not isinstance(row, dict):
            raise MalformedError(f"line {number} is not a JSON object.", field="line")
        yield number, row
