"""A customer's conversation outlives reloads, lost connections, restarts and other tabs, and ends in words."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from e2e.chatting import FIRST, NORWAY, SECOND, SlowDesk, answer, ask, ask_norway, forgive_outages, open_chat

pytestmark = pytest.mark.usefixtures("picture")
CLOSED = {"seq": 99, "kind": "conversation.closed", "turn_id": None, "at": "", "data": {}}


def test_a_reload_keeps_the_conversation(page: Page, site: str) -> None:
    ask_norway(page, site)
    expect(page.get_by_role("group", name="Related questions")).to_be_visible()
    before = page.locator(".pane").inner_text()
    page.reload()
    expect(page.get_by_role("group", name="Related questions")).to_be_visible()
    assert page.locator(".pane").inner_text() == before
    ask(page, "And to Denmark?")
    expect(page.locator(".said.customer")).to_have_count(2)
    expect(page.locator(".stage")).to_have_count(0)


def test_a_draft_survives_a_reload(page: Page, site: str) -> None:
    open_chat(page, site)
    page.get_by_label("Your message").fill("I was about to say")
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value("I was about to say")


@pytest.mark.parametrize("reached_the_server", [True, False])
def test_a_message_on_its_way_survives_a_reload_and_is_shown_once(
    page: Page, site: str, reached_the_server: bool
) -> None:
    open_chat(page, site)
    ask(page, "hello")
    expect(page.locator(".said.assistant .acts")).to_have_count(1)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if reached_the_server:
            route.fetch()
        held.append(route)

    page.route("**/messages", hold)
    ask(page, NORWAY)
    page.wait_for_timeout(500)
    assert held
    page.unroute("**/messages")
    page.reload()
    expect(answer(page)).to_contain_text("16.90 EUR")
    expect(page.locator(".said.customer")).to_have_count(2)
    expect(page.locator(".said.customer.sending")).to_have_count(0)


def test_what_is_written_without_a_connection_goes_out_by_itself_and_in_order(
    page: Page, site: str, context: BrowserContext, watch: Any
) -> None:
    ask_norway(page, site)
    context.set_offline(True)
    expect(page.get_by_role("status")).to_have_text("No connection. Trying again.")
    ask(page, "And to Denmark?")
    ask(page, "And how long does it take?")
    expect(page.get_by_text("It goes out once there is a connection").first).to_be_visible()
    context.set_offline(False)
    expect(page.locator(".said.assistant .acts")).to_have_count(3)
    expect(page.locator(".customer .bubble")).to_have_text([NORWAY, "And to Denmark?", "And how long does it take?"])
    expect(page.get_by_role("status")).to_have_text("")
    forgive_outages(watch)


def test_busy_keeps_the_message_and_sends_it_again_under_its_key(page: Page, site: str, watch: Any) -> None:
    keys: list[str | None] = []
    times: list[float] = []

    def fail_once(route: Route) -> None:
        keys.append(route.request.header_value("idempotency-key"))
        times.append(time.monotonic())
        if len(keys) == 1:
            headers = {"Retry-After": "2", "Content-Type": "application/problem+json"}
            route.fulfill(status=503, headers=headers, body='{"detail": "busy"}')
        else:
            route.continue_()

    page.route("**/messages", fail_once)
    open_chat(page, site)
    ask(page, NORWAY)
    expect(
        page.get_by_text("Many people are writing right now. Your message is kept, and sent again by itself.")
    ).to_be_visible()
    expect(answer(page)).to_contain_text("16.90 EUR")
    expect(page.locator(".said.customer")).to_have_count(1)
    assert len(set(keys)) == 1
    assert times[1] - times[0] >= 2.0  # not before the server said
    assert all("503" in complaint for complaint in watch.complaints)  # the browser's own report of it
    watch.complaints.clear()


def test_a_first_visit_without_a_server_says_so_and_recovers(page: Page, site: str, watch: Any) -> None:
    page.route("**/v1/assistant*", lambda route: route.abort())
    page.goto(f"{site}/chat")
    expect(page.get_by_role("status")).to_have_text("No connection. Trying again.")
    page.unroute("**/v1/assistant*")
    expect(page.locator(".notice")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("")
    forgive_outages(watch)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowDesk]:
    desk = SlowDesk(tmp_path_factory.mktemp("slow"), pause_s=2.5)
    desk.start()
    yield desk
    desk.stop()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """Before another desk than the usual one; its outages are wanted."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(8_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def test_confirmed_text_comes_before_the_answer_is_complete(visitor: Page, slow: SlowDesk) -> None:
    open_chat(visitor, slow.url)
    ask(visitor, NORWAY)
    expect(visitor.locator(".stage")).to_have_text("Writing and checking the answer")
    expect(answer(visitor).locator(".text")).to_contain_text(FIRST)
    expect(answer(visitor).locator(".acts")).to_have_count(0)
    expect(answer(visitor).locator(".text")).to_contain_text(SECOND)
    expect(answer(visitor).locator(".acts")).to_be_visible()


def test_a_restart_of_the_server_in_mid_answer_ends_in_the_whole_answer(visitor: Page, slow: SlowDesk) -> None:
    open_chat(visitor, slow.url)
    ask(visitor, NORWAY)
    expect(answer(visitor).locator(".text")).to_contain_text(FIRST)
    slow.stop()
    expect(visitor.get_by_role("status")).to_have_text("No connection. Trying again.", timeout=15_000)
    ask(visitor, "And to Denmark?")
    slow.start()
    expect(answer(visitor).locator(".acts")).to_be_visible(timeout=40_000)
    expect(visitor.get_by_role("status")).to_have_text("")
    expect(visitor.locator(".customer .bubble")).to_have_text([NORWAY, "And to Denmark?"])
    whole = visitor.locator(".said.assistant .text").nth(1).inner_text()
    assert whole.count(FIRST) == 1
    assert whole.count(SECOND) == 1


def test_unconfirmed_text_is_marked_until_it_is_confirmed_or_taken_back(
    visitor: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    untrue = "Every parcel to Norway brings a cake for 25 EUR."
    desk = SlowDesk(tmp_path_factory.mktemp("draft"), pause_s=2, streaming="provisional", untrue=untrue)
    desk.start()
    try:
        open_chat(visitor, desk.url)
        ask(visitor, NORWAY)
        expect(visitor.locator(".unsure").first).to_be_visible()
        expect(answer(visitor)).to_contain_text("Being checked")
        expect(visitor.locator(".unsure").last).to_contain_text("brings a")
        expect(answer(visitor).locator(".acts")).to_be_visible()
        expect(answer(visitor)).not_to_contain_text("brings a")
        expect(answer(visitor)).to_contain_text("I left out something that I could not confirm")
        expect(visitor.locator(".unsure")).to_have_count(0)
        expect(answer(visitor).locator(".text")).to_contain_text(FIRST)
    finally:
        desk.stop()


def test_tabs_share_one_conversation_and_every_judgement(context: BrowserContext, page: Page, site: str) -> None:
    other = context.new_page()
    open_chat(other, site)
    ask_norway(page, site)
    expect(answer(other)).to_contain_text("16.90 EUR")
    ask(other, "And to Denmark?")
    expect(page.locator(".said.customer")).to_have_count(2)
    page.get_by_role("button", name="Helpful", exact=True).first.click()
    expect(other.get_by_role("button", name="Helpful", exact=True).first).to_have_attribute("aria-pressed", "true")
    third = context.new_page()
    open_chat(third, site)
    expect(third.locator(".said.customer")).to_have_count(2)


def test_two_tabs_that_write_at_once_begin_one_conversation_and_double_nothing(
    context: BrowserContext, page: Page, site: str
) -> None:
    begun: list[str] = []
    context.on("request", lambda request: begun.append(request.url) if request.url.endswith("/conversations") else None)
    other = context.new_page()
    open_chat(page, site)
    open_chat(other, site)
    page.get_by_label("Your message").fill("hello")
    other.get_by_label("Your message").fill("hello")
    submit = "chat => chat.shadowRoot.querySelector('form').requestSubmit()"
    page.locator("frontdesk-chat").evaluate(submit)
    other.locator("frontdesk-chat").evaluate(submit)
    for tab in (page, other):
        expect(tab.locator(".said.customer")).to_have_count(2)
        expect(tab.locator(".said.assistant .acts")).to_have_count(2)
        expect(tab.locator(".sending")).to_have_count(0)
    assert len(begun) == 1


def test_a_new_conversation_in_one_tab_is_a_new_one_in_all(context: BrowserContext, page: Page, site: str) -> None:
    ask_norway(page, site)
    other = context.new_page()
    open_chat(other, site)
    expect(other.locator(".said.customer")).to_have_count(1)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="New conversation").click()
    for tab in (page, other):
        expect(tab.locator(".said.customer")).to_have_count(0)
        expect(tab.get_by_role("group", name="You could ask")).to_be_visible()
    ask(other, "hello")
    expect(page.locator(".customer .bubble")).to_have_text("hello")


def test_a_new_conversation_elsewhere_while_a_message_is_on_its_way_breaks_nothing(
    context: BrowserContext, page: Page, site: str
) -> None:
    ask_norway(page, site)
    other = context.new_page()
    open_chat(other, site)
    held: list[Route] = []
    page.route("**/messages", lambda route: held.append(route))
    ask(page, "And to Denmark?")
    page.wait_for_timeout(300)
    other.get_by_role("button", name="More").click()
    other.get_by_role("button", name="New conversation").click()
    held[0].continue_()
    page.unroute("**/messages")
    ask(page, "hello")
    for tab in (page, other):
        expect(tab.locator(".customer .bubble")).to_have_text("hello")
        expect(tab.locator(".said.assistant .acts")).to_have_count(1)


def test_an_ephemeral_chat_leaves_no_trace_for_the_next_tab(context: BrowserContext, page: Page, site: str) -> None:
    def make_ephemeral(route: Route) -> None:
        text = route.fetch().text().replace("<frontdesk-chat", "<frontdesk-chat ephemeral")
        route.fulfill(body=text, content_type="text/html")

    context.route("**/chat", make_ephemeral)
    ask_norway(page, site)
    page.reload()
    expect(page.locator(".said.customer")).to_have_count(1)
    other = context.new_page()
    open_chat(other, site)
    expect(other.get_by_role("group", name="You could ask")).to_be_visible()
    expect(other.locator(".said.customer")).to_have_count(0)


def test_a_conversation_that_is_gone_says_so_and_a_new_one_begins_with_what_was_written(
    page: Page, site: str, watch: Any
) -> None:
    ask_norway(page, site)
    page.route("**/messages", lambda route: route.fulfill(status=404, json={"detail": "There is none."}))
    ask(page, "And to Denmark?")
    expect(page.get_by_role("status")).to_contain_text("This conversation has ended.")
    expect(page.get_by_label("Your message")).to_be_hidden()
    page.unroute("**/messages")
    page.get_by_role("button", name="Start a new conversation").click()
    expect(page.get_by_label("Your message")).to_have_value("And to Denmark?")
    expect(page.locator(".said.customer")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(answer(page).locator(".acts")).to_be_visible()
    forgive_outages(watch)


def test_a_forgotten_token_ends_in_words(page: Page, site: str, watch: Any) -> None:
    ask_norway(page, site)
    page.evaluate(
        """() => { for (const key of Object.keys(localStorage)) if (key.endsWith("conversation"))
          localStorage[key] = localStorage[key].replace(/"token":"[^"]*"/, '"token":"ct_wrong"'); }"""
    )
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("This conversation has ended.")
    page.get_by_role("button", name="Start a new conversation").click()
    expect(page.get_by_role("group", name="You could ask")).to_be_visible()
    forgive_outages(watch)


def test_a_closed_conversation_goes_on_from_where_it_was(page: Page, site: str) -> None:
    ask_norway(page, site)

    def close(route: Route) -> None:
        page_of_log = route.fetch().json()
        page_of_log["events"].append(CLOSED)
        route.fulfill(json=page_of_log)

    page.route("**/events?limit*", close)
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("This conversation has ended.")
    page.unroute("**/events?limit*")
    page.get_by_role("button", name="Continue from here").click()
    expect(page.get_by_label("Your message")).to_be_visible()
    expect(page.locator(".customer .bubble")).to_have_text(NORWAY)
    ask(page, "And to Denmark?")
    expect(page.locator(".said.assistant .acts")).to_have_count(2)


def test_the_script_reads_the_same_log_in_any_order_of_tabs(page: Page, site: str, tmp_path: Path) -> None:
    """What the log says is drawn from events alone; those that were seen change nothing."""
    open_chat(page, site)
    told = page.evaluate(
        """async () => {
          const { answerOf, applyEvent, newLog } = await import("/static/widget/log.js");
          const log = newLog();
          const t = { turn_id: "turn_1" };
          const tell = (kind, data, seq) => applyEvent(log, kind, { ...t, ...data }, seq);
          tell("turn.accepted", { text: "hi" }, 1);
          tell("answer.provisional", { text: "One. Two." });
          tell("answer.sentence", { text: "One. [1]", separator: "", citations: [] }, 2);
          tell("answer.sentence", { text: "One. [1]", separator: "", citations: [] }, 2);
          const turn = log.turns.get("turn_1");
          const seen = [answerOf(turn), turn.provisional];
          tell("answer.withdrawn", { stage: "ground" });
          seen.push(turn.provisional, turn.isWithdrawn);
          tell("turn.reset", { reason: "withdrawn" }, 3);
          seen.push(answerOf(turn));
          tell("answer.completed", { text: "Three.", citations: [], outcome: "answered" }, 4);
          tell("answer.provisional", { text: "late" });
          return [...seen, answerOf(turn), turn.provisional, log.seq];
        }"""
    )
    assert told == ["One. [1]", " Two.", "", True, "", "Three.", "", 4]


def test_what_waits_and_what_was_overtaken_is_told_by_events_alone(page: Page, site: str) -> None:
    open_chat(page, site)
    told = page.evaluate(
        """async () => {
          const { answerOf, applyEvent, isOpen, newLog } = await import("/static/widget/log.js");
          const log = newLog();
          const tell = (id, kind, data, seq) => applyEvent(log, kind, { turn_id: id, ...data }, seq);
          tell("turn_1", "turn.accepted", { text: "one" }, 1);
          tell("turn_1", "turn.delayed", { text: "Many are writing." }, 2);
          const turn = log.turns.get("turn_1");
          const seen = [turn.delay, isOpen(turn)];
          tell("turn_1", "answer.sentence", { text: "One.", separator: "", citations: [{ marker: "1" }] }, 3);
          tell("turn_2", "turn.accepted", { text: "two" }, 4);
          tell("turn_1", "turn.reset", { reason: "superseded" }, 5);
          seen.push(answerOf(turn), turn.citations.length, turn.delay);
          tell("turn_1", "answer.completed", { text: "", citations: [], outcome: "clarified", degraded: ["superseded"] }, 6);
          tell("turn_2", "answer.completed", { text: "Two.", citations: [], outcome: "answered" }, 7);
          return [...seen, turn.isSilent, answerOf(turn), answerOf(log.turns.get("turn_2"))];
        }"""
    )
    assert told == ["Many are writing.", True, "", 0, "", True, "", "Two."]
