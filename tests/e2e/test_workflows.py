"""A visitor of the demo becomes one of its customers, asks for a refund, and sends something back."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.chatting import answer, ask
from e2e.conftest import EXAMPLE, ServerThread, violations
from frontdesk.settings import load_settings

pytestmark = pytest.mark.usefixtures("picture")
DARK_PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    """The demo, with its customers to choose from."""
    data_dir = tmp_path_factory.mktemp("demo")
    server = ServerThread(load_settings({}, data_dir=data_dir, assistant_dir=EXAMPLE, embedder="none", demo=True))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def site(server: ServerThread) -> str:
    return server.address()


def effects(server: ServerThread, customer: str) -> list[dict[str, Any]]:
    """What the back office was made to change, apart from the conversations that it notes."""
    with urllib.request.urlopen(f"{server.backoffice()}/_effects?customer_id={customer}") as reply:
        return [effect for effect in json.load(reply)["effects"] if effect["system"] != "crm"]


def become(page: Page, name: str) -> None:
    page.locator(".demo summary").click()
    page.locator(".demo").get_by_role("link", name=name).click()
    expect(page.locator(".demo summary")).to_contain_text(name)


def test_a_customer_is_chosen_and_asks_where_the_refund_is(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    expect(page.get_by_role("heading", name="Try it as somebody")).to_be_visible()
    assert violations(page) == []
    become(page, "Ana Ruiz")
    assert violations(page) == []
    page.get_by_role("link", name="Where is my refund?").click()
    expect(page.get_by_role("group", name="You can choose")).to_be_visible()
    page.get_by_role("button", name="HP20100021").click()
    expect(answer(page)).to_contain_text("According to the payment system, €189.00 for order HP20100021 went back on")
    answer(page).locator(".chip").first.click()
    expect(page.locator(".source")).to_contain_text("as of")
    assert violations(page) == []


@pytest.mark.parametrize("context", [DARK_PHONE], indirect=True)
def test_a_return_is_started_with_the_keyboard_alone_after_a_yes_and_once(
    page: Page, site: str, server: ServerThread
) -> None:
    page.goto(f"{site}/chat?as=cust-2296")
    expect(page.locator(".notice")).to_be_visible()
    page.keyboard.type("I want to send something back")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="You can choose")).to_be_visible()
    page.get_by_role("button", name="it does not fit").press("Enter")
    expect(answer(page)).to_contain_text("How do you want to bring it back")
    page.keyboard.type("wait, how much is the return label from Germany?")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("How do you want to bring it back")
    page.keyboard.type("by post")
    page.keyboard.press("Enter")
    expect(answer(page)).to_contain_text("Shall I start the return of order")
    assert effects(server, "cust-2296") == []
    page.get_by_role("button", name="Yes", exact=True).press("Enter")
    expect(answer(page)).to_contain_text("is started")

    (done,) = effects(server, "cust-2296")
    assert done["operation"] == "start_return"
    expect(answer(page)).to_contain_text(done["reference"])


@pytest.mark.parametrize("context", [{"locale": "de-DE"}], indirect=True)
def test_it_speaks_german_and_hands_over_what_is_late(page: Page, site: str) -> None:
    page.goto(f"{site}/chat?as=cust-1187")
    expect(page.locator(".demo summary")).to_contain_text("Du bist Grace Hughes.")
    ask(page, "Wo bleibt meine Erstattung?", label="Deine Nachricht")
    expect(answer(page)).to_contain_text("Dieser Tag ist vorbei.")
    expect(page.locator(".status")).to_contain_text("Team")


def test_nobody_learns_nothing(page: Page, site: str) -> None:
    page.goto(f"{site}/chat?as=cust-1187")
    page.locator(".demo summary").click()
    page.locator(".demo").get_by_role("link", name="Nobody").click()
    expect(page.locator(".demo summary")).to_contain_text("You are not signed in.")
    ask(page, "Where is my refund?")
    expect(answer(page)).to_contain_text("Please sign in first")
