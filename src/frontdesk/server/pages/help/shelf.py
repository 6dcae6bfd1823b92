"""A snapshot's public documents as an index at the end of a book has them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from weakref import WeakKeyDictionary

from frontdesk.domain.conversation import PUBLIC_ONLY
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Document
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.text.tokens import fold, strip_accents

_HEAD_WORDS = 2
_HEAD_FROM = 3
"""Titles that begin alike, from which they stand below what they share; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """A document's line; `shared` and `rest` together are its title."""

    document_id: DocumentId
    shared: str
    """What the title begins with, where it is said above the line."""
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexGroup:
    """Titles that begin alike below their beginning; or one that stands alone, without a head."""

    head: str
    entries: tuple[IndexEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLetter:
    letter: str
    groups: tuple[IndexGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What anybody may read."""

    documents: Mapping[DocumentId, Document]
    by_language: Mapping[str, tuple[Document, ...]]
    by_address: Mapping[str, DocumentId]
    """Where the organisation's own site has it > the document."""
    letters: Mapping[str, tuple[IndexLetter, ...]]
    """The index of each language."""

    def language_of(self, wanted: str) -> str:
        """The wanted language where there is a document in it, else the one with most; empty when there are none."""
        if wanted in self.by_language:
            return wanted
        return max(self.by_language, key=lambda language: len(self.by_language[language]), default="")


_shelves: WeakKeyDictionary[KnowledgeIndex, Shelf] = WeakKeyDictionary()


def shelf_of(index: KnowledgeIndex) -> Shelf:
    """The public documents of a snapshot; kept as long as it is open."""
    shelf = _shelves.get(index)
    if shelf is None:
        shelf = _shelves[index] = _fill(index)
    return shelf


def _fill(index: KnowledgeIndex) -> Shelf:
    public = [document for document in index.documents() if PUBLIC_ONLY.may_see(document.audience)]
    languages = sorted({document.language for document in public})
    by_language = {
        language: tuple(sorted((one for one in public if one.language == language), key=_order))
        for language in languages
    }
    return Shelf(
        documents={document.document_id: document for document in public},
        by_language=by_language,
        by_address={document.url: document.document_id for document in public if document.url},
        letters={language: tuple(_letters(documents)) for language, documents in by_language.items()},
    )


def _order(document: Document) -> tuple[str, DocumentId]:
    return _sorted_as(document.title), document.document_id


def _sorted_as(title: str) -> str:
    """Without case, accents, and what stands before the first letter or digit."""
    folded = strip_accents(fold(title))
    start = next((place for place, character in enumerate(folded) if character.isalnum()), 0)
    return folded[start:]


def _letter(document: Document) -> str:
    first = _sorted_as(document.title)[:1].upper()
    return first if first.isalpha() else "#"


def _letters(documents: Sequence[Document]) -> Iterator[IndexLetter]:
    shared = Counter(_head(document.title) for document in documents)
    for letter, group in groupby(documents, key=_letter):
        yield IndexLetter(letter=letter, groups=tuple(_groups(group, shared)))


def _groups(documents: Iterable[Document], shared: Counter[str]) -> Iterator[IndexGroup]:
    for head, group in groupby(documents, key=lambda document: _head(document.title)):
        if head and shared[head] >= _HEAD_FROM:
            yield IndexGroup(head=head, entries=tuple(_entry(document, head) for document in group))
        else:
            yield from (IndexGroup(head="", entries=(_entry(document, ""),)) for document in group)


def _head(title: str) -> str:
    """The first words; empty where the title is not longer."""
    words = title.split(" ")
    return " ".join(words[:_HEAD_WORDS]) if len(words) > _HEAD_WORDS else ""


def _entry(document: Document, head: str) -> IndexEntry:
    return IndexEntry(document_id=document.document_id, shared=head, rest=document.title[len(head) :].strip())
