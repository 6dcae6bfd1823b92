"""Tables that hold articles, or questions and answers written for customers: every row or file becomes a document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from frontdesk.releases.prototype.documents import language_of
from frontdesk.releases.prototype.front_matter import one_line, quoted
from frontdesk.releases.prototype.keys import refuse_keys
from frontdesk.releases.prototype.tables import Table
from frontdesk.releases.prototype.values import FoundFile, LeftOut, NotTakenError, TakenDocument

_TITLES = ("title", "heading", "titel", "titulo", "headline", "subject", "name")
_BODIES = ("body", "content", "text", "article", "markdown", "html", "bodyhtml", "inhalt", "contenido")
_URLS = ("url", "link", "href", "permalink")
_IS_HTML = re.compile(r"<(?:p|div|h[1-6]|ul|ol|table|br|span|section)\b[^<>]{0,300}>", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]{1,2000}\Z")
_LIMITS = ("audience", "visibility", "internal", "private", "draft", "restricted", "status", "published")
_OPEN = frozenset({"", "public", "published", "all", "everyone", "live"})
_OPEN_IF_NO = frozenset({"internal", "private", "draft", "restricted"})
_NO, _YES = frozenset({"", "0", "false", "no", "none"}), frozenset({"1", "true", "yes"})
_MAX_NAME = 60


def has_articles(table: Table) -> bool:
    return _column(table, _TITLES) != "" and _column(table, _BODIES) != ""


def take_articles(file: FoundFile, table: Table) -> Iterator[TakenDocument | LeftOut]:
    """One document a row."""
    title, body, url = _column(table, _TITLES), _column(table, _BODIES), _column(table, _URLS)
    folder = PurePosixPath(file.path).stem
    for row in table.rows:
        source = f"{file.path}:{row.number}"
        named, text = _text(row.values, title), _text(row.values, body)
        if not named or not text:
            yield LeftOut(source=source, reason="a row without title or text")
            continue
        try:
            _refuse_limits(row.values)
            refuse_keys(text)
        except NotTakenError as error:
            yield LeftOut(source=source, reason=error.reason, todo=error.todo)
            continue
        ending = ".html" if _IS_HTML.search(text) else ".md"
        link = _text(row.values, url)
        yield TakenDocument(
            source=source,
            target=f"{folder}/{_slug(named) or row.number}{ending}",
            text=_headed(named, text, source=source, url=link if _URL.match(link) else ""),
            language=language_of(text),
            changes=(f"a row of {file.path}",),
        )


def take_faq(file: FoundFile, pairs: Sequence[tuple[int, str, str]]) -> TakenDocument:
    """One document with a section per question.

    Raises:
        NotTakenError: no question has an answer, or there is a key in one.
    """
    sections = [f"## {one_line(question)}\n\n{answer}" for _, question, answer in pairs if answer]
    if not sections:
        raise NotTakenError("its questions have no answers")
    text = "\n\n".join(sections)
    refuse_keys(text)
    return TakenDocument(
        source=file.path,
        target=f"{PurePosixPath(file.path).stem}.md",
        text=_headed("Questions and answers", text, source=file.path),
        language=language_of(text),
        changes=("its name says that it was written for customers: it became a document",),
    )


def _headed(title: str, text: str, *, source: str, url: str = "") -> str:
    link = f"url: {quoted(url)}\n" if url else ""
    return f"---\n# taken over from {one_line(source)}\ntitle: {quoted(title)}\n{link}---\n\n{text.strip()}\n"


def _refuse_limits(values: Mapping[str, Any]) -> None:
    """Raises: NotTakenError: a column says that not everyone may see the row."""
    for name in _LIMITS:
        value = str(values.get(name, "")).strip().lower()
        is_open = value in _NO if name in _OPEN_IF_NO else value in _OPEN or (name == "published" and value in _YES)
        if not is_open:
            raise NotTakenError(
                f"its column {name} says who may see it ({value[:40]})",
                "Write it as a document of its own with `audience: public` or `audience: staff`.",
            )


def _column(table: Table, names: Sequence[str]) -> str:
    return next((name for name in names if name in table.columns), "")


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value.strip() if isinstance(value, str) else ""


def _slug(title: str) -> str:
    return re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:_MAX_NAME].strip("-")
