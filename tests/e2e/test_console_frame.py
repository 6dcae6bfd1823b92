"""The console's frame in a browser: ways in and out, the palette, keys, a phone, and no script at all."""

import asyncio

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import ServerThread, Watch, violations
from frontdesk.bootstrap import add_staff_key

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def key(server: ServerThread) -> str:
    server.address()
    assert server._app is not None
    adding = add_staff_key(server._app.database, "frame", by="test")
    return asyncio.run_coroutine_threadsafe(adding, server._loop).result(20)


def test_a_link_signs_in_and_leaves_no_secret_behind(page: Page, server: ServerThread) -> None:
    link = server.staff_link()
    secret = link.rpartition("=")[2]
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(link)
    expect(page).to_have_url(f"{server.address()}/console/conversations")
    page.go_back()
    assert secret not in page.url
    assert not any(secret in address for address in addresses if "#" not in address)


def test_a_link_that_is_not_valid_says_so(page: Page, site: str, watch: Watch) -> None:
    page.goto(f"{site}/console/sign-in#link=fdl_old")
    expect(page.get_by_text("This sign-in link is not valid.")).to_be_visible()
    assert page.url == f"{site}/console/sign-in"
    watch.complaints.clear()  # the browser's own note of the status 401


def test_a_key_signs_in_where_somebody_wanted_to_go(page: Page, site: str, key: str, watch: Watch) -> None:
    page.goto(f"{site}/console/conversations?q=boots")
    page.get_by_label("Staff key").fill("fd_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This key is not valid.")).to_be_visible()
    watch.complaints.clear()  # the browser's own note of the status 401
    assert violations(page) == []
    page.get_by_label("Staff key").fill(key)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/console/conversations?q=boots")


def test_a_session_that_ends_says_so_and_leads_back(staff: Page, site: str) -> None:
    cookie = next(one for one in staff.context.cookies() if one["name"] == "frontdesk_session")
    staff.context.add_cookies([{"name": cookie["name"], "value": "fs_gone", "url": f"{site}/console"}])
    staff.goto(f"{site}/console/conversations?outcome=refused")
    expect(staff.get_by_text("Your session has ended")).to_be_visible()
    assert "next=/console/conversations" in staff.url


def test_signing_out_is_one_button(staff: Page) -> None:
    staff.get_by_role("button", name="Sign out").click()
    expect(staff.get_by_text("You are signed out.")).to_be_visible()
    staff.go_back()
    staff.reload()
    expect(staff.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_palette_goes_to_pages_and_to_ids(staff: Page, site: str, watch: Watch) -> None:
    staff.keyboard.press("Control+k")
    palette = staff.get_by_role("dialog", name="Go to")
    field = palette.get_by_role("combobox")
    expect(field).to_be_focused()
    assert violations(staff) == []
    field.fill("knowl")
    staff.keyboard.press("ArrowDown")
    staff.keyboard.press("ArrowUp")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Documents")
    staff.keyboard.press("Enter")
    expect(staff).to_have_url(f"{site}/console/knowledge")
    staff.get_by_role("button", name="Go to…").click()
    field.fill(" turn_nothing ")
    expect(palette.get_by_role("option")).to_have_count(1)
    staff.keyboard.press("Enter")
    expect(staff).to_have_url(f"{site}/console/turns/turn_nothing")
    expect(staff.get_by_role("heading", name="Not found")).to_be_visible()
    assert violations(staff) == []
    watch.complaints.clear()  # the browser's own note of the status 404


def test_the_palette_gives_the_focus_back_and_says_when_it_finds_nothing(staff: Page) -> None:
    button = staff.get_by_role("button", name="Go to…")
    button.focus()
    staff.keyboard.press("Enter")
    staff.get_by_role("combobox", name="A page or an id").fill("zz")
    expect(staff.get_by_text("Nothing by that name.")).to_be_visible()
    staff.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_single_keys_can_be_turned_off(staff: Page) -> None:
    staff.locator("main").focus()
    staff.keyboard.press("?")
    keys = staff.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_be_visible()
    assert violations(staff) == []
    keys.get_by_label("Single keys work outside of fields").uncheck()
    staff.keyboard.press("Escape")
    staff.reload()
    staff.locator("main").focus()
    staff.keyboard.press("?")
    expect(keys).to_be_hidden()


def test_the_first_tab_skips_to_the_content(staff: Page) -> None:
    staff.keyboard.press("Tab")
    skip = staff.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    staff.keyboard.press("Enter")
    expect(staff.locator("main")).to_be_focused()


@pytest.mark.parametrize("context", [PHONE, {**PHONE, "color_scheme": "dark"}], ids=["light", "dark"], indirect=True)
def test_a_phone_folds_the_navigation_into_a_menu(staff: Page, site: str) -> None:
    knowledge = staff.get_by_role("navigation", name="Console").get_by_role("link", name="Knowledge")
    expect(knowledge).to_be_hidden()
    staff.get_by_role("button", name="Menu").click()
    expect(knowledge).to_be_visible()
    assert violations(staff) == []
    width = staff.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    knowledge.click()
    expect(staff).to_have_url(f"{site}/console/knowledge")


def test_everything_is_reached_without_a_script(browser: Browser, site: str, key: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/console/knowledge")
    expect(page.locator("noscript p")).to_be_visible()
    page.get_by_label("Staff key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site}/console/knowledge")
    page.get_by_role("link", name="Desk", exact=True).click()
    expect(page).to_have_url(f"{site}/console/conversations")
    expect(page.get_by_role("button", name="Go to…")).to_be_hidden()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    context.close()


def test_the_tour_walks_from_page_to_page(staff: Page, site: str) -> None:
    staff.goto(f"{site}/console/conversations?tour=1")
    tour = staff.get_by_role("complementary", name="Guided tour")
    expect(tour).to_contain_text("1 of 5")
    while "tour=5" not in staff.url:  # the steps about a turn are there once something was answered
        before = staff.url
        tour.get_by_role("link", name="Next").click()
        expect(staff).not_to_have_url(before)
    expect(tour).to_contain_text("5 of 5")
    tour.get_by_role("link", name="End tour").click()
    expect(tour).to_be_hidden()
