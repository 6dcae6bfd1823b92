"""Markdown in one plain dialect: ATX headings, no comments, no markup of other languages."""

import re
from collections.abc import Callable, Iterator
from html import unescape

from frontdesk.ingest.blocks import scan_blocks
from frontdesk.ingest.parsing.html import to_markdown
from frontdesk.ingest.unfit import UnfitDocumentError

_CODE_OR_MARKUP = re.compile(
    r"(?P<code>``[^\n]{1,400}?``|`[^`\n]{1,400}`)"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<br><br[ \t]*/?>)"
    r"|(?P<tag></?(?:a|abbr|b|center|cite|dd|del|details|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i|img|ins|kbd|li|mark"
    r"|ol|p|picture|q|s|section|small|source|span|strong|sub|summary|sup|time|u|ul|video)(?:[ \t\n][^<>]{0,1000})?/?>)",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\([^()\n]{0,1000}\)")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]{0,9}\1){2,80}[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_REMOVED = ("script", "style", "iframe", "template", "noscript", "svg", "object", "form")


def clean_markdown(text: str) -> str:
    """The same document with hidden and decorative markup gone; code blocks stay as they are.

    Raises:
        UnfitDocumentError: a comment is never closed, so that what is hidden cannot be told from what is shown.
    """
    text = _outside_code(text, lambda prose: _without_elements(_without_comments(prose)))
    text = _outside_code(text, _plain_dialect)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    if "```" not in text and "~~~" not in text:
        return change(text)
    parts: list[str] = []
    position = 0
    for block in scan_blocks(text):
        if block.kind == "code":
            parts += [change(text[position : block.start]), text[block.start : block.end]]
            position = block.end
    return "".join([*parts, change(text[position:])])


def _without_comments(prose: str) -> str:
    if "<!--" not in prose:
        return prose
    parts: list[str] = []
    position = 0
    while (start := prose.find("<!--", position)) >= 0:
        end = prose.find("-->", start + 4)
        if end < 0:
            raise UnfitDocumentError("format", "an HTML comment is never closed")
        parts.append(prose[position:start])
        position = end + 3
    return "".join([*parts, prose[position:]])


def _without_elements(prose: str) -> str:
    """Tables written in HTML become Markdown; elements that show no text are gone with their content."""
    if "<" not in prose:
        return prose
    for name in _REMOVED:
        prose = _replace_elements(prose, name, lambda _: "")
    return _replace_elements(prose, "table", lambda html: f"\n\n{to_markdown(html, whole_page=False).strip()}\n\n")


def _replace_elements(prose: str, name: str, change: Callable[[str], str]) -> str:
    if f"<{name}" not in prose.lower():
        return prose
    parts: list[str] = []
    position = 0
    for start, end in _elements(prose, name):
        parts += [prose[position:start], change(prose[start:end])]
        position = end
    return "".join([*parts, prose[position:]])


def _elements(prose: str, name: str) -> Iterator[tuple[int, int]]:
    """Outermost elements of a name, by position; one that is not closed ends the search."""
    opening = re.compile(rf"<{name}(?=[\s/>])", re.IGNORECASE)
    closing = re.compile(rf"</{name}\s{{0,9}}>", re.IGNORECASE)
    position = 0
    while (start := opening.search(prose, position)) and (end := closing.search(prose, start.end())):
        yield start.start(), end.end()
        position = end.end()


def _plain_dialect(prose: str) -> str:
    prose = _IMAGE.sub(r"\1", prose)
    if "<" in prose or "&" in prose:
        prose = _CODE_OR_MARKUP.sub(_plain, prose)
    lines = prose.split("\n")
    return (
        "\n".join(_plain_lines(lines)) if any(_UNDERLINE.match(line) or _RULE.match(line) for line in lines) else prose
    )


def _plain(found: re.Match[str]) -> str:
    if found["code"]:
        return found["code"]
    return unescape(found["entity"]) if found["entity"] else " " * bool(found["br"])


def _plain_lines(lines: list[str]) -> Iterator[str]:
    """Underlined headings become ATX headings; rules become empty lines."""
    for number, line in enumerate(lines):
        if underline := _underlines(lines, number + 1):
            yield f"{'#' if underline == '=' else '##'} {line.strip()}\n"
        elif _underlines(lines, number) or _RULE.match(line):
            yield ""
        else:
            yield line


def _underlines(lines: list[str], number: int) -> str:
    """`=` or `-` when this line makes the one above it a heading: a single line of plain words."""
    found = _UNDERLINE.match(lines[number]) if 0 < number < len(lines) else None
    above = lines[number - 1] if found else ""
    stands_alone = number < 2 or not lines[number - 2].strip()
    is_words = bool(above.strip()) and not re.match(r"\s{4}|\s*(?:[#>|]|[-*+][ \t]|\d{1,9}[.)][ \t])", above)
    return found[1][0] if found and stands_alone and is_words and not _RULE.match(above) else ""
