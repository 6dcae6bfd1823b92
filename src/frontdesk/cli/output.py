"""What commands print: answers on stdout, everything else on stderr, terminal control characters nowhere."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from frontdesk.ingest import IngestProgress

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_STAGES = {
    "source": "Reading",
    "preparing": "Parsing and chunking",
    "validation": "Checking",
    "embedding": "Embedding",
    "snapshot": "Sealing",
}


def complain(message: str) -> None:
    err.print(f"frontdesk: {harmless(message)}", style="red", markup=False)


def print_json(value: Any) -> None:
    """One JSON document on stdout, the same on a terminal and in a pipe."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_line(value: Any) -> None:
    """One JSON line on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def harmless(text: str) -> str:
    """The text without control characters, so that nobody's message can steer this terminal."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf"))


@contextmanager
def progress_of_ingest() -> "Iterator[Any]":
    """A callback for `build_snapshot` that draws one line per stage on stderr, or nothing where it is no terminal."""
    with _bars() as bars:
        tasks: dict[str, Any] = {}

        def tell(step: "IngestProgress") -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task(_STAGES[step.stage], total=step.total)
            bars.update(tasks[step.stage], completed=step.done, total=step.total)

        yield tell


@contextmanager
def progress_of(label: str) -> Iterator[Callable[[int, int], None]]:
    """A callback of what is done and all there is, drawn as one line on stderr, or nothing where it is no terminal."""
    with _bars() as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _bars() -> Progress:
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
