"""What every chat model promises, whatever is behind it."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

import httpx
import pytest

from frontdesk.adapters.models.anthropic_chat import AnthropicChatModel
from frontdesk.adapters.models.extractive import ExtractiveChatModel
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.adapters.models.python_chat import PythonChatModel
from frontdesk.adapters.models.scripted import ScriptedChatModel, reply
from frontdesk.domain.conversation import PUBLIC
from frontdesk.domain.errors import DependencyError, UnavailableError
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import ModelRoute
from frontdesk.ports.models import ChatModel, ChatRequest, ChatTurn, ReplyBegan, StreamEnd, TextDelta
from frontdesk.simulators.vendor import create_vendor

SECRET = "sk-never-to-be-seen"
OPENAI = ModelRoute(name="openai", adapter="openai", model="gpt-4o-mini", base_url="http://vendor.test/v1")
ANTHROPIC = ModelRoute(name="anthropic", adapter="anthropic", model="claude-haiku-4-5", base_url="http://vendor.test")


def a_request(question: str = "How long do I have to return an item?") -> ChatRequest:
    chunk = ChunkId("chunk_a")
    passage = Passage(
        chunk_id=chunk,
        chunk_ids=(chunk,),
        document_id=DocumentId("doc_a"),
        title="Returns policy",
        url="https://help.example/returns",
        breadcrumb=("Returns policy", "Time limits"),
        language="en",
        audience=PUBLIC,
        text="You can return unused items within 30 days of delivery. Gift cards cannot be returned.",
        start=0,
        score=1.0,
        lexical_score=8.0,
        dense_score=0.7,
    )
    return ChatRequest(
        purpose="answer",
        instructions="Answer from the passages.",
        history=(ChatTurn(role="customer", text="Hello"), ChatTurn(role="assistant", text="Hi, how can I help?")),
        passages=(passage,),
        question=question,
        language="en",
        lead_in="Our pages say:",
    )


def openai_events(text: str, *, usage: bool = True, done: bool = True, finish: str | None = "stop") -> bytes:
    """A stream as hosted and self-hosted servers send it."""
    events: list[dict[str, object]] = [
        {"model": "gpt-4o-mini-2024", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
    ]
    events += [
        {"choices": [{"index": 0, "delta": {"content": word + " "}, "finish_reason": None}]} for word in text.split()
    ]
    if finish:
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if usage:
        counts = {"prompt_tokens": 50, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 32}}
        events.append({"choices": [], "usage": counts})
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, *(["data: [DONE]\n\n"] if done else [])]).encode()


def anthropic_events(text: str, *, stop_reason: str | None = "end_turn") -> bytes:
    """A stream as the vendor documents it."""
    start = {
        "model": "claude-haiku-4-5-1",
        "usage": {"input_tokens": 18, "cache_read_input_tokens": 32, "output_tokens": 1},
    }
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word + " "}}
            for word in text.split()
        ),
        {"type": "content_block_stop", "index": 0},
    ]
    if stop_reason:
        usage = {"output_tokens": 9}
        events.append({"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": usage})
        events.append({"type": "message_stop"})
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


class Served(httpx.AsyncByteStream):
    """A body that comes in small pieces and remembers whether it was closed."""

    def __init__(self, body: bytes, size: int = 37) -> None:
        self.pieces = [body[start : start + size] for start in range(0, len(body), size)]
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    async def aclose(self) -> None:
        self.is_closed = True


def recorded(body: bytes) -> httpx.AsyncClient:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Served(body))

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


ANSWER = "You can return it within 30 days."
MODELS: dict[str, Callable[[], ChatModel]] = {
    "openai, recorded": lambda: OpenAiChatModel(recorded(openai_events(ANSWER)), OPENAI, api_key=SECRET),
    "openai, simulated vendor": lambda: OpenAiChatModel(
        httpx.AsyncClient(transport=httpx.ASGITransport(app=create_vendor())),
        ModelRoute(name="sim", adapter="openai", model="sim", base_url="http://vendor.test/v1"),
        api_key=SECRET,
    ),
    "anthropic, recorded": lambda: AnthropicChatModel(recorded(anthropic_events(ANSWER)), ANTHROPIC, api_key=SECRET),
    "python": lambda: PythonChatModel(lambda question: ANSWER, name="bot:answer"),
    "extractive": ExtractiveChatModel,
    "scripted": lambda: ScriptedChatModel(reply("You can return it ", "within 30 days.")),
}


@pytest.fixture(params=MODELS, ids=str)
def model(request: pytest.FixtureRequest) -> ChatModel:
    return MODELS[request.param]()


async def test_a_reply_is_perhaps_a_beginning_then_text_and_one_end(model: ChatModel) -> None:
    events = [event async for event in model.stream(a_request())]
    if model.vendor not in ("python", "frontdesk", "scripted"):
        assert events.pop(0) == ReplyBegan()
    *deltas, end = events
    assert all(isinstance(delta, TextDelta) and (delta.text or delta.usage) for delta in deltas)
    assert isinstance(end, StreamEnd)
    assert end.finish_reason == "stop"
    assert "30 days" in "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


async def test_the_same_model_serves_many_requests(model: ChatModel) -> None:
    first = [event async for event in model.stream(a_request())]
    assert [event async for event in model.stream(a_request())] == first


async def test_a_reply_may_be_closed_before_its_end(model: ChatModel) -> None:
    events = model.stream(a_request())
    assert isinstance(events, AsyncGenerator)
    async with aclosing(events):
        assert isinstance(await anext(events), ReplyBegan | TextDelta)
    with pytest.raises(StopAsyncIteration):
        await anext(events)


def test_it_names_itself_and_renders_its_request_without_credentials(model: ChatModel) -> None:
    assert model.vendor
    assert model.model
    rendered = model.render(a_request())
    assert "How long do I have" in rendered
    assert SECRET not in rendered
    assert SECRET not in repr(vars(model).get("_route", ""))


async def test_closing_the_reply_closes_the_connection() -> None:
    for events, build in ((openai_events(ANSWER), OpenAiChatModel), (anthropic_events(ANSWER), AnthropicChatModel)):
        body = Served(events)
        transport = httpx.MockTransport(lambda _, body=body: httpx.Response(200, stream=body))
        reply_events = build(httpx.AsyncClient(transport=transport), OPENAI).stream(a_request())
        await anext(reply_events)
        await reply_events.aclose()  # type: ignore[attr-defined]
        assert body.is_closed


async def test_a_broken_simulated_vendor_gives_errors_of_the_family() -> None:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=create_vendor()))
    results: dict[str, object] = {}
    for name in ("429", "500", "503", "401", "context", "filter", "cut", "garbage"):
        route = ModelRoute(name=name, adapter="openai", model=f"fault-{name}", base_url="http://vendor.test/v1")
        with pytest.raises(DependencyError) as caught:
            async for _ in OpenAiChatModel(client, route).stream(a_request()):
                pass
        results[name] = caught.value.data["result"]
    assert results == {
        "429": "429",
        "500": "5xx",
        "503": "5xx",
        "401": "auth",
        "context": "ctx",
        "filter": "filter",
        "cut": "cut",
        "garbage": "garbage",
    }


async def test_a_server_that_cannot_be_reached_is_unavailable() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    for build in (OpenAiChatModel, AnthropicChatModel):
        model = build(httpx.AsyncClient(transport=httpx.MockTransport(refuse)), OPENAI)
        with pytest.raises(UnavailableError):
            await anext(model.stream(a_request()))
