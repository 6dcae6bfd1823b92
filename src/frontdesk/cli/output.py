"""What commands print: answers on stdout, everything else on stderr, terminal control characters nowhere."""

import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from frontdesk.ingest import IngestProgress

_PIPE_COLUMNS = 200
"""A file or a pipe has no width; tables are not folded there."""


def _columns() -> int | None:
    """None where the terminal, or COLUMNS, says it."""
    return None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _PIPE_COLUMNS


out = Console(highlight=False, soft_wrap=True, width=_columns())
err = Console(stderr=True, highlight=False, soft_wrap=True)

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, invisible formats such as text directions, halves of characters, and separators of lines."""
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_STAGES = {
    "source": "Reading",
    "preparing": "Parsing and chunking",
    "validation": "Checking",
    "embedding": "Embedding",
    "snapshot": "Sealing",
}


def complain(message: str) -> None:
    err.print(f"frontdesk: {harmless(message)}", style="red", markup=False, soft_wrap=not err.is_terminal)


def print_json(value: Any) -> None:
    """One JSON document on stdout, the same on a terminal and in a pipe."""
    sys.stdout.write(_as_json(value, indent=2) + "\n")


def print_line(value: Any) -> None:
    """One JSON line on stdout."""
    sys.stdout.write(_as_json(value) + "\n")


def _as_json(value: Any, indent: int | None = None) -> str:
    """JSON in which what could steer a terminal, or break a line, is written as `\\u…`; readers see no difference."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return _UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], text)


def harmless(text: str) -> str:
    """The text without control characters, so that nobody's message can steer this terminal."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _STEERING)


def harmless_line(text: str) -> str:
    """The same on one line: a title or an address cannot pretend to be a line of ours."""
    return " ".join(harmless(text).split())


@contextmanager
def progress_of_ingest() -> "Iterator[Any]":
    """A callback for `build_snapshot` that draws one line per stage on stderr, or nothing where it is no terminal."""
    with bars_of_progress() as bars:
        tasks: dict[str, Any] = {}

        def tell(step: "IngestProgress") -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task(_STAGES[step.stage], total=step.total)
            bars.update(tasks[step.stage], completed=step.done, total=step.total)

        yield tell


@contextmanager
def progress_of(label: str) -> Iterator[Callable[[int, int], None]]:
    """A callback of what is done and all there is, drawn as one line on stderr, or nothing where it is no terminal."""
    with bars_of_progress() as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def bars_of_progress() -> Progress:
    """Drawn on stderr; nothing where it is no terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
