"""Staff read conversations: the list, one of them, the trace of a turn; by mouse, by keys, on a phone, without a script."""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import ServerThread, violations

pytestmark = pytest.mark.usefixtures("picture")

NORWAY = "How much does standard delivery to Norway cost?"
HOSTILE = (
    '<script>document.title="owned"</script><img src=x onerror="document.title=1"> \u202egnp.exe ' + "long " * 1_500
)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DARK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}

Ask = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def http(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def ask(http: httpx.Client) -> Ask:
    """Ask the shop something: the conversation's id, and the turn's."""
    tokens: dict[str, str] = {}

    def send(text: str, conversation_id: str = "") -> tuple[str, str]:
        if not conversation_id:
            opened = http.post("/v1/conversations").json()
            conversation_id = opened["conversation_id"]
            tokens[conversation_id] = opened["token"]
        headers = {"Authorization": f"Bearer {tokens[conversation_id]}", "Idempotency-Key": uuid.uuid4().hex}
        turn: dict[str, Any] = http.post(
            f"/v1/conversations/{conversation_id}/messages", json={"text": text}, headers=headers
        ).json()
        return conversation_id, turn["turn_id"]

    return send


def test_from_the_list_to_a_conversation_to_the_trace_of_its_answer(staff: Page, site: str, ask: Ask) -> None:
    conversation_id, turn_id = ask(NORWAY)
    staff.goto(f"{site}/console/conversations")
    staff.get_by_role("link", name=NORWAY).first.click()
    expect(staff).to_have_url(f"{site}/console/conversations/{conversation_id}")
    answer = staff.locator(".said.assistant").last
    expect(answer).to_contain_text("16.90 EUR")
    answer.get_by_role("link", name="Trace").click()
    expect(staff).to_have_url(f"{site}/console/turns/{turn_id}")
    expect(staff.get_by_role("heading", level=1)).to_have_text(NORWAY)
    expect(staff.locator(".cause")).to_contain_text("Decided in")
    expect(staff.locator("#ground")).to_contain_text("16.90 EUR")
    staff.locator("#ground").get_by_role("link", name="Delivery to Norway").first.click()
    expect(staff).to_have_url(re.compile("/console/knowledge/documents/doc_"))
    expect(staff.locator("mark, .mark").first).to_contain_text("16.90 EUR")


def test_words_narrow_the_list_while_they_are_typed_and_the_address_keeps_them(
    staff: Page, site: str, ask: Ask
) -> None:
    ask("Do you sell kayaks to Trondheim?")
    ask(NORWAY)
    staff.goto(f"{site}/console/conversations")
    staff.get_by_label("Search", exact=True).fill("TRONDHEIM kay")
    expect(staff.locator(".listing tbody tr")).to_have_count(1)
    expect(staff).to_have_url(re.compile(r"\?q=TRONDHEIM\+kay$"))
    expect(staff.get_by_label("Search", exact=True)).to_be_focused()
    staff.get_by_label("Outcome").select_option("failed")
    expect(staff.get_by_text("No conversation is like this")).to_be_visible()
    staff.get_by_role("list", name="Filters that are set").get_by_role("link", name="outcome failed").click()
    expect(staff.locator(".listing tbody tr")).to_have_count(1)
    staff.go_back()
    expect(staff.get_by_label("Outcome")).to_have_value("failed")


def test_an_id_that_is_pasted_finds_its_conversation(staff: Page, site: str, ask: Ask) -> None:
    _, turn_id = ask("Is there a shop in Aarhus?")
    staff.goto(f"{site}/console/conversations")
    staff.keyboard.press("/")
    staff.keyboard.insert_text(turn_id)
    expect(staff.locator(".listing tbody tr")).to_have_count(1)
    expect(staff.locator(".listing tbody tr")).to_contain_text("Aarhus")


def test_the_list_shows_what_comes_in_by_itself(staff: Page, site: str, ask: Ask) -> None:
    staff.goto(f"{site}/console/conversations")
    expect(staff.locator("[data-live]")).to_have_text("Live")
    ask("Do you repair lanterns?")
    expect(staff.locator(".listing tbody tr").first).to_contain_text("Do you repair lanterns?", timeout=6_000)


def test_who_reads_further_down_is_told_and_not_moved(staff: Page, site: str, ask: Ask) -> None:
    for number in range(25):
        ask(f"Reading material {number}")
    staff.set_viewport_size({"width": 1000, "height": 500})
    staff.goto(f"{site}/console/conversations")
    expect(staff.locator("[data-live]")).to_have_text("Live")
    staff.evaluate("scrollTo(0, 600)")
    before = staff.locator(".listing").inner_text()
    ask("Do you rent snowshoes?")
    news = staff.get_by_role("button", name="1 conversation has news")
    expect(news).to_be_visible(timeout=6_000)
    assert staff.evaluate("scrollY") == 600
    assert staff.locator(".listing").inner_text() == before
    news.click()
    expect(staff.locator(".listing tbody tr").first).to_contain_text("snowshoes")
    expect(news).to_be_hidden()
    assert staff.evaluate("scrollY") == 0


def test_a_selection_stays_while_others_write(staff: Page, site: str, ask: Ask) -> None:
    ask("Select these words please")
    staff.goto(f"{site}/console/conversations")
    expect(staff.locator("[data-live]")).to_have_text("Live")
    select = "link => getSelection().selectAllChildren(link)"
    staff.get_by_role("link", name="Select these words please").first.evaluate(select)
    ask("Do you wash ropes?")
    expect(staff.locator("#news")).to_be_visible(timeout=6_000)
    assert staff.evaluate("String(getSelection())").strip() == "Select these words please"


def test_a_conversation_goes_on_before_its_readers_eyes(staff: Page, site: str, ask: Ask) -> None:
    conversation_id, _ = ask(NORWAY)
    staff.goto(f"{site}/console/conversations/{conversation_id}")
    expect(staff.locator("[data-live]")).to_have_text("Live")
    ask("And to Denmark?", conversation_id)
    expect(staff.locator(".said.customer")).to_have_count(2, timeout=6_000)
    expect(staff.locator(".said.assistant")).to_have_count(2)


def test_keys_go_through_the_trace(staff: Page, site: str, ask: Ask) -> None:
    _, turn_id = ask(NORWAY)
    staff.goto(f"{site}/console/turns/{turn_id}")
    staff.keyboard.press("j")
    expect(staff.locator("#intake")).to_be_focused()
    staff.keyboard.press("j")
    expect(staff.locator("#guard_in")).to_be_focused()
    expect(staff).to_have_url(f"{site}/console/turns/{turn_id}#guard_in")
    staff.keyboard.press("k")
    expect(staff.locator("#intake")).to_be_focused()
    staff.get_by_role("button", name="Open everything").click()
    expect(staff.locator("#retrieve .passage").first).to_be_visible()
    expect(staff.locator("#generate .prompt")).to_contain_text(NORWAY)


def test_a_stage_has_an_address_of_its_own(staff: Page, site: str, ask: Ask) -> None:
    _, turn_id = ask(NORWAY)
    staff.goto(f"{site}/console/turns/{turn_id}#generate")
    expect(staff.locator("#generate")).to_be_in_viewport()
    expect(staff.locator(".contents a[aria-current]")).to_have_count(1)


def test_the_command_is_copied(staff: Page, site: str, ask: Ask) -> None:
    _, turn_id = ask("It's \"free\", isn't it?")
    staff.context.grant_permissions(["clipboard-read", "clipboard-write"])
    staff.goto(f"{site}/console/turns/{turn_id}")
    staff.get_by_role("button", name="Copy as a command").first.click()
    expect(staff.get_by_text("Copied.")).to_be_visible()
    copied = staff.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("frontdesk ask --locale en ")
    assert copied == staff.locator("#again .command").inner_text()


@pytest.mark.parametrize("context", [PHONE, DARK], ids=["phone", "dark"], indirect=True)
def test_every_page_fits_and_everybody_can_use_it(staff: Page, site: str, ask: Ask) -> None:
    conversation_id, turn_id = ask(NORWAY)
    ask("I want to talk to a person", conversation_id)
    paths = [
        "/console/conversations",
        "/console/conversations?q=nobody-wrote-this",
        f"/console/conversations/{conversation_id}",
        f"/console/turns/{turn_id}",
    ]
    for path in paths:
        staff.goto(f"{site}{path}")
        staff.wait_for_load_state()
        assert staff.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert violations(staff) == [], path


@pytest.mark.parametrize(
    "context", [{"viewport": {"width": 1280, "height": 900}}, PHONE], ids=["desktop", "phone"], indirect=True
)
def test_hostile_and_endless_words_are_harmless_and_fit(staff: Page, site: str, ask: Ask) -> None:
    conversation_id, turn_id = ask(HOSTILE[:7_900])
    for path in ("/console/conversations", f"/console/conversations/{conversation_id}", f"/console/turns/{turn_id}"):
        staff.goto(f"{site}{path}")
        expect(staff.get_by_text("<script>").first).to_be_visible()
        assert staff.evaluate("document.title") not in ("owned", "1", "2")
        assert staff.locator("main img").count() == 0
        assert staff.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_without_a_script_search_and_pages_work(browser: Browser, server: ServerThread, site: str, ask: Ask) -> None:
    ask("Where can I store a canoe?")
    context = browser.new_context()
    signed_in = context.new_page()
    signed_in.goto(server.staff_link())
    signed_in.wait_for_url("**/console/conversations*")
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{site}/console/conversations")
    page.get_by_label("Search", exact=True).fill("canoe")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".listing tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Where can I store a canoe?").click()
    expect(page.locator(".said.customer")).to_have_count(1)
    page.get_by_role("link", name="Trace").click()
    expect(page.locator(".cause")).to_contain_text("Decided in")
    plain.close()
    context.close()
