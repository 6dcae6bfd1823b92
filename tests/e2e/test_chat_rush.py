"""More people write than can be answered: what one of them sees."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.chatting import NORWAY, SlowDesk, answer, ask, open_chat

FULL = 12
"""One is answered and eight may wait, see `turn.admission.FEWEST_WAITING`; the rest is kept, or refused."""
PACE_S = 0.3
"""Between two messages once it is full: faster than one hand answers."""


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def open_desk(folder: Path, **settings: Any) -> SlowDesk:
    desk = SlowDesk(folder, pause_s=0.2, max_running=1, **settings)
    desk.start()
    return desk


class Crowd(threading.Thread):
    """Many people write, hang up, and go on coming until it is enough."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._enough = threading.Event()
        self._is_full = threading.Event()

    def __enter__(self) -> None:
        self.start()
        assert self._is_full.wait(30)

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self.join(30)

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            for number in itertools.count(1):
                self._write(client, number)
                if number >= FULL:
                    self._is_full.set()
                    if self._enough.wait(PACE_S):
                        return

    def _write(self, client: httpx.Client, number: int) -> None:
        opened = client.post("/v1/conversations").json()
        headers = {
            "Authorization": f"Bearer {opened['token']}",
            "Idempotency-Key": f"crowd-{number}",
            "Accept": "text/event-stream",
        }
        path = f"/v1/conversations/{opened['conversation_id']}/messages"
        with client.stream("POST", path, json={"text": NORWAY}, headers=headers):
            pass


def test_a_kept_message_says_so_calmly_and_becomes_its_answer_in_place(visitor: Page, tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    try:
        open_chat(visitor, desk.url)
        waiting = answer(visitor)
        with Crowd(desk.url):
            ask(visitor, NORWAY)
            expect(waiting).to_contain_text("Your message is kept, and the answer will appear here.")
        expect(waiting.get_by_role("button", name="Talk to a person")).to_be_visible()
        expect(waiting).to_contain_text("16.90 EUR", timeout=60_000)
        expect(waiting).not_to_contain_text("Your message is kept")
        expect(visitor.locator(".said.customer")).to_have_count(1)
        expect(visitor.locator(".turn .said.assistant")).to_have_count(1)
    finally:
        desk.stop()


def test_a_person_can_be_asked_for_while_a_message_waits(visitor: Page, tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    try:
        open_chat(visitor, desk.url)
        with Crowd(desk.url):
            ask(visitor, NORWAY)
            answer(visitor).get_by_role("button", name="Talk to a person").click()
            expect(visitor.locator(".note")).to_be_visible()
        expect(visitor.get_by_text("Your message is kept")).to_have_count(0)
    finally:
        desk.stop()


def test_a_refused_message_stays_and_is_answered_without_being_touched(visitor: Page, tmp_path: Path) -> None:
    desk = open_desk(tmp_path, max_kept=0)
    sent_again = "Your message is kept, and sent again by itself."
    try:
        open_chat(visitor, desk.url)
        with Crowd(desk.url):
            ask(visitor, NORWAY)
            expect(visitor.get_by_text(sent_again)).to_be_visible()
        expect(answer(visitor)).to_contain_text("16.90 EUR", timeout=60_000)
        expect(visitor.get_by_text(sent_again)).to_have_count(0)
        expect(visitor.locator(".said.customer")).to_have_count(1)
    finally:
        desk.stop()
