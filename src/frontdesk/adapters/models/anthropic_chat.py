"""Anthropic's Messages API, streamed."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from frontdesk.adapters.models.rendering import render_chat
from frontdesk.adapters.models.wire import (
    DRAIN_GRACE_S,
    cut,
    data_batches,
    failure,
    filtered,
    garbage,
    parse_object,
    raise_for_failure,
    read_out,
    translated,
)
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest, ModelEvent, StreamEnd, TextDelta

DEFAULT_BASE_URL = "https://api.anthropic.com"
API_VERSION = "2023-06-01"

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
                async with aclosing(_streamed(response)) as events:
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
            "stream": True,
            **self._route.options,
        }
        return {name: value for name, value in body.items() if value != ""}


@dataclass(slots=True)
class _Reply:
    """What a stream has said so far."""

    finish: FinishReason | None = None
    model: str = ""
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    chars: int = 0
    is_done: bool = False

    def take(self, batch: list[bytes]) -> str:
        try:
            text = "".join([self._take_event(parse_object(payload)) for payload in batch if payload])
        except (KeyError, TypeError, AttributeError) as error:
            raise garbage("unexpected shape") from error
        self.chars += len(text)
        return text

    def _take_event(self, event: dict[str, Any]) -> str:
        match event.get("type"):
            case "content_block_delta":
                return self._text(event["delta"])
            case "message_start":
                self.model = str(event["message"].get("model") or "")
                self._count(event["message"].get("usage"))
            case "message_delta":
                if stop_reason := event["delta"].get("stop_reason"):
                    self.finish = _finish_reason(stop_reason)
                self._count(event.get("usage"))
            case "message_stop":
                self.is_done = True
            case "error":
                raise _error_in_stream(event)
            case _:  # ping, content_block_start, content_block_stop, and what the vendor adds later
                pass
        return ""

    @staticmethod
    def _text(delta: dict[str, Any]) -> str:
        text = delta["text"] if delta["type"] == "text_delta" else ""
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


async def _streamed(response: httpx.Response) -> AsyncGenerator[ModelEvent]:
    reply = _Reply()
    async with aclosing(data_batches(response)) as batches:
        async for batch in batches:
            if text := reply.take(batch):
                yield TextDelta(text=text)
            if reply.is_done or reply.finish:  # the stop reason comes with the final usage
                break
        await read_out(batches, reply.take, grace_s=DRAIN_GRACE_S)
    yield reply.end()


def _finish_reason(value: Any) -> FinishReason:
    if not isinstance(value, str) or value in ("tool_use", "pause_turn"):
        raise garbage("a stop reason that was not asked for")
    return _FINISH.get(value, "stop")


def _error_in_stream(event: dict[str, Any]) -> DependencyError:
    kind = str(event["error"].get("type"))
    return failure(_STATUS.get(kind, 500), json.dumps(event).encode())
