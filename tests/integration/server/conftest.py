"""The demo shop behind a real socket on loopback, on SQLite, searching by words."""

import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from frontdesk.bootstrap import App, ensure_staff_key, open_app, sync_knowledge
from frontdesk.releases import read_assistant
from frontdesk.server import running_server
from frontdesk.settings import load_settings

EXAMPLE = Path(__file__).parents[3] / "examples" / "harbor-and-pine"

SLOW_MODEL = '''
"""A model that waits in the middle of its answer until it is let go."""
import threading

let_go = threading.Event()

def answer(question):
    for _ in range(6):
        yield "Standard delivery to Norway costs 16.90 EUR and takes 4 to 7 working days.\\n\\n"
    let_go.wait(10)
    yield "Standard delivery to Norway is free for orders of 180 EUR or more.\\n\\n"
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A running server and one who talks to it."""

    app: App
    url: str
    client: httpx.AsyncClient
    staff_key: str

    @property
    def staff(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.staff_key}"}

    async def open_conversation(self) -> tuple[str, dict[str, str]]:
        """The path of a new conversation, and its holder's headers."""
        opened = (await self.client.post("/v1/conversations")).json()
        return f"/v1/conversations/{opened['conversation_id']}", {"Authorization": f"Bearer {opened['token']}"}

    async def say(self, path: str, headers: dict[str, str], text: str, key: str) -> dict[str, Any]:
        response = await self.client.post(
            f"{path}/messages", json={"text": text}, headers={**headers, "Idempotency-Key": key}
        )
        assert response.status_code == 200, response.text
        turn: dict[str, Any] = response.json()
        return turn


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo's snapshot, made once."""
    folder = tmp_path_factory.mktemp("knowledge")
    settings = load_settings({}, data_dir=folder, assistant_dir=EXAMPLE, embedder="none")
    sync_knowledge(settings, read_assistant(EXAMPLE), None)
    return folder


OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def open_house(knowledge: Path, tmp_path: Path) -> OpenHouse:
    """Starts a server; other settings by name."""

    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[House]:
        data = tmp_path / "data"
        shutil.copytree(knowledge, data)
        values = {"data_dir": data, "assistant_dir": EXAMPLE, "embedder": "none"} | settings
        app = await open_app(load_settings({}, **values), should_sync=False)
        key = await ensure_staff_key(app.database, app.clock, app.tokens)
        assert key is not None
        async with running_server(app) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
            yield House(app=app, url=url, client=client, staff_key=key)

    return start


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


@pytest.fixture
def slow_assistant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Callable[[], ModuleType]]]:
    """The demo with a model that waits in the middle, and the module that lets it go."""
    folder = tmp_path / "assistant"
    shutil.copytree(EXAMPLE, folder)
    (folder / "models.yaml").write_text("answer:\n  - {name: slow, adapter: python, model: 'slow_model:answer'}\n")
    (tmp_path / "slow_model.py").write_text(SLOW_MODEL)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder, lambda: sys.modules["slow_model"]
    sys.modules.pop("slow_model", None)
