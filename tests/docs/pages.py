"""Reading Markdown: pages, fenced blocks, links, headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block."""

    info: tuple[str, ...]
    """The words after the opening fence; the first is the language."""
    text: str
    line: int


def pages() -> list[Path]:
    """Every page we publish."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        yield Block(info=tuple(match[1].split()), text=match[2], line=text.count("\n", 0, match.start()) + 1)


def links(page: Path) -> list[str]:
    return _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The names that headings of a page can be linked by, after GitHub's rules."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {_slug(title) for title in re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)}


def _slug(title: str) -> str:
    words = re.sub(r"[^\w\- ]", "", title.strip().lower())
    return words.replace(" ", "-")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))
