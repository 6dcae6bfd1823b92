"""What is shown of a document: blocks of runs, each run plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

BlockKind = Literal["heading", "paragraph", "item", "row", "code", "quote", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Text of one appearance. A line break in it is one that the author wanted."""

    text: str
    is_marked: bool = False
    is_strong: bool = False
    is_emphasis: bool = False
    is_code: bool = False
    href: str = ""
    """http, https or mailto; empty for a link to anywhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    kind: BlockKind
    level: int = 0
    """1 to 6 for a heading; for a row 0 in a table's head and 1 below; else how deep in lists it stands, from 1."""
    marker: str = ""
    """Of a list item: `•`, or its number as `3.`; empty for its second paragraph."""
    runs: tuple[Run, ...] = ()
    cells: tuple[tuple[Run, ...], ...] = ()
    """Of a row, at least as many as its table's head has. A row of level 0 begins a new table."""
    start: int = 0
    """Offset in the Markdown of the line it begins on."""


def to_json(block: Block) -> dict[str, Any]:
    """The block as it is drawn; of a run, its text and whatever else is not false or empty."""
    return {
        "kind": block.kind,
        "level": block.level,
        "marker": block.marker,
        "runs": [_run(run) for run in block.runs],
        "cells": [[_run(run) for run in cell] for cell in block.cells],
    }


def plain_text(runs: Sequence[Run]) -> str:
    """The words alone."""
    return "".join(run.text for run in runs)


def _run(run: Run) -> dict[str, Any]:
    flags = {name: True for name in ("is_marked", "is_strong", "is_emphasis", "is_code") if getattr(run, name)}
    return {"text": run.text, **flags, **({"href": run.href} if run.href else {})}
