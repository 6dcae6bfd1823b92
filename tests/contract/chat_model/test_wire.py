"""What vendors put on the wire, and what becomes of it."""

import json
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import httpx
import pytest

from frontdesk.adapters.models.anthropic_chat import AnthropicChatModel
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.domain.errors import DependencyError, RateLimitedError
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatModel, ChatRequest, ModelEvent, ReplyBegan, StreamEnd, TextDelta

EVENTS = {"content-type": "text/event-stream"}


def a_request() -> ChatRequest:
    return ChatRequest(purpose="answer", instructions="Be kind.", history=(), question="Is it free?", language="en")


def answering(body: bytes | str, *, status: int = 200, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    content = body.encode() if isinstance(body, str) else body
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers=headers or EVENTS))
    return httpx.AsyncClient(transport=transport)


def openai(client: httpx.AsyncClient, **fields: Any) -> ChatModel:
    route = ModelRoute(name="x", adapter="openai", model="m", base_url="http://vendor.test/v1/", **fields)
    return OpenAiChatModel(client, route, api_key="k")


def anthropic(client: httpx.AsyncClient, **fields: Any) -> ChatModel:
    return AnthropicChatModel(client, ModelRoute(name="x", adapter="anthropic", model="m", **fields), api_key="k")


async def events_of(model: ChatModel, request: ChatRequest | None = None) -> list[ModelEvent]:
    """What came after the vendor had taken the request."""
    first, *events = [event async for event in model.stream(request or a_request())]
    assert first == ReplyBegan()
    return events


async def result_of(model: ChatModel) -> object:
    with pytest.raises(DependencyError) as caught:
        await events_of(model)
    assert "Is it free" not in caught.value.public_message
    return caught.value.data["result"]


def data(*payloads: object) -> str:
    return "".join(f"data: {p if isinstance(p, str) else json.dumps(p)}\n\n" for p in payloads)


def word(text: str | None, finish: str | None = None) -> dict[str, Any]:
    return {"model": "m-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


async def test_all_that_came_in_one_piece_is_one_delta() -> None:
    events = await events_of(
        openai(answering(data(word("It "), word("is "), word("free."), word(None, "stop"), "[DONE]")))
    )
    assert events == [TextDelta(text="It is free."), StreamEnd(finish_reason="stop", usage=Usage(), model="m-1")]


@pytest.mark.parametrize(
    ("tail", "usage"),
    [
        (
            [{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}, "[DONE]"],
            Usage(input_tokens=7, output_tokens=2),
        ),
        (
            [{"choices": None, "usage": {"prompt_tokens": 7, "completion_tokens": 2}}],
            Usage(input_tokens=7, output_tokens=2),
        ),
        (["[DONE]"], Usage()),
        ([], Usage()),
        ([{"usage": "none"}, "[DONE]"], Usage()),
        (["{broken"], Usage()),
    ],
    ids=[
        "as documented",
        "choices null, no end mark",
        "no usage",
        "no end mark",
        "nonsense usage",
        "garbage afterwards",
    ],
)
async def test_a_finish_reason_completes_a_reply_whatever_follows(tail: list[object], usage: Usage) -> None:
    events = await events_of(openai(answering(data(word("Free."), word("", "stop"), *tail))))
    assert events[-1] == StreamEnd(finish_reason="stop", usage=usage, model="m-1")


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (data(word("It is"), "[DONE]"), "cut"),
        (data(word("It is")), "cut"),
        ("", "cut"),
        (data("{not json"), "garbage"),
        (data("[1, 2]"), "garbage"),
        (data({"choices": ["x"]}), "garbage"),
        (data({"choices": [{"delta": {"content": 7}}]}), "garbage"),
        (data(word("", "stop"), "[DONE]"), "garbage"),
        (data(word(None, "tool_calls"), "[DONE]"), "garbage"),
        (b"data: \xff\xfe\n\n", "garbage"),
        (b"data: " + b"x" * 10_000_000, "garbage"),
        (b"data: " + b"[" * 200_000 + b"\n\n", "garbage"),
        (data({"error": {"message": "x", "code": 503}}), "5xx"),
        (data(word("It"), {"error": {"message": "x", "code": "rate_limit_exceeded"}}), "429"),
        (data(word("", "content_filter"), "[DONE]"), "filter"),
        (data({"choices": [{"delta": {"refusal": "I cannot"}, "finish_reason": None}]}, "[DONE]"), "filter"),
    ],
)
async def test_a_broken_openai_stream_is_named_after_what_broke(body: bytes | str, result: str) -> None:
    assert await result_of(openai(answering(body))) == result


async def test_a_filter_after_text_ends_the_reply_with_a_flag() -> None:
    events = await events_of(openai(answering(data(word("It "), word("", "content_filter"), "[DONE]"))))
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].finish_reason == "filter"


async def test_a_reply_that_ran_out_of_tokens_says_so() -> None:
    events = await events_of(openai(answering(data(word("It is", None), word("", "length"), "[DONE]"))))
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].finish_reason == "length"


async def test_a_server_that_does_not_stream_is_understood() -> None:
    body = {
        "model": "m-1",
        "choices": [{"message": {"content": "Free."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3},
    }
    events = await events_of(openai(answering(json.dumps(body), headers={"content-type": "application/json"})))
    assert events == [
        TextDelta(text="Free."),
        StreamEnd(finish_reason="stop", usage=Usage(input_tokens=3), model="m-1"),
    ]


@pytest.mark.parametrize(
    ("status", "error", "result"),
    [
        (400, {"code": "context_length_exceeded", "message": "maximum context length is 8192"}, "ctx"),
        (413, {"type": "request_too_large", "message": "too large"}, "ctx"),
        (400, {"code": "content_filter", "message": "filtered"}, "filter"),
        (400, {"message": "unknown field"}, "refused"),
        (401, {"code": "invalid_api_key", "message": "key sk-1***9"}, "auth"),
        (402, {"message": "no credit"}, "auth"),
        (403, {"message": "forbidden"}, "auth"),
        (404, {"message": "no such model"}, "refused"),
        (408, {"message": "slow"}, "5xx"),
        (429, {"code": "rate_limit_exceeded", "message": "slow down"}, "429"),
        (500, {"message": "oops"}, "5xx"),
        (503, {"message": "context window service down"}, "5xx"),
        (529, {"type": "overloaded_error", "message": "Overloaded"}, "5xx"),
        (302, {"message": "moved"}, "refused"),
    ],
)
async def test_a_refused_request_is_named_after_its_reason(status: int, error: dict[str, str], result: str) -> None:
    client = answering(json.dumps({"error": error}), status=status)
    assert await result_of(openai(client)) == result
    assert await result_of(anthropic(client)) == result


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("2", 2.0), ("0.5", 0.5), ("-3", 0.0), ("999999", 3600.0), ("soon", None), ("nan", None), (None, None)],
)
async def test_a_rate_limit_tells_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    client = answering("busy", status=429, headers={"retry-after": header} if header else {})
    with pytest.raises(RateLimitedError) as caught:
        await events_of(openai(client))
    assert caught.value.data["retry_after_s"] == seconds


async def test_an_overloaded_server_may_tell_how_long_to_wait() -> None:
    with pytest.raises(DependencyError) as caught:
        await events_of(openai(answering("busy", status=503, headers={"retry-after": "7"})))
    assert (caught.value.data["result"], caught.value.data["retry_after_s"]) == ("5xx", 7.0)


async def test_a_model_that_is_gone_is_left_alone_for_a_while() -> None:
    with pytest.raises(DependencyError) as caught:
        await events_of(openai(answering('{"error": {"code": "model_not_found"}}', status=404)))
    assert (caught.value.data["result"], caught.value.data["retry_after_s"]) == ("refused", 15.0)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (httpx.ConnectError("x"), "cut"),
        (httpx.ReadError("reset"), "cut"),
        (httpx.RemoteProtocolError("x"), "cut"),
        (httpx.ConnectTimeout("x"), "timeout_fb"),
        (httpx.ReadTimeout("x"), "timeout_idle"),
        (httpx.UnsupportedProtocol("x"), "refused"),
    ],
)
async def test_a_connection_that_fails_is_named_after_how(error: Exception, result: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    assert await result_of(openai(httpx.AsyncClient(transport=httpx.MockTransport(fail)))) == result


async def test_options_of_the_route_replace_and_remove_fields() -> None:
    options = {"top_p": 0.5, "temperature": 0.7, "stream_options": "", "max_completion_tokens": 99, "max_tokens": ""}
    body = json.loads(openai(answering(""), options=options).render(a_request()))
    assert (body["top_p"], body["temperature"], body["max_completion_tokens"]) == (0.5, 0.7, 99)
    assert not {"stream_options", "max_tokens"} & set(body)


async def test_the_key_travels_in_the_header_the_vendor_wants() -> None:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(500)

    client = httpx.AsyncClient(transport=httpx.MockTransport(note))
    await result_of(openai(client))
    await result_of(anthropic(client))
    assert str(seen[0].url) == "http://vendor.test/v1/chat/completions"
    assert seen[0].headers["authorization"] == "Bearer k"
    assert str(seen[1].url) == "https://api.anthropic.com/v1/messages"
    assert (seen[1].headers["x-api-key"], seen[1].headers["anthropic-version"]) == ("k", "2023-06-01")


def said(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def stopped(reason: str) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 4}}


START = {
    "type": "message_start",
    "message": {
        "model": "m-1",
        "usage": {
            "input_tokens": 5,
            "cache_creation_input_tokens": 2,
            "cache_read_input_tokens": 3,
            "output_tokens": 1,
        },
    },
}


async def test_anthropic_usage_counts_cached_tokens_as_input() -> None:
    thinking = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}
    body = data(START, {"type": "ping"}, thinking, said("Free."), stopped("end_turn"), {"type": "message_stop"})
    events = await events_of(anthropic(answering(body)))
    usage = Usage(input_tokens=10, output_tokens=4, cached_tokens=3)
    assert events == [TextDelta(text="Free."), StreamEnd(finish_reason="stop", usage=usage, model="m-1")]
    assert isinstance(events[0], TextDelta)
    assert events[0].usage == Usage(input_tokens=10, cached_tokens=3)


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (data(START, said("It is")), "cut"),
        (data(START, said("It is"), {"type": "message_stop"}), "cut"),
        (data(START, stopped("refusal"), {"type": "message_stop"}), "filter"),
        (data(START, stopped("end_turn"), {"type": "message_stop"}), "garbage"),
        (data(START, stopped("tool_use")), "garbage"),
        (data({"type": "content_block_delta"}), "garbage"),
        (data({"type": "message_start", "message": None}), "garbage"),
        (data(START, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), "5xx"),
        (data(START, {"type": "error", "error": {"type": "rate_limit_error", "message": "x"}}), "429"),
        (data(START, {"type": "error", "error": {"type": "new_kind_of_error", "message": "x"}}), "5xx"),
        (data({"type": "error"}), "garbage"),
    ],
)
async def test_a_broken_anthropic_stream_is_named_after_what_broke(body: str, result: str) -> None:
    assert await result_of(anthropic(answering(body))) == result


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "filter"),
    ],
)
async def test_anthropic_stop_reasons_have_three_meanings(reason: str, finish: str) -> None:
    events = await events_of(anthropic(answering(data(START, said("It is"), stopped(reason)))))
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].finish_reason == finish


SCHEMA = {"title": "verdict", "type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
JSON = {"content-type": "application/json"}
COUNTING = ("system", "stream", "json", "usage_each_chunk")


def a_structured_request() -> ChatRequest:
    return replace(a_request(), json_schema=SCHEMA)


async def test_openai_is_asked_for_an_object_of_the_schema() -> None:
    model = openai(answering(data(word('{"ok": true}'), word("", "stop"), "[DONE]")))
    body = json.loads(model.render(a_structured_request()))
    assert body["response_format"]["json_schema"] == {"name": "verdict", "schema": SCHEMA, "strict": True}
    assert "response_format" not in json.loads(model.render(a_request()))
    assert (await events_of(model, a_structured_request()))[0] == TextDelta(text='{"ok": true}')


async def test_anthropic_gives_an_object_by_calling_a_tool() -> None:
    def called(part: str) -> dict[str, Any]:
        delta = {"type": "input_json_delta", "partial_json": part}
        return {"type": "content_block_delta", "index": 0, "delta": delta}

    body = data(START, called('{"ok":'), called(" true}"), stopped("tool_use"), {"type": "message_stop"})
    model = anthropic(answering(body))
    rendered = json.loads(model.render(a_structured_request()))
    assert rendered["tools"][0]["input_schema"] == SCHEMA
    assert rendered["tool_choice"] == {"type": "tool", "name": rendered["tools"][0]["name"]}
    delta, end = await events_of(model, a_structured_request())
    assert delta == TextDelta(text='{"ok": true}')
    assert isinstance(end, StreamEnd)
    assert end.finish_reason == "stop"


async def test_a_tool_call_that_nobody_asked_for_is_garbage() -> None:
    assert await result_of(anthropic(answering(data(START, said("x"), stopped("tool_use"))))) == "garbage"


async def test_a_route_that_cannot_stream_is_asked_for_a_whole_reply() -> None:
    whole = {"capabilities": ("system", "json")}
    said_by_openai = {"model": "m-1", "choices": [{"message": {"content": "Free."}, "finish_reason": "stop"}]}
    said_by_anthropic = {
        "type": "message",
        "model": "m-1",
        "content": [{"type": "text", "text": "Free."}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "output_tokens": 2},
    }
    for build, reply in ((openai, said_by_openai), (anthropic, said_by_anthropic)):
        model = build(answering(json.dumps(reply), headers=JSON), **whole)
        rendered = json.loads(model.render(a_request()))
        assert (rendered["stream"], "stream_options" in rendered) == (False, False)
        delta, end = await events_of(model)
        assert delta == TextDelta(text="Free.")
        assert isinstance(end, StreamEnd)
        assert end.model == "m-1"


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        ({"content": "Free."}, "garbage"),
        ({"content": [7]}, "garbage"),
        ({"content": [], "stop_reason": "end_turn"}, "garbage"),
        ({"type": "error", "error": {"type": "overloaded_error"}}, "5xx"),
        ({"content": [{"type": "text", "text": "It"}], "stop_reason": None}, "cut"),
        ([], "garbage"),
    ],
)
async def test_a_broken_whole_reply_of_anthropic_is_named_after_what_broke(reply: object, result: str) -> None:
    assert await result_of(anthropic(answering(json.dumps(reply), headers=JSON))) == result


async def test_a_server_that_counts_as_it_goes_tells_what_a_broken_reply_costs() -> None:
    def counted(text: str, tokens: int) -> dict[str, Any]:
        return {**word(text), "usage": {"prompt_tokens": 7, "completion_tokens": tokens}}

    model = openai(answering(data(counted("", 0), counted("It ", 1), counted("is ", 2))), capabilities=COUNTING)
    assert json.loads(model.render(a_request()))["stream_options"]["continuous_usage_stats"] is True
    told: list[ModelEvent] = []
    with suppress(DependencyError):
        async for event in model.stream(a_request()):
            told.append(event)
    assert isinstance(told[-1], TextDelta)
    assert (told[-1].usage, told[-1].chunks) == (Usage(input_tokens=7, output_tokens=2), 2)


async def test_a_thousand_mutilated_replies_end_in_text_or_in_an_error_of_the_family() -> None:
    random = Random(7)
    streams = [
        (openai, data(*(word(f"w{number} ") for number in range(20)), word("", "stop"), "[DONE]")),
        (anthropic, data(START, *(said(f"w{number} ") for number in range(20)), stopped("end_turn"))),
    ]
    ended = broken = 0
    for round_number in range(1000):
        build, stream = streams[round_number % 2]
        body = bytearray(stream.encode())
        for _ in range(random.randint(1, 2)):
            place = random.randrange(len(body))
            match random.randrange(4):
                case 0:
                    body[place] = random.randrange(256)
                case 1:
                    del body[place : place + random.randint(1, 40)]
                case 2:
                    body[place:place] = bytes(random.randrange(256) for _ in range(random.randint(1, 20)))
                case _:
                    body[place:place] = body[: random.randint(1, 200)]
        try:
            events = await events_of(build(answering(bytes(body))))
        except DependencyError:
            broken += 1
        else:
            assert isinstance(events[-1], StreamEnd)
            ended += 1
    assert ended + broken == 1000
    assert ended > 50
    assert broken > 200
