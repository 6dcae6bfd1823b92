"""What the browser tests of the chat share: a customer's steps, and a desk that writes slowly and can be restarted."""

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from e2e.conftest import EXAMPLE
from frontdesk.bootstrap import open_app
from frontdesk.server import running_server
from frontdesk.settings import load_settings

NORWAY = "How much does standard delivery to Norway cost?"
FIRST = "Standard delivery to Norway costs 16.90 EUR and takes 4 to 7 working days."
SECOND = "Standard delivery to Norway is free for orders of 180 EUR or more."
_BOT = f"""
import time

def answer(question, passages):
    time.sleep(0.8)
    yield {FIRST!r} + " " + {SECOND[:30]!r}
    time.sleep(PAUSE_S)
    yield {SECOND[30:]!r} + " " + UNTRUE
    if UNTRUE:
        time.sleep(PAUSE_S)
"""


def ask(page: Page, text: str, *, label: str = "Your message") -> None:
    page.get_by_label(label).fill(text)
    page.keyboard.press("Enter")


def answer(page: Page) -> Locator:
    """The newest words of the assistant."""
    return page.locator(".said.assistant").last


def open_chat(page: Page, site: str, query: str = "") -> None:
    page.goto(f"{site}/chat{query}")
    expect(page.locator(".notice")).to_be_visible()


def ask_norway(page: Page, site: str) -> Locator:
    """A first visit with a first answer."""
    open_chat(page, site)
    ask(page, NORWAY)
    expect(answer(page).locator(".acts")).to_be_visible()
    return answer(page)


class SlowDesk:
    """The demo shop with a model that stops between its two sentences, on an address that outlives a restart."""

    def __init__(
        self, folder: Path, *, pause_s: float, streaming: str = "confirmed", untrue: str = "", **settings: Any
    ) -> None:
        """
        Args:
            untrue: a sentence with which the model ends, and which no page supports.
            settings: of the server, by name.
        """
        self._folder = folder
        self._settings = settings
        self._assistant = folder / "assistant"
        shutil.copytree(EXAMPLE, self._assistant)
        module = f"slow_bot_{streaming}_{int(pause_s * 10)}_{len(untrue)}"
        bot = _BOT.replace("PAUSE_S", str(pause_s)).replace("UNTRUE", repr(untrue))
        (self._assistant / f"{module}.py").write_text(bot)
        (self._assistant / "models.yaml").write_text(
            f"answer:\n  - {{name: slow, adapter: python, model: '{module}:answer'}}\n"
        )
        with (self._assistant / "assistant.yaml").open("a") as file:
            file.write(f"channels: {{web_chat: {{streaming: {streaming}}}}}\n")
        self.url = ""
        self._server: _Server | None = None

    def start(self) -> None:
        port = int(self.url.rpartition(":")[2] or 0) if self.url else 0
        self._server = _Server(self._folder, port, self._settings)
        self._server.start()
        self.url = self._server.address()

    def stop(self) -> None:
        assert self._server is not None
        self._server.stop()


class _Server(threading.Thread):
    def __init__(self, folder: Path, port: int, settings: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self._settings = load_settings(
            {}, data_dir=folder / "data", assistant_dir=folder / "assistant", embedder="none", **settings
        )
        self._port = port
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
        async with running_server(app, port=self._port) as self._url:
            self._ready.set()
            await self._enough.wait()


def forgive_outages(watch: Any) -> None:
    """The browser's own reports of requests that found nobody are no complaints of the page."""
    expected = ("Failed to load resource", "net::ERR_")
    watch.complaints[:] = [text for text in watch.complaints if not text.startswith(expected)]
