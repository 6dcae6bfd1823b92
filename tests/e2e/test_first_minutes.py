"""The first five minutes: one command, its address and its link, and a console in which no page is empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from running import Running, running
from shop import DEMO


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`frontdesk up` in an empty folder, once everybody who is simulated has written."""
    folder = tmp_path_factory.mktemp("newcomer")
    with running(folder, "up", "--assistant", str(DEMO), "--data-dir", "data") as demo:
        demo.told("Stop with Ctrl-C.")
        yield demo


@pytest.fixture
def newcomer(browser: Browser, demo: Running) -> Iterator[Page]:
    """Fails the test when a page complained or left its origin."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
    context.set_default_timeout(10_000)
    complaints: list[str] = []
    context.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "request", lambda sent: complaints.append(sent.url) if not sent.url.startswith(demo.first_line) else None
    )
    yield context.new_page()
    context.close()
    assert complaints == []


def test_the_address_offers_questions_that_are_answered(newcomer: Page, demo: Running) -> None:
    newcomer.goto(f"{demo.first_line}/chat")
    newcomer.get_by_text("What does delivery to Germany cost?").click()
    expect(newcomer.get_by_text("costs 4.90 EUR").first).to_be_visible()
    expect(newcomer.get_by_text("Delivery to Germany").first).to_be_visible()


def test_the_link_leads_through_pages_that_all_have_something_to_show(newcomer: Page, demo: Running) -> None:
    newcomer.goto(demo.told("Console for staff: ").rpartition(" ")[2])
    newcomer.wait_for_url("**/console/conversations?tour=1")
    tour = newcomer.get_by_role("complementary", name="Guided tour")
    found = newcomer.locator("#list")
    expect(found.get_by_text("simulated").first).to_be_visible()
    expect(found.get_by_text("waiting for a person").first).to_be_visible()
    for step, shown in {2: "Customer", 3: "Where the time went", 4: "Documents", 5: "Try a question"}.items():
        tour.get_by_role("link", name="Next").click()
        expect(tour).to_contain_text(f"{step} of 5")
        expect(newcomer.get_by_text(shown).first).to_be_visible()


@pytest.mark.parametrize(
    "filters", ["outcome=answered", "outcome=clarified", "outcome=refused", "outcome=escalated", "rating=down"]
)
def test_every_way_a_turn_can_end_is_found_in_the_hour(newcomer: Page, demo: Running, filters: str) -> None:
    newcomer.goto(demo.told("Console for staff: ").rpartition(" ")[2])
    newcomer.wait_for_url("**/console/conversations*")
    newcomer.goto(f"{demo.first_line}/console/conversations?{filters}&origin=simulated")
    expect(newcomer.locator("#list")).to_contain_text("simulated")


def test_nothing_is_written_where_the_command_was_started_but_its_data(demo: Running) -> None:
    folder: Path = demo.log.parent
    assert {path.name for path in folder.iterdir()} == {"data", demo.log.name}
