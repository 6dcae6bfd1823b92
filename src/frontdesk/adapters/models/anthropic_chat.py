"""Anthropic's Messages API, streamed."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from frontdesk.adapters.models.rendering import render_chat
from frontdesk.adapters.models.wire import (
    DRAIN_GRACE_S,
    MAX_REPLY_CHARS,
    cut,
    data_batches,
    failure,
    filtered,
    garbage,
    parse_object,
    raise_for_failure,
    read_out,
    read_whole,
    translated,
)
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest, ModelEvent, ReplyBegan, StreamEnd, TextDelta

DEFAULT_BASE_URL = "https://api.anthropic.com"
API_VERSION = "2023-06-01"
TOOL = "reply"

FinishReason = Literal["stop", "length", "filter"]
_FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "filter",
}
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""HTTP status per error type, as the vendor documents them; inside a stream only the type is sent."""


class AnthropicChatModel:
    """Streams `/v1/messages`; one shared client serves every route."""

    def __init__(self, client: httpx.AsyncClient, route: ModelRoute, *, api_key: str = "") -> None:
        base_url = (route.base_url or DEFAULT_BASE_URL).rstrip("/").removesuffix("/v1")
        self._client = client
        self._route = route
        self._url = base_url + "/v1/messages"
        self._headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "anthropic-version": API_VERSION,
            "x-api-key": api_key,
        }
        self._timeout = httpx.Timeout(route.total_s, connect=route.first_byte_s)

    @property
    def vendor(self) -> str:
        return "anthropic"

    @property
    def model(self) -> str:
        return self._route.model

    def render(self, request: ChatRequest) -> str:
        return json.dumps(self._body(request), ensure_ascii=False, indent=1)

    async def stream(self, request: ChatRequest) -> AsyncIterator[ModelEvent]:
        content = json.dumps(self._body(request), ensure_ascii=False).encode("utf-8", "replace")
        post = self._client.build_request(
            "POST", self._url, content=content, headers=self._headers, timeout=self._timeout
        )
        with translated():
            response = await self._client.send(post, stream=True)
            try:
                if response.status_code != 200:
                    await raise_for_failure(response)
                yield ReplyBegan()
                wants_tool = request.json_schema is not None
                if response.headers.get("content-type", "").startswith("application/json"):
                    events = _whole(response, wants_tool=wants_tool)
                else:
                    events = _streamed(response, wants_tool=wants_tool)
                async with aclosing(events):
                    async for event in events:
                        yield event
            finally:
                await response.aclose()

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        """The request body. An option of the route replaces a field; an empty text removes it."""
        chat = render_chat(request)
        body: dict[str, Any] = {
            "model": self._route.model,
            "max_tokens": self._route.max_output_tokens,
            "temperature": self._route.temperature,
            "system": chat.system,
            "messages": [{"role": turn.role, "content": turn.content} for turn in chat.messages],
            "stream": "stream" in self._route.capabilities,
            **_reply_tool(request.json_schema),
            **self._route.options,
        }
        return {name: value for name, value in body.items() if value != ""}


def _reply_tool(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """A tool that has to be called with one JSON object: this vendor's way to keep to a schema."""
    if schema is None:
        return {}
    tool = {"name": TOOL, "description": "Gives the reply.", "input_schema": dict(schema)}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": TOOL}}


@dataclass(slots=True, kw_only=True)
class _Reply:
    """What a stream has said so far."""

    wants_tool: bool
    """The text is what the tool is called with."""
    finish: FinishReason | None = None
    model: str = ""
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    chars: int = 0
    is_done: bool = False

    def take(self, batch: list[bytes]) -> TextDelta:
        return self.take_events([parse_object(payload) for payload in batch if payload])

    def take_events(self, events: list[dict[str, Any]]) -> TextDelta:
        """The text of all events, joined; with what was read of the request, which the first of them tells."""
        before = self.input_tokens
        try:
            parts = [self._take_event(event) for event in events]
        except (KeyError, TypeError, AttributeError) as error:
            raise garbage("unexpected shape") from error
        text = "".join(parts)
        self.chars += len(text)
        if self.chars > MAX_REPLY_CHARS:
            raise garbage("the reply does not end")
        read = Usage(input_tokens=self.input_tokens, cached_tokens=self.cached_tokens)
        chunks = len([part for part in parts if part])
        return TextDelta(text=text, chunks=chunks, usage=read if self.input_tokens != before else None)

    def _take_event(self, event: dict[str, Any]) -> str:
        match event.get("type"):
            case "content_block_delta":
                return self._text(event["delta"])
            case "message_start":
                self.model = str(event["message"].get("model") or "")
                self._count(event["message"].get("usage"))
            case "message_delta":
                if stop_reason := event["delta"].get("stop_reason"):
                    self.finish = _finish_reason(stop_reason, wants_tool=self.wants_tool)
                self._count(event.get("usage"))
            case "message_stop":
                self.is_done = True
            case "error":
                raise _error_in_stream(event)
            case _:  # ping, content_block_start, content_block_stop, and what the vendor adds later
                pass
        return ""

    def _text(self, delta: dict[str, Any]) -> str:
        wanted, key = ("input_json_delta", "partial_json") if self.wants_tool else ("text_delta", "text")
        text = delta[key] if delta["type"] == wanted else ""
        if not isinstance(text, str):
            raise garbage("content is not text")
        return text

    def _count(self, usage: Any) -> None:
        """Figures are cumulative; cached tokens are counted into the input, as every other vendor does."""
        if not isinstance(usage, dict):
            return
        counts = {name: value for name, value in usage.items() if isinstance(value, int) and value >= 0}
        if "input_tokens" in counts:
            self.cached_tokens = counts.get("cache_read_input_tokens", 0)
            created = counts.get("cache_creation_input_tokens", 0)
            self.input_tokens = counts["input_tokens"] + self.cached_tokens + created
        self.output_tokens = counts.get("output_tokens", self.output_tokens)

    def end(self) -> StreamEnd:
        if self.finish is None:
            raise cut("no stop reason")
        if self.finish == "filter" and not self.chars:
            raise filtered()
        if not self.chars:
            raise garbage("an empty reply")
        usage = Usage(
            input_tokens=self.input_tokens, output_tokens=self.output_tokens, cached_tokens=self.cached_tokens
        )
        return StreamEnd(finish_reason=self.finish, usage=usage, model=self.model)


async def _streamed(response: httpx.Response, *, wants_tool: bool) -> AsyncGenerator[ModelEvent]:
    reply = _Reply(wants_tool=wants_tool)
    async with aclosing(data_batches(response)) as batches:
        async for batch in batches:
            delta = reply.take(batch)
            if delta.text or delta.usage:
                yield delta
            if reply.is_done or reply.finish:  # the stop reason comes with the final usage
                break
        await read_out(batches, reply.take, grace_s=DRAIN_GRACE_S)
    yield reply.end()


async def _whole(response: httpx.Response, *, wants_tool: bool) -> AsyncGenerator[ModelEvent]:
    """A reply in one piece, read as the events of which it could have been streamed."""
    message = parse_object(await read_whole(response, limit=4 * MAX_REPLY_CHARS))
    reply = _Reply(wants_tool=wants_tool)
    if message.get("type") == "error":
        raise _error_in_stream(message)
    try:
        deltas = [{"type": "content_block_delta", "delta": _as_delta(block)} for block in message["content"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise garbage("unexpected shape") from error
    end = {"type": "message_delta", "delta": message, "usage": message.get("usage")}
    delta = reply.take_events([{"type": "message_start", "message": message}, *deltas, end])
    if delta.text:
        yield delta
    yield reply.end()


def _as_delta(block: dict[str, Any]) -> dict[str, Any]:
    if block.get("type") == "tool_use":
        return {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    return {"type": f"{block['type']}_delta", "text": block.get("text", "")}


def _finish_reason(value: Any, *, wants_tool: bool) -> FinishReason:
    if wants_tool and value == "tool_use":
        return "stop"
    if not isinstance(value, str) or value in ("tool_use", "pause_turn"):
        raise garbage("a stop reason that was not asked for")
    return _FINISH.get(value, "stop")


def _error_in_stream(event: dict[str, Any]) -> DependencyError:
    kind = str(event["error"].get("type"))
    return failure(_STATUS.get(kind, 500), json.dumps(event).encode())
