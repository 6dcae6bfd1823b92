"""Any server that speaks OpenAI's chat completions: vLLM, TGI, Ollama, and the hosted ones."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from frontdesk.adapters.models.rendering import render_chat
from frontdesk.adapters.models.wire import (
    DRAIN_GRACE_S,
    MAX_REPLY_CHARS,
    USAGE_GRACE_S,
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
from frontdesk.domain.errors import DependencyError, MalformedReplyError
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest, ModelEvent, ReplyBegan, StreamEnd, TextDelta

DEFAULT_BASE_URL = "https://api.openai.com/v1"
FinishReason = Literal["stop", "length", "filter"]
_FINISH: dict[str, FinishReason] = {"length": "length", "max_tokens": "length", "content_filter": "filter"}
_TOOL_FINISHES = frozenset({"tool_calls", "function_call"})


class OpenAiChatModel:
    """Streams `/chat/completions`; one shared client serves every route."""

    def __init__(self, client: httpx.AsyncClient, route: ModelRoute, *, api_key: str = "") -> None:
        base_url = (route.base_url or DEFAULT_BASE_URL).rstrip("/")
        host = urlsplit(base_url).hostname or ""
        self._client = client
        self._route = route
        self._url = base_url + "/chat/completions"
        self._vendor = "openai" if host == "api.openai.com" else host
        self._headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"
        self._timeout = httpx.Timeout(route.total_s, connect=route.first_byte_s)

    @property
    def vendor(self) -> str:
        return self._vendor

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
                if response.headers.get("content-type", "").startswith("application/json"):
                    events = _whole(response)
                else:
                    events = _streamed(response)
                async with aclosing(events):
                    async for event in events:
                        yield event
            finally:
                await response.aclose()

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        """The request body. An option of the route replaces a field; an empty text removes it."""
        chat = render_chat(request)
        limit = "max_completion_tokens" if self._vendor == "openai" else "max_tokens"
        system = [{"role": "system", "content": chat.system}] if chat.system else []
        body: dict[str, Any] = {
            "model": self._route.model,
            "messages": system + [{"role": turn.role, "content": turn.content} for turn in chat.messages],
            **self._stream_fields(),
            limit: self._route.max_output_tokens,
            "temperature": self._route.temperature,
            "response_format": _response_format(request.json_schema),
            **self._route.options,
        }
        return {name: value for name, value in body.items() if value != ""}

    def _stream_fields(self) -> dict[str, Any]:
        if "stream" not in self._route.capabilities:
            return {"stream": False}
        options = {"include_usage": True}
        if "usage_each_chunk" in self._route.capabilities:
            options["continuous_usage_stats"] = True
        return {"stream": True, "stream_options": options}


def _response_format(schema: Mapping[str, Any] | None) -> Any:
    """What asks for one JSON object of a schema; nothing where any text will do."""
    if schema is None:
        return ""
    named = {"name": str(schema.get("title") or "reply"), "schema": dict(schema), "strict": True}
    return {"type": "json_schema", "json_schema": named}


@dataclass(slots=True)
class _Reply:
    """What a stream has said so far."""

    finish: FinishReason | None = None
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    chars: int = 0
    is_done: bool = False

    def take(self, batch: list[bytes]) -> TextDelta:
        """The text of all chunks in a batch, joined: one delta costs every later stage as much as fifty."""
        parts: list[str] = []
        before = self.usage
        for payload in batch:
            if payload == b"[DONE]":
                self.is_done = True
                break
            if payload:
                parts.append(self._take_payload(payload))
        text = "".join(parts)
        self.chars += len(text)
        if self.chars > MAX_REPLY_CHARS:
            raise garbage("the reply does not end")
        counted = self.usage if self.usage is not before else None
        return TextDelta(text=text, chunks=len([part for part in parts if part]), usage=counted)

    def _take_payload(self, payload: bytes) -> str:
        try:
            return self._take_chunk(parse_object(payload))
        except MalformedReplyError:
            if self.finish is None:
                raise
            return ""  # the reply is complete; what follows it cannot spoil it

    def _take_chunk(self, chunk: dict[str, Any]) -> str:
        if chunk.get("error"):
            raise _error_in_stream(chunk)
        if usage := chunk.get("usage"):
            self.usage = _usage(usage)
        self.model = self.model or str(chunk.get("model") or "")
        try:
            choice = chunk["choices"][0] if chunk.get("choices") else {}
            said = choice.get("delta") or choice.get("message") or {}
            text, finish, refusal = said.get("content") or "", choice.get("finish_reason"), said.get("refusal")
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise garbage("unexpected shape") from error
        if not isinstance(text, str):
            raise garbage("content is not text")
        if finish:
            self.finish = _finish_reason(finish)
        if refusal:
            self.finish = "filter"
        return "" if self.finish == "filter" else text

    def end(self) -> StreamEnd:
        if self.finish is None:
            raise cut("no finish reason")
        if self.finish == "filter" and not self.chars:
            raise filtered()
        if not self.chars:
            raise garbage("an empty reply")
        return StreamEnd(finish_reason=self.finish, usage=self.usage, model=self.model)


async def _streamed(response: httpx.Response) -> AsyncGenerator[ModelEvent]:
    reply = _Reply()
    async with aclosing(data_batches(response)) as batches:
        async for batch in batches:
            delta = reply.take(batch)
            if delta.text or delta.usage:
                yield delta
            if reply.finish or reply.is_done:
                break
        await read_out(batches, reply.take, grace_s=DRAIN_GRACE_S if reply.is_done else USAGE_GRACE_S)
    yield reply.end()


async def _whole(response: httpx.Response) -> AsyncGenerator[ModelEvent]:
    """A server that does not stream."""
    body = await read_whole(response, limit=4 * MAX_REPLY_CHARS)
    reply = _Reply()
    delta = reply.take([body])
    if delta.text:
        yield delta
    yield reply.end()


def _finish_reason(value: Any) -> FinishReason:
    if not isinstance(value, str) or value in _TOOL_FINISHES:
        raise garbage("a finish reason that was not asked for")
    return _FINISH.get(value, "stop")


def _usage(value: Any) -> Usage:
    """The vendor's figures; nonsense counts as nothing, since usage must not break an answer."""
    if not isinstance(value, dict):
        return Usage()
    details = value.get("prompt_tokens_details")
    return Usage(
        input_tokens=_count(value.get("prompt_tokens")),
        output_tokens=_count(value.get("completion_tokens")),
        cached_tokens=_count(details.get("cached_tokens")) if isinstance(details, dict) else 0,
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _error_in_stream(chunk: dict[str, Any]) -> DependencyError:
    """An error object inside a stream that began well; its code may be an HTTP status."""
    error = chunk["error"]
    code = error.get("code") if isinstance(error, dict) else None
    return failure(_status(str(code)), json.dumps(chunk).encode())


def _status(code: str) -> int:
    if code.isdecimal() and 400 <= int(code[:6]) < 600:
        return int(code)
    if "rate_limit" in code:
        return 429
    return 400 if "context" in code or "filter" in code else 500
