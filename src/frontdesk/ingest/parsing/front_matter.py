"""The facts a document states about itself, each read strictly: a mistake here could publish to the wrong people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

import yaml

from frontdesk.ingest.unfit import UnfitDocumentError

KEYS = ("title", "url", "language", "audience", "owner", "reviewed")
IGNORED = frozenset(
    [
        "author",
        "categories",
        "category",
        "created",
        "date",
        "description",
        "id",
        "image",
        "keywords",
        "last_modified",
        "layout",
        "order",
        "permalink",
        "slug",
        "sidebar_label",
        "sidebar_position",
        "summary",
        "tags",
        "toc",
        "updated",
        "version",
        "weight",
    ]
)
"""Keys of common site generators that change nothing here. Others are refused: `audiance: staff` must not be public."""
_MAX_LENGTH = 16_000
_KEY_LINE = re.compile(r"[A-Za-z_][\w-]{0,40}[ \t]{0,9}:(?:[ \t]|$)")
_LABEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_CUSTOMER = re.compile(r"customer:[^\s\x00-\x1f]{1,128}\Z")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8}){0,3}\Z")
_URL = re.compile(r"(?:https?://[^\s<>\"\x00-\x1f]{1,2000}|/(?!/)[^\s<>\"\x00-\x1f]{0,2000})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is stated and valid; empty where nothing is stated."""

    title: str = ""
    url: str = ""
    language: str = ""
    audience: str = ""
    owner: str = ""
    reviewed: date | None = None


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """The YAML block at the top as key and text as written, and the rest. ({}, text) where there is none.

    Raises:
        UnfitDocumentError: it is not closed, not YAML, not a mapping of plain values, or names a key twice.
    """
    body = text.lstrip("\n \t")
    if body.startswith("+++\n"):
        raise UnfitDocumentError("front_matter", "TOML front matter (+++) is not read; use YAML between --- lines")
    first, _, rest = body.partition("\n")
    if first.rstrip() != "---":
        return {}, text
    end = _closing_line(rest)
    if end is None:
        if _KEY_LINE.match(rest.lstrip()):
            raise UnfitDocumentError("front_matter", "it is not closed by a --- line")
        return {}, text  # a horizontal rule
    return _read_mapping(rest[: end[0]]), rest[end[1] :]


def _closing_line(rest: str) -> tuple[int, int] | None:
    """Where the closing line starts and ends."""
    position = 0
    for line in rest[:_MAX_LENGTH].splitlines(keepends=True):
        if line.rstrip() in ("---", "..."):
            return position, position + len(line)
        position += len(line)
    return None


def _read_mapping(block: str) -> dict[str, str]:
    """Values stay as written: YAML's own types would turn the language `no` into False."""
    try:
        node = yaml.compose(block, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problem = getattr(error, "problem", None) or type(error).__name__
        raise UnfitDocumentError("front_matter", f"not valid YAML: {problem}") from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise UnfitDocumentError("front_matter", "it is not a mapping of keys to values")
    found: dict[str, str] = {}
    for key, value in node.value:
        name = key.value.strip().lower() if isinstance(key, yaml.ScalarNode) else "?"
        if name in IGNORED:
            continue
        _check_key(name, found)
        if not isinstance(value, yaml.ScalarNode):
            raise UnfitDocumentError("front_matter", f"'{name}' must be one value")
        found[name] = "" if value.tag.endswith(":null") else value.value.strip()
    return found


def _check_key(name: str, found: Mapping[str, str]) -> None:
    if name not in KEYS:
        close = get_close_matches(name, KEYS, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(KEYS)}"
        raise UnfitDocumentError("front_matter", f"unknown key '{name[:40]}'{hint}")
    if name in found:
        raise UnfitDocumentError("front_matter", f"'{name}' is given twice")


def merge(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Both; where they contradict each other the document is unfit."""
    for name in first.keys() & second.keys():
        if first[name] != second[name]:
            raise UnfitDocumentError("front_matter", f"'{name}' is both '{first[name][:80]}' and '{second[name][:80]}'")
    return {**first, **second}


def read_facts(stated: Mapping[str, str]) -> Facts:
    """Raises: UnfitDocumentError: a value is not what it must be."""
    return Facts(
        title=" ".join(stated.get("title", "").split())[:300],
        url=_checked_url(stated.get("url", "")),
        language=read_language(stated.get("language", "")),
        audience=read_audience(stated["audience"]) if "audience" in stated else "",
        owner=stated.get("owner", "")[:200],
        reviewed=_read_date(stated.get("reviewed", "")),
    )


def read_audience(label: str) -> str:
    """Raises: UnfitDocumentError: not an audience label; nobody is then assumed to be allowed to read it."""
    if not _LABEL.match(label) and not _CUSTOMER.match(label):
        raise UnfitDocumentError(
            "front_matter", f"audience '{label[:80]}' is not a label such as public, members or staff"
        )
    return label


def read_language(tag: str) -> str:
    """The primary subtag of a BCP 47 tag, in lower case."""
    if not tag:
        return ""
    found = _LANGUAGE.match(tag)
    if not found:
        raise UnfitDocumentError("front_matter", f"language '{tag[:80]}' is not a language code such as en or pt-BR")
    return found[1].lower()


def _checked_url(url: str) -> str:
    if url and not _URL.match(url):
        raise UnfitDocumentError("front_matter", f"url '{url[:80]}' is neither http(s) nor a path that starts with /")
    return url


def _read_date(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text).date()
    except ValueError as error:
        raise UnfitDocumentError("front_matter", f"reviewed '{text[:80]}' is not a date such as 2026-03-31") from error
