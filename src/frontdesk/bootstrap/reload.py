"""A running server takes a changed assistant folder, or keeps the last good one and says why."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from frontdesk.bootstrap.book import ReleaseBook
from frontdesk.bootstrap.folder_state import Stamp, digest_of, stamp_of
from frontdesk.domain.conversation import PUBLIC_ONLY
from frontdesk.domain.errors import ConfigError, ConfigProblem, FrontdeskError, StoreUnavailableError, UnavailableError
from frontdesk.domain.release import AssistantContent
from frontdesk.ingest import IngestReport
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database
from frontdesk.ports.telemetry import Occurrences
from frontdesk.releases import read_assistant
from frontdesk.turn.loops import forever
from frontdesk.turn.serving import ServedRelease

log = structlog.get_logger()

SETTLE_S = 0.5
"""A folder that did not change for so long is taken as written to its end (a guess: editors and `git` take less)."""
MOST_CHANGES = 60
"""So often a folder may change while it is read; then it is called restless."""
LOOK_S = 1.0
LOOKING_SHARE = 0.02
"""Of one core at most, for looking at a large folder again and again."""
_DATABASE_TRIES = 30
_TOLD_PROBLEMS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """How the assistant folder and what is served stand to each other."""

    problems: tuple[ConfigProblem, ...] = ()
    """Why the folder as it is now does not serve; empty while it does."""
    looked_at: datetime | None = None
    """When the folder was read last, after the start."""
    live_since: datetime | None = None
    """When what is served was taken from it, after the start."""

    @property
    def is_rejected(self) -> bool:
        return bool(self.problems)


class Reloader:
    """Opens a changed folder beside what is live, tries it, and then only gives it to new turns."""

    def __init__(
        self,
        folder: Path,
        *,
        data_dir: Path,
        releases: ReleaseBook,
        database: Database,
        occurrences: Occurrences,
        clock: Clock,
        opening: Callable[[AssistantContent], ServedRelease],
        syncing: Callable[[AssistantContent], IngestReport] | None = None,
    ) -> None:
        """
        Args:
            opening: makes a release of a folder's content and the newest snapshot; blocks.
            syncing: reads changed documents in first; blocks. None leaves that to others.
        """
        self.state = FolderState()
        self._folder = folder
        self._data_dir = data_dir.resolve()
        self._releases = releases
        self._database = database
        self._occurrences = occurrences
        self._clock = clock
        self._opening = opening
        self._syncing = syncing
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()

    def request(self) -> None:
        """Reload soon, for example because of a signal."""
        self._begin(self.reload())

    def watch(self) -> None:
        """Reload whenever a file changes, from now on."""
        self._begin(self._watch())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reload(self) -> FolderState:
        """Take the folder as it is now; never raises for what is in it."""
        async with self._lock:
            try:
                await self._take(await self._read_in_peace())
            except ConfigError as error:
                self._reject(error.problems)
            except FrontdeskError as error:
                self._reject([ConfigProblem(where=str(self._folder), message=error.public_message)])
            except Exception as error:  # whatever is in the folder, what is live goes on
                log.exception("reload_crashed")
                message = f"It cannot be opened ({type(error).__name__}); the log says more."
                self._reject([ConfigProblem(where=str(self._folder), message=message)])
            return self.state

    def _begin(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_in_peace(self) -> AssistantContent:
        """The content, every file of which stood still from before the first was read until after the last.

        Raises:
            ConfigError: every mistake, or that the folder does not stand still.
        """
        before = await asyncio.to_thread(digest_of, self._folder)
        for _ in range(MOST_CHANGES):
            content = await asyncio.to_thread(self._try_reading)
            await asyncio.sleep(SETTLE_S)
            after = await asyncio.to_thread(digest_of, self._folder)
            if after == before:
                if isinstance(content, ConfigError):
                    raise content
                return content
            before = after
        raise ConfigError([ConfigProblem(where=str(self._folder), message="It changes while it is read.")])

    def _try_reading(self) -> AssistantContent | ConfigError:
        try:
            return read_assistant(self._folder)
        except ConfigError as error:
            return error

    async def _take(self, content: AssistantContent) -> None:
        if self._syncing is not None:
            report = await asyncio.to_thread(self._syncing, content)
            if report.is_refused:
                raise ConfigError(list(_refusal(self._folder / "knowledge.yaml", report)))
        release = await asyncio.to_thread(self._opening, content)
        await _try_out(release)
        await self._keep(release)
        self._go_live(release)

    async def _keep(self, release: ServedRelease) -> None:
        """A database that is away for a moment is no mistake of the folder."""
        for _ in range(_DATABASE_TRIES):
            with suppress(StoreUnavailableError):
                await self._database.write(lambda stores: stores.releases.put(release.manifest))
                return
            await asyncio.sleep(1.0)
        raise UnavailableError("The database cannot be reached.")

    def _go_live(self, release: ServedRelease) -> None:
        before, now = self._releases.serving().manifest, self._clock.now()
        self._releases.go_live(release)  # also the same again: it was opened anew, with what it names
        live_since = self.state.live_since
        if release.manifest.release_id != before.release_id:
            live_since = now
            changed = sorted(dict(release.manifest.components.items() - before.components.items()))
            self._occurrences.note(
                "config.reloaded",
                subject=str(self._folder),
                severity="info",
                release=release.manifest.release_id,
                before=before.release_id,
                changed=", ".join(changed),
            )
        else:
            log.info("assistant_folder_unchanged", release=before.release_id)
        self.state = FolderState(looked_at=now, live_since=live_since)

    def _reject(self, problems: Sequence[ConfigProblem]) -> None:
        self.state = FolderState(
            problems=tuple(problems), looked_at=self._clock.now(), live_since=self.state.live_since
        )
        told = "\n".join(str(problem) for problem in problems[:_TOLD_PROBLEMS])
        self._occurrences.note("config.rejected", subject=str(self._folder), problems=len(problems), first=told)

    async def _watch(self) -> None:
        seen, took_s = await self._look()

        async def look() -> None:
            nonlocal seen, took_s
            now, took_s = await self._look()
            if now != seen:
                seen = now
                await self.reload()

        await forever("assistant folder", look, pause=lambda: asyncio.sleep(max(LOOK_S, took_s / LOOKING_SHARE)))

    async def _look(self) -> tuple[Stamp, float]:
        """What lies there, and the seconds it took to see."""
        sources = self._releases.serving().content.knowledge.sources if self._syncing else ()
        folders = (self._folder, *(self._folder / source.folder for source in sources))
        begun = time.monotonic()
        found = await asyncio.to_thread(stamp_of, folders, but=self._data_dir)
        return found, time.monotonic() - begun


def _refusal(path: Path, report: IngestReport) -> Iterator[ConfigProblem]:
    yield ConfigProblem(where=str(path), message=report.refused)
    for item in report.quarantined[:_TOLD_PROBLEMS]:
        yield ConfigProblem(where=f"{item.source}: {item.path}", message=f"{item.reason}: {item.detail}")


async def _try_out(release: ServedRelease) -> None:
    """Search once as a turn does, so that an index that cannot be read is found before a customer does.

    Raises:
        FrontdeskError: it cannot.
    """
    profile = release.content.profile
    language = profile.default_language
    question = next(iter(profile.starters.get(language, ())), profile.organisation)
    await release.retriever.retrieve(question, language=language, history=(), audiences=PUBLIC_ONLY)
