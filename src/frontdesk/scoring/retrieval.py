"""`score retrieval`: which documents answer a question, and the chance that none does.

    documents   {"id", "title"?, "text", "language"?, "group"?}      group: the document's section, for example its page
    takes       {"id", "question", "history"?: [{"speaker", "text"}], "language"?}
    gives       {"id", "ranking": [document ids, best first], "abstain": 0 to 1}

It runs the retrieve stage itself: documents are chunked, embedded and sealed like those of a knowledge source, and
each question goes through rewrite, both legs, fusion and confidence as in a turn.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from frontdesk.domain.conversation import PUBLIC, PUBLIC_ONLY, Role
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Document
from frontdesk.domain.release import RetrievalSettings
from frontdesk.ingest.chunking import approximate_tokens, chunk_document
from frontdesk.ingest.embedding import embed_chunks
from frontdesk.ports.index import EmbeddingCache, KnowledgeIndex, SnapshotStore
from frontdesk.ports.models import ChatTurn, Embedder
from frontdesk.text.hashing import content_hash
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import clean_text
from frontdesk.turn.retrieval import Found, Retriever

Row = Mapping[str, Any]
_SPEAKERS: Mapping[str, Role] = {
    "user": "customer",
    "human": "customer",
    "customer": "customer",
    "assistant": "assistant",
    "agent": "assistant",
    "system": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "operator": "operator",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # a score must not depend on when it was computed
LEAST_SHARE = 0.05
"""Share of the documents from which a detected language is believed: short texts are often taken for another; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalScorer:
    """A retriever over documents that were handed in, with their own ids."""

    retriever: Retriever
    index: KnowledgeIndex
    names: Mapping[DocumentId, str]
    language: str
    """Most common among the documents."""

    @classmethod
    def build(
        cls,
        documents: Sequence[Row],
        *,
        embedder: Embedder | None,
        cache: EmbeddingCache,
        snapshots: SnapshotStore,
        settings: RetrievalSettings,
        chunk_tokens: int,
    ) -> "RetrievalScorer":
        """Seal the documents as a snapshot.

        Args:
            chunk_tokens: upper bound per chunk, as in knowledge.yaml.
        Raises:
            MalformedError: a document has no id or text, or an id is repeated.
        """
        languages = _languages(documents)
        parsed = [_document(row, number, languages) for number, row in enumerate(documents, 1)]
        names = {document.document_id: document.path for document in parsed}
        if not parsed or len(names) != len(parsed):
            raise MalformedError("Documents need ids that differ, and there must be one.", field="id")
        count = embedder.count_tokens if embedder else approximate_tokens
        chunks = [c for d in parsed for c in chunk_document(d, max_tokens=chunk_tokens, count_tokens=count)]
        embedded = embed_chunks(chunks, embedder=embedder, cache=cache, progress=lambda _done, _total: None)
        manifest = snapshots.seal(
            parsed,
            embedded.chunks,
            embedder=embedder.fingerprint if embedder else "",
            settings={"chunk_tokens": chunk_tokens},
            parent=None,
        )
        index = snapshots.open(manifest.snapshot_id)
        return cls(
            retriever=Retriever(index, embedder, settings),
            index=index,
            names=names,
            language=Counter(document.language for document in parsed).most_common(1)[0][0],
        )

    async def score(self, row: Row, *, limit: int) -> dict[str, Any]:
        """The row's id with its documents, best first, at most `limit`, and the chance that none answers it.

        Raises:
            MalformedError: the row has no id or question, or its history is not a list of turns.
        """
        found = await self.search(row)
        best = dict.fromkeys(self.names[self.index.chunk(hit.row).document_id] for hit in found.ranking)
        return {
            "id": _text(row, "id"),
            "ranking": list(best)[:limit],
            "abstain": round(1.0 - self.retriever.confidence(found), 4),
        }

    async def search(self, row: Row) -> Found:
        """What the retrieve stage finds for a row.

        Raises:
            MalformedError: as `score`.
        """
        question = _text(row, "question")
        spoken = tuple(self.index.manifest.languages)
        language = str(row.get("language") or detect_language(question, default=self.language, among=spoken))
        return await self.retriever.search(
            question, language=language, history=_history(row, question), audiences=PUBLIC_ONLY
        )


async def score_retrieval(
    rows: Iterable[Row], scorer: RetrievalScorer, *, limit: int = 20
) -> AsyncIterator[dict[str, Any]]:
    """One result per row, in order."""
    for row in rows:
        yield await scorer.score(row, limit=limit)


def _languages(documents: Sequence[Row]) -> list[str]:
    """What the documents are written in, most common first; a few strays are not believed."""
    named = Counter(
        str(row.get("language") or detect_language(str(row.get("text", "")), default="en")) for row in documents
    )
    ranked = named.most_common()
    return [
        language
        for language, count in ranked
        if (language, count) == ranked[0] or count >= LEAST_SHARE * len(documents)
    ]


def _document(row: Row, number: int, languages: Sequence[str]) -> Document:
    name, title = _text(row, "id", number), clean_text(str(row.get("title") or ""))
    text = clean_text(_text(row, "text", number))
    language = str(row.get("language") or detect_language(text, default=languages[0], among=languages))
    digest = content_hash([name, title, text, language])
    return Document(
        document_id=DocumentId.mint(content_hash([name])[:32]),
        source="score",
        path=name,
        title=title,
        url="",
        language=language,
        audience=PUBLIC,
        owner="",
        reviewed=None,
        text=text,
        content_hash=digest,
        fetched_at=_EPOCH,
    )


def _history(row: Row, question: str) -> list[ChatTurn]:
    """Earlier turns, oldest first; a last turn that is the question itself is left out."""
    turns = row.get("history") or []
    if not isinstance(turns, list) or not all(isinstance(turn, Mapping) for turn in turns):
        raise MalformedError("A history is a list of turns with speaker and text.", field="history")
    history = [ChatTurn(role=_role(turn), text=_text(turn, "text")) for turn in turns]
    if history and history[-1].role == "customer" and history[-1].text.strip() == question.strip():
        history.pop()
    return history


def _role(turn: Row) -> Role:
    speaker = str(turn.get("speaker", "")).casefold()
    if speaker not in _SPEAKERS:
        raise MalformedError(f"'{speaker}' is not one of {', '.join(_SPEAKERS)}.", field="speaker")
    return _SPEAKERS[speaker]


def _text(row: Row, field: str, number: int = 0) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        where = f" (line {number})" if number else ""
        raise MalformedError(f"Every row needs a text in '{field}'{where}.", field=field)
    return value
