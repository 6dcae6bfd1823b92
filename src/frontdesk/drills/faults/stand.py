"""Two vendors that write differently, a database, and a fresh server for every scene, so that none inherits a breaker."""

import statistics
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.drills.faults.scene import Scene, Usual
from frontdesk.drills.faults.staged import HEALTHY, PATIENCE_S, Stage
from frontdesk.drills.material import prepared_assistant
from frontdesk.drills.stage import RunningVendor, running_server, running_vendor, scratch_database
from frontdesk.drills.visitor import Visitor, new_client
from frontdesk.simulators.proxy import FaultProxy, fault_proxy

FIRST_TOKEN_MS, TOKEN_MS = 60.0, 4.0
"""A quick vendor whose replies still take long enough to be cut in the middle."""
MOST_QUESTIONS = 6
ROUNDS = 4
"""How often each question is asked to learn what is usual."""
WARM_UPS = 3
"""The first one pays for the start; the others say how busy the machine is now."""


@dataclass(slots=True, kw_only=True)
class Stand:
    """What all scenes share."""

    assistant: Path
    folder: Path
    database_url: str
    """Empty for SQLite."""
    primary: RunningVendor
    fallback: RunningVendor
    http: httpx.AsyncClient
    questions: Sequence[str]
    locale: str
    usual: Mapping[str, Usual] = field(default_factory=dict)

    @asynccontextmanager
    async def staged(self, scene: Scene) -> AsyncIterator[Stage]:
        """A server for the scene, warm and healthy; the fault waits for `begin`."""
        async with AsyncExitStack() as stack:
            proxy = None
            if scene.network is not None or scene.is_unreachable:
                proxy = await stack.enter_async_context(_proxy_before(self.primary))
            primary = f"{proxy.url}/v1" if proxy else self.primary.base_url
            models = models_of(scene, primary=primary, fallback=self.fallback.base_url)
            copied = prepared_assistant(self.assistant, models, into=self.folder / f"assistant-{scene.key}")
            edit(copied, scene.edits)
            server = await stack.enter_async_context(
                running_server(copied, self.folder / "data", database_url=self.database_url)
            )
            stage = Stage(
                model=scene.primary,
                network=scene.network,
                is_unreachable=scene.is_unreachable,
                server=server,
                http=self.http,
                primary=self.primary,
                fallback=self.fallback,
                proxy=proxy,
                questions=self.questions,
                locale=self.locale,
            )
            for vendor in (self.primary, self.fallback):
                await vendor.schedule(HEALTHY)
            for _ in range(WARM_UPS):
                stage.before.append(stage.visitor())
                await stage.before[-1].visit(self.http)
            yield stage

    async def learn(self, scene: Scene) -> None:
        """Find out which questions a healthy vendor answers, and how long that usually takes.

        Raises:
            ConfigError: it answers none.
        """
        async with self.staged(scene) as stage:
            await stage.begin()
            answered = await usual_of(stage, most=MOST_QUESTIONS)
        if not answered:
            problem = ConfigProblem(
                where=str(self.assistant),
                message="Not one of its questions is answered from its documents, even by a healthy vendor.",
                hint="Add `starters` to assistant.yaml that the documents answer.",
            )
            raise ConfigError([problem])
        self.usual, self.questions = answered, tuple(answered)


@asynccontextmanager
async def open_stand(
    assistant: Path, *, questions: Sequence[str], locale: str, database_url: str
) -> AsyncIterator[Stand]:
    """Vendors and a database of its own, which end with the block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontdesk-faults-")))
        yield Stand(
            assistant=assistant,
            folder=folder,
            database_url=await stack.enter_async_context(scratch_database(database_url)),
            primary=await stack.enter_async_context(_vendor(seed=1)),
            fallback=await stack.enter_async_context(_vendor(seed=2)),
            http=await stack.enter_async_context(new_client()),
            questions=questions,
            locale=locale,
        )


def _vendor(*, seed: int) -> AbstractAsyncContextManager[RunningVendor]:
    return running_vendor(first_token_ms=FIRST_TOKEN_MS, token_ms=TOKEN_MS, seed=seed)


def models_of(scene: Scene, *, primary: str, fallback: str) -> str:
    """models.yaml for a scene: two vendors, quotations at the end, and nothing answered from memory."""
    first = {"name": "primary", "adapter": "openai", "base_url": primary, "model": scene.primary, **scene.route}
    second = {"name": "fallback", "adapter": "openai", "base_url": fallback, "model": scene.fallback}
    ladder: list[Mapping[str, Any]] = [first, second, {"name": "quotes", "adapter": "extractive"}]
    written = yaml.safe_dump({"answer": ladder, "cache": {"entries": 0}, **scene.models}, sort_keys=False)
    return written.replace("{primary}", primary).replace("{fallback}", fallback)


def edit(assistant: Path, edits: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace fields of an assistant folder's files."""
    for name, changes in edits.items():
        path = assistant / name
        before = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.write_text(yaml.safe_dump({**(before or {}), **changes}, allow_unicode=True), encoding="utf-8")


async def usual_of(stage: Stage, *, most: int, rounds: int = ROUNDS) -> dict[str, Usual]:
    """How long answers take, for the first questions that the vendor answers."""
    answered: dict[str, Usual] = {}
    for question in stage.questions:
        if len(answered) < most and (usual := await _usual(stage, question, rounds)):
            answered[question] = usual
    return answered


async def _usual(stage: Stage, question: str, rounds: int) -> Usual | None:
    """How long an answer takes, the middle of several; None where the vendor does not answer."""
    visits = []
    for _ in range(rounds):
        visit = Visitor(urls=(stage.server.url,), question=question, locale=stage.locale, patience_s=PATIENCE_S)
        await visit.visit(stage.http)
        is_second_best = any(label.endswith("_fallback") for label in visit.final.get("degraded", ()))
        if visit.final["outcome"] != "answered" or visit.first_text_s is None or is_second_best:
            return None
        visits.append(visit)
    firsts, totals = [visit.first_text_s or 0.0 for visit in visits], [visit.total_s for visit in visits]
    return Usual(
        first_text_s=statistics.median(firsts),
        total_s=statistics.median(totals),
        slow_first_text_s=max(firsts),
        slow_total_s=max(totals),
    )


@asynccontextmanager
async def _proxy_before(vendor: RunningVendor) -> AsyncIterator[FaultProxy]:
    place = urlsplit(vendor.url)
    async with fault_proxy(place.hostname or "", place.port or 0) as proxy:
        yield proxy
