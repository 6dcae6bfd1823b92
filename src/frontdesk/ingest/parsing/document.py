"""A file becomes a document: decoded, parsed, its facts read, its text in one dialect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Document, RawDocument
from frontdesk.ingest.blocks import Block, scan_blocks
from frontdesk.ingest.parsing.decoding import decode
from frontdesk.ingest.parsing.front_matter import (
    Facts,
    merge,
    read_audience,
    read_facts,
    read_language,
    split_front_matter,
)
from frontdesk.ingest.parsing.html import HtmlPage, parse_html
from frontdesk.ingest.parsing.markdown import clean_markdown
from frontdesk.ingest.unfit import UnfitDocumentError
from frontdesk.text.hashing import content_hash
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import clean_text

_HTML_START = re.compile(r"\s{0,99}(?:<\?xml[^<>]{0,200}>\s{0,99})?<(?:!doctype\s{1,9}html|html[\s>])", re.IGNORECASE)
_LINK_ITEM = re.compile(r"\s*[-*+][ \t]+\[[^\[\]]{1,300}\]\(([^()\s]{1,1000})\)[ \t]*$")
_PAGE_ENDINGS = ("", ".html", ".htm", ".md", ".php", ".aspx")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the formats have in common once they are read."""

    facts: Facts
    page_title: str
    page_language: str
    text: str


def parse_document(raw: RawDocument) -> Document:
    """Raises: UnfitDocumentError: it cannot be read, or what it says of itself cannot be trusted."""
    parts = _read(raw)
    blocks = scan_blocks(parts.text)
    title = _choose_title(parts, blocks, raw.path)
    text = _without_link_lists(_without_title(parts.text, blocks, title), parts.facts.url)
    audience = parts.facts.audience or read_audience(raw.defaults.get("audience") or "")
    return _document(raw, parts, title=title, text=text, audience=audience)


def document_id(source: str, path: str) -> DocumentId:
    """The same for every version of a document."""
    return DocumentId.mint(content_hash([source, path])[:32])


def _document(raw: RawDocument, parts: _Parts, *, title: str, text: str, audience: str) -> Document:
    facts = parts.facts
    language = _choose_language(parts, raw.defaults, f"{title}\n{text}")
    owner = facts.owner or raw.defaults.get("owner", "")
    reviewed = facts.reviewed.isoformat() if facts.reviewed else ""
    return Document(
        document_id=document_id(raw.source, raw.path),
        source=raw.source,
        path=raw.path,
        title=title,
        url=facts.url,
        language=language,
        audience=audience,
        owner=owner,
        reviewed=facts.reviewed,
        text=text,
        content_hash=content_hash([raw.source, raw.path, title, facts.url, language, audience, owner, reviewed, text]),
        fetched_at=raw.fetched_at,
    )


def _read(raw: RawDocument) -> _Parts:
    stated, body = split_front_matter(clean_text(decode(raw.content)))
    if PurePosixPath(raw.path).suffix.lower() not in (".html", ".htm") and not _HTML_START.match(body):
        return _Parts(facts=read_facts(stated), page_title="", page_language="", text=_tidy(clean_markdown(body)))
    page: HtmlPage = parse_html(body)
    facts = read_facts(merge({"url": page.stated["url"], **stated} if "url" in page.stated else stated, page.stated))
    return _Parts(facts=facts, page_title=page.title, page_language=page.language, text=_tidy(page.markdown))


def _tidy(markdown: str) -> str:
    """Cleaned once more, for entities can spell what cleaning removes."""
    return re.sub(r"\n{3,}", "\n\n", clean_text(markdown)).strip()


def _choose_title(parts: _Parts, blocks: list[Block], path: str) -> str:
    """Front matter, else the heading that opens the text, else the page's title, else the file's name.

    The heading goes before `<title>`, to which sites append their own name.
    """
    heading = blocks[0].title if blocks and blocks[0].kind == "heading" and blocks[0].level == 1 else ""
    name = PurePosixPath(path).stem.replace("-", " ").replace("_", " ").strip()
    return (parts.facts.title or heading or parts.page_title or name[:1].upper() + name[1:])[:300]


def _choose_language(parts: _Parts, defaults: Mapping[str, str], text: str) -> str:
    stated = parts.facts.language or read_language(defaults.get("language", ""))
    if stated:
        return stated
    try:
        page = read_language(parts.page_language)
    except UnfitDocumentError:  # templates carry nonsense here; the words decide then
        page = ""
    return page or detect_language(text, default="en")


def _without_title(text: str, blocks: list[Block], title: str) -> str:
    """The title is a field; as the text's first heading it would be said twice in every chunk."""
    if blocks and blocks[0].kind == "heading" and blocks[0].title.casefold() == title.casefold():
        return text[blocks[0].end :].strip()
    return text


def _without_link_lists(text: str, url: str) -> str:
    """Closing sections that only list pages of the same site are navigation, and would be found instead of those."""
    if not _LINK_ITEM.match(text[text.rfind("\n") + 1 :]):
        return text
    blocks = scan_blocks(text)
    while len(blocks) > 2 and blocks[-2].kind == "heading" and _is_link_list(text, blocks[-1], url):
        blocks = blocks[:-2]
    return text[: blocks[-1].end]


def _is_link_list(text: str, block: Block, url: str) -> bool:
    if block.kind != "list":
        return False
    targets = [_LINK_ITEM.match(line) for line in text[block.start : block.end].split("\n") if line.strip()]
    return all(target and _is_page(target[1], url) for target in targets)


def _is_page(target: str, url: str) -> bool:
    """Another page of the site that the document is on, not a download and not elsewhere."""
    try:
        parts, own = urlsplit(target), urlsplit(url)
    except ValueError:
        return False
    is_here = parts.scheme in ("", "http", "https") and parts.netloc in ("", own.netloc)
    return is_here and PurePosixPath(parts.path).suffix.lower() in _PAGE_ENDINGS
