"""Which stem stands in which chunk, and what that adds to a score; carried over from an earlier snapshot where it can.

Cutting text into stems is nine tenths of the work of a lexical index, so a chunk that the parent snapshot has
already is taken from there. The files come out the same either way.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.index.codec import dump
from frontdesk.adapters.index.records import map_array, save_array
from frontdesk.adapters.index.vocabulary import Vocabulary
from frontdesk.domain.knowledge import Chunk
from frontdesk.text.tokens import content_stems

ENDS, ROWS, COUNTS, WEIGHTS = "postings.ends.npy", "postings.rows.npy", "postings.counts.npy", "postings.weights.npy"
TEXTS, RULES = "postings.texts.npy", "postings.rules.json"
K1, B = 1.2, 0.75
"""Robertson and Zaragoza, 2009; the defaults of Lucene."""
BREADCRUMB_WEIGHT = 2
"""A stem in the title or a heading counts as this many in the text, in the manner of BM25F; a guess."""
MOST_COUNTED = 2048
"""Largest count of a stem in a chunk, exact as float16; BM25 is flat long before."""
RULE_PROBES = {
    "en": "The returns of 2 pairs of hiking boots, bought for £129.90 on 2024-05-03, aren't refundable.",
    "de": "Die Rücksendungen der Wanderstiefel für 1.299,90 € wurden am 3. Mai zurückgezahlt.",
    "es": "Las devoluciones de las botas compradas el 3 de mayo no tienen ningún coste añadido.",
    "fr": "Les retours des chaussures achetées aujourd'hui n'ont pas été remboursés.",
    "zh": "如何退货 refund 30天",
}
"""Sentences whose stems stand for the text rules: other rules make another snapshot, and nothing is carried over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """One entry per stem and chunk, in no order."""

    stems: list[str]
    """In the order of their code points, none twice."""
    terms: NDArray[np.int32]
    """(n,) numbers into `stems`."""
    rows: NDArray[np.int32]
    """(n,)"""
    counts: NDArray[np.float32]
    """(n,) how often the stem stands in the chunk, weighted by where."""


def text_rules() -> bytes:
    """What the text rules make of `RULE_PROBES`, and how postings count."""
    return dump([BREADCRUMB_WEIGHT, [content_stems(text, language) for language, text in RULE_PROBES.items()]])


def write_postings(folder: Path, chunks: Sequence[Chunk], *, parent: Path | None) -> None:
    """Write stems, postings and weights of the chunks, which come in row order.

    Args:
        parent: a verified snapshot folder; what it says of unchanged chunks is carried over.
    """
    texts = [_text_digest(chunk) for chunk in chunks]
    carried, done = _carried(parent, texts)
    fresh = {row: _frequencies(chunk) for row, chunk in enumerate(chunks) if row not in done}
    postings = _joined(carried, fresh)
    order = np.lexsort((postings.rows, postings.terms))
    ends = np.concatenate([[0], np.cumsum(np.bincount(postings.terms, minlength=len(postings.stems)))])
    Vocabulary.write(folder, postings.stems)
    save_array(folder / ENDS, ends.astype(np.int64))
    save_array(folder / ROWS, postings.rows[order])
    save_array(folder / COUNTS, postings.counts[order].astype(np.float16))
    save_array(folder / WEIGHTS, _weights(postings, ends, len(chunks))[order])
    save_array(folder / TEXTS, np.frombuffer(b"".join(texts), np.uint8).reshape(-1, 16))
    (folder / RULES).write_bytes(text_rules())


def _text_digest(chunk: Chunk) -> bytes:
    """16 bytes over everything that decides a chunk's stems."""
    parts = "\x00".join((chunk.language, *chunk.breadcrumb, "", chunk.text))
    return hashlib.blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _frequencies(chunk: Chunk) -> dict[str, int]:
    """How often each stem stands in the chunk, weighted by where."""
    counts: dict[str, int] = Counter(content_stems(chunk.text, chunk.language))
    for part in chunk.breadcrumb:
        for stem in content_stems(part, chunk.language):
            counts[stem] = counts.get(stem, 0) + BREADCRUMB_WEIGHT
    return counts


def _carried(parent: Path | None, texts: Sequence[bytes]) -> tuple[Postings, set[int]]:
    """What an earlier snapshot knows of these chunks, under their new rows, and which rows that are."""
    if parent is None or not texts or not _has_same_rules(parent):
        return _nothing(), set()
    digests = map_array(parent / TEXTS).tobytes()
    known = {digests[start : start + 16]: start // 16 for start in range(0, len(digests), 16)}
    moved = np.full(len(digests) // 16, -1, np.int32)
    for row, digest in enumerate(texts):
        old = known.pop(digest, None)  # of chunks with equal texts the first is carried over
        if old is not None:
            moved[old] = row
    ends = map_array(parent / ENDS)
    rows = moved[map_array(parent / ROWS)]
    kept = rows >= 0
    terms = np.repeat(np.arange(len(ends) - 1, dtype=np.int32), np.diff(ends))[kept]
    used, terms = np.unique(terms, return_inverse=True)
    vocabulary = Vocabulary(parent)
    postings = Postings(
        stems=[vocabulary[number] for number in used.tolist()],
        terms=terms.astype(np.int32),
        rows=rows[kept],
        counts=map_array(parent / COUNTS)[kept].astype(np.float32),
    )
    return postings, set(moved[moved >= 0].tolist())


def _has_same_rules(parent: Path) -> bool:
    try:
        return (parent / RULES).read_bytes() == text_rules()
    except OSError:
        return False


def _nothing() -> Postings:
    none = np.empty(0, np.int32)
    return Postings(stems=[], terms=none, rows=none, counts=none.astype(np.float32))


def _joined(carried: Postings, fresh: dict[int, dict[str, int]]) -> Postings:
    """Both together, under one list of stems."""
    stems = sorted({*carried.stems, *chain.from_iterable(fresh.values())})  # code points sort as their UTF-8 bytes do
    numbers = {stem: number for number, stem in enumerate(stems)}
    renumbered = np.array([numbers[stem] for stem in carried.stems], np.int32)
    terms = _int32(numbers[stem] for counts in fresh.values() for stem in counts)
    rows = _int32(row for row, counts in fresh.items() for _ in counts)
    counts = _int32(min(count, MOST_COUNTED) for item in fresh.values() for count in item.values())
    return Postings(
        stems=stems,
        terms=np.concatenate([renumbered[carried.terms], terms]),
        rows=np.concatenate([carried.rows, rows]),
        counts=np.concatenate([carried.counts, counts.astype(np.float32)]),
    )


def _int32(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32)


def _weights(postings: Postings, ends: NDArray[Any], chunk_count: int) -> NDArray[np.float32]:
    """(n,) float32: what each posting adds to its chunk's score."""
    counts, rows, terms = postings.counts, postings.rows, postings.terms
    lengths = np.bincount(rows, weights=counts, minlength=chunk_count)
    mean = lengths.mean() if lengths.any() else 1.0
    frequency = np.diff(ends)
    rarity = np.log1p((chunk_count - frequency + 0.5) / (frequency + 0.5))
    damping = K1 * (1 - B + B * lengths / mean)
    weights: NDArray[np.float32] = (rarity[terms] * counts * (K1 + 1) / (counts + damping[rows])).astype(np.float32)
    return weights
