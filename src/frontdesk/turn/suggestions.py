"""Questions to go on with: sections of the knowledge beside what an answer cited, each known to be found."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Chunk
from frontdesk.ports.clock import Clock
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.text.tokens import content_stems
from frontdesk.turn.serving import ServedRelease

MOST = 3
MAX_CANDIDATES = 8
"""Sections that are searched for; each costs a search."""
BUDGET_S = 0.04
"""No further search begins after so long: suggestions are a courtesy."""
MAX_LABEL_CHARS = 60
_PER_DOCUMENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    label: str
    """The section's heading, with its document's title where a single word would say too little."""
    text: str
    """What is asked: understandable without the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer says of itself."""

    question: str
    language: str
    cited: tuple[ChunkId, ...]
    cited_documents: tuple[DocumentId, ...]
    """In the order of their citations, each once."""
    other_documents: tuple[DocumentId, ...]
    """Found and not cited, best first."""


async def suggest(
    release: ServedRelease, answered: Answered, *, audiences: Audiences, clock: Clock
) -> tuple[Suggestion, ...]:
    """At most three sections that their own heading finds, with these rights, before all others."""
    kept: list[Suggestion] = []
    began = clock.monotonic()
    for chunk in candidates(release.retriever.index, answered, audiences=audiences):
        if len(kept) == MOST or clock.monotonic() - began > BUDGET_S:
            break
        suggestion = _of(chunk)
        if await _is_found(release, suggestion.text, chunk, audiences):
            kept.append(suggestion)
    return tuple(kept)


def candidates(index: KnowledgeIndex, answered: Answered, *, audiences: Audiences) -> Sequence[Chunk]:
    """Sections that were not cited and not asked for: of the cited documents first, then of those beside them."""
    asked = set(content_stems(answered.question, answered.language))
    seen: set[str] = set()
    chosen: list[Chunk] = []
    for document_id in (*answered.cited_documents, *answered.other_documents):
        own = 0
        for chunk in _sections(index, document_id, answered.language):
            heading = chunk.breadcrumb[-1]
            is_new = heading.casefold() not in seen and not set(content_stems(heading, chunk.language)) <= asked
            if (
                own < _PER_DOCUMENT
                and is_new
                and audiences.may_see(chunk.audience)
                and chunk.chunk_id not in answered.cited
            ):
                seen.add(heading.casefold())
                chosen.append(chunk)
                own += 1
    return chosen[:MAX_CANDIDATES]


def _sections(index: KnowledgeIndex, document_id: DocumentId, language: str) -> Iterator[Chunk]:
    """The first chunk of each section with a heading of its own, in the language of the question."""
    chunks: Iterable[Chunk] = (index.chunk(row) for row in index.rows_of(document_id))
    before: tuple[str, ...] = ()
    for chunk in chunks:
        has_heading = len(chunk.breadcrumb) > 1 and chunk.breadcrumb != before
        if has_heading and len(chunk.breadcrumb[-1]) <= MAX_LABEL_CHARS and chunk.language == language:
            yield chunk
        before = chunk.breadcrumb


def _of(chunk: Chunk) -> Suggestion:
    heading = chunk.breadcrumb[-1]
    whole = f"{heading} ({chunk.title})"
    says_enough = " " in heading or len(whole) > MAX_LABEL_CHARS
    return Suggestion(label=heading if says_enough else whole, text=whole)


async def _is_found(release: ServedRelease, text: str, chunk: Chunk, audiences: Audiences) -> bool:
    found = await release.retriever.retrieve(text, language=chunk.language, history=(), audiences=audiences)
    return found.level != "low" and bool(found.passages) and chunk.chunk_id in found.passages[0].chunk_ids
