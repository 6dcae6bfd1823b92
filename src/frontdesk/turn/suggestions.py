"""Questions to go on with: sections of the knowledge beside what an answer cited, each known to be found.

A section is offered by its heading. It is kept where that heading, asked in this conversation and with the customer's
own rights, finds the section before all others and with enough confidence to be answered.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Chunk
from frontdesk.domain.turn import Citation
from frontdesk.ports.clock import Clock
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.models import ChatTurn
from frontdesk.text.language import detect_language
from frontdesk.text.tokens import content_stems
from frontdesk.turn.retrieval import Retriever

MOST = 3
MAX_CANDIDATES = 8
"""Sections that are searched for."""
BUDGET_S = 0.2
"""No further search begins after so long: suggestions are a courtesy."""
MAX_LABEL_CHARS = 60
TELLING_WORDS = 2
"""Content words from which a heading says by itself what it is about; "How it works" has one."""
PER_DOCUMENT = 2
"""Sections that one cited document may give, so that there is something else, too."""
CLOSE_ENOUGH = 0.7
"""Share of the best passage's score from which one that was not cited is of the same matter. Of the demo's questions,
nearly all that is below it is of another."""
_TABLE = " | "
"""Stands between the heads of a table's columns, which are no heading that anybody asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    label: str
    """The section's heading, with its document's title where that alone would say too little."""
    text: str
    """What is asked: understandable without the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    items: tuple[Suggestion, ...] = ()
    is_cut_short: bool = False
    """The time was up before all candidates were tried."""
    are_answers: bool = False
    """They answer a question of the assistant's, where others are questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, and the conversation up to its end."""

    language: str
    citations: tuple[Citation, ...]
    found: tuple[tuple[ChunkId, float], ...]
    """Where its passages were found, best first, and the score of each."""
    history: tuple[ChatTurn, ...]
    """Oldest first, with the question and the answer themselves."""


async def suggest(
    retriever: Retriever, answered: Answered, *, audiences: Audiences, answer_above: float, clock: Clock
) -> Suggestions:
    """At most `MOST` questions.

    Args:
        answer_above: confidence from which the release attempts an answer.
    """
    kept: list[Suggestion] = []
    began = clock.monotonic()
    for chunk in candidates(retriever.index, answered, audiences=audiences):
        if clock.monotonic() - began > BUDGET_S:
            return Suggestions(items=tuple(kept), is_cut_short=True)
        suggestion = offer(chunk)
        found = await retriever.search(
            suggestion.text, language=chunk.language, history=answered.history, audiences=audiences
        )
        top = retriever.index.chunk(found.ranking[0].row) if found.ranking else None
        if top and _section_of(top) == _section_of(chunk) and retriever.confidence(found) >= answer_above:
            kept.append(suggestion)
        if len(kept) == MOST:
            break
    return Suggestions(items=tuple(kept))


def candidates(index: KnowledgeIndex, answered: Answered, *, audiences: Audiences) -> Sequence[Chunk]:
    """Where sections begin that were neither cited nor asked for: of cited documents first, then of others found."""
    asked = [
        frozenset(content_stems(turn.text, answered.language)) for turn in answered.history if turn.role == "customer"
    ]
    chosen: list[Chunk] = []
    given: Counter[DocumentId] = Counter()
    for chunk in chain(_beside_the_cited(index, answered), _found_besides(index, answered)):
        if len(chosen) == MAX_CANDIDATES:
            break
        if given[chunk.document_id] == PER_DOCUMENT or not audiences.may_see(chunk.audience):
            continue
        if _is_news(chunk, asked, chosen) and _can_be_offered(chunk, answered.language):
            given[chunk.document_id] += 1
            chosen.append(chunk)
    return chosen


def offer(chunk: Chunk) -> Suggestion:
    """The section of this chunk as a question."""
    if len(chunk.breadcrumb) < 2:
        return Suggestion(label=chunk.title, text=chunk.title)
    heading = chunk.breadcrumb[-1]
    whole = f"{heading} ({chunk.title})"
    says_enough = len(set(content_stems(heading, chunk.language))) >= TELLING_WORDS or len(whole) > MAX_LABEL_CHARS
    return Suggestion(label=heading if says_enough else whole, text=whole)


def _beside_the_cited(index: KnowledgeIndex, answered: Answered) -> Iterator[Chunk]:
    """The other sections of cited documents; those that follow what was cited come first."""
    for document_id in dict.fromkeys(citation.document_id for citation in answered.citations):
        chunks = [index.chunk(row) for row in index.rows_of(document_id)]
        cited = {chunk.breadcrumb for chunk in chunks if _is_cited(chunk, answered.citations)}
        last = max((chunk.position for chunk in chunks if chunk.breadcrumb in cited), default=-1)
        starts = {chunk.breadcrumb: chunk for chunk in reversed(chunks)}
        for chunk in sorted(starts.values(), key=lambda chunk: (chunk.position < last, chunk.position)):
            if chunk.breadcrumb not in cited and len(chunk.breadcrumb) > 1:
                yield chunk


def _found_besides(index: KnowledgeIndex, answered: Answered) -> Iterator[Chunk]:
    """Sections that were found and not cited, of other documents."""
    cited = {citation.document_id for citation in answered.citations}
    least = CLOSE_ENOUGH * max((score for _, score in answered.found), default=0.0)
    rows = (index.row_of(chunk_id) for chunk_id, score in answered.found if score >= least > 0.0)
    for found in (index.chunk(row) for row in rows if row is not None):
        if found.document_id not in cited:
            chunks = (index.chunk(one) for one in index.rows_of(found.document_id))
            yield next(chunk for chunk in chunks if chunk.breadcrumb == found.breadcrumb)


def _is_cited(chunk: Chunk, citations: Sequence[Citation]) -> bool:
    """Also where the quote stands in a chunk that was joined to the one that was found."""
    return any(
        citation.document_id == chunk.document_id
        and (citation.chunk_id == chunk.chunk_id or citation.quote in chunk.text)
        for citation in citations
    )


def _can_be_offered(chunk: Chunk, language: str) -> bool:
    """Whether what it is called is short, and is read, as a message, in the language of the answer."""
    names = (chunk.breadcrumb[-1] if chunk.breadcrumb else "", chunk.title)
    if any(not name or len(name) > MAX_LABEL_CHARS or _TABLE in name for name in names):
        return False
    return chunk.language == language == detect_language(offer(chunk).text, default=language)


def _is_news(chunk: Chunk, asked: Sequence[frozenset[str]], chosen: Sequence[Chunk]) -> bool:
    heading = set(content_stems(chunk.breadcrumb[-1] if chunk.breadcrumb else chunk.title, chunk.language))
    if any(heading <= words for words in asked):
        return False
    label = offer(chunk).label.casefold()
    return all(label != offer(other).label.casefold() for other in chosen)


def _section_of(chunk: Chunk) -> tuple[DocumentId, tuple[str, ...]]:
    return chunk.document_id, chunk.breadcrumb
