"""Every page, looked at by axe in light and dark and on a phone; nothing complains and nothing leaves the origin."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import violations

QUESTION = "How much does standard delivery to Norway cost?"
SIZES = pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 1280, "height": 800}},
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    ],
    ids=["light", "dark", "phone"],
    indirect=True,
)


def _ask(page: Page, site: str) -> None:
    page.goto(f"{site}/chat")
    page.get_by_label("Your message").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Source 1")).first).to_be_visible()


def _chat(page: Page, site: str) -> None:
    page.goto(f"{site}/chat")
    expect(page.get_by_label("Your message")).to_be_visible()


def _open_source(page: Page, site: str) -> None:
    _ask(page, site)
    page.get_by_role("button", name=re.compile("Source 1")).first.click()
    expect(page.locator("mark").first).to_be_visible()


def _bubble(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("button", name=re.compile("chat", re.IGNORECASE)).last.click()
    expect(page.get_by_label("Your message")).to_be_visible()


def _help_document(page: Page, site: str) -> None:
    page.goto(site)
    page.locator("a[href^='/help/']").first.click()


CUSTOMER_PAGES: dict[str, Callable[[Page, str], object]] = {
    "help": lambda page, site: page.goto(site),
    "help search": lambda page, site: page.goto(f"{site}/?q=refund"),
    "help document": _help_document,
    "chat": _chat,
    "chat with an answer": _ask,
    "chat with a source": _open_source,
    "chat in a corner": _bubble,
    "reference": lambda page, site: page.goto(f"{site}/docs"),
    "sign-in": lambda page, site: page.goto(f"{site}/console/sign-in"),
}


@SIZES
@pytest.mark.parametrize("name", CUSTOMER_PAGES)
def test_axe_finds_nothing_on_a_page_for_customers(page: Page, site: str, name: str) -> None:
    CUSTOMER_PAGES[name](page, site)
    assert violations(page) == []


@SIZES
def test_axe_finds_nothing_on_any_page_of_the_console_and_none_scrolls_sideways(staff: Page, site: str) -> None:
    _ask(staff, site)
    staff.goto(f"{site}/console/conversations")
    addresses = [
        f"{site}/console/conversations",
        f"{site}/console/conversations?q=nobody+wrote+this",
        f"{site}/console/conversations?tour=1",
    ]
    conversation = staff.locator("a[href^='/console/conversations/conv_']").first.get_attribute("href")
    staff.goto(f"{site}{conversation}")
    trace = staff.locator("a[href^='/console/turns/turn_']").first.get_attribute("href")
    staff.goto(f"{site}/console/knowledge")
    document = staff.locator("a[href^='/console/knowledge/documents/doc_']").first.get_attribute("href")
    addresses += [f"{site}{path}" for path in (conversation, trace, document)]
    addresses += [f"{site}/console/monitor", f"{site}/console/monitor?severity=critical"]
    addresses += [f"{site}/console/workflows", f"{site}/console/workflows/refund_status"]
    addresses += [f"{site}/console/knowledge", f"{site}/console/knowledge/try?q=refund&language=en&audience=public"]
    found = {}
    for address in addresses:
        staff.goto(address)
        wrong = violations(staff)
        if staff.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append("it scrolls sideways")
        if wrong:
            found[address.removeprefix(site)] = wrong
    assert found == {}
