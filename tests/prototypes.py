"""Prototypes as teams have them: a folder per test, written from what the test says."""

from collections.abc import Mapping
from pathlib import Path

PROMPT = "You are Aria, the assistant of Acme Tools. Be friendly and answer in short sentences."
DOCUMENT = "# Returns\n\nYou can return unused tools within 30 days of delivery.\n"


def a_prototype(folder: Path, files: Mapping[str, str | bytes], *, documents: bool = True) -> Path:
    """A folder with these files, and with one document unless the test is about having none."""
    root = folder / "prototype"
    for path, content in {**({"docs/returns.md": DOCUMENT} if documents else {}), **files}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    root.mkdir(exist_ok=True)
    return root
