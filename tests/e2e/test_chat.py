"""A customer and the chat, in a browser: asking, reading, judging, in several languages and on several screens."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from e2e.chatting import NORWAY, answer, ask, ask_norway, open_chat

pytestmark = pytest.mark.usefixtures("picture")


def test_a_first_visit_shows_who_answers_before_anything_is_asked(page: Page, site: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    open_chat(page, site)
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbor & Pine")
    expect(page.locator(".notice")).to_contain_text("an automated assistant")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()
    assert set(sent) == {"GET"}  # nothing is made on the server before the first deed


def test_a_starter_asks_its_question_and_the_starters_are_gone(page: Page, site: str) -> None:
    open_chat(page, site)
    starter = page.get_by_role("group", name="You could ask").get_by_role("button").first
    question = starter.inner_text()
    starter.click()
    expect(page.locator(".customer .bubble")).to_have_text(question)
    expect(answer(page).locator(".sources")).to_be_visible()
    expect(page.get_by_role("group", name="You could ask")).to_have_count(0)


def test_an_answer_comes_with_its_source_and_the_source_opens_in_its_document(page: Page, site: str) -> None:
    found = ask_norway(page, site)
    expect(found).to_contain_text("16.90 EUR")
    chip = found.get_by_role("button", name="Source 1: Delivery to Norway")
    chip.click()
    source = page.get_by_role("dialog", name="Delivery to Norway")
    expect(source).to_be_focused()
    expect(chip).to_have_attribute("aria-expanded", "true")
    expect(source.locator("mark").first).to_contain_text("16.90 EUR")
    expect(source.locator("mark").first).to_be_in_viewport()
    expect(source.get_by_role("link", name="Open the page")).to_have_attribute("href", re.compile("shipping-norway"))


def test_a_source_that_has_changed_shows_the_words_of_the_answer(page: Page, site: str) -> None:
    gone = {
        "title": "Delivery to Norway",
        "url": "javascript:alert(1)",
        "breadcrumb": [],
        "quote": "",
        "snapshot_id": "s",
    }
    page.route("**/citations/**", lambda route: route.fulfill(json={**gone, "is_current": False, "document": None}))
    ask_norway(page, site).locator(".chip").first.click()
    source = page.locator(".source")
    expect(source).to_contain_text("This page has changed since")
    expect(source.locator("blockquote")).to_contain_text("16.90 EUR")


def test_a_source_that_cannot_be_loaded_can_be_tried_again(page: Page, site: str, watch: Any) -> None:
    page.route("**/citations/**", lambda route: route.fulfill(status=503, json={"detail": "busy"}), times=1)
    ask_norway(page, site).locator(".chip").first.click()
    source = page.locator(".source")
    expect(source.get_by_role("alert")).to_contain_text("That did not work")
    expect(source.locator("blockquote")).to_contain_text("16.90 EUR")
    source.get_by_role("button", name="Try again").click()
    expect(source.locator("mark").first).to_be_visible()
    assert all("503" in complaint for complaint in watch.complaints)
    watch.complaints.clear()


def test_the_keyboard_alone_is_enough(page: Page, site: str) -> None:
    ask_norway(page, site)
    chip = answer(page).get_by_role("button", name="Source 1").first
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".source")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".source")).to_be_hidden()
    expect(chip).to_be_focused()
    page.get_by_role("button", name="More").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Language")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Language")).to_be_hidden()
    expect(page.get_by_role("button", name="More")).to_be_focused()


def test_every_control_is_reached_with_the_tabulator(page: Page, site: str) -> None:
    ask_norway(page, site)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name = "frontdesk => { let e = document.activeElement; e = e?.shadowRoot?.activeElement ?? e; return e?.getAttribute('aria-label') ?? e?.textContent }"
        reached.add(page.evaluate(name))
    wanted = {"More", "Source 1: Delivery to Norway", "Copy the answer", "Helpful", "Not helpful", "Attach a file"}
    assert wanted | {"Your message", "Send", "Talk to a person"} <= reached


def test_follow_up_questions_are_offered_until_something_else_is_asked(page: Page, site: str) -> None:
    ask_norway(page, site)
    related = page.get_by_role("group", name="Related questions")
    follow_up = related.get_by_role("button").first
    expect(follow_up).to_be_visible()
    follow_up.click()
    expect(page.locator(".said.customer")).to_have_count(2)
    expect(answer(page).locator(".acts")).to_be_visible()


def test_follow_up_questions_are_offered_also_when_the_answer_outruns_the_reply_to_its_question(
    page: Page, site: str
) -> None:
    def late(route: Route) -> None:
        response = route.fetch()
        page.wait_for_timeout(800)
        route.fulfill(response=response)

    page.route("**/messages", late)
    ask_norway(page, site)
    expect(page.get_by_role("group", name="Related questions").get_by_role("button").first).to_be_visible()


def test_an_answer_is_judged_with_reasons_and_the_judgement_is_changed(page: Page, site: str) -> None:
    ask_norway(page, site)
    up, down = page.get_by_role("button", name="Helpful", exact=True), page.get_by_role("button", name="Not helpful")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Thank you.", exact=True)).to_be_visible()
    down.click()
    expect(up).to_have_attribute("aria-pressed", "false")
    form = page.get_by_role("form", name="What was wrong?")
    form.get_by_role("button", name="It is out of date").click()
    form.get_by_label("In your own words").fill("The price rose in May.")
    with page.expect_request("**/feedback") as sent:
        form.get_by_role("button", name="Send feedback").click()
    body: dict[str, Any] = sent.value.post_data_json or {}
    assert (body["rating"], body["reasons"], body["comment"]) == ("down", ["outdated"], "The price rose in May.")
    expect(form).to_have_count(0)
    page.get_by_role("button", name="Change").click()
    expect(form.get_by_role("button", name="It is out of date")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(down).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("Thank you.", exact=True)).to_have_count(0)


def test_a_judgement_that_was_not_taken_is_taken_back(page: Page, site: str, watch: Any) -> None:
    page.route("**/feedback", lambda route: route.fulfill(status=503, json={"detail": "busy"}))
    ask_norway(page, site)
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("That did not work")
    expect(page.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "false")
    watch.complaints.clear()


def test_an_answer_is_copied_as_plain_text_with_its_sources(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask_norway(page, site)
    page.get_by_role("button", name="Copy the answer").click()
    expect(page.get_by_role("button", name="Copy the answer")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "16.90 EUR and takes 4 to 7 working days. [1]" in copied
    assert re.search(r"\n\nSources\n\[1\] Delivery to Norway – https://\S+shipping-norway", copied)


def test_a_person_is_one_step_away_and_the_assistant_is_silent_then(page: Page, site: str) -> None:
    ask_norway(page, site)
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".note")).to_contain_text("A person will reply here")
    expect(page.get_by_role("button", name="A person has been asked")).to_be_disabled()
    expect(page.get_by_role("status")).to_have_text("Your messages now go to our team.")
    answers = page.locator(".said.assistant").count()
    ask(page, "My order number is on the parcel")
    expect(page.locator(".said.customer").last).to_have_text(re.compile("My order number"))
    expect(page.locator(".said.customer.sending")).to_have_count(0)
    expect(page.locator(".said.assistant")).to_have_count(answers)


def test_asking_for_a_person_in_words_says_it_once(page: Page, site: str) -> None:
    open_chat(page, site)
    ask(page, "I want to talk to a person")
    expect(page.locator(".note")).to_have_count(1)
    expect(page.get_by_role("button", name="A person has been asked")).to_be_visible()
    expect(page.locator(".stage")).to_have_count(0)


@pytest.mark.parametrize(
    "context",
    [
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
        {"viewport": {"width": 320, "height": 568}},
        {"viewport": {"width": 640, "height": 400}},
        {"viewport": {"width": 1400, "height": 900}, "color_scheme": "dark"},
    ],
    ids=["phone", "small phone", "twice enlarged", "dark desktop"],
    indirect=True,
)
def test_it_fits_the_screen(page: Page, site: str) -> None:
    ask_norway(page, site)
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    assert page.evaluate(fits)
    expect(page.get_by_role("button", name="Talk to a person")).to_be_in_viewport()
    expect(page.get_by_label("Your message")).to_be_in_viewport()
    answer(page).get_by_role("button", name="Source 1").first.click()
    expect(page.locator(".source .page")).to_be_in_viewport()
    assert page.evaluate(fits)


@pytest.mark.parametrize(
    "context", [{"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}], indirect=True
)
def test_what_is_touched_is_large_enough(page: Page, site: str) -> None:
    ask_norway(page, site)
    small = page.locator("frontdesk-chat").evaluate(
        """chat => [...chat.shadowRoot.querySelectorAll("button:not(.chip)")]
        .filter(one => one.offsetParent && (one.offsetHeight < 44 || one.offsetWidth < 44)).map(one => one.outerHTML)"""
    )
    assert small == []


@pytest.mark.parametrize("context", [{"locale": "de-AT"}, {"locale": "es-ES"}], ids=["de", "es"], indirect=True)
def test_it_speaks_the_browsers_language(page: Page, site: str) -> None:
    open_chat(page, site)
    language = page.locator("html").get_attribute("lang") or ""
    person = {"de": "Mit einem Menschen sprechen", "es": "Hablar con una persona"}[language]
    notice = {"de": "einem automatischen Assistenten", "es": "un asistente automático"}[language]
    expect(page.get_by_role("button", name=person)).to_be_visible()
    expect(page.locator(".notice")).to_contain_text(notice)


def test_the_language_is_switched_and_remembered(page: Page, site: str) -> None:
    ask_norway(page, site)
    page.get_by_role("button", name="More").click()
    with page.expect_request("**/locale") as sent:
        page.get_by_label("Language").select_option(label="Deutsch")
    assert sent.value.post_data_json == {"locale": "de"}
    expect(page.locator(".notice")).to_contain_text("einem automatischen Assistenten")
    expect(page.get_by_role("button", name="Mehr")).to_be_focused()
    ask(page, "Wie lange habe ich Zeit für eine Rückgabe?", label="Deine Nachricht")
    expect(answer(page)).to_contain_text("Tage")
    page.reload()
    expect(page.get_by_label("Deine Nachricht")).to_be_visible()
    expect(page.locator(".said.customer")).to_have_count(2)


def test_words_from_outside_stay_words(page: Page, site: str) -> None:
    words = "<img src=x onerror=alert(1)> **hi** [x](javascript:alert(1)) [y](https://evil.example)"
    open_chat(page, site)
    ask(page, words)
    expect(page.locator(".said.customer .bubble").first).to_have_text(words)
    expect(page.locator(".said.customer.sending")).to_have_count(0)
    assert page.locator("frontdesk-chat img").count() == 0
    assert page.locator(".said.customer a").count() == 0


def test_what_a_right_to_left_override_turns_is_its_own_message_only(page: Page, site: str) -> None:
    open_chat(page, site)
    page.route("**/messages", lambda route: None)  # the server would take the override out
    ask(page, "\u202e gnp.exe and \u2067 more")
    bubble = page.locator(".said.customer .bubble").first
    expect(bubble).to_contain_text("\u202e gnp.exe")
    assert bubble.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"
    assert bubble.evaluate("one => one.scrollWidth <= one.clientWidth")
    page.unroute("**/messages")


def test_a_right_to_left_message_reads_from_the_right(page: Page, site: str) -> None:
    open_chat(page, site)
    ask(page, "كم تكلفة التوصيل إلى النرويج؟")
    expect(page.locator(".said.customer.sending")).to_have_count(0)
    bubble = page.locator(".said.customer .bubble").first
    assert bubble.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_an_interface_in_a_right_to_left_language_is_mirrored(page: Page, site: str) -> None:
    open_chat(page, site)
    page.locator("frontdesk-chat").evaluate("chat => { chat.dir = 'rtl'; chat.words = { en: { send: 'إرسال' } }; }")
    send = page.get_by_role("button", name="إرسال")
    expect(send).to_be_visible()
    box = send.bounding_box()
    assert box is not None
    assert box["x"] < 550
    ask(page, NORWAY)
    expect(answer(page).locator(".sources")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_huge_message_is_refused_kindly_and_nothing_of_it_is_lost(page: Page, site: str) -> None:
    open_chat(page, site)
    text = "word " * 1700
    page.get_by_label("Your message").fill(text)
    expect(page.get_by_text("8,500 of 8,000 characters")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("This message is too long. Please shorten it to 8,000 characters.")
    expect(page.get_by_label("Your message")).to_have_value(text)


def test_a_long_message_is_folded_and_unfolds(page: Page, site: str) -> None:
    open_chat(page, site)
    ask(page, "Line of a letter.\n" * 40)
    bubble = page.locator(".said.customer .bubble")
    folded = bubble.evaluate("one => one.offsetHeight")
    page.get_by_role("button", name="Show all").click()
    assert bubble.evaluate("one => one.offsetHeight") > folded * 2


@pytest.mark.parametrize("context", [{"reduced_motion": "reduce"}], indirect=True)
def test_nothing_moves_for_those_who_do_not_want_it(page: Page, site: str) -> None:
    open_chat(page, site)
    page.route("**/messages", lambda route: None)
    ask(page, NORWAY)
    ask_moves = "chat => chat.shadowRoot.getAnimations().length"
    assert page.locator("frontdesk-chat").evaluate(ask_moves) == 0
    page.unroute("**/messages")


def test_a_complete_answer_is_announced_once(page: Page, site: str) -> None:
    open_chat(page, site)
    page.locator("frontdesk-chat").evaluate(
        """chat => {
          window.heard = [];
          const live = chat.shadowRoot.querySelector(".unseen[aria-live]");
          new MutationObserver(() => window.heard.push(live.textContent)).observe(live, { childList: true });
        }"""
    )
    ask(page, NORWAY)
    expect(answer(page).locator(".acts")).to_be_visible()
    heard = page.evaluate("window.heard")
    assert [text for text in heard if "16.90 EUR" in text] == heard[-1:]
    assert heard[-1].startswith("Juniper: ")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


def test_the_field_is_there_within_two_hundred_milliseconds(page: Page, site: str) -> None:
    page.add_init_script(
        """const look = () => document.querySelector("frontdesk-chat")?.shadowRoot?.querySelector("textarea")
          ? (window.readyMs = performance.now()) : requestAnimationFrame(look);
        look();"""
    )
    took = []
    for _ in range(6):
        page.goto(f"{site}/chat")
        page.wait_for_function("window.readyMs")
        took.append(page.evaluate("window.readyMs"))
    assert min(took) < 200


def test_the_reference_is_readable_without_the_internet(page: Page, site: str) -> None:
    page.goto(f"{site}/docs")
    expect(page.get_by_role("heading", level=1)).to_contain_text("HTTP reference")
    expect(page.locator("main section")).not_to_have_count(0)
