"""What every request passes through: size, headers, origins."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from frontdesk.server.edge import page_policy
from frontdesk.server.origins import EmbeddingOrigins, embedding_origins, parse_origins
from frontdesk.settings import load_settings


async def test_refuses_a_body_over_the_cap_before_reading_it(desk: Any) -> None:
    response = await desk.client.post(
        "/v1/conversations", content=b"x" * 70_000, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


async def test_counts_the_bytes_of_a_body_that_does_not_announce_itself(desk: Any) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1_000

    response = await desk.client.post(
        "/v1/conversations", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413


async def test_an_openai_conversation_may_be_longer(desk: Any) -> None:
    body = {"model": "frontdesk", "messages": [{"role": "user", "content": "Hi"}], "metadata": {"x": "y" * 70_000}}
    response = await desk.client.post("/openai/v1/chat/completions", json=body, headers=desk.staff)
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/v1/nothing", "/static/console.js", "/openai/v1/models"])
async def test_every_response_is_locked_down(desk: Any, path: str) -> None:
    headers = (await desk.client.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_only_named_websites_may_use_the_conversation_api(desk_with: Any) -> None:
    async with desk_with(allowed_origins="https://shop.example, https://www.shop.example/") as desk:
        preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
        path = "/v1/conversations"
        friend = await desk.client.options(path, headers={"Origin": "https://www.shop.example", **preflight})
        stranger = await desk.client.options(path, headers={"Origin": "https://evil.example", **preflight})
        assert friend.status_code == 204
        assert friend.headers["access-control-allow-origin"] == "https://www.shop.example"
        assert "Idempotency-Key" in friend.headers["access-control-allow-headers"]
        assert stranger.status_code == 403
        assert "access-control-allow-origin" not in stranger.headers
        opened = await desk.client.post(path, headers={"Origin": "https://shop.example"})
        assert opened.headers["access-control-allow-origin"] == "https://shop.example"
        assert opened.headers["vary"] == "Origin"
        other = await desk.client.get("/openai/v1/models", headers={"Origin": "https://shop.example", **desk.staff})
        assert "access-control-allow-origin" not in other.headers
        page = await desk.client.get("/")
        assert (
            "frame-ancestors 'self' https://shop.example https://www.shop.example"
            in (page.headers["content-security-policy"])
        )


async def test_a_problem_can_be_read_by_an_allowed_website(desk_with: Any) -> None:
    async with desk_with(allowed_origins="https://shop.example") as desk:
        response = await desk.client.get("/v1/conversations/conv_x", headers={"Origin": "https://shop.example"})
        assert response.status_code == 401
        assert response.headers["access-control-allow-origin"] == "https://shop.example"


def test_only_whole_origins_count() -> None:
    setting = (
        "https://a.example, http://b.example:8080/, *, ftp://c.example, https://d.example/path, 'self', https://e f"
    )
    assert parse_origins(setting) == ("https://a.example", "http://b.example:8080")
    assert page_policy(()).endswith("frame-ancestors 'self'")


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("null", True),
        ("http://localhost:5500", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]", True),
        ("https://shop.example", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost:5500/path", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_pages_on_this_machine_may_embed_the_chat_of_a_server_that_only_it_can_reach(
    origin: str, is_allowed: bool
) -> None:
    assert embedding_origins(load_settings({})).allow(origin) is is_allowed


@pytest.mark.parametrize(
    "settings", [{"host": "0.0.0.0"}, {"allowed_origins": "https://shop.example"}, {"host": "desk.internal"}]
)
def test_no_page_on_this_machine_is_let_in_once_others_reach_the_server_or_are_named(settings: dict[str, str]) -> None:
    origins = embedding_origins(load_settings({}, **settings))
    assert not origins.allow("null")
    assert not origins.allow("http://localhost:5500")


def test_only_named_websites_may_frame_our_pages() -> None:
    assert embedding_origins(load_settings({})) == EmbeddingOrigins(named=(), this_machine=True)
