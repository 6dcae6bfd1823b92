"""A demo's pages offer whom to try it as; a real desk's offer nothing of the kind."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from frontdesk.adapters.clock import SystemClock
from frontdesk.bootstrap.demo import Demo, open_demo
from frontdesk.releases import read_assistant
from frontdesk.server.pages.demo import _asks_for_codes
from frontdesk.settings import load_settings

ROOT = Path(__file__).parents[3]
VISITORS = """
visitors:
  - subject: C-1
    name: Ana <b>Ruiz
    about: {en: "one refund, <late>", de: eine Erstattung}
    starters: {en: ["Where is my refund?", "What did I \\"order\\"?"]}
  - {subject: C-2, name: Ben}
"""


@pytest.fixture
def demo(desk: Any, tmp_path: Path) -> Demo:
    (tmp_path / "visitors.yaml").write_text(VISITORS, encoding="utf-8")
    settings = load_settings({}, assistant_dir=tmp_path, demo=True)
    demo = open_demo(settings, ["en", "de"], SystemClock())
    assert demo is not None
    desk.app.demo, desk.app.identity = demo, demo.verifier
    return demo


async def page(desk: Any, path: str) -> str:
    response = await desk.client.get(path, headers={"accept-language": "en"})
    assert response.status_code == 200
    text: str = response.text
    return text


def token_in(text: str) -> str:
    found = re.search(r'identity-token="([^"]+)"', text)
    return found[1] if found else ""


@pytest.mark.parametrize("path", ["/", "/chat"])
async def test_a_demo_offers_its_customers_on_every_page(desk: Any, demo: Demo, path: str) -> None:
    text = await page(desk, path)

    assert "You are not signed in." in text
    assert "Ana &lt;b&gt;Ruiz" in text
    assert "one refund, &lt;late&gt;" in text
    assert "as=C-1" in text
    assert not token_in(text)


@pytest.mark.parametrize("path", ["/", "/chat"])
async def test_whoever_is_chosen_is_signed_in_to_the_chat(desk: Any, demo: Demo, path: str) -> None:
    text = await page(desk, f"{path}?as=C-1")

    assert "You are Ana &lt;b&gt;Ruiz." in text
    opened = await desk.client.post("/v1/conversations", json={"identity_token": token_in(text)})
    assert opened.status_code == 201
    assert opened.json()["is_verified"] is True


async def test_the_choice_stays_while_one_reads_on_and_ends_with_nobody(desk: Any, demo: Demo) -> None:
    text = await page(desk, "/?as=C-1")

    ways = [unescape(href) for href in re.findall(r'<a href="(/[^"]*)"', text)]
    assert all("as=C-1" in href for href in ways if href.startswith(("/help", "/chat")))
    assert any(href == "/" for href in ways)


async def test_the_chosen_customer_has_questions_of_their_own(desk: Any, demo: Demo) -> None:
    text = await page(desk, "/?as=C-1")

    assert 'data-ask="Where is my refund?"' in text
    assert 'starters="Where is my refund?\nWhat did I &#34;order&#34;?"' in text


async def test_a_customer_without_questions_is_offered_the_assistants_own(desk: Any, demo: Demo) -> None:
    text = await page(desk, "/?as=C-2")

    assert 'data-ask="' in text
    assert "starters=" not in text


async def test_somebody_who_is_not_offered_cannot_be_chosen(desk: Any, demo: Demo) -> None:
    text = await page(desk, "/?as=C-99")

    assert "You are not signed in." in text
    assert not token_in(text)


@pytest.mark.parametrize("path", ["/?as=C-1", "/chat?as=C-1"])
async def test_a_real_desk_signs_nobody_in_and_says_nothing_of_a_demo(desk: Any, path: str) -> None:
    text = await page(desk, path)

    assert not token_in(text)
    assert "demo" not in text.lower()


async def test_a_demo_that_asks_for_codes_shows_the_chosen_customer_the_way_to_their_telephone(
    desk: Any, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.app.simulated.phone_of = lambda subject: f"http://127.0.0.1:9300/_phone?customer_id={subject}"
    assert 'class="phone"' not in await page(desk, "/chat?as=C-1")

    monkeypatch.setattr("frontdesk.server.pages.demo._asks_for_codes", lambda _: True)
    assert 'class="phone" href="http://127.0.0.1:9300/_phone?customer_id=C-1"' in await page(desk, "/chat?as=C-1")
    assert 'class="phone"' not in await page(desk, "/chat")


@pytest.mark.parametrize(("folder", "asks"), [("it-help-desk", True), ("harbor-and-pine", False)])
def test_a_demo_asks_for_codes_where_something_needs_a_step_up(folder: str, asks: bool) -> None:
    assert _asks_for_codes(read_assistant(ROOT / "examples" / folder)) == asks
