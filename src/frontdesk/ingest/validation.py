"""What may be published: judged one by one, then against each other."""

import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from frontdesk.domain.knowledge import Chunk, Document, Quarantined
from frontdesk.domain.safety import FindingKind
from frontdesk.ingest.unfit import UnfitDocumentError
from frontdesk.safety.detector import Detector
from frontdesk.text.hashing import content_hash

SKETCH_SIZE = 64
"""Hashes kept per document. The estimate's standard error at a similarity of 0.8 is 0.05."""
NEAR_DUPLICATE = 0.8
"""Share of five-word runs in common from which two documents are reported as near-duplicates. A guess."""
INJECTION_SCORE = 0.8
"""A finding this sure keeps a document out. Weaker ones (`act as a guarantor`) are everyday words. A guess."""
_RUN = 5
_PROBES = 8
"""Hashes of a sketch by which candidates are found: two texts that are 0.8 alike share none of them once in 400,000."""
_MOST_PAIRS = 20
"""Documents one document is compared with; the report needs one partner, not all."""
_WORD = re.compile(r"[^\W_]+")
_LINK_TARGET = re.compile(r"\]\([^()\s]{0,1000}\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One document that is fit by itself, cut into chunks."""

    document: Document
    chunks: tuple[Chunk, ...]
    words_hash: str
    """sha256 of its words in order, without case, markup and link targets."""
    sketch: tuple[int, ...]
    """The smallest hashes of its five-word runs, ascending: a sample that equal texts share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicate:
    """Two documents for the same readers that say nearly the same; both are published."""

    path: str
    other_path: str
    similarity: float
    """Estimated share of five-word runs in common, 0 to 1."""


def check_document(document: Document, chunks: Sequence[Chunk], detectors: Sequence[Detector]) -> None:
    """Raises: UnfitDocumentError: `empty`, or `injection` when it gives orders to a model."""
    if not any(_WORD.search(chunk.text) for chunk in chunks):
        raise UnfitDocumentError("empty", "it has no words besides headings and what surrounds a page")
    for text in (document.title, document.text):
        for finding in (finding for detector in detectors for finding in detector.find(text)):
            if finding.kind is FindingKind.INJECTION and finding.score >= INJECTION_SCORE:
                found = " ".join(text[finding.start : finding.end].split())[:80]
                raise UnfitDocumentError("injection", f"it gives orders to a model ({finding.rule}): '{found}'")


def hash_words(document: Document) -> str:
    return content_hash([" ".join(_words(document.text))])


def sketch(document: Document) -> tuple[int, ...]:
    """The `SKETCH_SIZE` smallest hashes of its five-word runs, ascending (Broder's bottom-k sketch, 1997)."""
    words = _words(document.text)
    runs = {" ".join(words[start : start + _RUN]) for start in range(max(1, len(words) - _RUN + 1))}
    return tuple(heapq.nsmallest(SKETCH_SIZE, (crc32(run.encode("utf-8", "surrogatepass")) for run in runs)))


def similarity(left: Sequence[int], right: Sequence[int]) -> float:
    """Estimated Jaccard similarity of two sketches: the part they share of the smallest hashes of both."""
    union = sorted({*left, *right})[: max(1, min(SKETCH_SIZE, max(len(left), len(right))))]
    shared = set(left) & set(right)
    return sum(value in shared for value in union) / len(union)


def split_duplicates(prepared: Iterable[Prepared]) -> tuple[list[Prepared], list[Quarantined]]:
    """Documents with the same words for the same readers in the same language are kept once, the first of them."""
    kept: dict[tuple[str, str, str], Prepared] = {}
    refused: list[Quarantined] = []
    for item in prepared:
        document = item.document
        first = kept.setdefault((item.words_hash, document.audience, document.language), item).document
        if first is not document:
            detail = f"it says the same as {first.path} of {first.source}"
            refused.append(Quarantined(source=document.source, path=document.path, reason="duplicate", detail=detail))
    return list(kept.values()), refused


def find_near_duplicates(prepared: Sequence[Prepared]) -> tuple[NearDuplicate, ...]:
    """Pairs for the same readers in the same language, by path, the most similar first."""
    holders: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    pairs: list[NearDuplicate] = []
    for number, item in enumerate(prepared):
        keys = [(item.document.audience, item.document.language, value) for value in item.sketch[:_PROBES]]
        shared: dict[int, int] = defaultdict(int)
        for key in keys:
            for other in holders[key]:
                shared[other] += 1
            if len(holders[key]) < _MOST_PAIRS:
                holders[key].append(number)
        pairs += _similar(
            item, [prepared[other] for other in heapq.nlargest(_MOST_PAIRS, shared, key=shared.__getitem__)]
        )
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.path, pair.other_path)))


def _similar(item: Prepared, others: Iterable[Prepared]) -> list[NearDuplicate]:
    scored = [(other.document.path, similarity(item.sketch, other.sketch)) for other in others]
    return [
        NearDuplicate(path=path, other_path=item.document.path, similarity=round(score, 3))
        for path, score in scored
        if score >= NEAR_DUPLICATE
    ]


def _words(text: str) -> list[str]:
    return _WORD.findall(_LINK_TARGET.sub("]", text).casefold())
