"""A browser before a running server. Without Chromium these tests are skipped, and say so."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from frontdesk.bootstrap import open_app
from frontdesk.server import running_server
from frontdesk.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "harbor-and-pine"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with the demo shop; words only, so that it starts at once."""
    settings = load_settings({}, data_dir=tmp_path_factory.mktemp("data"), assistant_dir=EXAMPLE, embedder="none")
    server = _ServerThread(settings)
    server.start()
    yield server.address()
    server.stop()


class _ServerThread(threading.Thread):
    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        self._ready = threading.Event()
        self._url = ""
        self._loop = asyncio.new_event_loop()
        self._enough = asyncio.Event()

    def address(self) -> str:
        assert self._ready.wait(60), "the server did not start"
        return self._url

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._enough.set)
        self.join(20)

    async def _serve(self) -> None:
        app = await open_app(self._settings)
        async with running_server(app) as self._url:
            self._ready.set()
            await self._enough.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after each module: while it is open, its event loop keeps asynchronous tests from running."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("NO CHROMIUM HERE: the browser tests did not run. tests/e2e/need-chromium.sh installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watch:
    """What went wrong in a page, and where it sent requests."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self._site = site
        context.on("console", self._on_console)
        context.on("request", self._on_request)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _on_request(self, request: Any) -> None:
        if not request.url.startswith(self._site):
            self.foreign.append(request.url)


@pytest.fixture
def watch(context: BrowserContext, site: str) -> Iterator[Watch]:
    """Fails the test when the page complained or left its origin."""
    watch = Watch(context, site)
    yield watch
    assert watch.complaints == []
    assert watch.foreign == []


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh visitor; `@pytest.mark.parametrize("context", [{...}], indirect=True)` sets size, scheme and language."""
    options: dict[str, Any] = {"viewport": {"width": 1100, "height": 800}, "locale": "en-GB"}
    context = browser.new_context(**options | getattr(request, "param", {}))
    context.set_default_timeout(8_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    return context.new_page()


@pytest.fixture
def picture(page: Page, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """Leaves a picture of how the test ended in the run's temporary folder."""
    yield
    folder = tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(exist_ok=True)
    name = "".join(letter if letter.isalnum() else "_" for letter in request.node.name)
    page.screenshot(path=folder / f"{name}.png")
