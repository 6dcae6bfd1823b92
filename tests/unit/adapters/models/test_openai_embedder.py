"""An embeddings server that answers in every way: recorded payloads."""

from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest

from frontdesk.adapters.models.openai_embedder import OpenAiEmbedder
from frontdesk.domain.errors import (
    DependencyError,
    DependencyTimeoutError,
    MalformedReplyError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)

GOOD = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [3.0, 4.0]}],
    "model": "small",
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}


def embedder(handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> OpenAiEmbedder:
    transport = httpx.MockTransport(handler)
    arguments: dict[str, Any] = {
        "base_url": "https://models.example/v1/",
        "model": "small",
        "dimension": 2,
        "api_key": "k",
    } | options
    return OpenAiEmbedder(httpx.AsyncClient(transport=transport), transport=transport, **arguments)


def replying(status: int, **parts: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, **parts)


def test_sends_what_the_standard_says() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=GOOD)

    assert np.allclose(embedder(handler).embed_now(["hello"]), [[0.6, 0.8]])
    assert seen[0].url == "https://models.example/v1/embeddings"
    assert seen[0].headers["authorization"] == "Bearer k"
    assert seen[0].content == b'{"model":"small","input":["hello"],"encoding_format":"float"}'


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (replying(429, json={"error": {"code": "rate_limit"}}, headers={"retry-after": "2"}), RateLimitedError),
        (replying(401, json={"error": {"code": "invalid_api_key"}}), RejectedError),
        (replying(404, text="no such model"), RejectedError),
        (replying(503, text="<html>busy</html>"), UnavailableError),
        (replying(200, text="<html>"), MalformedReplyError),
        (replying(200, json={"data": []}), MalformedReplyError),
        (replying(200, json={"data": [{"index": 0}]}), MalformedReplyError),
        (replying(200, json={"data": [{"index": 0, "embedding": [1, 2, 3]}]}), MalformedReplyError),
        (replying(200, json={"data": [{"index": 0, "embedding": [0, 0]}]}), MalformedReplyError),
        (replying(200, json={"data": [{"index": 1, "embedding": [1, 2]}]}), MalformedReplyError),
        (replying(200, content=b'{"data":[{"index":0,"embedding":[NaN,1]}]}'), MalformedReplyError),
    ],
)
async def test_translates_every_failure(
    handler: Callable[[httpx.Request], httpx.Response], expected: type[DependencyError]
) -> None:
    with pytest.raises(expected):
        embedder(handler).embed_now(["hello"])
    with pytest.raises(expected):
        await embedder(handler).embed(["hello"])


async def test_translates_a_server_that_cannot_be_reached() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    def stall(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(UnavailableError):
        await embedder(refuse).embed(["hello"])
    with pytest.raises(DependencyTimeoutError):
        embedder(stall).embed_now(["hello"])


def test_never_names_two_servers_or_models_alike() -> None:
    handler = replying(200, json=GOOD)
    names = {
        embedder(handler).fingerprint,
        embedder(handler, model="large").fingerprint,
        embedder(handler, base_url="https://other.example/v1").fingerprint,
    }
    assert len(names) == 3
    assert embedder(handler).fingerprint == embedder(handler, base_url="https://models.example/v1").fingerprint


def test_counts_a_chinese_character_as_a_token() -> None:
    counting = embedder(replying(200, json=GOOD)).count_tokens
    assert counting("退货政策") == 4
    assert counting("refund") == 2
