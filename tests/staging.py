"""A scene of the fault drill in this process, so that a test can take a defence out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from frontdesk.bootstrap import App
from frontdesk.drills.faults.drill import examine
from frontdesk.drills.faults.report import SceneReport, report_of
from frontdesk.drills.faults.scene import Scene
from frontdesk.drills.faults.staged import Stage
from frontdesk.drills.faults.stand import FIRST_TOKEN_MS, TOKEN_MS, edit, models_of, usual_of
from frontdesk.drills.material import prepared_assistant
from frontdesk.drills.stage import RunningServer, RunningVendor
from frontdesk.drills.visitor import new_client
from frontdesk.simulators.vendor import VendorBehaviour
from shop import DEMO, SPAIN, an_open_shop
from simulated import Vendor, a_vendor

QUESTIONS = (SPAIN, "How long is the warranty on a backpack?")
HEALTHY = ({"does": "sim", "for_s": 1e9},)


@dataclass(slots=True, kw_only=True)
class InProcess(Stage):
    """Its server is an application of this process."""

    app: App

    async def occurrences(self) -> list[str]:
        await self.app.occurrences.flush()
        noted = await self.app.database.read(lambda stores: stores.occurrences.list_recent(limit=100))
        return [occurrence.kind for occurrence in noted]


async def play(scene: Scene, *, data_dir: Path, folder: Path, questions: tuple[str, ...] = QUESTIONS) -> SceneReport:
    """The verdict on a scene with the code as it is now."""
    async with _staged(scene, data_dir=data_dir, folder=folder, questions=questions) as stage:
        for vendor in (stage.primary, stage.fallback):
            await vendor.schedule(HEALTHY)
        usual = await usual_of(stage, most=len(questions), rounds=1)
        assert set(usual) == set(questions)
        return report_of(scene, await examine(scene, stage, usual), seconds=0.0)


@asynccontextmanager
async def _staged(scene: Scene, *, data_dir: Path, folder: Path, questions: tuple[str, ...]) -> AsyncIterator[Stage]:
    behaviour = VendorBehaviour(first_token_ms=FIRST_TOKEN_MS, ms_per_token=TOKEN_MS, seed=1)
    async with a_vendor(behaviour) as first, a_vendor(replace(behaviour, seed=2)) as second:
        models = models_of(scene, primary=f"{first.url}/v1", fallback=f"{second.url}/v1")
        assistant = prepared_assistant(DEMO, models, into=folder / "assistant")
        edit(assistant, scene.edits)
        async with an_open_shop(data_dir, assistant=assistant, embedder="none") as shop, new_client() as http:
            yield InProcess(
                model=scene.primary,
                network=scene.network,
                is_unreachable=scene.is_unreachable,
                server=_server(shop.url, folder),
                http=http,
                primary=_as_drills_see_it(first, http, folder),
                fallback=_as_drills_see_it(second, http, folder),
                proxy=None,
                questions=questions,
                locale="en",
                app=shop.app,
            )


def _server(url: str, folder: Path) -> RunningServer:
    port = urlsplit(url).port or 0
    return RunningServer(arguments=(), env={}, log_file=folder / "log", data_dir=folder, port=port)


def _as_drills_see_it(vendor: Vendor, http: httpx.AsyncClient, folder: Path) -> RunningVendor:
    return RunningVendor(arguments=(), env={}, log_file=folder / "log", url=vendor.url, http=http)
