"""The assistant as a chat shows it before anybody has written."""

from dataclasses import replace
from typing import Any

import pytest

from frontdesk.domain.release import ChannelSettings

STARTERS = {
    "en": ("Where is my order?", "Can I return boots?", "Three?", "Four?", "Five?", "Six?"),
    "de": ("Wo ist meine Bestellung?",),
}


def go_live_with(desk: Any, **profile: Any) -> None:
    """The same release with another profile."""
    live = desk.app.releases.serving()
    content = replace(live.content, profile=replace(live.content.profile, **profile))
    desk.app.releases.go_live(replace(live, content=content))


async def test_introduces_the_assistant_to_anybody_in_the_language_asked_for(desk: Any) -> None:
    go_live_with(desk, starters=STARTERS)
    response = await desk.client.get("/v1/assistant?locale=de-AT")
    shown = response.json()
    assert response.status_code == 200
    assert (shown["name"], shown["organisation"], shown["locale"]) == ("Juniper", "Harbor & Pine", "de-AT")
    assert shown["languages"] == ["en", "es", "de"]
    assert "automatischen Assistenten" in shown["notice"]
    assert shown["greeting"].startswith("Hallo")
    assert shown["starters"] == ["Wo ist meine Bestellung?"]
    assert shown["streaming"] == "confirmed"
    assert shown["attachments"] == {
        "max_bytes": 5_000_000,
        "max_per_message": 4,
        "media_types": ["image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf", "text/plain"],
    }
    assert shown["max_chars"] == 8_000
    assert shown["feedback_reasons"] == ["wrong", "unclear", "incomplete", "outdated", "not_my_question", "tone"]


async def test_a_language_it_does_not_speak_gets_the_default_one_and_five_starters_at_most(desk: Any) -> None:
    go_live_with(desk, starters=STARTERS)
    shown = (await desk.client.get("/v1/assistant?locale=fi")).json()
    assert shown["locale"] == "fi"
    assert shown["greeting"].startswith("Hello")
    assert shown["starters"] == list(STARTERS["en"][:5])


async def test_offers_no_questions_of_a_language_that_nobody_asked_for(desk: Any) -> None:
    go_live_with(desk, starters={"de": STARTERS["de"]})
    assert (await desk.client.get("/v1/assistant")).json()["starters"] == []


async def test_says_how_each_channel_streams(desk: Any) -> None:
    go_live_with(desk, channels={"web_chat": ChannelSettings(streaming="provisional")})
    assert (await desk.client.get("/v1/assistant")).json()["streaming"] == "provisional"
    assert (await desk.client.get("/v1/assistant?channel=in_app")).json()["streaming"] == "confirmed"


@pytest.mark.parametrize(
    ("query", "field"), [("locale=x", "locale"), ("locale=de%0A", "locale"), ("channel=fax", "channel")]
)
async def test_refuses_what_is_no_language_and_no_channel(desk: Any, query: str, field: str) -> None:
    response = await desk.client.get(f"/v1/assistant?{query}")
    assert response.status_code == 400
    assert response.json()["field"] == field


async def test_named_websites_may_read_it_from_their_pages(desk_with: Any) -> None:
    async with desk_with(allowed_origins="https://shop.example") as desk:
        friend = await desk.client.get("/v1/assistant", headers={"Origin": "https://shop.example"})
        stranger = await desk.client.get("/v1/assistant", headers={"Origin": "https://evil.example"})
    assert friend.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in stranger.headers
