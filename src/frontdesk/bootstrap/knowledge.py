"""The embedder, documents in, and searching without a conversation."""

import tempfile
from collections.abc import Callable, Collection

import httpx
import structlog

from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.adapters.models.openai_embedder import OpenAiEmbedder
from frontdesk.adapters.sources import FolderSource, SqlitePreparedCache
from frontdesk.domain.conversation import Audiences
from frontdesk.domain.errors import ConfigError, ConfigProblem, NotFoundError, UnavailableError
from frontdesk.domain.ids import DocumentId
from frontdesk.domain.release import AssistantContent
from frontdesk.domain.turn import RetrievalResult
from frontdesk.ingest import IngestProgress, IngestReport, build_snapshot
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.models import Embedded, Embedder
from frontdesk.releases import read_assistant
from frontdesk.safety import Injections
from frontdesk.settings import Settings
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import normalise_message
from frontdesk.turn.retrieval import Retriever

log = structlog.get_logger()

Progress = Callable[[IngestProgress], None]


def open_embedder(settings: Settings, *, meter: Callable[[Embedded], None] = lambda _: None) -> Embedder | None:
    """The configured embedder; None, and a warning, where it cannot be had: search is lexical then.

    `meter` is told of what an endpoint wants money for.
    """
    match settings.embedder:
        case "none":
            return None
        case "openai":
            return OpenAiEmbedder(
                httpx.AsyncClient(),
                base_url=settings.embedder_url,
                dimension=settings.embedder_dimension,
                model=settings.embedder_model,
                api_key=settings.embedder_key.get_secret_value(),
                meter=meter,
            )
        case "builtin":
            try:
                return MiniLmEmbedder.open(settings.model_dir, settings.embedder_threads)
            except UnavailableError as error:
                log.warning("lexical_search_only", reason=error.public_message)
                return None


def prepare_data_dir(settings: Settings) -> None:
    """Make the data folder where it is missing.

    Raises:
        ConfigError: it cannot be made or written to.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass  # it can be written to
    except OSError as error:
        problem = ConfigProblem(
            where="FRONTDESK_DATA_DIR",
            message=f"{settings.data_dir} cannot be used: {error.strerror or error}.",
            hint="Name a folder that this user may write to.",
        )
        raise ConfigError([problem]) from error


def open_snapshots(settings: Settings) -> FolderSnapshotStore:
    """Every snapshot of this installation."""
    return FolderSnapshotStore(settings.data_dir / "snapshots")


def open_snapshot(settings: Settings) -> KnowledgeIndex:
    """The newest snapshot.

    Raises:
        NotFoundError: there is none yet.
    """
    snapshots = open_snapshots(settings)
    latest = snapshots.latest()
    if latest is None:
        raise NotFoundError("There is no knowledge yet. `frontdesk knowledge sync` reads the documents in.")
    return snapshots.open(latest)


def sync_knowledge(
    settings: Settings,
    content: AssistantContent,
    embedder: Embedder | None,
    *,
    progress: Progress = lambda _: None,
    force: bool = False,
) -> IngestReport:
    """Read the documents in and seal a snapshot; blocks the caller."""
    prepare_data_dir(settings)
    sources = [
        FolderSource(source, settings.assistant_dir, content.knowledge.max_document_bytes)
        for source in content.knowledge.sources
    ]
    return build_snapshot(
        sources,
        settings=content.knowledge,
        embedder=embedder,
        cache=SqliteEmbeddingCache(settings.data_dir / "embeddings.db"),
        snapshots=open_snapshots(settings),
        prepared=SqlitePreparedCache(settings.data_dir / "prepared.db"),
        detectors=(Injections(),),
        progress=progress,
        force=force,
    )


async def search_knowledge(
    settings: Settings,
    question: str,
    *,
    language: str,
    audiences: Audiences,
    withdrawn: Collection[DocumentId] = (),
) -> RetrievalResult:
    """Search as a turn does, without a conversation."""
    content = read_assistant(settings.assistant_dir)
    index = open_snapshot(settings).without(withdrawn)
    retriever = Retriever(index, open_embedder(settings), content.retrieval)
    text = normalise_message(question)
    spoken = language or detect_language(text, default=content.profile.default_language)
    return await retriever.retrieve(text, language=spoken, history=(), audiences=audiences)
