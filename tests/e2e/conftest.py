"""A browser before a running server. Without Chromium these tests are skipped, and say so."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from frontdesk.bootstrap import App, create_staff_link, open_app, open_traffic
from frontdesk.domain.occurrences import Severity
from frontdesk.server import running_server
from frontdesk.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "harbor-and-pine"
AXE = ROOT / "tests" / "e2e" / "vendor" / "axe.min.js"
"""Brought by `make setup`; the checks of accessibility are skipped, and say so, where it is missing."""
_AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["ServerThread"]:
    """A server with the demo shop; words only, so that it starts at once."""
    settings = load_settings({}, data_dir=tmp_path_factory.mktemp("data"), assistant_dir=EXAMPLE, embedder="none")
    server = ServerThread(settings)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def site(server: "ServerThread") -> str:
    """Its address."""
    return server.address()


class ServerThread(threading.Thread):
    def __init__(self, settings: Settings, *, with_traffic: bool = False) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        self._with_traffic = with_traffic
        self._ready = threading.Event()
        self._url = ""
        self._loop = asyncio.new_event_loop()
        self._enough = asyncio.Event()
        self._app: App | None = None

    def address(self) -> str:
        assert self._ready.wait(60), "the server did not start"
        return self._url

    def staff_link(self) -> str:
        """The address that signs a browser in to the console."""
        address = self.address()
        assert self._app is not None
        secret = asyncio.run_coroutine_threadsafe(create_staff_link(self._app), self._loop).result(20)
        return f"{address}/console/sign-in#link={secret}"

    def backoffice(self) -> str:
        """Where the simulated back office is."""
        self.address()
        assert self._app is not None
        return self._app.simulated.address("backoffice")

    def note(self, kind: str, *, subject: str, severity: Severity = "warning", **detail: str) -> None:
        """Let something have happened to the installation."""
        assert self._app is not None
        self._app.occurrences.note(kind, subject=subject, severity=severity, **detail)

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._enough.set)
        self.join(20)

    async def _serve(self) -> None:
        self._app = await open_app(self._settings)
        if self._with_traffic and (traffic := await open_traffic(self._app)) is not None:
            await traffic.wait(30)
        async with running_server(self._app) as self._url:
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
def staff(page: Page, server: ServerThread) -> Page:
    """A page that is signed in to the console."""
    page.goto(server.staff_link())
    page.wait_for_url("**/console/conversations*")
    return page


@pytest.fixture
def picture(page: Page, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """Leaves a picture of how the test ended in the run's temporary folder."""
    yield
    folder = tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(exist_ok=True)
    name = "".join(letter if letter.isalnum() else "_" for letter in request.node.name)
    page.screenshot(path=folder / f"{name}.png")


class Shown:
    """Keeps pictures of pages: for the guide under the name in its text, when asked to; always for whoever looks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        wanted = os.environ.get("PICTURES")
        self._guide = Path(wanted) if wanted else None

    def keep(self, page: Page, name: str, **options: Any) -> None:
        """`name` without its ending; `options` as Playwright's `screenshot` takes them."""
        page.evaluate("() => document.fonts.ready.then(() => true)")
        page.screenshot(path=self._folder / f"{name}.png", **options)
        if self._guide is not None:
            shutil.copyfile(self._folder / f"{name}.png", self._guide / f"{name}.png")


@pytest.fixture
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(exist_ok=True)
    return Shown(folder)


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page, its open shadow roots included: rule, element, and why."""
    if not AXE.exists():
        pytest.skip("NO AXE HERE: accessibility was not checked. `make setup` brings it.")
    page.evaluate(AXE.read_text(encoding="utf-8"))  # not through a script element: the page's policy forbids those
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then(found => found.violations)",
        _AXE_RULES,
    )
    return [f"{rule['id']}: {node['target']}: {node['failureSummary']}" for rule in found for node in rule["nodes"]]
