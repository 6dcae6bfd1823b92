"""Everything a server needs, started and stopped as one."""

import asyncio
import hashlib
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self
from urllib.request import getproxies

import httpx
import structlog

from frontdesk.adapters.channels import LogNotifier, WebhookCodeSender, WebhookNotifier
from frontdesk.adapters.clock import SystemClock, SystemTokens
from frontdesk.adapters.models.transport import DirectTransport
from frontdesk.adapters.stores import exclusive_writer, open_database, sqlite_path
from frontdesk.adapters.telemetry import PrometheusTelemetry, configure_logs
from frontdesk.bootstrap.book import ReleaseBook
from frontdesk.bootstrap.connectors import ConnectorShelf
from frontdesk.bootstrap.demo import Demo, open_demo
from frontdesk.bootstrap.knowledge import Progress, open_embedder, open_snapshots, prepare_data_dir, sync_knowledge
from frontdesk.bootstrap.money import open_meter, open_money
from frontdesk.bootstrap.release import open_identity, open_release
from frontdesk.bootstrap.reload import Reloader
from frontdesk.bootstrap.shelf import SnapshotShelf
from frontdesk.bootstrap.simulated import SimulatedSystems
from frontdesk.bootstrap.unbooked import Unbooked
from frontdesk.bootstrap.write_back import write_back_target
from frontdesk.domain.release import AssistantContent
from frontdesk.ingest import IngestReport
from frontdesk.ports.channels import Notifier
from frontdesk.ports.clock import Clock, TokenSource
from frontdesk.ports.identity import IdentityVerifier
from frontdesk.ports.models import Embedder
from frontdesk.ports.stores import Database, Stores
from frontdesk.releases import read_assistant
from frontdesk.settings import Settings
from frontdesk.turn.database_watch import DatabaseWatch
from frontdesk.turn.generation import Vendors
from frontdesk.turn.money.till import Till
from frontdesk.turn.occurrences import OccurrenceLog
from frontdesk.turn.outbox import OutboxDispatcher
from frontdesk.turn.running.runner import RunnerLimits, TurnRunner
from frontdesk.turn.serving import ServedRelease
from frontdesk.turn.withdrawals import WithdrawalFeed
from frontdesk.turn.write_back import WriteBackSender

log = structlog.get_logger()


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
    snapshots: SnapshotShelf
    outbox: OutboxDispatcher
    occurrences: OccurrenceLog
    vendors: Vendors
    reloader: Reloader
    withdrawals: WithdrawalFeed
    till: Till
    resources: AsyncExitStack
    simulated: SimulatedSystems
    connectors: ConnectorShelf
    write_back: WriteBackSender
    demo: Demo | None = None
    """Whom visitors may choose to be; None on a real desk."""
    _dispatching: asyncio.Task[None] | None = None
    _database_watch: DatabaseWatch | None = None

    async def __aenter__(self) -> Self:
        self.occurrences.start()
        self._database_watch = DatabaseWatch(self.database, self.occurrences, clock=self.clock)
        self._database_watch.start()
        self.withdrawals.start()
        self.till.start()
        await self.runner.start()
        self._dispatching = asyncio.create_task(self.outbox.run())
        self.write_back.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._dispatching is not None:
            self._dispatching.cancel()
            await asyncio.gather(self._dispatching, return_exceptions=True)
        await self.write_back.close()
        await self.reloader.close()
        await self.runner.close()
        await self.till.close()
        await self.withdrawals.close()
        if self._database_watch is not None:
            await self._database_watch.close()
        await self.occurrences.close()
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
        demo = open_demo(settings, content.profile.languages, SystemClock())
        database = await open_writer(settings, resources)
        if sqlite_path(settings.effective_database_url) is not None:  # whoever held a lease is dead, or held the file
            await database.write(_release_all)
        meter = open_meter(settings)
        embedder = open_embedder(settings, meter=meter)

        def sync(content: AssistantContent) -> IngestReport:
            return _note_sync(sync_knowledge(settings, content, embedder, progress=progress))

        if should_sync:
            await asyncio.to_thread(sync, content)
        vendor_client = client if client is not None else await resources.enter_async_context(_vendor_client())
        clock, tokens, telemetry = SystemClock(), SystemTokens(), PrometheusTelemetry()
        occurrences = OccurrenceLog(database, clock=clock, telemetry=telemetry)
        vendors = Vendors(monotonic=clock.monotonic, occurrences=occurrences)
        releases = ReleaseBook(on_live=lambda release: vendors.know(release.rungs))

        simulated = SimulatedSystems(settings)
        resources.push_async_callback(asyncio.to_thread, simulated.close)
        connectors = ConnectorShelf(settings, clock, telemetry, occurrences=occurrences, simulators=simulated.address)
        resources.push_async_callback(connectors.close)

        def opening(content: AssistantContent) -> ServedRelease:
            simulated.start_for(content.connectors)
            return open_release(
                settings,
                content,
                embedder,
                client=vendor_client,
                clock=clock,
                vendors=vendors,
                connectors=connectors.open(content.connectors),
            )

        release = opening(content)
        await database.write(lambda stores: stores.releases.put(release.manifest))
        releases.go_live(release)
        withdrawals = WithdrawalFeed(database, tell=releases.lay_over)
        await withdrawals.refresh()
        purses, till = open_money(
            database,
            releases.serving,
            tokens=tokens,
            telemetry=telemetry,
            occurrences=occurrences,
            meter=meter,
            unbooked=Unbooked(settings.data_dir),
        )
        owner = f"{os.uname().nodename}-{os.getpid()}-{tokens.token()[:8]}"
        runner = TurnRunner(
            database,
            releases.serving,
            clock=clock,
            tokens=tokens,
            telemetry=telemetry,
            owner=owner,
            limits=_limits(settings),
            purses=purses,
            till=till,
            occurrences=occurrences,
            code_sender=WebhookCodeSender(
                vendor_client, lambda: settings.code_webhook.get_secret_value() or simulated.code_inbox
            ),
        )
        return App(
            settings=settings,
            database=database,
            runner=runner,
            releases=releases,
            identity=demo.verifier if demo else open_identity(settings, clock),
            simulated=simulated,
            connectors=connectors,
            write_back=WriteBackSender(
                database,
                lambda: write_back_target(releases.serving()),
                owner=owner,
                clock=clock,
                telemetry=telemetry,
                occurrences=occurrences,
            ),
            demo=demo,
            clock=clock,
            tokens=tokens,
            telemetry=telemetry,
            embedder=embedder,
            snapshots=SnapshotShelf(open_snapshots(settings)),
            outbox=OutboxDispatcher(database, _notifier(settings, vendor_client), owner=owner),
            occurrences=occurrences,
            vendors=vendors,
            reloader=Reloader(
                settings.assistant_dir,
                data_dir=settings.data_dir,
                releases=releases,
                database=database,
                occurrences=occurrences,
                clock=clock,
                opening=opening,
                syncing=sync if should_sync else None,
            ),
            withdrawals=withdrawals,
            till=till,
            resources=resources,
        )
    except BaseException:
        await resources.aclose()
        raise


def _release_all(stores: Stores) -> None:
    stores.turns.release_all()
    stores.write_backs.release_all()


def _limits(settings: Settings) -> RunnerLimits:
    return RunnerLimits(
        deadline_s=settings.turn_deadline_s,
        kept_deadline_s=2 * settings.turn_deadline_s,
        lease_s=settings.lease_s,
        max_running=settings.max_running,
        max_wait_s=settings.max_wait_s,
        max_kept=settings.max_kept,
    )


def _notifier(settings: Settings, client: httpx.AsyncClient) -> Notifier:
    webhook = settings.escalation_webhook.get_secret_value()
    return WebhookNotifier(client, webhook) if webhook else LogNotifier()


def _note_sync(report: IngestReport) -> IngestReport:
    """Nobody may have to guess why an article does not answer: what was kept out is in the log."""
    for item in report.quarantined:
        log.warning("document_kept_out", source=item.source, path=item.path, reason=item.reason, detail=item.detail)
    if report.is_refused:
        log.error("knowledge_not_renewed", reason=report.refused)
    return report


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
        database = await open_writer(settings, resources)
        return await ensure_staff_key(database, SystemClock(), SystemTokens())


def start_logging(settings: Settings) -> None:
    """Send log lines to stderr as the settings say."""
    configure_logs(level=settings.log_level, style=settings.log_format)


async def open_writer(settings: Settings, resources: AsyncExitStack) -> Database:
    """The database, held for writing; on SQLite this process is the only one that may."""
    prepare_data_dir(settings)
    url = settings.effective_database_url
    path = sqlite_path(url)
    if path is not None:
        resources.enter_context(exclusive_writer(path))
    database = await open_database(url)
    resources.push_async_callback(database.close)
    return database


def _vendor_client() -> httpx.AsyncClient:
    """One pool for all vendors. Time limits are the generator's; these are the last net."""
    times = httpx.Timeout(60.0, connect=5.0)
    if getproxies():
        return httpx.AsyncClient(limits=httpx.Limits(max_connections=512, max_keepalive_connections=16), timeout=times)
    return httpx.AsyncClient(transport=DirectTransport(most=512, most_idle=64), timeout=times)
