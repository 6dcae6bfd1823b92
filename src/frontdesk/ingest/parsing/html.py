"""HTML pages: the article as Markdown, and what the page states about itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from html import unescape
from typing import NamedTuple

from html_to_markdown import ConversionOptions, PreprocessingOptions, convert

from frontdesk.ingest.parsing.front_matter import KEYS, merge
from frontdesk.ingest.unfit import UnfitDocumentError
from frontdesk.text.normalise import clean_text

MAX_DEPTH = 400
"""Deepest nesting that is read; hand-written and generated help pages stay below 40. A guess with a wide margin."""
_FURNITURE = (
    "nav", "footer", "form", "button", "script", "style", "template", "noscript", "iframe", "object", "svg", "canvas",
    "dialog", "select", "textarea", "video", "audio",
    "[role=navigation]", "[role=banner]", "[role=contentinfo]", "[role=search]", "[role=dialog]",
    "[aria-hidden=true]", "[hidden]",
    ".breadcrumb", ".breadcrumbs", ".skip", ".skip-link", ".feedback", ".pagination", ".cookie-banner",
    ".share", ".toc", ".table-of-contents", ".article-votes", ".related-articles", ".sidebar",
    ".headerlink", ".visually-hidden", ".sr-only",
)  # fmt: skip
"""Left out everywhere: what surrounds or decorates an article on every page of a site."""
_PAGE_FURNITURE = ("aside", "header", "[role=complementary]")
"""Left out too where the page does not say which part is the article; inside one, these are part of it."""
_NAME = re.compile(r"[A-Za-z][^\s/>]{0,60}")
_TAG_BREAK = re.compile(r""">|=[ \t\r\n]{0,20}(["'])""")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]{1,100})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+))""")
_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes"})
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_OPTIONAL_END = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "option",
        "optgroup",
        "colgroup",
        "rt",
        "rp",
        "html",
        "head",
        "body",
    ]
)
"""May be left open; a thousand unclosed paragraphs are siblings, not a thousand levels."""


class _Tag(NamedTuple):
    name: str
    closes: bool
    start: int
    end: int
    attributes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPage:
    stated: dict[str, str]
    """Front matter keys from `<meta name=…>`, and `url` from the canonical link."""
    title: str
    language: str
    """The `lang` of the page; empty when it has none."""
    markdown: str


def parse_html(html: str) -> HtmlPage:
    """The article of a page: what `<main>` or its only `<article>` holds, else the body without its furniture.

    Raises:
        UnfitDocumentError: nested too deep, or it contradicts itself about who may read it.
    """
    tags = list(_scan(html))
    _check_depth(tags)
    html = html[: _shown_end(html, tags)]
    start, end, is_marked = _article(html, tags)
    markdown = to_markdown(html[start:end], whole_page=not is_marked)
    if is_marked and not markdown.strip():
        markdown = to_markdown(html, whole_page=True)
    return HtmlPage(stated=_stated(tags), title=_title(html, tags), language=_language(tags), markdown=markdown)


def to_markdown(html: str, *, whole_page: bool) -> str:
    """Markdown with headings, lists, tables and links; scripts, hidden text and page furniture are left out."""
    options = ConversionOptions(
        autolinks=False,
        compact_tables=True,
        bullets="-",
        skip_images=True,
        extract_metadata=False,
        highlight_style="none",
        preprocessing=PreprocessingOptions(enabled=False),
        exclude_selectors=[*_FURNITURE, *(_PAGE_FURNITURE if whole_page else ())],
        max_depth=2 * MAX_DEPTH,
    )
    try:
        result = convert(html, options)
    except Exception as error:  # the converter's errors share no base; a page must not end the run
        raise UnfitDocumentError("format", f"the page cannot be converted: {type(error).__name__}") from error
    for warning in result.warnings:
        if "depth" in str(warning.kind).lower():
            raise UnfitDocumentError("format", f"elements are nested more than {MAX_DEPTH} deep")
    return result.content or ""


def _scan(html: str) -> Iterator[_Tag]:
    """The tags in order, as HTML5 tokenises them; linear in the length whatever comes."""
    position = 0
    while (start := html.find("<", position)) >= 0:
        if html.startswith("<!--", start):
            position = _after(html, "-->", start + 4)
            continue
        closes = html.startswith("/", start + 1)
        name = _NAME.match(html, start + 1 + closes)
        if not name:
            position = start + 1
            continue
        end = _tag_end(html, name.end())
        tag = _Tag(name[0].lower(), closes, start, end, html[name.end() : end])
        yield tag
        position = _raw_text_end(html, tag) if tag.name in _RAW_TEXT and not closes else end


def _after(html: str, needle: str, position: int) -> int:
    found = html.find(needle, position)
    return found + len(needle) if found >= 0 else len(html)


def _tag_end(html: str, position: int) -> int:
    """Behind the `>` that ends a tag; a `>` inside a quoted value does not."""
    while found := _TAG_BREAK.search(html, position):
        if not found[1]:
            return found.end()
        position = _after(html, found[1], found.end())
    return len(html)


def _raw_text_end(html: str, tag: _Tag) -> int:
    closing = re.compile(rf"</{re.escape(tag.name)}", re.IGNORECASE).search(html, tag.end)
    return closing.start() if closing else len(html)


def _shown_end(html: str, tags: list[_Tag]) -> int:
    """Where an element that is never closed hides the rest of the page, or the end."""
    last = tags[-1] if tags else None
    hides = last and not last.closes and last.name in _RAW_TEXT and _raw_text_end(html, last) == len(html)
    return last.start if last and hides else len(html)


def _check_depth(tags: list[_Tag]) -> None:
    depth = 0
    for tag in tags:
        if tag.name in _VOID or tag.name in _OPTIONAL_END or tag.attributes.endswith("/>"):
            continue
        depth = max(0, depth - 1) if tag.closes else depth + 1
        if depth > MAX_DEPTH:
            raise UnfitDocumentError("format", f"elements are nested more than {MAX_DEPTH} deep")


def _article(html: str, tags: list[_Tag]) -> tuple[int, int, bool]:
    """Start, end, and whether the page itself marks this part as its content."""
    main = _outermost(tags, "main")
    articles = [tag for tag in tags if tag.name == "article" and not tag.closes]
    article = _outermost(tags, "article") if len(articles) == 1 else None
    headings = [tag for tag in tags if tag.name == "h1" and not tag.closes]
    if article and all(article[0] <= tag.start < article[1] for tag in headings):
        return *article, True
    return (*main, True) if main else (0, len(html), False)


def _outermost(tags: list[_Tag], name: str) -> tuple[int, int] | None:
    opening = next((tag.start for tag in tags if tag.name == name and not tag.closes), None)
    closing = next((tag.end for tag in reversed(tags) if tag.name == name and tag.closes), None)
    return (opening, closing) if opening is not None and closing is not None and opening < closing else None


def _stated(tags: list[_Tag]) -> dict[str, str]:
    """Wherever they stand: broken markup before them must not make a page for staff public."""
    stated: dict[str, str] = {}
    canonical = ""
    for tag in tags:
        if tag.name == "link" and (attributes := _attributes(tag)).get("rel", "").lower() == "canonical":
            canonical = attributes.get("href", "").strip()
        if tag.name != "meta":
            continue
        attributes = _attributes(tag)
        name = attributes.get("name", "").strip().lower()
        if name in KEYS:
            stated = merge(stated, {name: attributes.get("content", "").strip()})
        elif get_close_matches(name, ("audience",), cutoff=0.8):
            raise UnfitDocumentError("front_matter", f"unknown name '{name}'; did you mean 'audience'?")
    return {"url": canonical, **stated} if canonical else stated


def _attributes(tag: _Tag) -> dict[str, str]:
    """Lower-case names; the first of a repeated name counts, as in browsers."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(tag.attributes):
        found.setdefault(name.lower(), clean_text(unescape(double or single or bare)))
    return found


def _title(html: str, tags: list[_Tag]) -> str:
    opening = next((tag for tag in tags if tag.name == "title" and not tag.closes), None)
    if opening is None:
        return ""
    return " ".join(clean_text(unescape(html[opening.end : _raw_text_end(html, opening)])).split())


def _language(tags: list[_Tag]) -> str:
    page = next((tag for tag in tags if tag.name == "html" and not tag.closes), None)
    return _attributes(page).get("lang", "").strip() if page else ""
