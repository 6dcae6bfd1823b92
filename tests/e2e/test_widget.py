"""The chat on somebody else's page: another origin, a strict policy, a corner, a phone, a sign-in."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from e2e.chatting import NORWAY, answer, ask
from e2e.conftest import EXAMPLE, ServerThread
from frontdesk.settings import load_settings

MODULE = '<script type="module" src="{site}/widget.js"></script>'
CLASSIC = '<script async src="{site}/widget.js"></script>'
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class Shop:
    """A website with one page, on an origin of its own."""

    def __init__(self) -> None:
        self.html, self.policy = "", ""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_page = self.path == "/"
                body = shop.html.encode() if is_page else b""
                self.send_response(200 if is_page else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", shop.policy)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show(self, site: str, *, script: str = MODULE, chat: str = "<frontdesk-chat></frontdesk-chat>") -> None:
        self.policy = f"default-src 'none'; script-src {site}; connect-src {site}; base-uri 'none'; form-action 'none'"
        head = f'<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>{script.format(site=site)}'
        self.html = f"{head}<h1>A shop</h1><p>Tents.</p>{chat}</html>"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def visit(browser: Browser, site: str, shop: Shop) -> Iterator[Any]:
    """Opens the shop; at its end nothing has complained, and only the shop and the desk were asked for anything."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    foreign: list[str] = []

    def note(request: Any) -> None:
        if not request.url.startswith((site, shop.url)):
            foreign.append(request.url)

    def visit(**options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1100, "height": 800}, **options})
        context.set_default_timeout(8_000)
        context.on("console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("request", note)
        contexts.append(context)
        page = context.new_page()
        page.goto(shop.url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []
    assert foreign == []


@pytest.mark.parametrize("script", [MODULE, CLASSIC], ids=["module", "plain script"])
def test_one_tag_is_enough_on_another_origin_with_a_strict_policy(
    visit: Any, shop: Shop, site: str, script: str
) -> None:
    shop.show(site, script=script)
    page = visit()
    page.get_by_role("button", name="Open the chat").click()
    panel = page.get_by_role("dialog", name="Conversation")
    expect(panel.locator(".notice")).to_contain_text("an automated assistant")
    expect(page.get_by_label("Your message")).to_be_focused()
    ask(page, NORWAY)
    expect(answer(page)).to_contain_text("16.90 EUR")
    send = page.get_by_role("button", name="Send")
    assert send.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(29, 92, 72)"


def test_a_closed_bubble_asks_the_desk_for_nothing_but_the_script(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site)
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    page.wait_for_timeout(400)
    assert [url for url in asked if url.startswith(site)] == [f"{site}/widget.js"]


def test_the_bubble_opens_closes_and_gives_the_focus_back(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site)
    page = visit()
    launcher = page.get_by_role("button", name="Open the chat")
    launcher.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your message")).to_be_focused()
    assert page.locator("frontdesk-chat").get_attribute("open") == ""
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(launcher).to_be_focused()
    assert page.locator("frontdesk-chat").get_attribute("open") is None


def test_it_stays_open_from_page_to_page(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site)
    page = visit()
    page.get_by_role("button", name="Open the chat").click()
    ask(page, NORWAY)
    expect(answer(page).locator(".acts")).to_be_visible()
    page.reload()
    expect(answer(page).locator(".acts")).to_be_visible()
    expect(page.locator("body")).to_be_focused()  # nobody asked for it to take the focus
    page.get_by_role("button", name="Close").click()
    page.reload()
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()


def test_an_answer_that_came_while_it_was_closed_is_shown_on_the_bubble(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site)
    page = visit()
    page.locator("frontdesk-chat").evaluate("chat => { chat.open(); chat.ask('hello'); chat.close(); }")
    expect(page.locator(".launch.news")).to_be_visible()
    page.get_by_role("button", name="Open the chat").click()
    expect(page.locator(".launch.news")).to_have_count(0)


def test_on_a_phone_it_takes_the_whole_screen_and_keeps_the_focus(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site, chat="<frontdesk-chat></frontdesk-chat><a href='#'>Below</a>")
    page = visit(**PHONE)
    page.get_by_role("button", name="Open the chat").tap()
    panel = page.get_by_role("dialog", name="Conversation")
    expect(panel.locator(".notice")).to_be_visible()
    box = panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.localName") in ("frontdesk-chat", "body")
    page.get_by_role("button", name="Close").tap()
    expect(panel).to_have_count(0)


def test_the_page_hears_of_messages_and_sets_colours_theme_and_words(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site, chat='<frontdesk-chat theme="dark" lang="de"></frontdesk-chat>')
    page = visit()
    page.evaluate(
        """() => {
          window.heard = [];
          addEventListener("frontdesk-message", (event) => window.heard.push(event.detail.role));
          const chat = document.querySelector("frontdesk-chat");
          chat.style.setProperty("--fd-accent", "rgb(120, 60, 20)");
          chat.words = { de: { send: "Ab damit" } };
          chat.open();
        }"""
    )
    ask(page, "hallo", label="Your message")
    expect(answer(page).locator(".acts")).to_be_visible()
    assert page.evaluate("window.heard") == ["customer", "assistant"]
    send = page.get_by_role("button", name="Ab damit")
    assert send.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(120, 60, 20)"
    panel = page.locator(".panel")
    assert panel.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(25, 23, 20)"


def test_the_style_of_the_page_around_does_not_reach_it(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site)
    page = visit()
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync("body { font: 40px cursive; letter-spacing: 9px; text-align: right; color: red; line-height: 3 } button { display: none }");
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    page.get_by_role("button", name="Open the chat").click()
    style = page.locator(".notice").evaluate(
        "one => { const s = getComputedStyle(one); return [s.letterSpacing, s.textAlign, s.fontSize] }"
    )
    assert style == ["normal", "start", "14px"]


def _token(subject: str) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return f"e30.{body}.sig"


def test_another_customer_at_the_same_computer_does_not_see_the_conversation(visit: Any, shop: Shop, site: str) -> None:
    shop.show(site)
    page = visit()
    page.route("**/v1/conversations", lambda route: route.continue_(post_data='{"channel": "web_chat"}'))
    chat = page.locator("frontdesk-chat")
    chat.evaluate("(chat, token) => { chat.setAttribute('identity-token', token); chat.open(); }", _token("ana"))
    ask(page, NORWAY)
    expect(answer(page).locator(".acts")).to_be_visible()
    chat.evaluate("(chat, token) => chat.setAttribute('identity-token', token)", _token("ben"))
    expect(page.locator(".said.customer")).to_have_count(0)
    expect(page.get_by_role("group", name="You could ask")).to_be_visible()
    chat.evaluate("(chat, token) => chat.setAttribute('identity-token', token)", _token("ana"))
    expect(page.locator(".said.customer")).to_have_count(1)
    chat.evaluate("chat => chat.forget()")
    expect(page.locator(".said.customer")).to_have_count(0)


def test_a_website_that_may_not_embed_it_is_told_nothing(
    browser: Browser, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = load_settings(
        {"FRONTDESK_ALLOWED_ORIGINS": "https://shop.example"},
        data_dir=tmp_path_factory.mktemp("closed"),
        assistant_dir=EXAMPLE,
        embedder="none",
    )
    desk = ServerThread(settings)
    desk.start()
    try:
        shop.show(desk.address())
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.goto(shop.url)
        page.get_by_role("button", name="Open the chat").click()
        expect(page.get_by_role("status")).to_have_text("No connection. Trying again.")
        assert any("blocked by CORS policy" in text for text in told)
        context.close()
    finally:
        desk.stop()
