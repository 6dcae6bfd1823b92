"""A snapshot's documents, narrowed and in order."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from weakref import WeakKeyDictionary

from frontdesk.domain.citing import TimesCited
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Document
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.text.tokens import fold, strip_accents

NEVER, EVER = "never", "ever"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    document: Document
    chunks: int
    haystack: str
    """All that a search looks at, folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    entries: tuple[Entry, ...]
    """By title."""
    languages: Mapping[str, int]
    """Documents of each; so below."""
    audiences: Mapping[str, int]
    owners: Mapping[str, int]
    """Without those that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry with how often it was cited."""

    entry: Entry
    times: TimesCited | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a listed document must be like; an empty field asks for nothing."""

    words: str = ""
    """Each somewhere in title, path, source, owner, address or id."""
    language: str = ""
    audience: str = ""
    owner: str = ""
    cited: str = ""
    """`never`, `ever`, or empty."""


SortKey = Callable[[Listed], Any]
SORTS: Mapping[str, tuple[SortKey, bool]] = {
    "title": (lambda one: _folded(one.entry.document.title), False),
    "language": (lambda one: one.entry.document.language, False),
    "audience": (lambda one: one.entry.document.audience, False),
    "owner": (lambda one: _folded(one.entry.document.owner), False),
    "reviewed": (lambda one: one.entry.document.reviewed or date.min, False),
    "chunks": (lambda one: one.entry.chunks, True),
    "cited": (lambda one: one.times.turns if one.times else 0, True),
    "last": (lambda one: one.times.last_at if one.times else _LONG_AGO, True),
}
"""Orders, each with whether the largest comes first."""

_catalogues: WeakKeyDictionary[KnowledgeIndex, Catalogue] = WeakKeyDictionary()


def catalogue_of(index: KnowledgeIndex) -> Catalogue:
    """Kept as long as the snapshot is open."""
    catalogue = _catalogues.get(index)
    if catalogue is None:
        catalogue = _catalogues[index] = _read(index)
    return catalogue


def list_documents(
    catalogue: Catalogue,
    times: Mapping[DocumentId, TimesCited],
    narrowing: Narrowing,
    *,
    sort: str,
    is_reversed: bool,
) -> Sequence[Listed]:
    """Those that are like this, ties by title."""
    wanted = _folded(narrowing.words).split()
    found = [
        Listed(entry=entry, times=times.get(entry.document.document_id))
        for entry in catalogue.entries
        if _is_like(entry, narrowing, wanted)
    ]
    if narrowing.cited:
        found = [one for one in found if (one.times is None) == (narrowing.cited == NEVER)]
    key, largest_first = SORTS[sort]
    return sorted(found, key=key, reverse=largest_first != is_reversed)


def _is_like(entry: Entry, narrowing: Narrowing, wanted: Sequence[str]) -> bool:
    document = entry.document
    return (
        narrowing.language in ("", document.language)
        and narrowing.audience in ("", document.audience)
        and narrowing.owner in ("", document.owner)
        and all(word in entry.haystack for word in wanted)
    )


def _read(index: KnowledgeIndex) -> Catalogue:
    entries = [_entry(index, document) for document in index.documents()]
    documents = [entry.document for entry in entries]
    return Catalogue(
        entries=tuple(sorted(entries, key=lambda entry: (_folded(entry.document.title), entry.document.path))),
        languages=_counted(document.language for document in documents),
        audiences=_counted(document.audience for document in documents),
        owners=_counted(document.owner for document in documents if document.owner),
    )


def _entry(index: KnowledgeIndex, document: Document) -> Entry:
    said = (document.title, f"{document.source}/{document.path}", document.owner, document.url, document.document_id)
    return Entry(
        document=document,
        chunks=len(index.rows_of(document.document_id)),
        haystack=_folded("\n".join(said)),
    )


def _counted(labels: Any) -> dict[str, int]:
    return dict(sorted(Counter(labels).items()))


def _folded(text: str) -> str:
    return strip_accents(fold(text))
