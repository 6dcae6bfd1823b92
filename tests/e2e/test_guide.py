"""The walk that the guide describes, with the pictures that it shows.

`make pictures` keeps them in docs/images. They are taken here, so that no picture shows what a browser did not.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from docs.pages import blocks
from e2e.conftest import EXAMPLE, ROOT, ServerThread, Shown, Watch
from frontdesk.settings import load_settings

REFUND = "How long does a refund take on a credit card?"
PICTURES = (
    "chat",
    "chat-source",
    "chat-embedded",
    "console-conversations",
    "console-conversation",
    "console-trace",
    "console-knowledge",
)
"""Every picture of the guide."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    """The demo as `make run` starts it, with an hour of simulated customers."""
    settings = load_settings({}, data_dir=tmp_path_factory.mktemp("demo"), assistant_dir=EXAMPLE, embedder="none")
    server = ServerThread(settings, with_traffic=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visitor(browser: Browser, demo: ServerThread) -> Iterator[Page]:
    """A customer before the demo; nothing complains, and nothing leaves the origin."""
    context = _context(browser)
    watch = Watch(context, demo.address())
    yield context.new_page()
    context.close()
    assert watch.complaints == []
    assert watch.foreign == []


def _context(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", device_scale_factor=1.5, reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    return context


def test_a_customer_asks_on_the_help_page_and_opens_the_source(visitor: Page, demo: ServerThread, shown: Shown) -> None:
    visitor.goto(demo.address())
    visitor.locator("frontdesk-chat").evaluate("chat => chat.open()")
    visitor.get_by_label("Your message").fill(REFUND)
    visitor.keyboard.press("Enter")
    source = visitor.get_by_role("button", name=re.compile("Source 1")).first
    expect(source).to_be_visible()
    visitor.wait_for_timeout(600)  # suggestions
    shown.keep(visitor, "chat")
    source.click()
    expect(visitor.locator("frontdesk-chat mark").first).to_contain_text("3 to 5 working days")
    visitor.wait_for_timeout(300)
    shown.keep(visitor, "chat-source")


def test_the_page_of_the_guide_embeds_the_chat_from_a_file(
    browser: Browser, demo: ServerThread, shown: Shown, tmp_path: Path
) -> None:
    guide = ROOT / "docs" / "guide" / "embedding-the-chat.md"
    text = next(block.text for block in blocks(guide) if "file=my-page.html" in block.info)
    (tmp_path / "my-page.html").write_text(text.replace("http://127.0.0.1:8000", demo.address()), encoding="utf-8")
    context = _context(browser)
    page = context.new_page()
    page.goto((tmp_path / "my-page.html").as_uri())
    page.get_by_role("button", name=re.compile("chat", re.IGNORECASE)).click()
    page.get_by_label("Your message").fill(REFUND)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Source 1")).first).to_be_visible()
    page.wait_for_timeout(600)
    shown.keep(page, "chat-embedded")
    context.close()


def test_staff_follow_an_answer_to_its_cause(visitor: Page, demo: ServerThread, shown: Shown) -> None:
    site = demo.address()
    visitor.goto(demo.staff_link())
    visitor.wait_for_url("**/console/conversations*")
    visitor.goto(f"{site}/console/conversations")
    first = visitor.locator("a[href^='/console/conversations/conv_']")
    expect(first.first).to_be_visible()
    visitor.wait_for_timeout(400)
    shown.keep(visitor, "console-conversations")
    visitor.goto(f"{site}/console/conversations?q=express+delivery")
    visitor.locator("a[href^='/console/conversations/conv_']").first.click()
    trace = visitor.locator("a[href^='/console/turns/turn_']").first
    expect(trace).to_be_visible()
    visitor.wait_for_timeout(400)
    shown.keep(visitor, "console-conversation")
    trace.click()
    visitor.set_viewport_size({"width": 1280, "height": 1360})
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    visitor.wait_for_timeout(400)
    shown.keep(visitor, "console-trace")
    visitor.set_viewport_size({"width": 1280, "height": 800})
    visitor.goto(f"{site}/console/knowledge")
    expect(visitor.locator("a[href^='/console/knowledge/documents/']").first).to_be_visible()
    visitor.wait_for_timeout(400)
    shown.keep(visitor, "console-knowledge")


def test_the_guide_shows_no_other_pictures() -> None:
    shown = set()
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        shown |= set(re.findall(r"images/([\w-]+)\.png", page.read_text(encoding="utf-8")))
    assert shown == set(PICTURES)
