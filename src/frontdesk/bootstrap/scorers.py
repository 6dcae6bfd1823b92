"""The product's rulers for the command line."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.bootstrap.knowledge import open_embedder, prepare_data_dir
from frontdesk.domain.release import GroundingSettings, KnowledgeSettings, RetrievalSettings
from frontdesk.scoring.grounding import GroundingScorer
from frontdesk.scoring.retrieval import RetrievalScorer
from frontdesk.settings import Settings

Row = Mapping[str, Any]
Score = Callable[[Row], dict[str, Any]]


def open_grounding_scorer(settings: Settings) -> GroundingScorer:
    """Scores answers as the turn's grounding stage does."""
    return GroundingScorer(open_embedder(settings), GroundingSettings())


@contextmanager
def open_retrieval_scorer(settings: Settings, documents: Sequence[Row], *, limit: int) -> Iterator[Score]:
    """Scores questions against documents, sealed for the purpose; their embeddings are kept for the next time.

    Raises:
        MalformedError: a document has no id or text, or an id is repeated.
    """
    prepare_data_dir(settings)
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        scorer = RetrievalScorer.build(
            documents,
            embedder=open_embedder(settings),
            cache=SqliteEmbeddingCache(settings.data_dir / "embeddings.db"),
            snapshots=FolderSnapshotStore(Path(folder)),
            settings=RetrievalSettings(),
            chunk_tokens=KnowledgeSettings(sources=()).chunk_tokens,
        )
        yield lambda row: runner.run(scorer.score(row, limit=limit))
