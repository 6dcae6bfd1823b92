"""A question becomes the public documents that may answer it, each with the words that speak for it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from frontdesk.domain.conversation import PUBLIC_ONLY
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Chunk
from frontdesk.domain.turn import Rewording
from frontdesk.server.reading import Run, in_one_line
from frontdesk.text.normalise import clean_text
from frontdesk.text.sentences import split_sentences
from frontdesk.text.tokens import Token, content_stems, is_stopword, stem, words
from frontdesk.turn.serving import ServedRelease

MAX_QUESTION_CHARS = 300
_RESULTS = 8
_SNIPPET_CHARS = 220
_MAX_QUOTE_CHARS = 200
"""A longer sentence would make an address that nobody can pass on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A document with the passage that was found in it."""

    document_id: DocumentId
    title: str
    section: str
    """Headings that lead to the passage, without the title."""
    language: str
    snippet: tuple[Run, ...]
    """Words of the question are marked."""
    quote: str
    """The sentence that speaks for it most, as it stands in the document; empty when it is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPages:
    pages: tuple[FoundPage, ...]
    """Best first."""
    is_sure: bool
    """Whether one of them is likely to answer the question."""


def clean_question(raw: str) -> str:
    """What was typed, in one line and without what nobody can see."""
    return " ".join(clean_text(raw[: 2 * MAX_QUESTION_CHARS]).split())[:MAX_QUESTION_CHARS]


async def find_pages(release: ServedRelease, question: str, language: str) -> FoundPages:
    """The public documents that answer the question best, by the same search that answers are made from."""
    retriever = release.retriever
    found = await retriever.search(question, language=language, history=(), audiences=PUBLIC_ONLY)
    confidence = retriever.confidence(found)
    if not found.legs.lexical and confidence < release.content.retrieval.answer_above:
        return FoundPages(pages=(), is_sure=False)
    wanted = {*found.terms, *_meant(found.query.rewordings, language)}
    best: dict[DocumentId, Chunk] = {}
    for hit in found.ranking:
        chunk = retriever.index.chunk(hit.row)
        if PUBLIC_ONLY.may_see(chunk.audience):
            best.setdefault(chunk.document_id, chunk)
        if len(best) == _RESULTS:
            break
    return FoundPages(
        pages=tuple(_page(chunk, wanted) for chunk in best.values()),
        is_sure=confidence >= release.content.retrieval.answer_above,
    )


def _meant(rewordings: Sequence[Rewording], language: str) -> set[str]:
    """Stems of the single words that may stand for those of the question; parts of phrases say little alone."""
    phrases = (content_stems(phrase, language) for rewording in rewordings for phrase in rewording.meant)
    return {stems[0] for stems in phrases if len(stems) == 1}


def _page(chunk: Chunk, wanted: AbstractSet[str]) -> FoundPage:
    crumbs = chunk.breadcrumb[1:] if chunk.breadcrumb[:1] == (chunk.title,) else chunk.breadcrumb
    return FoundPage(
        document_id=chunk.document_id,
        title=chunk.title,
        section=" › ".join(crumbs),
        language=chunk.language,
        snippet=_snippet(in_one_line(chunk.text), chunk.language, wanted),
        quote=_quote(chunk, wanted),
    )


def _snippet(text: str, language: str, wanted: AbstractSet[str]) -> tuple[Run, ...]:
    """The stretch with most of the wanted words, these marked."""
    hits = [token for token in words(text) if _is_wanted(token, language, wanted)]
    start, end = _window(text, hits, language)
    runs = [Run(text="… ")] if start else []
    position = start
    for token in (token for token in hits if start <= token.start and token.end <= end):
        if token.start < position:  # words of scripts without blanks overlap
            continue
        runs += [Run(text=text[position : token.start]), Run(text=token.text, is_marked=True)]
        position = token.end
    runs.append(Run(text=text[position:end] + (" …" if end < len(text) else "")))
    return tuple(run for run in runs if run.text)


def _is_wanted(token: Token, language: str, wanted: AbstractSet[str]) -> bool:
    return not is_stopword(token.text, language) and stem(token.text, language) in wanted


def _window(text: str, hits: Sequence[Token], language: str) -> tuple[int, int]:
    """A stretch of at most the snippet's length, between words."""
    if len(text) <= _SNIPPET_CHARS:
        return 0, len(text)
    starts = [hit.start for hit in hits] or [0]
    best = max(starts, key=lambda start: (_distinct(hits, start, language), -start))
    sentences = [span.start for span in split_sentences(text) if best - _SNIPPET_CHARS // 2 <= span.start <= best]
    start = min(sentences) if sentences else best
    end = min(len(text), start + _SNIPPET_CHARS)
    blank = text.rfind(" ", start, end + 1) if end < len(text) else -1
    return start, blank if blank > start else end


def _distinct(hits: Sequence[Token], start: int, language: str) -> int:
    inside = (hit for hit in hits if start <= hit.start and hit.end <= start + _SNIPPET_CHARS)
    return len({stem(hit.text, language) for hit in inside})


def _quote(chunk: Chunk, wanted: AbstractSet[str]) -> str:
    sentences = [chunk.text[span.start : span.end] for span in split_sentences(chunk.text)]
    short = [sentence for sentence in sentences if len(sentence) <= _MAX_QUOTE_CHARS]
    heard = [len(wanted & set(content_stems(sentence, chunk.language))) for sentence in short]
    best = max(heard, default=0)
    return short[heard.index(best)] if best else ""
