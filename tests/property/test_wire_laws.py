"""However a vendor's bytes are mangled, an adapter gives events or an error of the family, and nothing else."""

import asyncio
import contextlib
import json

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.adapters.models.anthropic_chat import AnthropicChatModel
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.release import ModelRoute
from frontdesk.ports.models import ChatModel, ChatRequest, ReplyBegan, StreamEnd, TextDelta

REQUEST = ChatRequest(purpose="answer", instructions="", history=(), question="Is it free?", language="en")
ROUTE = ModelRoute(name="x", adapter="openai", model="m", base_url="http://vendor.test/v1")
OPENAI = (
    b'data: {"model":"m","choices":[{"index":0,"delta":{"content":"It is "},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"fr\xc3\xa9e"},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3}}\n\ndata: [DONE]\n\n'
)
ANTHROPIC = (
    b'data: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":3,"output_tokens":1}}}\n\n'
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"fr\xc3\xa9e"}}\n\n'
    b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}\n\n'
    b'data: {"type":"message_stop"}\n\n'
)
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30), st.binary(max_size=12)), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "content",
                    "usage",
                    "error",
                    "code",
                    "message",
                    "type",
                    "finish_reason",
                    "text",
                    "stop_reason",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def mutated(body: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, new in edits:
        start = place % len(body) if body else 0
        body = body[:start] + new + body[start + length :]
    return body


def survives(model: type[OpenAiChatModel] | type[AnthropicChatModel], body: bytes) -> None:
    async def consume() -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
        async with httpx.AsyncClient(transport=transport) as client:
            chat: ChatModel = model(client, ROUTE)
            events = [event async for event in chat.stream(REQUEST)]
        assert isinstance(events[-1], StreamEnd)
        assert all(isinstance(event, ReplyBegan | TextDelta) for event in events[:-1])

    with contextlib.suppress(DependencyError):
        asyncio.run(consume())


@settings(max_examples=60, deadline=None)
@given(edits=EDITS)
def test_a_mutated_openai_stream_breaks_nothing(edits: list[tuple[int, int, bytes]]) -> None:
    survives(OpenAiChatModel, mutated(OPENAI, edits))


@settings(max_examples=60, deadline=None)
@given(edits=EDITS)
def test_a_mutated_anthropic_stream_breaks_nothing(edits: list[tuple[int, int, bytes]]) -> None:
    survives(AnthropicChatModel, mutated(ANTHROPIC, edits))


@settings(max_examples=60, deadline=None)
@given(values=st.lists(VALUES, max_size=3))
def test_json_of_any_shape_breaks_nothing(values: list[object]) -> None:
    body = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)
    survives(OpenAiChatModel, body + OPENAI)
    survives(AnthropicChatModel, body + ANTHROPIC)
