"""`build_snapshot()`: the stages in order. Only this module knows the order and what a failed stage means."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from frontdesk.domain.knowledge import Quarantined, RawDocument, SnapshotManifest
from frontdesk.domain.release import KnowledgeSettings
from frontdesk.ingest.chunking import approximate_tokens
from frontdesk.ingest.diff import SnapshotDiff, diff_documents
from frontdesk.ingest.embedding import Embedding, embed_chunks
from frontdesk.ingest.preparing import Recipe, prepare_many
from frontdesk.ingest.report import IngestProgress, IngestReport, IngestStage
from frontdesk.ingest.snapshot import Previous, find_refusal, is_already_sealed, open_previous
from frontdesk.ingest.validation import (
    NearDuplicate,
    Prepared,
    find_near_duplicates,
    split_duplicates,
)
from frontdesk.ports.index import EmbeddingCache, SnapshotStore
from frontdesk.ports.models import Embedder
from frontdesk.ports.sources import PreparedCache, Source
from frontdesk.safety.detector import Detector

_BATCH = 64
"""Files held in memory at once, and prepared per commit of the cache."""

Progress = Callable[[IngestProgress], None]


def build_snapshot(
    sources: Sequence[Source],
    *,
    settings: KnowledgeSettings,
    embedder: Embedder | None,
    cache: EmbeddingCache,
    snapshots: SnapshotStore,
    progress: Progress,
    prepared: PreparedCache | None = None,
    detectors: Sequence[Detector] = (),
    force: bool = False,
) -> IngestReport:
    """Read every source and seal what is fit as one snapshot; blocks for as long as it takes.

    Args:
        embedder: None for a snapshot that is searched by words only.
        prepared: saves parsing files that have not changed.
        detectors: a document in which one finds an injection is quarantined.
        force: seal although many documents are gone or quarantined; an empty snapshot is refused all the same.

    Raises:
        UnavailableError: a source as a whole cannot be reached. Nothing is sealed then.
    """
    watch = _Stopwatch()
    recipe = Recipe(
        chunk_tokens=settings.chunk_tokens,
        count_tokens=embedder.count_tokens if embedder else approximate_tokens,
        tokenizer=embedder.fingerprint if embedder else "",
        detectors=detectors,
    )
    fitness = _judge(_collect(sources, recipe, prepared, watch, progress), watch)
    with watch.stage("snapshot"):
        previous = open_previous(snapshots)
        documents = previous.index.documents() if previous.index else ()
        diff = diff_documents(documents, [item.document for item in fitness.accepted])
    refused = find_refusal(
        accepted=len(fitness.accepted), quarantined=len(fitness.quarantined), previous_count=previous.document_count
    )
    if refused and not (force and fitness.accepted):
        return _report(fitness, diff, previous, watch, refused=refused)
    with watch.stage("embedding"):
        embedding = _embed(fitness, embedder, cache, progress)
    with watch.stage("snapshot"):
        progress(IngestProgress(stage="snapshot", done=0, total=1))
        manifest = _seal(fitness, embedding, previous, diff, settings, embedder, snapshots)
        progress(IngestProgress(stage="snapshot", done=1, total=1))
    return _report(fitness, diff, previous, watch, embedding=embedding, manifest=manifest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitness:
    accepted: tuple[Prepared, ...]
    quarantined: tuple[Quarantined, ...]
    near_duplicates: tuple[NearDuplicate, ...]


@dataclass(frozen=True, slots=True)
class _Stopwatch:
    seconds: dict[IngestStage, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, stage: IngestStage) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


def _collect(
    sources: Sequence[Source], recipe: Recipe, cache: PreparedCache | None, watch: _Stopwatch, progress: Progress
) -> list[Prepared | Quarantined]:
    """Every document of every source, prepared or quarantined, in the order of the sources."""
    found: list[Prepared | Quarantined] = []
    items = (item for source in sources for item in source.fetch())
    while True:
        with watch.stage("source"):
            batch = list(islice(items, _BATCH))
        if not batch:
            progress(IngestProgress(stage="preparing", done=len(found), total=len(found)))
            return found
        with watch.stage("preparing"):
            found += [item for item in batch if isinstance(item, Quarantined)]
            found += prepare_many([item for item in batch if isinstance(item, RawDocument)], recipe, cache)
        progress(IngestProgress(stage="preparing", done=len(found), total=None))


def _judge(found: Sequence[Prepared | Quarantined], watch: _Stopwatch) -> _Fitness:
    with watch.stage("validation"):
        fit, duplicates = split_duplicates(item for item in found if isinstance(item, Prepared))
        quarantined = [*(item for item in found if isinstance(item, Quarantined)), *duplicates]
        return _Fitness(
            accepted=tuple(fit),
            quarantined=tuple(sorted(quarantined, key=lambda item: (item.source, item.path))),
            near_duplicates=find_near_duplicates(fit),
        )


def _embed(fitness: _Fitness, embedder: Embedder | None, cache: EmbeddingCache, progress: Progress) -> Embedding:
    def told(done: int, total: int) -> None:
        progress(IngestProgress(stage="embedding", done=done, total=total))

    chunks = [chunk for item in fitness.accepted for chunk in item.chunks]
    return embed_chunks(chunks, embedder=embedder, cache=cache, progress=told)


def _seal(
    fitness: _Fitness,
    embedding: Embedding,
    previous: Previous,
    diff: SnapshotDiff,
    settings: KnowledgeSettings,
    embedder: Embedder | None,
    snapshots: SnapshotStore,
) -> SnapshotManifest:
    documents = [item.document for item in fitness.accepted]
    made_with = {"chunk_tokens": settings.chunk_tokens}
    fingerprint = embedder.fingerprint if embedder else ""
    is_same = diff.is_empty and is_already_sealed(previous, embedding.chunks, embedder=fingerprint, settings=made_with)
    if previous.index and is_same:
        return previous.index.manifest
    return snapshots.seal(
        documents, embedding.chunks, embedder=fingerprint, settings=made_with, parent=previous.snapshot_id
    )


def _report(
    fitness: _Fitness,
    diff: SnapshotDiff,
    previous: Previous,
    watch: _Stopwatch,
    *,
    embedding: Embedding | None = None,
    manifest: SnapshotManifest | None = None,
    refused: str = "",
) -> IngestReport:
    return IngestReport(
        manifest=manifest,
        refused=refused,
        accepted=len(fitness.accepted),
        quarantined=fitness.quarantined,
        near_duplicates=fitness.near_duplicates,
        diff=diff,
        chunks=sum(len(item.chunks) for item in fitness.accepted),
        embedded=embedding.embedded if embedding else 0,
        cached=embedding.cached if embedding else 0,
        is_new=manifest is not None and manifest.snapshot_id != previous.snapshot_id,
        notes=(previous.note,) if previous.note else (),
        seconds=dict(watch.seconds),
    )
