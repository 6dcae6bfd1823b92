"""A customer and the chat page, in a browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

pytestmark = pytest.mark.usefixtures("picture")

NORWAY = "How much does standard delivery to Norway cost?"


def _ask(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def test_a_first_visit_shows_who_answers_before_anything_is_asked(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbor & Pine")
    expect(page.get_by_text("an automated assistant")).to_be_visible()
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()


def test_an_answer_comes_with_its_source_and_the_source_opens(page: Page, site: str) -> None:
    page.goto(site)
    _ask(page, NORWAY)
    answer = page.locator(".said.assistant").last
    expect(answer).to_contain_text("16.90 EUR")
    marker = answer.get_by_role("button", name="Source 1").first
    marker.click()
    source = answer.locator(".source")
    expect(source.get_by_role("heading")).to_have_text("Delivery to Norway")
    expect(source.locator("blockquote")).to_contain_text("16.90 EUR")
    expect(source.get_by_role("link", name="Open the page")).to_have_attribute("href", re.compile("shipping-norway"))
    expect(source).to_be_focused()


def test_the_keyboard_alone_is_enough(page: Page, site: str) -> None:
    page.goto(site)
    _ask(page, NORWAY)
    marker = page.locator(".said.assistant").last.get_by_role("button", name="Source 1").first
    marker.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".source")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".source")).to_have_count(0)
    expect(marker).to_be_focused()


def test_a_person_is_one_step_away_and_the_assistant_is_silent_then(page: Page, site: str) -> None:
    page.goto(site)
    _ask(page, NORWAY)
    expect(page.locator(".said.assistant").last).to_contain_text("16.90 EUR")
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".note")).to_contain_text("A person will reply here")
    expect(page.get_by_role("button", name="A person has been asked")).to_be_disabled()
    answers = page.locator(".said.assistant").count()
    _ask(page, "My order number is on the parcel")
    expect(page.locator(".said.customer").last).to_have_text(re.compile("My order number"))
    expect(page.locator(".said.customer.sending")).to_have_count(0)
    expect(page.locator(".said.assistant")).to_have_count(answers)


def test_asking_for_a_person_in_words_says_it_once(page: Page, site: str) -> None:
    page.goto(site)
    _ask(page, "I want to talk to a person")
    expect(page.locator(".note")).to_have_count(1)
    expect(page.get_by_role("button", name="A person has been asked")).to_be_visible()
    expect(page.locator(".stage")).to_have_count(0)


def test_a_reload_keeps_the_conversation(page: Page, site: str) -> None:
    page.goto(site)
    _ask(page, NORWAY)
    answer = page.locator(".said.assistant").last
    expect(answer.locator(".sources")).to_be_visible()
    before = page.locator("#log").inner_text()
    page.reload()
    expect(page.locator(".said.assistant").last.locator(".sources")).to_be_visible()
    assert page.locator("#log").inner_text() == before
    _ask(page, "And to Denmark?")
    expect(page.locator(".said.customer")).to_have_count(2)
    expect(page.locator(".said.assistant").last.locator(".stage")).to_have_count(0)


def test_a_message_that_did_not_arrive_is_sent_again_under_its_key(page: Page, site: str, watch: Any) -> None:
    keys: list[str | None] = []

    def fail_once(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        if len(keys) == 1:
            route.fulfill(status=503, content_type="application/problem+json", body='{"detail": "busy"}')
        else:
            route.continue_()

    page.route("**/messages", fail_once)
    page.goto(site)
    _ask(page, NORWAY)
    expect(page.get_by_text("Many people are writing")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".said.assistant").last).to_contain_text("16.90 EUR")
    expect(page.locator(".said.customer")).to_have_count(1)
    assert len(set(keys)) == 1
    assert all("503" in complaint for complaint in watch.complaints)  # the browser's own report of it
    watch.complaints.clear()


@pytest.mark.parametrize("reached_the_server", [True, False])
def test_a_message_on_its_way_survives_a_reload_and_is_shown_once(
    page: Page, site: str, reached_the_server: bool
) -> None:
    page.goto(site)
    _ask(page, "hello")
    expect(page.locator(".said.assistant")).to_have_count(2)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if reached_the_server:
            route.fetch()
        held.append(route)

    page.route("**/messages", hold)
    _ask(page, NORWAY)
    page.wait_for_timeout(500)
    assert held
    page.unroute("**/messages")
    page.reload()
    expect(page.locator(".said.assistant").last).to_contain_text("16.90 EUR")
    expect(page.locator(".said.customer")).to_have_count(2)
    expect(page.locator(".said.customer.sending")).to_have_count(0)


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True},
        {"viewport": {"width": 320, "height": 568}},
        {"viewport": {"width": 1400, "height": 900}, "color_scheme": "dark"},
    ],
    ids=["phone", "small phone", "dark desktop"],
    indirect=True,
)
def test_it_fits_the_screen(page: Page, site: str) -> None:
    page.goto(site)
    _ask(page, NORWAY)
    answer = page.locator(".said.assistant").last
    expect(answer.locator(".sources")).to_be_visible()
    answer.get_by_role("button", name="Source 1").first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_in_viewport()
    expect(page.get_by_label("Your message")).to_be_in_viewport()


@pytest.mark.parametrize(
    "context", [{"locale": "de-AT"}, {"locale": "es-ES"}], ids=["German", "Spanish"], indirect=True
)
def test_it_speaks_the_browsers_language(page: Page, site: str) -> None:
    page.goto(site)
    name = {"de": "Mit einem Menschen sprechen", "es": "Hablar con una persona"}[
        page.locator("html").get_attribute("lang") or ""
    ]
    expect(page.get_by_role("button", name=name)).to_be_visible()


def test_words_from_outside_stay_words(page: Page, site: str) -> None:
    words = "<img src=x onerror=alert(1)> **hi** [x](javascript:alert(1)) [y](https://evil.example)"
    page.goto(site)
    _ask(page, words)
    expect(page.locator(".said.customer .bubble").first).to_have_text(words)
    expect(page.locator(".said.customer.sending")).to_have_count(0)
    assert page.locator("img").count() == 0
    assert page.locator(".said.customer a").count() == 0


def test_a_tab_that_was_closed_leaves_no_trace_for_the_next(context: BrowserContext, page: Page, site: str) -> None:
    page.goto(site)
    _ask(page, NORWAY)
    expect(page.locator(".said.assistant").last).to_contain_text("16.90 EUR")
    other = context.new_page()
    other.goto(site)
    expect(other.locator(".said")).to_have_count(1)


def test_the_reference_is_readable_without_the_internet(page: Page, site: str) -> None:
    page.goto(f"{site}/docs")
    expect(page.get_by_role("heading", level=1)).to_contain_text("HTTP reference")
    expect(page.locator("main section")).not_to_have_count(0)
