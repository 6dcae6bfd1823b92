"""The only place that names adapters: settings in, a wired application out."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import structlog

from frontdesk.adapters.channels import LogNotifier, WebhookNotifier
from frontdesk.adapters.clock import SystemClock, SystemTokens
from frontdesk.adapters.identity import JwtIdentityVerifier
from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.adapters.models.anthropic_chat import AnthropicChatModel
from frontdesk.adapters.models.extractive import ExtractiveChatModel
from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.adapters.models.openai_embedder import OpenAiEmbedder
from frontdesk.adapters.models.prices import cost_usd
from frontdesk.adapters.models.python_chat import PythonChatModel
from frontdesk.adapters.sources import FolderSource
from frontdesk.adapters.stores import exclusive_writer, open_database, sqlite_path
from frontdesk.adapters.telemetry import PrometheusTelemetry, configure_logs
from frontdesk.domain.conversation import Audiences
from frontdesk.domain.errors import ConfigError, ConfigProblem, NotFoundError, UnavailableError
from frontdesk.domain.ids import ReleaseId
from frontdesk.domain.release import AssistantContent, ModelRoute
from frontdesk.domain.turn import RetrievalResult
from frontdesk.ingest import IngestProgress, IngestReport, build_snapshot
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.identity import IdentityVerifier
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.models import ChatModel, Embedder
from frontdesk.ports.stores import Database, Stores
from frontdesk.releases import compose_manifest, read_assistant
from frontdesk.safety import default_detectors
from frontdesk.settings import Settings, read_secret
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import normalise_message
from frontdesk.turn.generation import Breakers, Generator, Rung, SideJobs, fill_prompt, prompt_values
from frontdesk.turn.grounding import Grounder
from frontdesk.turn.guards import Guard
from frontdesk.turn.outbox import OutboxDispatcher
from frontdesk.turn.pipeline import ServedRelease
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.routing import Router
from frontdesk.turn.runner import RunnerLimits, TurnRunner

log = structlog.get_logger()

Progress = Callable[[IngestProgress], None]


class ReleaseBook:
    """The releases this process has opened; the live one is a pointer."""

    def __init__(self) -> None:
        self._opened: dict[ReleaseId, ServedRelease] = {}
        self._live: ReleaseId | None = None

    def go_live(self, release: ServedRelease) -> None:
        self._opened[release.manifest.release_id] = release
        self._live = release.manifest.release_id

    def serving(self, release_id: ReleaseId | None = None) -> ServedRelease:
        """The release with this id where it is open, else the live one.

        Raises:
            UnavailableError: nothing is live yet.
        """
        release = self._opened.get(release_id) if release_id else None
        if release is None and self._live is not None:
            release = self._opened[self._live]
        if release is None:
            raise UnavailableError("No release is live yet.")
        return release


@dataclass(slots=True, kw_only=True)
class App:
    """Everything a door needs. Use it as an async context manager: it starts and stops its workers."""

    settings: Settings
    database: Database
    runner: TurnRunner
    releases: ReleaseBook
    identity: IdentityVerifier | None
    clock: SystemClock
    tokens: SystemTokens
    telemetry: PrometheusTelemetry
    embedder: Embedder | None
    outbox: OutboxDispatcher
    resources: AsyncExitStack
    _dispatching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.runner.start()
        self._dispatching = asyncio.create_task(self.outbox.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._dispatching is not None:
            self._dispatching.cancel()
            await asyncio.gather(self._dispatching, return_exceptions=True)
        await self.runner.close()
        await self.resources.aclose()


async def open_app(
    settings: Settings,
    *,
    progress: Progress = lambda _: None,
    should_sync: bool = True,
    client: httpx.AsyncClient | None = None,
) -> App:
    """Open stores, models and the live release. With `should_sync`, changed documents are read in first.

    Args:
        client: for the model vendors; tests hand one in.
    Raises:
        ConfigError: every mistake of the settings and the assistant folder.
        ConflictError: another process writes to this data folder.
    """
    resources = AsyncExitStack()
    try:
        content = read_assistant(settings.assistant_dir)
        database = await _open_writer(settings, resources)
        embedder = open_embedder(settings)
        if should_sync:
            await asyncio.to_thread(sync_knowledge, settings, content, embedder, progress=progress)
        vendor_client = client if client is not None else await resources.enter_async_context(_vendor_client())
        clock, tokens, telemetry = SystemClock(), SystemTokens(), PrometheusTelemetry()
        releases = ReleaseBook()
        release = open_release(settings, content, embedder, client=vendor_client, clock=clock)
        await database.write(lambda stores: stores.releases.put(release.manifest))
        releases.go_live(release)
        owner = f"{os.uname().nodename}-{os.getpid()}-{tokens.token()[:8]}"
        webhook = settings.escalation_webhook.get_secret_value()
        notifier = WebhookNotifier(vendor_client, webhook) if webhook else LogNotifier()
        runner = TurnRunner(
            database,
            releases.serving,
            clock=clock,
            tokens=tokens,
            telemetry=telemetry,
            owner=owner,
            limits=RunnerLimits(
                deadline_s=settings.turn_deadline_s, lease_s=settings.lease_s, max_inflight=settings.max_inflight
            ),
        )
        return App(
            settings=settings,
            database=database,
            runner=runner,
            releases=releases,
            identity=open_identity(settings, clock),
            clock=clock,
            tokens=tokens,
            telemetry=telemetry,
            embedder=embedder,
            outbox=OutboxDispatcher(database, notifier, clock=clock, owner=owner),
            resources=resources,
        )
    except BaseException:
        await resources.aclose()
        raise


def open_release(
    settings: Settings,
    content: AssistantContent,
    embedder: Embedder | None,
    *,
    client: httpx.AsyncClient,
    clock: SystemClock,
) -> ServedRelease:
    """Compose a release of the assistant folder and the newest snapshot, with everything it pins opened.

    Raises:
        NotFoundError: there is no snapshot yet.
        ConfigError: a model route cannot be opened.
    """
    index = open_snapshot(settings)
    if embedder is not None and index.manifest.embedder != embedder.fingerprint:
        log.warning("snapshot_of_another_embedder", snapshot=index.manifest.embedder, embedder=embedder.fingerprint)
    detectors = default_detectors()
    scorers = (
        ",".join(f"{detector.name}@{detector.version}" for detector in detectors) + f",grounding@{Grounder.VERSION}"
    )
    profile, breakers = content.profile, Breakers(monotonic=clock.monotonic)
    return ServedRelease(
        manifest=compose_manifest(content, index.manifest.snapshot_id, scorers=scorers, at=clock.now()),
        content=content,
        guard=Guard(content.guards, detectors=detectors),
        router=Router(content.routing, profile, content.escalation, embedder),
        retriever=Retriever(index, embedder, content.retrieval),
        generator=Generator(open_ladder(content, embedder, client), breakers=breakers, price=cost_usd),
        jobs=open_jobs(content, embedder, client, breakers),
        grounder=Grounder(embedder, content.grounding),
    )


def open_ladder(content: AssistantContent, embedder: Embedder | None, client: httpx.AsyncClient) -> list[Rung]:
    """The answer routes as models, first rung first; quoting the passages is always the last."""
    routes = [*content.models.answer]
    if routes[-1].adapter != "extractive":
        routes.append(ModelRoute(name="quotes", adapter="extractive"))
    return [Rung(model=open_model(route, embedder, client), route=route) for route in routes]


def open_jobs(
    content: AssistantContent, embedder: Embedder | None, client: httpx.AsyncClient, breakers: Breakers
) -> SideJobs:
    """Rewriting and summaries by a model, where models.yaml names one."""

    def rung(route: ModelRoute | None) -> Rung | None:
        return Rung(model=open_model(route, embedder, client), route=route) if route else None

    values = prompt_values(content.profile, content.profile.default_language)
    return SideJobs(
        rewrite=rung(content.models.rewrite),
        summary=rung(content.models.summary),
        rewrite_prompt=fill_prompt(content.prompts.rewrite, values),
        summary_prompt=fill_prompt(content.prompts.summary, values),
        breakers=breakers,
        price=cost_usd,
    )


def open_model(route: ModelRoute, embedder: Embedder | None, client: httpx.AsyncClient) -> ChatModel:
    """The adapter a route names.

    Raises:
        ConfigError: its key is not set, or its function cannot be imported.
    """
    key = read_secret(route.api_key_env) if route.api_key_env else ""
    if route.api_key_env and not key:
        message = f"The route '{route.name}' needs the variable {route.api_key_env}, which is not set."
        raise ConfigError([ConfigProblem(where="models.yaml", message=message)])
    match route.adapter:
        case "openai":
            return OpenAiChatModel(client, route, api_key=key)
        case "anthropic":
            return AnthropicChatModel(client, route, api_key=key)
        case "python":
            return PythonChatModel.load(route)
        case "extractive":
            return ExtractiveChatModel(embedder)


def open_embedder(settings: Settings) -> Embedder | None:
    """The configured embedder; None, and a warning, where it cannot be had: search is lexical then."""
    match settings.embedder:
        case "none":
            return None
        case "openai":
            return OpenAiEmbedder(
                url=settings.embedder_url,
                model=settings.embedder_model,
                api_key=settings.embedder_key.get_secret_value(),
            )
        case "builtin":
            try:
                return MiniLmEmbedder.open(settings.model_dir, settings.embedder_threads)
            except UnavailableError as error:
                log.warning("lexical_search_only", reason=error.public_message)
                return None


def open_identity(settings: Settings, clock: Clock | None = None) -> IdentityVerifier | None:
    """The verifier of customers' tokens; None when no key is configured.

    Raises:
        ConfigError: a key cannot be read.
    """
    keys: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in settings.identity_keys.split(","))):
        kid, _, path = pair.partition("=")
        try:
            keys[kid.strip()] = Path(path.strip()).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            problem = ConfigProblem(
                where="FRONTDESK_IDENTITY_KEYS", message=f"The key '{kid}' cannot be read: {error}."
            )
            raise ConfigError([problem]) from error
    if not keys:
        return None
    return JwtIdentityVerifier(
        keys=keys,
        audience=settings.identity_audience,
        issuer=settings.identity_issuer or None,
        clock=clock or SystemClock(),
    )


def sync_knowledge(
    settings: Settings,
    content: AssistantContent,
    embedder: Embedder | None,
    *,
    progress: Progress = lambda _: None,
    force: bool = False,
) -> IngestReport:
    """Read the documents in and seal a snapshot; blocks the caller."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    sources = [
        FolderSource(source, settings.assistant_dir, content.knowledge.max_document_bytes)
        for source in content.knowledge.sources
    ]
    return build_snapshot(
        sources,
        settings=content.knowledge,
        embedder=embedder,
        cache=SqliteEmbeddingCache(settings.data_dir / "embeddings.db"),
        snapshots=FolderSnapshotStore(settings.data_dir / "snapshots"),
        progress=progress,
        force=force,
    )


async def ensure_staff_key(database: Database, clock: Clock, tokens: TokenSource, name: str = "owner") -> str | None:
    """A new staff key when there is none yet; it is kept only as its hash, so this is the one time to show it."""
    key = f"fd_{tokens.secret()}"
    digest, at = hashlib.sha256(key.encode()).hexdigest(), clock.now()

    def add_first(stores: Stores) -> bool:
        if stores.staff_keys.count():
            return False
        stores.staff_keys.add(name, key_hash=digest, at=at)
        return True

    return key if await database.write(add_first) else None


async def create_staff_key(settings: Settings) -> str | None:
    """As `ensure_staff_key`, on an installation that is not running."""
    async with AsyncExitStack() as resources:
        database = await _open_writer(settings, resources)
        return await ensure_staff_key(database, SystemClock(), SystemTokens())


def open_snapshot(settings: Settings) -> KnowledgeIndex:
    """The newest snapshot.

    Raises:
        NotFoundError: there is none yet.
    """
    snapshots = FolderSnapshotStore(settings.data_dir / "snapshots")
    latest = snapshots.latest()
    if latest is None:
        raise NotFoundError("There is no knowledge yet. `frontdesk knowledge sync` reads the documents in.")
    return snapshots.open(latest)


async def search_knowledge(
    settings: Settings, question: str, *, language: str, audiences: Audiences
) -> RetrievalResult:
    """Search as a turn does, without a conversation."""
    content = read_assistant(settings.assistant_dir)
    retriever = Retriever(open_snapshot(settings), open_embedder(settings), content.retrieval)
    text = normalise_message(question)
    spoken = language or detect_language(text, default=content.profile.default_language)
    return await retriever.retrieve(text, language=spoken, history=(), audiences=audiences)


def open_ladder_offline(content: AssistantContent) -> list[str]:
    """The names of the answer routes, once each could be opened; nothing is asked of any vendor.

    Raises:
        ConfigError: a key or a function is missing.
    """
    return [rung.route.name for rung in open_ladder(content, None, httpx.AsyncClient())]


def start_logging(settings: Settings) -> None:
    """Send log lines to stderr as the settings say."""
    configure_logs(level=settings.log_level, style=settings.log_format)


async def _open_writer(settings: Settings, resources: AsyncExitStack) -> Database:
    """The database, held for writing; on SQLite this process is the only one that may."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    url = settings.effective_database_url
    path = sqlite_path(url)
    if path is not None:
        resources.enter_context(exclusive_writer(path))
    database = await open_database(url)
    resources.push_async_callback(database.close)
    return database


def _vendor_client() -> httpx.AsyncClient:
    """One pool for all vendors. Time limits are the generator's; these are the last net."""
    limits = httpx.Limits(max_connections=512, max_keepalive_connections=128)
    return httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(60.0, connect=5.0))
