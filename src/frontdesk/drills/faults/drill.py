"""Plays the scenes one after the other and judges each."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from frontdesk.domain.errors import FrontdeskError, MalformedError
from frontdesk.drills.faults.acts import one_by_one
from frontdesk.drills.faults.catalogue import SCENES
from frontdesk.drills.faults.report import FaultReport, SceneReport, not_played, report_of
from frontdesk.drills.faults.scene import Findings, Scene, Usual
from frontdesk.drills.faults.staged import Stage
from frontdesk.drills.faults.stand import Stand, open_stand
from frontdesk.drills.material import questions_of
from frontdesk.drills.stage import RunningVendor
from frontdesk.drills.visitor import Visitor
from frontdesk.releases import read_assistant
from frontdesk.simulators.vendor import VendorRequest

ALIVE_S = 20.0
"""So soon after a fault a healthy answer has to come."""
_OVER_S = 35.0
"""A request that the vendor believes to be under way for longer has been forgotten by everybody."""

_WELL = Scene(key="well", fault="", title="All is well", primary="sim", act=one_by_one(1), rules=())

Tell = Callable[[SceneReport], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOptions:
    """What is played."""

    assistant: Path
    database_url: str = ""
    """A PostgreSQL server; empty for SQLite."""
    only: Sequence[str] = ()
    """Keys of scenes, or numbers of the failure model's rows; empty plays all."""


def chosen(only: Sequence[str]) -> list[Scene]:
    """The scenes that are meant.

    Raises:
        MalformedError: there is none of that name.
    """
    known = {scene.key for scene in SCENES} | {scene.fault for scene in SCENES if scene.fault}
    if unknown := sorted(set(only) - known):
        raise MalformedError(
            f"There is no fault called {', '.join(unknown)}. Known are {', '.join(scene.key for scene in SCENES)}.",
            field="only",
        )
    return [scene for scene in SCENES if not only or scene.key in only or (scene.fault and scene.fault in only)]


async def run_fault_drill(
    options: FaultOptions,
    *,
    begin: Callable[[int], None] = lambda _: None,
    tell: Tell = lambda _: None,
) -> FaultReport:
    """Play the scenes and judge them.

    Args:
        begin: told how many there are, once it is known how long an answer usually takes.
        tell: told of each as it is done.
    Raises:
        ConfigError: the assistant folder has mistakes, or nothing can be asked; or no database can be made.
        MalformedError: a scene is not known.
        UnavailableError: a server did not start.
    """
    scenes, began = chosen(options.only), time.monotonic()
    locale = read_assistant(options.assistant).profile.default_language
    reports: list[SceneReport] = []
    async with open_stand(
        options.assistant,
        questions=questions_of(options.assistant),
        locale=locale,
        database_url=options.database_url,
    ) as stand:
        await stand.learn(_WELL)
        begin(len(scenes))
        for scene in scenes:
            reports.append(await play(stand, scene))
            tell(reports[-1])
        usual = stand.usual
    return FaultReport(
        database="postgresql" if options.database_url else "sqlite",
        usual=usual,
        scenes=tuple(reports),
        seconds=time.monotonic() - began,
    )


async def play(stand: Stand, scene: Scene) -> SceneReport:
    """One scene, from a healthy server to a healthy answer; one that cannot be played has failed."""
    began = time.monotonic()
    try:
        async with stand.staged(scene) as stage:
            found = await examine(scene, stage, stand.usual)
    except (FrontdeskError, httpx.HTTPError, TimeoutError) as error:
        said = error.public_message if isinstance(error, FrontdeskError) else f"{type(error).__name__} {error}"
        return not_played(scene, said, seconds=time.monotonic() - began)
    return report_of(scene, found, seconds=time.monotonic() - began)


async def examine(scene: Scene, stage: Stage, usual: Mapping[str, Usual]) -> Findings:
    """Let the fault begin, let people ask, and gather what it did to them."""
    await stage.begin()
    visits = await scene.act(stage)
    return Findings(
        visits=visits,
        before=stage.before[1:],
        lost=[visit for visit in visits if not visit.is_done],
        primary=await _over(stage.primary),
        fallback=await _over(stage.fallback),
        usual=usual,
        kept=await _kept(stage, visits),
        occurrences=await stage.occurrences(),
        epoch_s=time.time() - time.monotonic(),
        is_alive=await _is_alive(stage),
    )


async def _over(vendor: RunningVendor) -> list[VendorRequest]:
    """Its log once nothing is under way any more."""
    until = time.monotonic() + _OVER_S
    while True:
        found = await vendor.requests()
        if all(request.how != "open" for request in found) or time.monotonic() > until:
            return found
        await asyncio.sleep(0.05)


async def _kept(stage: Stage, visits: Sequence[Visitor]) -> Mapping[str, str]:
    """The answers as the server has them, per conversation."""
    kept: dict[str, str] = {}
    for visit in visits:
        if visit.is_done:
            said = [message for message in await visit.messages(stage.http) if message["role"] == "assistant"]
            kept[visit.conversation_id] = str(said[-1]["text"]) if said else ""
    return kept


async def _is_alive(stage: Stage) -> bool:
    """With healthy vendors the same process answers, soon."""
    await stage.heal()
    visitor = stage.visitor()
    visitor.patience_s = ALIVE_S
    try:
        await visitor.visit(stage.http)
        (await stage.http.get(f"{stage.server.url}/healthz")).raise_for_status()
    except (httpx.HTTPError, TimeoutError):
        return False
    return bool(visitor.final["outcome"] == "answered")
