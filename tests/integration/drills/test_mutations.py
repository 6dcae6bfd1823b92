"""A thousand damaged replies over a real connection: each ends as a reply or as an error of the family, and none in silence."""

import asyncio
import time
from collections import Counter

import httpx
import pytest

from frontdesk.adapters.models.anthropic_chat import AnthropicChatModel
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.domain.conversation import PUBLIC
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import ModelRoute
from frontdesk.ports.models import ChatModel, ChatRequest, StreamEnd
from shop import tell
from simulated import PASSAGE, a_vendor

TIMES = 1000
AT_ONCE = 16
LIMIT_S = 5.0
REQUEST = ChatRequest(
    purpose="answer",
    instructions="Be kind.",
    history=(),
    passages=(
        Passage(
            chunk_id=ChunkId("chunk_a"),
            chunk_ids=(ChunkId("chunk_a"),),
            document_id=DocumentId("doc_a"),
            title="Returns",
            url="",
            breadcrumb=(),
            language="en",
            audience=PUBLIC,
            text=PASSAGE,
            start=0,
            score=1.0,
            lexical_score=8.0,
            dense_score=None,
        ),
    ),
    question="How long can I return items, and what do return labels cost?",
    language="en",
)


def a_model(api: str, client: httpx.AsyncClient, url: str) -> ChatModel:
    if api == "openai":
        route = ModelRoute(name="x", adapter="openai", model="fault-mutated", base_url=f"{url}/v1")
        return OpenAiChatModel(client, route, api_key="k")
    route = ModelRoute(name="x", adapter="anthropic", model="fault-mutated", base_url=url)
    return AnthropicChatModel(client, route, api_key="k")


@pytest.mark.parametrize("api", ["openai", "anthropic"])
async def test_a_thousand_damaged_replies_end_as_replies_or_as_errors_of_the_family(api: str) -> None:
    ends: Counter[str] = Counter()
    slowest_s = 0.0
    async with a_vendor() as vendor, httpx.AsyncClient(timeout=LIMIT_S) as client:
        model, gate = a_model(api, client, vendor.url), asyncio.Semaphore(AT_ONCE)

        async def once() -> None:
            nonlocal slowest_s
            async with gate:
                began = time.monotonic()
                ends[await _end_of(model)] += 1
                slowest_s = max(slowest_s, time.monotonic() - began)

        await asyncio.gather(*(once() for _ in range(TIMES)))
        assert (await vendor.ask("sim")).status_code == 200
    tell(api, dict(ends), f"slowest {slowest_s:.2f} s")
    assert sum(ends.values()) == TIMES
    assert min(ends["whole"], ends["error"]) > TIMES / 10
    assert ends["silence"] == 0
    assert slowest_s < LIMIT_S


async def _end_of(model: ChatModel) -> str:
    """Anything else than a reply or an error of the family is the test's failure."""
    try:
        events = [event async for event in model.stream(REQUEST)]
    except DependencyError:
        return "error"
    return "whole" if events and isinstance(events[-1], StreamEnd) else "silence"
