"""Vectors for chunks: from the cache where a text was embedded before, else computed and kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontdesk.domain.knowledge import Chunk, EmbeddedChunk
from frontdesk.ports.index import EmbeddingCache
from frontdesk.ports.models import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 128
"""Texts per call and per commit of the cache: a run that is stopped repeats at most this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """Every chunk with its vector, in the order given."""

    chunks: tuple[EmbeddedChunk, ...]
    embedded: int
    """Distinct texts the embedder had to read."""
    cached: int
    """Distinct texts whose vector was known."""


def embed_chunks(
    chunks: Sequence[Chunk],
    *,
    embedder: Embedder | None,
    cache: EmbeddingCache,
    progress: Callable[[int, int], None],
) -> Embedding:
    """Embed what the cache does not hold; without an embedder, every vector is None.

    Args:
        progress: told (done, total) of the texts to embed after each batch.
    """
    if embedder is None:
        plain = tuple(EmbeddedChunk(chunk=chunk, vector=None) for chunk in chunks)
        return Embedding(chunks=plain, embedded=0, cached=0)
    texts = {chunk.content_hash: chunk.indexed_text for chunk in chunks}
    vectors = dict(cache.get_many(embedder.fingerprint, list(texts)))
    missing = [key for key in texts if key not in vectors]
    for start in range(0, len(missing), BATCH):
        vectors |= _embed_batch(missing[start : start + BATCH], texts, embedder, cache)
        progress(min(start + BATCH, len(missing)), len(missing))
    done = tuple(EmbeddedChunk(chunk=chunk, vector=vectors[chunk.content_hash]) for chunk in chunks)
    return Embedding(chunks=done, embedded=len(missing), cached=len(texts) - len(missing))


def _embed_batch(
    keys: Sequence[str], texts: dict[str, str], embedder: Embedder, cache: EmbeddingCache
) -> "dict[str, NDArray[np.float32]]":
    """The embedder spreads a call over the cores by itself."""
    rows = embedder.embed_now([texts[key] for key in keys])
    vectors = dict(zip(keys, rows, strict=True))
    cache.put_many(embedder.fingerprint, vectors)
    return vectors
